#!/usr/bin/env node
// Checks that what documents name exists: files and folders in `code`, the target of each link, the programs and files in blocks of
// commands, and the names in tables whose first column is "file", "part" or "folder". Names are looked for beside the document, below
// its folder, in src/, in tests/ and in the project's folder; `room/thing` also stands for room/thing.hpp and its like.
// And that two documents leave nothing out: docs/runbook.md names every alert of deploy/alerts.yml, each of which says in a description what
// to do, and no other; docs/privacy.md names every table that a migration makes.
// Not checked: words in CAPITALS (they stand for something), build/, and what only looks like a path: URLs, media types.
// Takes the project's folder as its argument (for its own test); "." by default.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const project = process.argv[2] ?? '.';
const ignored = new Set(['.git', 'build', 'node_modules', 'pollux_data']);
const complaints = [];
let checked = 0;

// Every file and folder of the project, by its path from there.
const all = new Map(); // path -> isFolder
(function walk(folder) {
    for (const entry of readdirSync(path.join(project, folder), { withFileTypes: true })) {
        if (ignored.has(entry.name)) continue;
        const name = path.join(folder, entry.name);
        all.set(name, entry.isDirectory());
        if (entry.isDirectory()) walk(name);
    }
})('');
const files = [...all.keys()];

const extensions = 'cpp|hpp|mjs|js|ts|sql|cmake|md|py|sh|json|yaml|yml|txt|in|html|css|cfg|conf|pgbench';
const withExtension = new RegExp(`^[\\w.*-]+\\.(${extensions})$`);
const media = /^(text|application|image|audio|video|font|multipart)\//;
const pathLike = /^\.{0,2}[\w.*-]+(\/[\w.*-]+)*\/?$/;

// Whether some path of the project is this name, or begins so and goes on with an ending: "tokens" for tokens.hpp, tokens_test.cpp.
function exists(name, from) {
    const clean = path.normalize(name.replace(/\/$/, ''));
    if (clean === '.' || existsSync(path.join(project, from, clean)) || existsSync(path.join(project, clean))) return true;
    const escaped = clean.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*');
    const places = [from, 'src', 'tests', ''].map((place) => path.join(place, '/').replace(/^\/|^\.\//, ''));
    return places.some((place) => {
        const begin = place.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
        const wanted = new RegExp(`^${begin}(.*/)?${escaped}(\\.[\\w.]+|_test\\.\\w+)?$`);
        return files.some((file) => wanted.test(file));
    });
}

function check(name, from, where) {
    ++checked;
    if (!exists(name, from)) complaints.push(`${where}: there is no ${name}`);
}

const isPlaceholder = (name) => /(?<![A-Za-z])[A-Z]{2,}(?![A-Za-z])|[<>$]|…|\.\.\./.test(name.replace(/README|CHANGELOG|CONTRIBUTING|LICENSE|NOTICE/g, ''));

// `x/y` and `x.cpp` outside of blocks.
function checkCode(code, from, where) {
    for (const word of code.trim().split(/\s+/)) {
        if (!pathLike.test(word) || isPlaceholder(word) || media.test(word)) continue;
        if (word.startsWith('build/') || word.startsWith('/') || !/[a-z]/.test(word)) continue;
        const isPath = word.includes('/') && /^[\w.]/.test(word) && !/^\d/.test(word);
        if (isPath || withExtension.test(word)) check(word, from, where);
    }
}

// In a block of commands: what begins with a folder or a program of the project.
const top = new Set(readdirSync(project));
function checkBlock(line, from, where) {
    for (const raw of line.split(/[\s;|&()'"=]+/)) {
        const word = raw.replace(/^\.\//, '').replace(/[,:]$/, '');
        const [first] = word.split('/');
        if (!word.includes('/') || !top.has(first) || ignored.has(first) || !pathLike.test(word) || isPlaceholder(word)) continue;
        check(word, from, where);
    }
}

for (const document of files.filter((file) => file.endsWith('.md') && !all.get(file))) {
    const from = path.dirname(document);
    let block = false;
    let table = ''; // The first header of the table that a line stands in.
    readFileSync(path.join(project, document), 'utf8').split('\n').forEach((line, index) => {
        const where = `${document}:${index + 1}`;
        if (line.startsWith('```')) block = !block;
        else if (block) checkBlock(line, from, where);
        else {
            for (const [, target] of line.matchAll(/\]\(([^)\s]+)\)/g)) {
                if (/^\w+:|^#/.test(target)) continue;
                ++checked;
                if (!existsSync(path.join(project, from, target.replace(/#.*/, '')))) complaints.push(`${where}: the link leads to no ${target}`);
            }
            const cells = line.startsWith('|') ? line.split('|') : [];
            if (cells.length === 0) table = '';
            else if (table === '') table = cells[1].trim() || '-';
            const isList = ['file', 'part', 'folder', 'files'].includes(table);
            for (const [, code] of line.matchAll(/`([^`]+)`/g)) {
                const isName = isList && cells[1].includes(`\`${code}\``) && /^[a-z][\w.*\/-]*$/.test(code);
                if (isName) check(code, from, where);
                else checkCode(code, from, where);
            }
        }
    });
}

const textOf = (file) => (all.has(file) ? readFileSync(path.join(project, file), 'utf8') : '');
const namedIn = (file, pattern) => new Set([...textOf(file).matchAll(pattern)].map(([, name]) => name));

const [alerts, runbook, privacy] = ['deploy/alerts.yml', 'docs/runbook.md', 'docs/privacy.md'];
const explained = namedIn(runbook, /`(Pollux[A-Z]\w*)`/g);
for (const rule of textOf(alerts).split(/^ *- alert: /m).slice(1)) {
    const [name] = rule.split('\n');
    ++checked;
    if (!/^ *description: "\S/m.test(rule)) complaints.push(`${alerts}: ${name} has no description`);
    if (!explained.delete(name)) complaints.push(`${runbook}: nothing on the alert ${name}`);
}
for (const name of explained) complaints.push(`${runbook}: there is no alert ${name}`);

const tables = files.filter((file) => /^migrations\/.*\.sql$/.test(file)).flatMap((file) => [...namedIn(file, /^create table (\w+)/gm)]);
const kept = namedIn(privacy, /`(\w+)`/g);
for (const table of new Set(tables)) {
    ++checked;
    if (!kept.has(table)) complaints.push(`${privacy}: nothing on the table ${table}`);
}

for (const line of complaints) console.log(line);
if (checked === 0) complaints.push('nothing');
console.log(complaints.length > 0 ? `complaints: ${complaints.length}` : `all ${checked} files and folders that documents name exist`);
process.exitCode = complaints.length > 0 ? 1 : 0;
