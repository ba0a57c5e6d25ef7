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

let passed = 0;
let failed = 0;
function expect(outcome, text) {
    writeFileSync(path.join(project, 'src/room/README.md'), `# room\n\nSee \`tools/setup.sh\`.\n\n${text}\n`);
    let was = 'taken';
    try {
        execFileSync(process.execPath, [checker, project], { stdio: 'pipe' });
    } catch {
        was = 'refused';
    }
    if (was === outcome) return ++passed;
    ++failed;
    console.log(`${was}, not ${outcome}: ${text}`);
}

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
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
