// `pollux serve` in a temporary folder, which may be killed and started again on the same port and data.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

import { Program, binary, freePort, temporaryFolder } from './process.mjs';

// Nothing of the tester's own environment changes what is tested, such as a container's file system, and no model is called but for replies.
const surroundings = { PATH: process.env.PATH, HOME: process.env.HOME, LANG: 'C.UTF-8', METRICS_LISTEN: '', DATA_MAY_VANISH: 'True', AI_TITLE_MODEL: 'off' };

// What most tests want: debug, many messages a day, no limits by address.
export const roomySettings = { DEBUG: 'True', RATE_LIMITS: 'off', BASIC_DAILY_MESSAGES: '1000000', ACCESS_TOKEN_MINUTES: '600' };

export class Server {
    logs = []; // What earlier processes wrote to the log.
    consoles = [];

    // `version`: the name of another binary, such as pollux-next. `openFiles`: {soft, hard}, its limits of open files.
    constructor({ folder = temporaryFolder(), env = roomySettings, args = [], version = 'pollux', openFiles } = {}) {
        Object.assign(this, { folder, env, args, version, openFiles, port: 0, program: null });
    }

    static async start(options) {
        const server = new Server(options);
        await server.start();
        return server;
    }

    get url() {
        return `http://127.0.0.1:${this.port}`;
    }

    get database() {
        return path.join(this.folder, 'pollux_data', 'pollux.sqlite3');
    }

    // Returns when it says that it is ready, or throws. `extra` is for this one start.
    async start(extra = {}) {
        await this.launch(extra);
        await this.program.printed(/is ready at http:\/\/\S+:(\d+)/, 60);
        return this;
    }

    async launch(extra = {}) {
        if (this.port === 0) this.port = await freePort();
        if (this.program) this.keepOutput();
        const args = ['serve', ...this.args, '--listen', `127.0.0.1:${this.port}`];
        const command = [binary(this.version), ...args];
        if (this.openFiles) command.unshift('prlimit', `--nofile=${this.openFiles.soft}:${this.openFiles.hard}`, '--');
        this.program = new Program(command[0], command.slice(1), { cwd: this.folder, env: { ...surroundings, ...this.env, ...extra } });
    }

    // As if the machine's power had gone, for this process.
    async kill() {
        await this.program.signal('SIGKILL');
    }

    // {code, signal, seconds}
    async stop() {
        const began = performance.now();
        const exited = await this.program.signal('SIGTERM');
        return { ...exited, seconds: (performance.now() - began) / 1000 };
    }

    keepOutput() {
        this.logs.push(this.program.stderr);
        this.consoles.push(this.program.stdout);
    }

    get log() {
        return [...this.logs, this.program.stderr].join('');
    }

    get console() {
        return [...this.consoles, this.program.stdout].join('');
    }

    // Rows of a query. While the server runs, it may only be looked at: what is written is its own.
    async rows(query) {
        const { stdout } = await promisify(execFile)('sqlite3', ['-json', '-cmd', '.timeout 10000', this.database, query], { maxBuffer: 1 << 30 });
        return stdout.trim() === '' ? [] : JSON.parse(stdout);
    }
}
