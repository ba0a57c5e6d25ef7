// The README's lines about buying, word for word, as a newcomer types them into a shell: with curl, which names no origin, first in the demo,
// then against the simulator of Stripe. Only the ports are others.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Program, binary, endPrograms, freePort, repository, temporaryFolder, until } from './support/process.mjs';

after(() => endPrograms());

const readme = fs.readFileSync(path.join(repository, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/^```bash\n([^]*?)^```/gm)].map(([, lines]) => lines.trim().split('\n'));
const blockWith = (begin) => blocks.find((lines) => lines[0].startsWith(begin)) ?? assert.fail(`the README has no block that begins with ${begin}`);

// One after another, with what earlier lines have set.
class Shell {
    answer = ''; // What the last line printed.

    constructor(folder, ports) {
        this.folder = folder;
        this.ports = ports;
        this.env = { PATH: process.env.PATH, HOME: folder, LANG: 'C.UTF-8', METRICS_LISTEN: '', LISTEN: `127.0.0.1:${ports.pollux}` };
        // As a clone has it after ./run.
        fs.mkdirSync(path.join(folder, 'build'), { recursive: true });
        fs.symlinkSync(path.dirname(binary('pollux')), path.join(folder, 'build/release'));
    }

    // The line as it is typed: what it takes from the answer before is put in.
    typed(line) {
        const filled = line.replace(/\.\.\.the (\w+)(?: token)? of the last answer\.\.\./, (all, field) => this.body[field] ?? assert.fail(`${all} is not in ${this.answer}`));
        return filled
            .replace('pollux-sims stripe', `pollux-sims stripe --listen 127.0.0.1:${this.ports.sim}`)
            .replaceAll('127.0.0.1:9200', `127.0.0.1:${this.ports.sim}`)
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

    async #bash(text) {
        const program = new Program('bash', ['-c', text], { cwd: this.folder, env: this.env });
        const { code } = await program.end;
        return { code, stdout: program.stdout, stderr: program.stderr };
    }
}

const isReady = (server) => server.printed(/is ready at http/, 60);

describe('the README\'s lines about buying', () => {
    const tour = blockWith('B=');
    const demo = blockWith('curl $B/plans/');
    const stripe = blockWith('build/release/pollux-sims stripe &');
    const statusLine = demo.find((line) => line.includes('/subscription/status/'));
    let shell, server;

    before(async () => {
        shell = new Shell(temporaryFolder(), { pollux: await freePort(), sim: await freePort() });
        server = shell.start('build/release/pollux serve --dev &'); // What ./run starts.
        await isReady(server);
        for (const line of tour.slice(0, tour.findIndex((one) => one.startsWith('A=')) + 1)) await shell.run(line);
    });

    const pricesAreKnown = () => until('prices', async () => {
        await shell.run(demo[0]);
        return shell.body.results.find(({ name }) => name === 'pro').prices.length > 0;
    });
    const isPro = async () => {
        await shell.run(statusLine);
        return shell.body.tier === 'pro' && shell.body;
    };

    test('in the demo, in six lines', async () => {
        assert.equal(demo.length, 6);
        await pricesAreKnown();
        for (const line of demo.slice(1)) {
            if (line === statusLine) {
                assert.equal((await until('Pro', isPro)).source, 'demo');
                continue;
            }
            const answer = await shell.run(line);
            if (line.startsWith('curl -i')) assert.match(answer, /^HTTP\/1\.1 303 [^]*\r\nLocation: http:\/\/127\.0\.0\.1:\d+\/subscription\/done\//i);
        }
        const portal = await fetch(shell.body.url);
        assert.equal(portal.status, 200);
        assert.match(await portal.text(), /Pollux Pro, monthly/);
    });

    test('against the simulator of Stripe, in six lines', async () => {
        assert.equal(stripe.length, 6);
        await server.signal('SIGTERM');
        const sim = shell.start(stripe[0]);
        await sim.printed(/listening on/);
        await shell.run(stripe[1]);
        const failed = new Program('bash', ['-c', shell.typed(stripe[2])], { cwd: shell.folder, env: { ...shell.env, STRIPE_SECRET_KEY: 'sk_test_none' } });
        assert.notEqual((await failed.end).code, 0);
        assert.equal(failed.stdout, '', 'nothing of the environment is printed where it fails');
        assert.match(failed.stderr, /STRIPE_SECRET_KEY/);
        await shell.run(stripe[2]);
        assert.match(shell.env.STRIPE_PRICE_ID, /^price_\w+$/);
        assert.match(shell.env.STRIPE_WEBHOOK_SECRET, /^whsec_\w+$/);
        await isReady(shell.start(stripe[3]));
        await pricesAreKnown();
        await shell.run(statusLine);
        assert.equal(shell.body.tier, 'basic', 'what was bought in the demo counts in the demo');

        await shell.run(stripe[4]);
        const { checkout_url: page } = shell.body;
        assert.ok((await (await fetch(page)).text()).includes(`action="${new URL(page).pathname}/pay"><button>Pay</button>`), 'the button does what the line does');
        assert.match(await shell.run(stripe[5]), /^HTTP\/1\.1 303 [^]*\r\nLocation: http:\/\/127\.0\.0\.1:\d+\/subscription\/done\/\?session_id=cs_test_/i);
        const bought = await until('Pro', isPro);
        assert.deepEqual([bought.status, bought.source, bought.price], ['active', 'stripe', shell.env.STRIPE_PRICE_ID]);
    });
});
