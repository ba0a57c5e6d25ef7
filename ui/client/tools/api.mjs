#!/usr/bin/env node
// Makes src/api.ts from the server's OpenAPI document, by openapi-typescript.
//   tools/api.mjs [FILE]          writes it
//   tools/api.mjs --check [FILE]  only says whether it is up to date; the status is 1 when it is not
// FILE is a document, or the program that prints it; without one, `pollux` in POLLUX_BIN (build/release by default).
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import openapiTS, { astToString } from 'openapi-typescript';

const client = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const project = path.resolve(client, '../..');
const target = path.join(client, 'src/api.ts');

const args = process.argv.slice(2);
const isCheck = args[0] === '--check';
const source = path.resolve(args[isCheck ? 1 : 0] ?? path.resolve(project, process.env.POLLUX_BIN ?? 'build/release', 'pollux'));

if (!fs.existsSync(source)) {
    console.error(`error: there is no ${source}: build the server, set POLLUX_BIN to its folder, or name a document`);
    process.exit(1);
}

const head = `// Made by tools/api.mjs from the server's OpenAPI document (\`pollux openapi\`). Do not edit: change the server and make it again.

`;
const ask = () => execFileSync(source, ['openapi'], { encoding: 'utf8', maxBuffer: 1 << 26 });
const document = source.endsWith('.json') ? fs.readFileSync(source, 'utf8') : ask();
const made = head + astToString(await openapiTS(JSON.parse(document), { silent: true }));

if (!isCheck) {
    fs.writeFileSync(target, made);
    console.log(`src/api.ts has the types of ${source}`);
} else if (made === fs.readFileSync(target, 'utf8')) {
    console.log('src/api.ts is up to date');
} else {
    console.error('error: src/api.ts is not what the server\'s document makes; run ui/client/tools/api.mjs');
    process.exit(1);
}
