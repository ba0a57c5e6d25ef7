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

function judge(what, rows, expected, ...ran) {
    put('docs/features.md', `| promise | in Pollux | shown by |\n|---|---|---|\n${rows}\n`);
    let said = '';
    let status = 0;
    try {
        said = execFileSync(checker, [folder, ...ran], { encoding: 'utf8' });
    } catch (failure) {
        said = failure.stdout;
        status = failure.status;
    }
    const isRight = /^\d+ tests are named, \d+ (?:passed|not run)/.test(expected) || expected === '' ? status === 0 && said.includes(expected) : status === 1 && said.includes(expected);
    if (isRight) ++passed;
    else ++failed;
    if (!isRight) console.log(`not as it should be: ${what}\n${said}`);
}

put('test', '#!/bin/sh\nslice "end to end" node_tests tests/e2e 2\ntests/deploy/package\n');
put('tests/e2e/a.test.mjs', "test('a name', () => {});\ntest('a twin', () => {});\ntest(`the ${time} time`, () => {});\ndescribe('an owner\\'s', () => {});\n");
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

// After a run.
put('build/test-logs/ledger', ['t\tend to end\tpassed', 't\tunit tests\tpassed', 't\tpackage\tpassed', 't\timage\tfailed', 't\tone machine\tpassed', 't\tbrowser\tpassed', 'older\tapi\tpassed'].join('\n'));
put('build/test-logs/end_to_end.log', '▶ an owner\'s\n  ✔ a name (12.5ms)\n✔ an owner\'s (13ms)\n✔ the first time (1ms)\n✔ a twin (1ms)\n✖ a twin (1ms)\n﹣ the second time (0.1ms) # no disk\n');
put('build/test-logs/browser.log', '✔ behind Caddy (1ms)\n');
put('build/test-logs/api.log', '✔ c (1ms)\n');
const suiteOf = (name, said, end) => `Command: "unit_tests" "--gtest_filter=${name}.*" "--gtest_brief=1"\n"${name}" start time: now\n${said}\n${end}\n"${name}" end time: now\n`;
put('build/asan/Testing/Temporary/LastTest.log', suiteOf('Suite', '[  PASSED  ] 1 tests.', 'Test Passed.') +
    suiteOf('Wide/Other', '[  SKIPPED ] Wide/Other.does_it/3', 'Test Passed.') + suiteOf('Dead', 'Segmentation fault', 'Test Failed.'));
put('test', '#!/bin/sh\napi_check()\n{\n    make || return\n    node_tests tests/api 1\n}\nin_a_browser() { node_tests ui/tests 1; }\nslice "end to end" node_tests tests/e2e 2\nslice_beside waiting "api" api_check\nslice_beside browsing "browser" in_a_browser\n    slice "deployment" node_tests tests/deploy 1\ntests/deploy/package\ntests/deploy/image\nslice "a check" tests/deploy/check\nslice_beside computing "one machine" tests/deploy/machine\nslice "all machines" tests/deploy/machine --all\n');
for (const name of ['image', 'check', 'machine']) {
    put(`tests/deploy/${name}`, '#!/bin/sh\n');
    chmodSync(path.join(folder, `tests/deploy/${name}`), 0o755);
}
put('tests/api/c.test.mjs', "test('c', () => {});\n");
put('tests/deploy/e.test.mjs', "test('alone', () => {});\ntest(`behind ${name}`, () => {});\n");
put('ui/tests/f.test.mjs', "test('behind Caddy', () => {});\ntest('alone', () => {});\n");
put('src/room/d_test.cpp', 'TEST(Dead, dies)\n{}\nTEST(Unbuilt, is_not_there)\n{}\n');
const after = (what, row, expected, ...depth) => judge(`after a run: ${what}`, `| a | b | ${row} |`, expected, '--ran', 't', ...depth);
after('what passed', '`tests/e2e/a.test.mjs`: "a name"', '1 tests are named, 1 passed');
after('a describe', '`tests/e2e/a.test.mjs`: "an owner\'s"', '1 tests are named, 1 passed');
after('a whole file', '`tests/e2e/a.test.mjs`', '1 tests are named, 1 passed');
after('what was skipped', '`tests/e2e/a.test.mjs`: "the second time"', 'the second time has not passed');
after('what was left out of a file that ran', '`tests/e2e/a.test.mjs`: "the third time"', 'the third time has not passed');
after('a slice of another tree', '`tests/api/c.test.mjs`: "c"', '1 tests are named, 1 not run: tests/api/c.test.mjs');
after('a slice that a deep run has skipped', '`tests/api/c.test.mjs`: "c"', 'c has not passed', '--deep');
after('a file of a slice that was not run, with names like some that were', '`tests/deploy/e.test.mjs`: "alone", `tests/deploy/e.test.mjs`: "behind Caddy"', '2 tests are named, 2 not run');
after('a name that passed in a slice', '`ui/tests/f.test.mjs`: "behind Caddy"', '1 tests are named, 1 passed');
after('a name that passed in its slice, and not in that of the other file', '`ui/tests/f.test.mjs`: "alone"', 'alone has not passed');
after('a name that failed elsewhere', '`tests/e2e/a.test.mjs`: "a twin"', 'a twin has not passed');
after('a suite', '`Suite.says_it`', '1 tests are named, 1 passed');
after('a test that its suite skipped', '`Other.does_it`', 'Other.does_it has not passed');
after('a suite that died', '`Dead.dies`', 'Dead.dies has not passed');
after('a suite that nobody built', '`Unbuilt.is_not_there`', 'Unbuilt.is_not_there has not passed');
after('a script', '`tests/deploy/package`', '1 tests are named, 1 passed');
after('a script that failed', '`tests/deploy/image`', 'tests/deploy/image has not passed');
after('a script that was not run', '`tests/deploy/check`', '1 tests are named, 1 not run: tests/deploy/check');
after('a script that a deep run has skipped', '`tests/deploy/check`', 'tests/deploy/check has not passed', '--deep');
after('a script in a lane, whatever it does with an argument', '`tests/deploy/machine`', '1 tests are named, 1 passed');
after('a script that a deep run has run', '`tests/deploy/package`', '1 tests are named, 1 passed', '--deep');

rmSync(folder, { recursive: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
