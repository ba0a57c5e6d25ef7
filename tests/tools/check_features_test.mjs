#!/usr/bin/env node
// check_features.mjs finds what it should, in a small project of its own.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const checker = path.join(path.dirname(fileURLToPath(import.meta.url)), 'check_features.mjs');
const folder = mkdtempSync(path.join(os.tmpdir(), 'check-features-'));
let passed = 0;
let failed = 0;

function put(name, text) {
    mkdirSync(path.join(folder, path.dirname(name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
}

function judge(what, rows, expected) {
    put('docs/features.md', `| promise | in Pollux | shown by |\n|---|---|---|\n${rows}\n`);
    let said = '';
    let status = 0;
    try {
        said = execFileSync(checker, [folder], { encoding: 'utf8' });
    } catch (failure) {
        said = failure.stdout;
        status = failure.status;
    }
    const isRight = expected === '' ? status === 0 : status === 1 && said.includes(expected);
    if (isRight) ++passed;
    else ++failed;
    if (!isRight) console.log(`not as it should be: ${what}\n${said}`);
}

put('test', '#!/bin/sh\nnode_tests tests/e2e\ntests/deploy/package\n');
put('tests/e2e/a.test.mjs', "test('a name', () => {});\ntest(`the ${time} time`, () => {});\ndescribe('an owner\\'s', () => {});\n");
put('tests/other/b.test.mjs', "test('b', () => {});\n");
put('tests/deploy/package', '#!/bin/sh\n');
chmodSync(path.join(folder, 'tests/deploy/package'), 0o755);
put('tests/deploy/plain', 'text\n');
put('src/room/c_test.cpp', 'TEST(Suite, says_it)\n{}\nTEST_F(Other, does_it)\n{}\n');

judge('all is there', '| a | b | `tests/e2e/a.test.mjs`: "a name", `Suite.says_it`, `Other.does_it` |\n| c | d | `tests/deploy/package`, `tests/e2e/a.test.mjs` |', '');
judge('a name with a place for something', '| a | b | `tests/e2e/a.test.mjs`: "the second time" |', '');
judge("a name with a quotation mark", '| a | b | `tests/e2e/a.test.mjs`: "an owner\'s" |', '');
judge('a test that is gone', '| a | b | `tests/e2e/a.test.mjs`: "a name that was" |', 'has no test "a name that was"');
judge('a file that is gone', '| a | b | `tests/e2e/none.test.mjs`: "a name" |', 'there is no tests/e2e/none.test.mjs');
judge('a C++ test that is gone', '| a | b | `Suite.says_nothing` |', 'no C++ test is called Suite.says_nothing');
judge('a row without a test', '| a | b | by looking |', 'no test is named');
judge('a test that nobody runs', '| a | b | `tests/other/b.test.mjs`: "b" |', './test runs nothing in tests/other');
judge('a script that is none', '| a | b | `tests/deploy/plain` |', 'cannot be run');
judge('nothing', '', '0 tests are named');

rmSync(folder, { recursive: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
