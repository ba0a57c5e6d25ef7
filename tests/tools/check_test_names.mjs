#!/usr/bin/env node
// Checks that tests are named in one way (CONTRIBUTING.md, "How tests are named"): TEST(Subject, says_what_holds) in C++, with a fixture
// called SubjectTest only where Subject is a type itself; in JavaScript test('says what holds'), without a capital that begins a sentence
// or a full stop that ends one, and no two alike in a file.
// Takes the project's folder as its argument (for its own test); "." by default.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const project = process.argv[2] ?? '.';
const ignored = new Set(['.git', 'build', 'node_modules']);
const names = /^(Redis|Alice|Bob)\b/; // Words that have their capital everywhere.
const complaints = [];
let checked = 0;

const files = [];
(function walk(folder) {
    for (const entry of readdirSync(path.join(project, folder), { withFileTypes: true })) {
        const name = path.join(folder, entry.name);
        if (entry.isDirectory()) {
            if (!ignored.has(entry.name)) walk(name);
        } else if (/\.(cpp|hpp|mjs)$/.test(name)) files.push({ name, text: readFileSync(path.join(project, name), 'utf8') });
    }
})('');

const types = new Set();
for (const { name, text } of files) {
    if (!name.startsWith('src/') || name.endsWith('_test.cpp')) continue;
    for (const [, type] of text.matchAll(/\b(?:class|struct) (\w+)/g)) types.add(type);
}

function check(isRight, file, index, what) {
    if (!isRight) complaints.push(`${file.name}:${file.text.slice(0, index).split('\n').length}: ${what}`);
}

function checkCpp(file) {
    for (const { index, 1: suite, 2: name } of file.text.matchAll(/^(?:TYPED_)?TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)/gm)) {
        ++checked;
        const subject = suite.replace(/Test$/, '');
        check(/^[A-Z][A-Za-z0-9]*$/.test(suite), file, index, `${suite} is not CamelCase`);
        check(subject === suite || types.has(subject), file, index, `call it ${subject}: no type has that name`);
        check(/^[a-z0-9]+(_[a-z0-9]+)+$/.test(name), file, index, `${name} does not say in snake_case what holds`);
    }
}

function checkJavaScript(file) {
    const seen = new Set();
    for (const { index, 1: call, 3: name } of file.text.matchAll(/^\s*(test|describe)\(\s*(['"`])((?:\\.|(?!\2)[^\\])*)\2/gm)) {
        ++checked;
        check(!/^[A-Z]([a-z']+)?(?![\w])/.test(name) || names.test(name), file, index, `"${name}" begins with a capital`);
        check(!/[.!\s]$/.test(name) && name !== '', file, index, `"${name}" ends like a sentence, or is empty`);
        if (call === 'describe') seen.clear(); // Names count within their group.
        check(!seen.has(name), file, index, `"${name}" stands twice`);
        seen.add(name);
    }
}

for (const file of files) {
    if (file.name.endsWith('.cpp')) checkCpp(file);
    else if (file.name.endsWith('.test.mjs')) checkJavaScript(file);
}

for (const line of complaints) console.log(line);
if (checked === 0) complaints.push('nothing');
console.log(complaints.length > 0 ? `complaints: ${complaints.length}` : `all ${checked} tests are named in one way`);
process.exitCode = complaints.length > 0 ? 1 : 0;
