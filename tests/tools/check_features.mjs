#!/usr/bin/env node
// Checks docs/features.md: every row of its tables names a test in its last column, and each test that is named exists where ./test runs it:
// `file`: "name" in a *.test.mjs, `Suite.name` in a C++ test, a file *.test.mjs alone, or a script that is executable.
//   check_features.mjs [PROJECT]              that, of this folder ("." by default)
//   check_features.mjs PROJECT --ran TREE     besides, after ./test has run over TREE: each of them has passed, if its slice was run, by
//                                             the logs in build/test-logs. What was not run is named at the end.
//   check_features.mjs PROJECT --ran TREE --deep  after ./test --deep, which runs everything: what it skipped shows nothing.
import { accessSync, constants, existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

const project = process.argv[2] ?? '.';
const tree = process.argv[3] === '--ran' ? process.argv[4] : undefined;
const isDeep = process.argv[5] === '--deep';
const notRun = new Set(); // Files and suites.
const complaints = [];
let checked = 0;

const runner = readFileSync(path.join(project, 'test'), 'utf8');
const isNamed = (script) => runner.includes(path.dirname(script).replace(/\/support$/, ''));

// Which slice of ./test runs the tests of which folder: by its own words, or by those of the function that it calls.
const folders = new Map();
for (const [, slice, command] of runner.matchAll(/(?:slice|beside)(?: \w+)? "([^"]+)" (.+)$/gm)) {
    const body = new RegExp(`^${command.split(' ')[0]}\\(\\)\\n?([^]*?^\\}|.*)`, 'm').exec(runner)?.[1] ?? '';
    const folder = /node_tests (\S+)/.exec(command.startsWith('node_tests ') ? command : body)?.[1];
    if (folder !== undefined) folders.set(folder, slice);
}
const sliceOf = (file) => folders.get([...folders.keys()].filter((folder) => file.startsWith(`${folder}/`)).sort((a, b) => b.length - a.length)[0]);

const isCpp = (what) => /^\w+\.\w+$/.test(what) && !what.endsWith('.mjs');

// Suite.name of every C++ test.
const suites = new Set();
(function walk(folder) {
    if (!existsSync(path.join(project, folder))) return;
    for (const entry of readdirSync(path.join(project, folder), { withFileTypes: true })) {
        const name = path.join(folder, entry.name);
        if (entry.isDirectory() && entry.name !== 'node_modules') walk(name);
        if (!entry.name.endsWith('_test.cpp')) continue;
        const text = readFileSync(path.join(project, name), 'utf8');
        for (const [, suite, what] of text.matchAll(/^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)/gm)) suites.add(`${suite}.${what}`);
    }
    if (folder === 'src') walk('tests');
})('src');

