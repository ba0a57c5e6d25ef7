#!/usr/bin/env node
// Checks docs/features.md: every row of its tables names a test in its last column, and each test that is named exists where ./test runs it:
// `file`: "name" in a *.test.mjs, `Suite.name` in a C++ test, a file *.test.mjs alone, or a script that is executable.
// Takes the project's folder as its argument (for its own test); "." by default.
import { accessSync, constants, existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

const project = process.argv[2] ?? '.';
const complaints = [];
let checked = 0;

const runner = readFileSync(path.join(project, 'test'), 'utf8');
const isRun = (file) => runner.includes(path.dirname(file).replace(/\/support$/, ''));

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
function hasTest(text, name) {
    for (const [, , written] of text.matchAll(/\b(?:test|it|describe)\((['"`])((?:\\.|(?!\1).)*)\1/g)) {
        const pattern = written.replace(/\\(.)/g, '$1').split(/\$\{[^}]*\}/).map((part) => part.replace(/[.*+?^$()|[\]{}\\]/g, '\\$&')).join('.+');
        if (new RegExp(`^${pattern}$`).test(name)) return true;
    }
    return false;
}

function check(where, what, name) {
    ++checked;
    const file = path.join(project, what);
    if (/^\w+\.\w+$/.test(what) && !what.endsWith('.mjs')) {
        if (!suites.has(what)) complaints.push(`${where}: no C++ test is called ${what}`);
    } else if (!existsSync(file)) {
        complaints.push(`${where}: there is no ${what}`);
    } else if (!isRun(what)) {
        complaints.push(`${where}: ./test runs nothing in ${path.dirname(what)}`);
    } else if (what.endsWith('.test.mjs')) {
        if (name !== undefined && !hasTest(readFileSync(file, 'utf8'), name)) complaints.push(`${where}: ${what} has no test "${name}"`);
    } else {
        try {
            accessSync(file, constants.X_OK);
        } catch {
            complaints.push(`${where}: ${what} cannot be run`);
        }
    }
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
console.log(`${checked} tests are named`);
process.exit(complaints.length === 0 ? 0 : 1);
