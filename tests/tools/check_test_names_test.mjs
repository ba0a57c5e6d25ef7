#!/usr/bin/env node
// Proves that check_test_names.mjs finds what it is there for: each planted name must be refused, each right one taken.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const checker = path.join(path.dirname(fileURLToPath(import.meta.url)), 'check_test_names.mjs');
const project = mkdtempSync(path.join(tmpdir(), 'pollux-test-names-'));
process.on('exit', () => rmSync(project, { recursive: true, force: true }));

let passed = 0;
let failed = 0;
function expect(outcome, file, text) {
    rmSync(project, { recursive: true });
    const put = (name, content) => {
        mkdirSync(path.join(project, path.dirname(name)), { recursive: true });
        writeFileSync(path.join(project, name), content);
    };
    put('src/tea/pot.hpp', 'class Pot {};\n');
    put('src/tea/tea_test.cpp', 'class CupTest {};\nclass Cup {};\nTEST(Tea, is_hot)\n{\n}\n');
    put(file, text);
    const run = spawnSync(process.execPath, [checker, project], { encoding: 'utf8' });
    const was = run.status === 0 ? 'taken' : /^complaints: /m.test(run.stdout) ? 'refused' : 'broken';
    if (was === outcome) return ++passed;
    ++failed;
    console.log(`${was}, not ${outcome}: ${text}\n${run.stderr}`);
}
const cpp = (outcome, text) => expect(outcome, 'tests/store/pot_test.cpp', `${text}\n{\n}\n`);
const js = (outcome, text) => expect(outcome, 'tests/e2e/pot.test.mjs', text);

cpp('taken', 'TEST(Pots, hold_a_litre)');
cpp('taken', 'TEST_F(PotTest, holds_2_cups)');
cpp('taken', 'TEST_P(Pots,\n       hold_a_litre)');
cpp('taken', '// TEST(Pots, HoldALitre)');
cpp('refused', 'TEST(Pots, HoldALitre)');
cpp('refused', 'TEST_F(PotTest, holdsALitre)');
cpp('refused', 'TEST_P(Pots,\n       HoldALitre)');
cpp('refused', 'TEST(Pots, table)');
cpp('refused', 'TEST(Pots, hold__a_litre)');
cpp('refused', 'TEST(pots, hold_a_litre)');
cpp('refused', 'TEST(Pots_of_tea, hold_a_litre)');
cpp('refused', 'TEST_F(PotsTest, hold_a_litre)');
cpp('refused', 'TEST_F(CupTest, holds_a_litre)'); // A type of a test is no subject.

js('taken', "test('a pot holds a litre', () => {});");
js('taken', "test('JSON, PostgreSQL and 5 litres are poured', () => {});\n    test('Redis is poured', () => {});\ntest(\"Bob's pot\", () => {});");
js('taken', 'test(`${pots} pots hold a litre`, () => {});');
js('taken', "describe('pots', () => {\n    test('hold a litre');\n});\ndescribe('cups', () => {\n    test('hold a litre');\n});");
js('refused', "test('A pot holds a litre', () => {});");
js('refused', "    test('Pots hold a litre', () => {});");
js('refused', "test('a pot holds a litre.', () => {});");
js('refused', "test('', () => {});");
js('refused', "describe('Pots', () => {});");
js('refused', "test('a pot holds a litre');\ntest('a pot holds a litre');");

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
