// A machine as docs/ speaks of it: a folder with pollux.env, from which every process and every command reads its settings, and a `systemctl`
// that starts and stops the programs of a test.
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

    async start() {
        if (this.program && !this.program.exited) return this;
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
        const exited = await this.program.signal('SIGTERM');
        return exited;
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
        machine.services = {}; // name -> {start, stop}
        machine.writeSettings(settings);
        machine.bin = path.join(machine.folder, 'bin');
        fs.mkdirSync(machine.bin);
        machine.server = http.createServer((request, response) => machine.#serve(request, response));
        machine.server.unref();
        await new Promise((resolve) => machine.server.listen(0, '127.0.0.1', resolve));
        const { port } = machine.server.address();
        fs.writeFileSync(path.join(machine.bin, 'systemctl'), `#!/bin/sh\nexec curl -fsS --max-time 120 "http://127.0.0.1:${port}/" --data "$*"\n`, { mode: 0o755 });
        fs.symlinkSync(binary('pollux'), path.join(machine.bin, 'pollux'));
        return machine;
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
            const [act, ...names] = words.split(' ');
            for (const name of names) await this.#act(act, name);
            response.end();
        } catch (failure) {
            response.writeHead(500).end(String(failure));
        }
    }

    async #act(act, name) {
        for (const service of [this.services[name]].flat()) {
            if (!service) throw new Error(`there is no service ${name} here`);
            if (act === 'stop' || act === 'restart') await service.stop();
            if (act === 'start' || act === 'restart') await service.start();
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
