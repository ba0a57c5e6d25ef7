// A machine as docs/ speaks of it: a folder with pollux.env, from which every process and every command reads its settings, a `systemctl` that
// starts and stops the programs of a test, and a `journalctl` that shows what they wrote. Where a test asks for it, a `docker` as well.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

import { Program, binary, freePort, repository, temporaryFolder } from '../../e2e/support/process.mjs';

// One that runs as a systemd unit would run it: settings from the folder's .env.
export class Unit {
    constructor(machine, role, { settings = {} } = {}) {
        Object.assign(this, { machine, role, own: settings, port: 0, log: '' });
    }

    async prepare() {
        this.port ||= await freePort();
        this.metricsPort ||= await freePort();
        return this;
    }

    get url() {
        return `http://127.0.0.1:${this.port}`;
    }

    get metrics() {
        return `127.0.0.1:${this.metricsPort}`;
    }

    get isRunning() {
        return Boolean(this.program) && !this.program.exited;
    }

    // What it and those before it wrote.
    get journal() {
        return this.log + (this.program?.stderr ?? '');
    }

    async start() {
        if (this.isRunning) return this;
        await this.prepare();
        this.log += this.program?.stderr ?? '';
        // Servers of one machine need ports of their own; a worker has those of pollux.env.
        const places = this.role === 'serve' ? { LISTEN: `127.0.0.1:${this.port}`, METRICS_LISTEN: this.metrics } : {};
        const env = { PATH: process.env.PATH, HOME: this.machine.folder, LANG: 'C.UTF-8', ...places, ...this.own };
        this.program = new Program(binary('pollux'), [this.role], { cwd: this.machine.folder, env });
        await this.program.printed(/is ready|writes replies/, 60);
        return this;
    }

    async stop() {
        return this.program?.signal('SIGTERM');
    }

    kill() {
        return this.program.signal('SIGKILL');
    }
}

export class Machine {
    // `settings`: of pollux.env.
    static async start(settings) {
        const machine = new Machine();
        machine.folder = temporaryFolder();
        machine.services = {}; // name -> {start, stop}, or several of them; isRunning and journal where they have those.
        machine.writeSettings(settings);
        machine.bin = path.join(machine.folder, 'bin');
        fs.mkdirSync(machine.bin);
        machine.server = http.createServer((request, response) => machine.#serve(request, response));
        machine.server.unref();
        await new Promise((resolve) => machine.server.listen(0, '127.0.0.1', resolve));
        for (const name of ['systemctl', 'journalctl']) machine.#write(name, machine.#asks(name));
        fs.symlinkSync(binary('pollux'), path.join(machine.bin, 'pollux'));
        return machine;
    }

    // Adds a `docker compose` whose containers are the services of these names; a command in one is run here, with its variables.
    addContainers(variables) {
        const cases = Object.entries(variables).map(([name, values]) => {
            const given = Object.entries(values).map(([key, value]) => `${key}='${value}'`).join(' ');
            return `"compose exec -T ${name} "*) shift 4; exec env ${given} "$@" ;;\n`;
        });
        this.#write('docker', `case "$*" in\n${cases.join('')}"compose "*) shift ;;\nesac\n${this.#asks('systemctl')}`);
    }

    // A program that a person may type.
    #write(name, script) {
        fs.writeFileSync(path.join(this.bin, name), `#!/bin/sh\n${script}`, { mode: 0o755 });
    }

    #asks(name) {
        return `exec curl -fsS --max-time 120 "http://127.0.0.1:${this.server.address().port}/" --data "${name} $*"\n`;
    }

    writeSettings(settings) {
        const text = Object.entries(settings).map(([name, value]) => `${name}='${value}'\n`).join('');
        fs.writeFileSync(path.join(this.folder, 'pollux.env'), text);
        fs.rmSync(path.join(this.folder, '.env'), { force: true });
        fs.symlinkSync('pollux.env', path.join(this.folder, '.env'));
    }

    async #serve(request, response) {
        let words = '';
        for await (const chunk of request) words += chunk;
        try {
            const [program, ...rest] = words.split(' ');
            if (program === 'journalctl') return response.end(this.#journal(rest));
            const [act, ...names] = rest;
            for (const name of names) await this.#act(act, name);
            response.end();
        } catch (failure) {
            response.writeHead(500).end(String(failure));
        }
    }

    #servicesOf(name) {
        const found = [this.services[name]].flat();
        if (found.includes(undefined)) throw new Error(`there is no service ${name} here`);
        return found;
    }

    // Of the units that are named, all of it.
    #journal(words) {
        const names = words.filter((_, index) => words[index - 1] === '-u');
        return names.flatMap((name) => this.#servicesOf(name)).map(({ journal }) => journal).join('');
    }

    async #act(act, name) {
        for (const service of this.#servicesOf(name)) {
            const isRestarted = act === 'restart' || (act === 'try-restart' && (service.isRunning ?? true));
            if (act === 'stop' || isRestarted) await service.stop();
            if (act === 'start' || isRestarted) await service.start();
        }
    }

    // Runs a script as a person types it, from its first line to its last; {code, said}. `env`: what a person knows, such as a new key.
    async types(script, env = {}) {
        const all = { PATH: `${this.bin}:${process.env.PATH}`, HOME: this.folder, LANG: 'C.UTF-8', POLLUX_HOME: this.folder, ...env };
        return new Promise((resolve) => {
            execFile('bash', ['-c', script], { env: all, cwd: repository, timeout: 180_000, maxBuffer: 1 << 26 }, (failure, stdout, stderr) => {
                resolve({ code: failure ? (failure.code ?? 1) : 0, said: stdout + stderr });
            });
        });
    }
}

// The blocks of a document by section: [{title, text, blocks: {look: '...', mend: '...'}}], of those that are named (```bash look).
export function sectionsOf(document) {
    const sections = [];
    let block = null;
    for (const line of fs.readFileSync(path.join(repository, document), 'utf8').split('\n')) {
        if (block === null && /^#+ /.test(line)) sections.push({ title: line.replace(/^#+ /, ''), text: '', blocks: {} });
        const at = sections.at(-1);
        const begins = /^```bash (\S+)$/.exec(line);
        if (begins) {
            block = begins[1];
            at.blocks[block] = '';
        } else if (line === '```' && block !== null) {
            block = null;
        } else if (block !== null) {
            at.blocks[block] += `${line}\n`;
        } else {
            at.text += `${line}\n`;
        }
    }
    return sections;
}
