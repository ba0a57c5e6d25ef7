// Programs that a test starts: their output is kept, and none outlives the test, however it ends.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export { freePort, freePorts } from './ports.mjs';

export const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

const binaries = path.resolve(repository, process.env.POLLUX_BIN ?? 'build/release');
const running = new Set();
const folders = new Set();
let hasEnded = false;

process.on('exit', (code) => {
    endPrograms();
    for (const folder of folders) {
        if (code === 0) fs.rmSync(folder, { recursive: true, force: true });
        else console.error(`# kept for a look: ${folder}`);
    }
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

// For after(), first of all: a test that failed half way leaves programs that would keep its file from ending, and one whose time was over
// goes on and would start more.
export function endPrograms() {
    hasEnded = true;
    for (const program of running) program.kill('SIGKILL');
}

// `name`: of a program in POLLUX_BIN, or the path of another.
export function binary(name) {
    const file = path.resolve(binaries, name);
    if (!fs.existsSync(file)) throw new Error(`${file} is missing: build it, or set POLLUX_BIN to the folder that has it`);
    return file;
}

// Removed when the test file ends well.
export function temporaryFolder() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pollux-test-'));
    folders.add(folder);
    return folder;
}

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// Polls until `condition()` gives something true, and returns that.
export async function until(what, condition, { seconds = 30, everyMs = 20 } = {}) {
    const end = Date.now() + seconds * 1000;
    for (;;) {
        const found = await condition();
        if (found) return found;
        if (Date.now() > end) throw new Error(`waited ${seconds} s in vain for: ${what}`);
        await sleep(everyMs);
    }
}

// The first line with all of `words` in the log of a server, as soon as it is written: lines are written in pieces, up to 200 ms late.
export function logged(program, ...words) {
    return until(`a line of the log with ${words.join(' and ')}`, () => program.log.split('\n').find((line) => words.every((word) => line.includes(word))));
}

export class Program {
    stdout = '';
    stderr = '';
    exited = null; // {code, signal} once it has.

    // `leads`: what it starts ends with it.
    constructor(file, args, { cwd, env, leads = false }) {
        if (hasEnded) throw new Error('the tests of this file are over: nothing is started any more');
        this.leads = leads;
        this.child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: leads });
        running.add(this);
        this.child.stdout.setEncoding('utf8').on('data', (text) => (this.stdout += text));
        this.child.stderr.setEncoding('utf8').on('data', (text) => (this.stderr += text));
        this.end = new Promise((resolve) => {
            this.child.once('error', (failure) => resolve({ code: -1, signal: String(failure) }));
            this.child.once('close', (code, signal) => resolve({ code, signal }));
        }).then((exited) => {
            running.delete(this);
            this.exited = exited;
            return exited;
        });
    }

    // The first match in what it printed.
    async printed(pattern, seconds = 30) {
        return until(`${pattern} from ${this.child.spawnfile}`, () => {
            const found = pattern.exec(this.stdout);
            if (!found && this.exited) throw new Error(`it ended (${JSON.stringify(this.exited)}) and said: ${this.stderr.slice(-2000)}`);
            return found;
        }, { seconds, everyMs: 5 });
    }

    signal(name) {
        if (!this.exited) this.kill(name);
        return this.end;
    }

    kill(name) {
        if (!this.leads || !this.child.pid) return this.child.kill(name);
        try {
            return process.kill(-this.child.pid, name);
        } catch (failure) {
            if (failure.code === 'ESRCH') return false; // All of them have ended.
            throw failure;
        }
    }
}