// Names of tests and describes as their file writes them; ${...} stands for anything.
function patternsOf(text) {
    return [...text.matchAll(/\b(?:test|it|describe)\((['"`])((?:\\.|(?!\1).)*)\1/g)].map(([, , written]) => {
        const parts = written.replace(/\\(.)/g, '$1').split(/\$\{[^}]*\}/);
        return new RegExp(`^${parts.map((part) => part.replace(/[.*+?^$()|[\]{}\\]/g, '\\$&')).join('.+')}$`);
    });
}

const hasTest = (text, name) => patternsOf(text).some((pattern) => pattern.test(name));

// What ./test has run over `tree`, by its ledger: the slices, and of each slice of node's tests the names that passed and those that did not.
const ran = { slices: new Map(), names: new Map(), suites: '' };
if (tree !== undefined) {
    const logs = path.join(project, 'build/test-logs');
    for (const line of readFileSync(path.join(logs, 'ledger'), 'utf8').split('\n')) {
        const [of, slice, result] = line.split('\t');
        if (of === tree) ran.slices.set(slice, result);
    }
    for (const slice of ran.slices.keys()) {
        const file = path.join(logs, `${slice.replaceAll(' ', '_')}.log`);
        const names = { passed: new Set(), others: new Set() };
        ran.names.set(slice, names);
        if (!existsSync(file)) continue;
        for (const [, mark, name] of readFileSync(file, 'utf8').matchAll(/^ *([✔✖﹣]) (.*?) \([\d.]+ms\)/gm)) (mark === '✔' ? names.passed : names.others).add(name);
    }
    const last = path.join(project, 'build/asan/Testing/Temporary/LastTest.log');
    if (ran.slices.has('unit tests') && existsSync(last)) ran.suites = readFileSync(last, 'utf8');
}
const ends = {};

// ctest has a log of each suite, in which only tests that failed or were skipped are named.
function endOfCpp(what) {
    if (ran.suites === '') return 'not run';
    const suite = what.split('.')[0];
    const logs = ran.suites.split(/^"[^"]*" start time: /m);
    const own = logs.filter((_, index) => new RegExp(`--gtest_filter=(?:\\w+/)?${suite}\\.\\*`).test(logs[index - 1] ?? ''));
    const isNamed = own.some((log) => new RegExp(`\\[ +(?:FAILED|SKIPPED) +\\] (?:\\w+/)?${what}\\b`).test(log));
    return !isNamed && own.length > 0 && own.every((log) => /^Test Passed\.$/m.test(log)) ? 'passed' : 'missing';
}

function endOfScript(what) {
    // With no argument: `script --all` is another thing.
    const slice = new RegExp(`(?:slice|beside)(?: \\w+)? "([^"]+)" ${what}(?: *$| *[#;&|])`, 'm').exec(runner)?.[1] ?? path.basename(what).replaceAll('_', ' ');
    const result = ran.slices.get(slice);
    return result === 'passed' ? 'passed' : result === 'failed' ? 'missing' : 'not run';
}

// Of a test that is named: 'passed', 'missing', or 'not run', which its whole file or slice was.
function endOf(what, name) {
    if (isCpp(what)) return endOfCpp(what);
    if (!what.endsWith('.test.mjs')) return endOfScript(what);
    const names = ran.names.get(sliceOf(what));
    if (names === undefined) return 'not run';
    // Another file of its slice may have one of the same name: then both have passed.
    if (name !== undefined && names.passed.has(name)) return names.others.has(name) ? 'missing' : 'passed';
    const patterns = patternsOf(readFileSync(path.join(project, what), 'utf8'));
    const has = (some) => [...some].some((one) => patterns.some((pattern) => pattern.test(one)));
    if (name === undefined) return has(names.passed) ? 'passed' : has(names.others) ? 'missing' : 'not run';
    return has(names.passed) || has(names.others) ? 'missing' : 'not run';
}

function hasCommand(file) {
    try {
        accessSync(file, constants.X_OK);
        return true;
    } catch {
        return false;
    }
}

function check(where, what, name) {
    ++checked;
    const file = path.join(project, what);
    if (isCpp(what)) {
        if (!suites.has(what)) return complaints.push(`${where}: no C++ test is called ${what}`);
    } else if (!existsSync(file)) {
        return complaints.push(`${where}: there is no ${what}`);
    } else if (what.endsWith('.test.mjs') ? sliceOf(what) === undefined : !isNamed(what)) {
        return complaints.push(`${where}: ./test runs nothing in ${path.dirname(what)}`);
    } else if (what.endsWith('.test.mjs')) {
        if (name !== undefined && !hasTest(readFileSync(file, 'utf8'), name)) return complaints.push(`${where}: ${what} has no test "${name}"`);
    } else if (!hasCommand(file)) {
        return complaints.push(`${where}: ${what} cannot be run`);
    }
    if (tree === undefined) return;
    let end = endOf(what, name);
    if (end === 'not run' && isDeep) end = 'missing';
    if (end === 'not run') notRun.add(isCpp(what) ? what.split('.')[0] : what);
    ends[end] = (ends[end] ?? 0) + 1;
    if (end === 'missing') complaints.push(`${where}: ${name ?? what} has not passed: it was skipped, or has failed`);
}

const lines = readFileSync(path.join(project, 'docs/features.md'), 'utf8').split('\n');
for (const [index, line] of lines.entries()) {
    const where = `docs/features.md:${index + 1}`;
    if (!line.startsWith('|') || /^\|[-|\s]+\|$/.test(line) || /\| shown by \|$/.test(line)) continue;
    const cell = line.replace(/\|\s*$/, '').split(' | ').at(-1);
    const tests = [...cell.matchAll(/`([^`]+)`(?:: "([^"]+)")?/g)];
    if (tests.length === 0) complaints.push(`${where}: no test is named`);
    for (const [, what, name] of tests) check(where, what, name);
}

for (const complaint of complaints) console.log(complaint);
if (checked === 0) complaints.push('nothing was checked');
const ended = Object.entries(ends).map(([end, count]) => `, ${count} ${end}`);
console.log(`${checked} tests are named${ended.join('')}${notRun.size === 0 ? '' : `: ${[...notRun].join(', ')}`}`);
process.exit(complaints.length === 0 ? 0 : 1);
