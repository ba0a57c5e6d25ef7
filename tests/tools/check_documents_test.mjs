#!/usr/bin/env node
// Proves that check_documents.mjs finds what it is there for: each planted line must be refused, each right one taken.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const checker = path.join(path.dirname(fileURLToPath(import.meta.url)), 'check_documents.mjs');
const project = mkdtempSync(path.join(tmpdir(), 'pollux-documents-'));
process.on('exit', () => rmSync(project, { recursive: true, force: true }));

for (const file of ['src/room/tea_service.hpp', 'src/room/tea_store.cpp', 'src/room/pots/big.cpp', 'src/base/error.hpp', 'tests/e2e/tour.test.mjs',
    'tools/setup.sh', 'docs/map.md', 'run']) {
    mkdirSync(path.join(project, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(project, file), '');
}

// What a project of this kind has: an alert that the runbook names, a table that the document on privacy does.
const rule = (name, description = '          description: "Pour it away."\n') => `      - alert: ${name}\n        expr: tea > 1\n        annotations:\n          summary: "Tea"\n${description}`;
const right = {
    'src/room/README.md': '', 'deploy/alerts.yml': `groups:\n  - name: tea\n    rules:\n${rule('PolluxTeaCold')}`, 'docs/runbook.md': 'Alert: `PolluxTeaCold`.\n',
    'migrations/0001_tea.sql': 'create table pots (id bigint);\n', 'docs/privacy.md': '| tea | `pots` | a day |\n',
};

let passed = 0;
let failed = 0;
// `changed`: files that are not as they are in a right project; undefined: one that is not there.
function expectOf(outcome, changed) {
    for (const [file, text] of Object.entries({ ...right, ...changed })) {
        mkdirSync(path.join(project, path.dirname(file)), { recursive: true });
        if (text === undefined) rmSync(path.join(project, file));
        else writeFileSync(path.join(project, file), text);
    }
    let was = 'taken';
    try {
        execFileSync(process.execPath, [checker, project], { stdio: 'pipe' });
    } catch {
        was = 'refused';
    }
    if (was === outcome) return ++passed;
    ++failed;
    console.log(`${was}, not ${outcome}: ${JSON.stringify(changed)}`);
}
const expect = (outcome, text) => expectOf(outcome, { 'src/room/README.md': `# room\n\nSee \`tools/setup.sh\`.\n\n${text}\n` });

const table = (name) => `| file | what |\n|---|---|\n| ${name} | tea |`;
expect('taken', '`base/error.hpp`, `base/error`, `room/tea_service`, `tea_store.cpp`, `pots/`, `src/room/pots/big.cpp`, `*_store.cpp`');
expect('taken', '`tests/e2e/NAME.test.mjs`, `text/event-stream`, `/chatroom/1/message/`, `build/dev/pollux`, `std::string`, `a/<b>`');
expect('taken', '[the map](../../docs/map.md), [elsewhere](https://example.com/x.md), [here](#room)');
expect('taken', table('`tea_service`, `pots/`'));
expect('taken', '| route | what |\n|---|---|\n| `brew` | makes tea |');
expect('taken', '```\ntools/setup.sh && ./run --listen 127.0.0.1:0\nnode --test tests/e2e/tour.test.mjs\ncurl $B/src\n```');
expect('refused', '`base/errors.hpp`');
expect('refused', '`room/coffee_service`');
expect('refused', '`tea_stor.cpp`');
expect('refused', '`cups/`');
expect('refused', '`*_route.cpp`');
expect('refused', '[the map](../docs/map.md)');
expect('refused', table('`coffee_service`'));
expect('refused', table('`tea_service`, `cups`'));
expect('refused', '```\ntools/set_up.sh\n```');
expect('refused', '```\nnode --test tests/e2e/tours.test.mjs\n```');

const alerts = (...rules) => ({ 'deploy/alerts.yml': right['deploy/alerts.yml'] + rules.join('') });
expectOf('taken', {});
expectOf('taken', { ...alerts(rule('PolluxTeaHot')), 'docs/runbook.md': '| `PolluxTeaCold`, `PolluxTeaHot` |\n' });
expectOf('refused', alerts(rule('PolluxTeaHot')));
expectOf('refused', { ...alerts(rule('PolluxTeaHot', ''), rule('PolluxTeaGone')), 'docs/runbook.md': '`PolluxTeaCold`, `PolluxTeaHot`, `PolluxTeaGone`\n' });
expectOf('refused', { 'docs/runbook.md': '`PolluxTeaCold`, `PolluxTeaWarm`\n' });
expectOf('refused', { 'docs/runbook.md': undefined });
expectOf('taken', { 'migrations/0002_cups.sql': '-- create table no_table\ncreate table cups (\n    id bigint\n);\n', 'docs/privacy.md': '`pots`, `cups`\n' });
expectOf('refused', { 'migrations/0002_cups.sql': 'create table cups (id bigint);\n' });
expectOf('refused', { 'migrations/0002_cups.sql': 'create table cups (id bigint);\n', 'docs/privacy.md': '`pots`, cups\n' });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
