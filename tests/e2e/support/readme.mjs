// The README's lines, word for word, as a newcomer types them into a shell: with curl, which names no origin. Only the ports are others.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

import { Program, binary, repository } from './process.mjs';

const readme = fs.readFileSync(path.join(repository, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/^```bash\n([^]*?)^```/gm)].map(([, lines]) => lines.trim().split('\n'));
export const blockWith = (begin) => blocks.find((lines) => lines[0].startsWith(begin)) ?? assert.fail(`the README has no block that begins with ${begin}`);

// One after another, with what earlier lines have set.
export class Shell {
    answer = ''; // What the last line printed.

    // `ports`: of `pollux`, `sim` (Stripe's) and `page` (of all simulators, the first of five in a row), as far as they are used.
    constructor(folder, ports) {
        this.folder = folder;
        this.ports = ports;
        this.env = { PATH: process.env.PATH, HOME: folder, LANG: 'C.UTF-8', METRICS_LISTEN: '', LISTEN: `127.0.0.1:${ports.pollux}` };
        // As a clone has it after ./run, which builds nothing else.
        fs.mkdirSync(path.join(folder, 'build/release'), { recursive: true });
        this.#has('pollux');
    }

    #has(program) {
        fs.symlinkSync(binary(program), path.join(this.folder, 'build/release', program));
    }

    // A line that builds another program: that it can be built the other tests show.
    build(line) {
        const [, program] = /^ninja -C build\/release ([\w-]+)$/.exec(line) ?? assert.fail(`${line} builds no program`);
        this.#has(program);
    }

    // The line as it is typed: what it takes from the answer before is put in.
    typed(line) {
        const filled = line.replace(/\.\.\.the (\w+)(?: token)? of the last answer\.\.\./, (all, field) => this.body[field] ?? assert.fail(`${all} is not in ${this.answer}`));
        return filled
            .replace('pollux-sims stripe', `pollux-sims stripe --listen 127.0.0.1:${this.ports.sim}`)
            .replace('pollux-sims all --port 9000', `pollux-sims all --port ${this.ports.page} --pollux http://127.0.0.1:${this.ports.pollux}`)
            .replaceAll('127.0.0.1:9200', `127.0.0.1:${this.ports.sim}`)
            .replaceAll('127.0.0.1:9000', `127.0.0.1:${this.ports.page}`)
            .replaceAll('127.0.0.1:8000', `127.0.0.1:${this.ports.pollux}`);
    }

    // The JSON in the last answer, which may have its head in front.
    get body() {
        return JSON.parse(this.answer.slice(this.answer.indexOf('{')));
    }

    async run(line) {
        const { code, stdout, stderr } = await this.#bash(`set -a\n${this.typed(line)}\ncode=$?\nset +a\nprintf '\\0'; env -0; exit $code`);
        assert.equal(code, 0, `${line}: ${stderr}`);
        const [answer, ...variables] = stdout.split('\0');
        this.answer = answer;
        this.env = Object.fromEntries(variables.filter(Boolean).map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]));
        return answer;
    }

    // A line that ends with &: the program, which ends with the test.
    start(line) {
        assert.match(line, / &$/);
        return new Program('bash', ['-c', `exec ${this.typed(line).slice(0, -2)}`], { cwd: this.folder, env: this.env });
    }

    // A whole block at once, as it is pasted: no line waits for what another one has left running, which ends with the test.
    paste(lines) {
        const text = lines.map((line) => this.typed(line)).join('\n');
        return new Program('bash', ['-c', `${text}\nprintf '\\npasted\\n'; wait`], { cwd: this.folder, env: this.env, leads: true });
    }

    async #bash(text) {
        const program = new Program('bash', ['-c', text], { cwd: this.folder, env: this.env });
        const { code } = await program.end;
        return { code, stdout: program.stdout, stderr: program.stderr };
    }
}

export const isReady = (server) => server.printed(/is ready at http/, 60);
