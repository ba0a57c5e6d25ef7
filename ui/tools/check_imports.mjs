// Imports go down: a room uses design and lib, never another room; design uses lib; lib uses neither; only app sees the rooms.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

const source = path.join(import.meta.dirname, '../src');
const below = { app: ['signin', 'chat', 'account', 'plan', 'docs', 'design', 'lib'], signin: ['design', 'lib'], chat: ['design', 'lib'], account: ['design', 'lib'], plan: ['design', 'lib'], docs: ['design', 'lib'], design: ['lib'], lib: [] };

const wrong = [];
for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(ts|svelte)$/.test(entry.name)) continue;
    const file = path.join(entry.parentPath, entry.name);
    const room = path.relative(source, file).split(path.sep)[0];
    if (!(room in below)) wrong.push(`${file}: ${room} is no room that tools/check_imports.mjs knows`);
    for (const [, target] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g)) {
        const to = path.relative(source, path.resolve(path.dirname(file), target));
        const other = to.split(path.sep)[0];
        if (other !== room && !below[room]?.includes(other)) wrong.push(`${path.relative(source, file)}: imports ${to}, which is not below ${room}`);
    }
}
wrong.forEach((line) => console.error(line));
if (wrong.length > 0) process.exit(1);
