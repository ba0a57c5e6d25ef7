// Builds ui/dist, compresses what is text, and refuses what grew over its limit. The same input gives the same bytes: with --check it is
// built elsewhere, and nothing may differ from what is there.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

import { build } from 'vite';

const root = path.join(import.meta.dirname, '..');
const isCheck = process.argv.includes('--check');
const dist = isCheck ? path.join(root, '../build/pages') : path.join(root, 'dist');
const firstScriptsMax = 150 * 1024; // gzip, the scripts that a first load of the chat fetches, with what a reply needs
const styleMax = 20 * 1024; // gzip

rmSync(dist, { recursive: true, force: true });
const built = await build({ root, logLevel: 'error', build: { outDir: dist, emptyOutDir: true } });

// Which build this is stands in the shell, by which a page knows that the server has a newer one, and in the service worker, which keeps what
// the pages need, Arabic too: not KaTeX and single languages of code, which it keeps when they are first used.
const names = readdirSync(path.join(dist, 'assets')).sort();
const shell = readFileSync(path.join(dist, 'index.html'), 'utf8');
const worker = readFileSync(path.join(root, 'src/app/worker.js'), 'utf8');
const id = createHash('sha256').update(JSON.stringify([names, shell, worker])).digest('base64url').slice(0, 12);
const rooms = /\/src\/(app\/main|(signin|chat|account|plan|docs|lib\/markdown)\/index|lib\/words\/ar)\.ts$/;
const scripts = new Set();
const keep = (chunk) => {
    if (!chunk || scripts.has(chunk.fileName)) return;
    scripts.add(chunk.fileName);
    for (const name of chunk.imports) keep(built.output.find(({ fileName }) => fileName === name));
};
for (const chunk of built.output) if (chunk.type === 'chunk' && (chunk.isEntry || rooms.test(chunk.facadeModuleId ?? ''))) keep(chunk);
const others = built.output.map(({ fileName }) => fileName).filter((name) => /assets\/(style|theme|icon|inter)[^/]*\.(css|js|svg|woff2)$/.test(name));
const kept = [...scripts, ...others].sort().map((name) => `/${name}`);
writeFileSync(path.join(dist, 'index.html'), shell.replace('%BUILD%', id));
writeFileSync(path.join(dist, 'sw.js'), worker.replace('%BUILD%', id).replace("'%FILES%'", kept.map((name) => `\n    '${name}',`).join('') + '\n'));

const texts = /\.(html|js|css|svg|webmanifest|json)$/;
for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (!entry.isFile() || !texts.test(file) || statSync(file).size < 512) continue;
    const bytes = readFileSync(file);
    writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
    writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }));
}

// What is built in is named with its licence.
const modules = built.output.flatMap((chunk) => (chunk.type === 'chunk' ? Object.keys(chunk.modules) : []));
const packages = new Set(modules.map((id) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1]).filter(Boolean));
const notice = readFileSync(path.join(root, '../NOTICE'), 'utf8').split(/[\s,;:]+/);
const unnamed = [...packages].filter((name) => !notice.includes(name));
if (unnamed.length > 0) {
    console.error(`NOTICE does not name ${unnamed.join(', ')}`);
    process.exit(1);
}

// What the chat loads first: the entry, the chat, what they import, and the scripts that every reply needs.
const chunks = new Map(built.output.filter(({ type }) => type === 'chunk').map((chunk) => [chunk.fileName, chunk]));
const closureOf = (isFirst) => {
    const all = new Set();
    const need = (name) => {
        if (!chunks.has(name) || all.has(name)) return;
        all.add(name);
        chunks.get(name).imports.forEach(need);
    };
    for (const [name, chunk] of chunks) if (chunk.isEntry || isFirst.test(chunk.facadeModuleId ?? '')) need(name);
    return all;
};
// Before anybody can type two files are loaded; what shows replies is none of them.
const typing = [...closureOf(/\/src\/chat\/index\.ts$/)];
if (typing.some((name) => /\/replies-/.test(name)) || typing.length > 2) {
    console.error(`typing has to wait for ${typing.join(', ')}`);
    process.exit(1);
}
const needed = closureOf(/\/src\/(chat\/index|lib\/markdown\/index)\.ts$/);
const zipped = (name) => gzipSync(readFileSync(path.join(dist, name)), { level: 9 }).length;
let firstScripts = 0;
for (const name of needed) {
    firstScripts += zipped(name);
    console.log(`${(zipped(name) / 1024).toFixed(1).padStart(7)} KB  ${name}`);
}
const styles = built.output.filter(({ fileName }) => fileName.endsWith('.css') && !/katex/.test(fileName)).map(({ fileName }) => fileName);
const style = styles.reduce((sum, name) => sum + zipped(name), 0);
console.log(`first load of the chat: ${(firstScripts / 1024).toFixed(1)} KB of scripts, ${(style / 1024).toFixed(1)} KB of styles (gzip)`);
if (firstScripts > firstScriptsMax || style > styleMax) {
    console.error(`over the limit of ${firstScriptsMax / 1024} KB of scripts or ${styleMax / 1024} KB of styles`);
    process.exit(1);
}

if (isCheck) {
    const filesOf = (folder) =>
        readdirSync(folder, { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile())
            .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
            .sort();
    const before = path.join(root, 'dist');
    const all = new Set([...filesOf(before), ...filesOf(dist)]);
    const bytes = (folder, name) => {
        const file = path.join(folder, name);
        return existsSync(file) ? readFileSync(file) : null;
    };
    const differing = [...all].filter((name) => {
        const [old, made] = [bytes(before, name), bytes(dist, name)];
        return old === null || made === null || !old.equals(made);
    });
    for (const name of differing) console.error(`ui/dist/${name} is not what the sources make: run npm run build in ui`);
    if (differing.length > 0) process.exit(1);
    console.log(`ui/dist is what the sources make: ${all.size} files`);
}
