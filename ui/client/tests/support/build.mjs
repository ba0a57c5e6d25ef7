// What is tested in a page and under the package's own name is dist/, so it is made from the sources first.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const folder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

export function buildClient() {
    const compiler = path.join(folder, 'node_modules/typescript/bin/tsc');
    execFileSync(process.execPath, [compiler, '-p', path.join(folder, 'tsconfig.build.json')], { stdio: 'inherit' });
}
