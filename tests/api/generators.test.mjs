// What people feed with the OpenAPI document takes it without a warning: generators of types, of clients and of Postman collections. What the
// first two make compiles.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import convert from 'openapi-to-postmanv2';

import { repository, temporaryFolder } from '../e2e/support/process.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const document = path.join(repository, 'api/openapi.json');

// What it printed; throws when it ends with another status than 0.
async function run(program, ...args) {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [path.join(here, 'node_modules/.bin', program), ...args], { cwd: here, maxBuffer: 1 << 26, env: { ...process.env, NO_COLOR: '1' } });
    return stdout + stderr;
}

const isWarning = /warn|deprecat|invalid|error:/i;

async function compiles(file) {
    await run('tsc', '--noEmit', '--strict', '--skipLibCheck', '--target', 'es2022', '--module', 'esnext', '--moduleResolution', 'bundler', '--lib', 'es2022,dom,dom.iterable', file);
}

test('openapi-typescript makes types that compile', { timeout: 400_000 }, async () => {
    const file = path.join(temporaryFolder(), 'types.ts');
    const said = await run('openapi-typescript', document, '--output', file);
    assert.doesNotMatch(said, isWarning);
    assert.match(fs.readFileSync(file, 'utf8'), /sendMessage: \{/);
    await compiles(file);
});

test('orval makes a client that compiles', { timeout: 400_000 }, async () => {
    const folder = temporaryFolder();
    const file = path.join(folder, 'client.ts');
    const config = path.join(folder, 'orval.config.mjs');
    const options = { pollux: { input: document, output: { target: file, client: 'fetch', mode: 'single', baseUrl: 'http://127.0.0.1:8000' } } };
    fs.writeFileSync(config, `export default ${JSON.stringify(options)};\n`);
    const said = await run('orval', '--config', config);
    assert.doesNotMatch(said, isWarning);
    assert.match(fs.readFileSync(file, 'utf8'), /export const sendMessage = /);
    await compiles(file);
});

test('openapi-to-postmanv2 makes a collection', { timeout: 400_000 }, async () => {
    const warnings = [];
    const usual = { ...console };
    for (const level of ['warn', 'error']) console[level] = (...words) => warnings.push(words.join(' '));
    const made = await promisify(convert.convert)({ type: 'file', data: document }, { folderStrategy: 'Tags' });
    Object.assign(console, usual);
    assert.equal(made.result, true, made.reason);
    assert.deepEqual(warnings, []);
    const operations = Object.values(JSON.parse(fs.readFileSync(document, 'utf8')).paths).flatMap(Object.keys).length;
    let requests = 0;
    (function walk(items) {
        for (const item of items) {
            if (item.item) walk(item.item);
            else ++requests;
        }
    })(made.output[0].data.item);
    assert.equal(requests, operations);
});
