// Codes by SMS, from send-otp to the report of their arrival, with vendors that refuse, hang and lose answers.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { Client } from './support/client.mjs';
import { command } from './support/command.mjs';
import { listening } from './support/listening.mjs';
import { endPrograms, freePort, logged, until } from './support/process.mjs';
import { saysCode } from './support/secrets.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { Postgres } from './support/services.mjs';
import { SmsSim } from './support/sms_sim.mjs';

const publicHost = 'chat.example.com';
const production = {
    SECRET_KEY: 'Zk3vX9q-7Lw2TmB5sR8uYc1NhD6fGjPaQ',
    AI_MODELS: 'demo',
    PUBLIC_URL: `https://${publicHost}`,
    ALLOWED_HOSTS: `${publicHost},127.0.0.1`,
    RATE_RULES: 'auth=1000000/1,otp=1000000/1',
    LOG_FORMAT: 'json',
};

let lastNumber = 0;
// Blocks of their own, so that none of their budgets is met.
const newNumber = () => `+1202${2_000_000 + 10_000 * ++lastNumber}`;

const signUp = (client, mobile) => client.ask('POST', '/auth/signup/', { body: { mobile } });
const sendCode = (client, mobile, purpose = 'login') => client.ask('POST', '/auth/send-otp/', { body: { mobile, purpose } });
const verify = (client, mobile, code) => client.ask('POST', '/auth/verify-otp/', { body: { mobile, code, purpose: 'login' } });

async function newUser(client) {
    const mobile = newNumber();
    assert.equal((await signUp(client, mobile)).status, 201);
    return mobile;
}

const logOf = async (server) => (await server.rows('select * from sms_log order by id'));
const lastOf = async (server) => (await logOf(server)).at(-1);
const becomes = (server, outcome) => until(outcome, async () => (await lastOf(server))?.outcome === outcome, { seconds: 60 });

after(() => endPrograms());

describe('codes by Twilio', () => {
    let vendor, server, client, port;
    before(async () => {
        port = await freePort();
        const metrics = await freePort();
        vendor = await SmsSim.start(['--deliver-to', `http://127.0.0.1:${port}`]);
        server = new Server({ env: { ...production, ...vendor.twilioSettings(), METRICS_LISTEN: `127.0.0.1:${metrics}` } });
        server.port = port;
        server.metricsUrl = `http://127.0.0.1:${metrics}/metrics`;
        await server.start();
        client = new Client(server);
    });
    after(() => client.close());

    test('a code arrives, opens a session, and its arrival is known', async () => {
        const mobile = await newUser(client);
        const sent = await sendCode(client, mobile);
        assert.equal(sent.status, 200);
        assert.equal(sent.body.otp, undefined);
        const code = await vendor.code(mobile);
        const [text] = await vendor.texts({ to: mobile });
        assert.equal(text.body, `${code} is your code. It is valid for 5 minutes.\n\n@${publicHost} #${code}`);
        assert.equal((await verify(client, mobile, code)).status, 200);
        await vendor.drained();
        await until('a report', async () => (await lastOf(server)).status === 'delivered', { seconds: 30 });
        const row = await lastOf(server);
        assert.equal(row.outcome, 'accepted');
        assert.equal(row.provider_id, text.id);
        assert.equal(row.region, 'US');
        assert.ok(row.used_at > 0);
    });

    test('nobody is told who has an account, and nobody else gets a text', async () => {
        const unknown = newNumber();
        assert.equal((await sendCode(client, unknown)).status, 200);
        await becomes(server, 'decoy');
        assert.deepEqual(await vendor.texts({ to: unknown }), []);
    });

    test('what is refused for now comes again, and once', async () => {
        const mobile = await newUser(client);
        await vendor.plan({ vendor: 'twilio', method: 'POST', status: 429, code: 20429, retry_after_s: 1 }, { vendor: 'twilio', method: 'POST', status: 429, html: true });
        assert.equal((await sendCode(client, mobile)).status, 200);
        await vendor.code(mobile);
        await becomes(server, 'accepted');
        assert.equal((await vendor.texts({ to: mobile })).length, 1);
    });

    for (const [what, plan, texts] of [
        ['an error after the text was taken', { status: 500, acts: true }, 1],
        ['an error before', { status: 503, html: true }, 0],
        ['an answer that got lost', { fault: 'cut', acts: true }, 1],
        ['a connection that was cut', { fault: 'cut' }, 0],
    ]) {
        test(`${what} leaves the code unknown, and it is not sent again`, async () => {
            const mobile = await newUser(client);
            await vendor.plan({ vendor: 'twilio', method: 'POST', ...plan });
            assert.equal((await sendCode(client, mobile)).status, 200);
            await becomes(server, 'unknown');
            assert.equal((await vendor.texts({ to: mobile })).length, texts);
            assert.deepEqual(await server.rows('select * from tasks where kind = \'send_code\''), []);
        });
    }

    test('a final refusal is for operators only', async () => {
        const mobile = await newUser(client);
        await vendor.tell('numbers', { number: mobile, refuse: 21211 });
        const sent = await sendCode(client, mobile);
        assert.equal(sent.status, 200);
        await becomes(server, 'refused');
        assert.equal((await lastOf(server)).reason, '21211');
        await until('a line of the log', () => server.log.includes('"outcome":"refused"'), { seconds: 10 });
    });

    test('reports move forward only, in any order, and only Twilio\'s count', async () => {
        const mobile = await newUser(client);
        await vendor.tell('report_plan', { mode: 'hold' });
        await sendCode(client, mobile);
        await vendor.code(mobile);
        await becomes(server, 'accepted');
        await until('all its reports', async () => (await vendor.reports({ state: 'held' })).length >= 2, { seconds: 30 });
        const [held] = (await vendor.reports({ state: 'held' }));
        const url = `http://127.0.0.1:${port}/sms/twilio/status/`;
        for (const headers of [{}, { 'X-Twilio-Signature': 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' }]) {
            const forged = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers }, body: 'MessageSid=SM1&MessageStatus=failed' });
            assert.equal(forged.status, 400);
        }
        assert.ok(held);
        await vendor.tell('reports/release', { order: 'reverse', copies: 2 });
        await vendor.drained();
        await vendor.tell('report_plan', { mode: 'send' });
        assert.equal((await lastOf(server)).status, 'delivered');
    });

    test('a vendor that hangs delays nobody', async () => {
        const mobiles = [];
        for (let index = 0; index < 6; ++index) mobiles.push(await newUser(client));
        await vendor.tell('plan', { default: { vendor: 'twilio', method: 'POST', fault: 'hang' } });
        for (const mobile of mobiles) {
            const began = performance.now();
            assert.equal((await sendCode(client, mobile)).status, 200);
            assert.ok(performance.now() - began < 2_000);
        }
        await vendor.tell('plan', { reset: true });
        await until('an end for all', async () => (await server.rows('select count(*) as open from tasks where kind = \'send_code\''))[0].open === 0, { seconds: 60 });
    });

    test('doctor asks the vendor, and sends a text to whom it is told', async () => {
        const asked = await command(server, 'doctor');
        assert.match(asked.stdout, /ok\s+SMS: twilio takes/);
        const mobile = newNumber();
        const tested = await command(server, 'doctor', '--sms', mobile);
        assert.match(tested.stdout, /ok\s+SMS: twilio has taken a test text/);
        assert.equal((await vendor.texts({ to: mobile })).length, 1);
        const wrong = await command({ folder: server.folder, env: { ...server.env, TWILIO_AUTH_TOKEN: 'x'.repeat(32) } }, 'doctor');
        assert.match(wrong.stdout, /ILL\s+SMS: twilio refuses/);
        assert.equal(wrong.code, 1);
    });
});

describe('codes by a webhook', () => {
    let vendor, server, client;
    before(async () => {
        vendor = await SmsSim.start();
        server = await Server.start({ env: { ...production, ...vendor.webhookSettings() } });
        client = new Client(server);
    });
    after(() => client.close());

    for (const [what, plans] of [
        ['at once', []],
        ['after errors', [{ status: 500 }, { status: 503 }, { status: 429 }]],
        ['after answers that got lost', [{ fault: 'cut', acts: true }, { status: 500, acts: true }]],
    ]) {
        test(`a code arrives once, ${what}`, async () => {
            const mobile = await newUser(client);
            if (plans.length > 0) await vendor.plan(...plans.map((plan) => ({ vendor: 'webhook', ...plan })));
            await sendCode(client, mobile);
            const code = await vendor.code(mobile);
            await becomes(server, 'accepted');
            assert.equal((await vendor.texts({ to: mobile })).length, 1);
            // The same body each time, though a second or more went by: a vendor refuses another one under the same key, as this one does.
            const calls = (await vendor.calls()).filter(({ to }) => to === mobile);
            assert.equal(calls.length, plans.length + 1);
            assert.equal(new Set(calls.map(({ params }) => JSON.stringify(params))).size, 1);
            assert.equal((await verify(client, mobile, code)).status, 200);
        });
    }

    test('a secret that is not the vendor\'s is a refusal', async () => {
        const mobile = await newUser(client);
        const { calls } = { calls: await vendor.calls() };
        assert.ok(calls.every(({ status }) => status !== 401));
        await server.stop();
        await server.start({ SMS_WEBHOOK_SECRET: 'another' });
        await sendCode(client, mobile);
        await becomes(server, 'refused');
        assert.equal((await lastOf(server)).reason, 'http_401');
    });
});

test('a code is found where it is said, and in no figure, id or hash', () => {
    const code = '482913';
    for (const text of [`"code":"${code}"`, `code=${code}`, `"code":${code}`, `@chat.example.com #${code}`, `${code} is your code.`, `It is ${code}.`, `('${code}')`, `pollux_codes_total{code="${code}"} 1`])
        assert.ok(saysCode(`one\n${text}\nthree`, code), text);
    for (const text of ['"time":"2026-11-30T08:26:01.482913Z"', '2026-11-30T08:26:01.482913Z info', 'pollux_code_seconds_sum 0.482913', 'pollux_code_seconds_sum 482913.5', 'pollux_x_bytes 482913',
        '"duration_us":482913', 'duration_us=482913', 'c0ffee-482913-11', 'a482913b', '1482913', '4829130'])
        assert.ok(!saysCode(`one\n${text}\nthree`, code), text);
});

// At two moments: while the vendor has the text and has not answered, so that the task is open and the code on its way; and when all is over.
for (const [kind, databaseName] of [['twilio', 'SQLite'], ['twilio', 'PostgreSQL'], ['webhook', 'SQLite'], ['webhook', 'PostgreSQL']]) {
    test(`no code and no number is in the database, the log or the metrics: ${kind}, ${databaseName}`, async () => {
        const [port, metricsPort] = [await freePort(), await freePort()];
        const vendor = await SmsSim.start(['--deliver-to', `http://127.0.0.1:${port}`]);
        const postgres = databaseName === 'PostgreSQL' ? await Postgres.start() : null;
        const server = new Server({ env: { ...production, LOG_LEVEL: 'debug', ...vendor[`${kind}Settings`](), METRICS_LISTEN: `127.0.0.1:${metricsPort}`, ...(postgres ? { DATABASE_URL: postgres.url } : {}) } });
        server.port = port;
        if (postgres) assert.equal((await command(server, 'migrate')).code, 0);
        await server.start();
        const client = new Client(server);
        const rows = (query) => (postgres ?? server).rows(query);
        const isLast = (what, expected) => until(expected, async () => (await rows('select * from sms_log order by id')).at(-1)?.[what] === expected, { seconds: 60 });
        // Numbers stand in `users`, which is their place.
        const dump = async () => {
            const [program, ...options] = postgres
                ? ['pg_dump', '--data-only', '--inserts', '--exclude-table-data=users', '-h', '127.0.0.1', '-p', String(postgres.port), '-U', 'pollux', 'pollux']
                : ['sqlite3', '-cmd', '.timeout 10000', server.database, '.dump'];
            const { stdout } = await promisify(execFile)(program, options, { maxBuffer: 1 << 30 });
            assert.match(stdout, /INSERT INTO (public\.)?sms_log /);
            return stdout.replaceAll(/^INSERT INTO users .*$/gm, '');
        };
        const readMetrics = async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
        const lookFor = async (code, number) => {
            const places = { dump: await dump(), log: server.log + server.console, metrics: await readMetrics() };
            for (const [place, text] of Object.entries(places)) {
                assert.ok(!saysCode(text, code), `a code is in the ${place}`);
                assert.ok(!text.includes(number.slice(1)), `a number is in the ${place}`);
            }
            return places;
        };

        const mobile = await newUser(client);
        await vendor.plan({ vendor: kind, method: 'POST', late_ms: 6_000 });
        assert.equal((await sendCode(client, mobile)).status, 200);
        const code = await vendor.code(mobile);
        const underway = await lookFor(code, mobile);
        const open = await rows("select * from tasks where kind = 'send_code'");
        assert.equal(open.length, 1, 'it is on its way');
        assert.ok(underway.dump.includes(open[0].payload), 'the dump has it, sealed');
        assert.match(open[0].payload, /^sealed\./);

        await isLast('outcome', 'accepted');
        if (kind === 'twilio') {
            await vendor.drained();
            await isLast('status', 'delivered');
        }
        assert.equal((await verify(client, mobile, code)).status, 200);
        // Both come behind the row.
        await logged(server, '"event":"code_handed_over"');
        await until('its end in the metrics', async () => /pollux_codes_total\{[^}]*outcome="accepted"/.test(await readMetrics()));
        await lookFor(code, mobile);
        client.close();
        await server.stop();
        await vendor.stop();
        await postgres?.stop();
    });
}

describe('the inbox of a server in debug', () => {
    let server, client;
    before(async () => {
        server = await Server.start({ env: roomySettings });
        client = new Client(server);
    });
    after(() => client.close());

    test('shows the last texts, to people and to programs', async () => {
        const mobile = await newUser(client);
        const sent = await sendCode(client, mobile);
        let inbox;
        await until('the text', async () => (inbox = (await client.ask('GET', '/dev/inbox/')).body).texts.length === 1, { seconds: 30 });
        assert.equal(inbox.texts[0].to, mobile);
        assert.ok(inbox.texts[0].text.startsWith(`${sent.body.otp} is your code`));
        const page = await client.ask('GET', '/dev/inbox/', { headers: { Accept: 'text/html' } });
        assert.match(page.headers['content-type'], /text\/html/);
        assert.ok(page.text.includes(sent.body.otp) && page.text.includes(mobile));
    });

    test('is not for pages of other origins', async () => {
        const answer = await client.ask('GET', '/dev/inbox/', { headers: { Origin: 'https://evil.example' } });
        assert.equal(answer.status, 403);
        assert.equal(answer.body.code, 'foreign_origin');
    });

    test('is not there outside debug', async () => {
        const vendor = await SmsSim.start();
        const other = await Server.start({ env: { ...production, ...vendor.webhookSettings() } });
        assert.equal((await fetch(`${other.url}/dev/inbox/`)).status, 404);
        await other.stop();
    });
});

test('a server that can send codes to nobody says so, and doctor fails', async () => {
    const server = await Server.start({ env: production });
    await until('the words', () => /Codes are not sent to anybody/.test(server.console + server.log), { seconds: 10 });
    const asked = await command(server, 'doctor');
    assert.match(asked.stdout, /ILL\s+SMS: codes reach nobody/);
    assert.equal(asked.code, 1);
    await server.stop();
});

// As anybody may write one who follows the description.
test('a vendor of one\'s own can check the signature', async () => {
    const http = await import('node:http');
    const taken = [];
    const own = http.createServer((request, response) => {
        let body = '';
        request.on('data', (piece) => (body += piece));
        request.on('end', () => {
            const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(request.headers['x-signature']);
            const isRight = createHmac('sha256', 'own secret'.replace(' ', '-')).update(`${t}.${body}`).digest('hex') === v1;
            taken.push({ isRight, key: request.headers['idempotency-key'], ...JSON.parse(body) });
            response.writeHead(isRight ? 202 : 401).end();
        });
    });
    const port = await listening(own);
    const server = await Server.start({ env: { ...production, OTP_DELIVERY: 'webhook', SMS_WEBHOOK_URL: `http://127.0.0.1:${port}/`, SMS_WEBHOOK_SECRET: 'own-secret' } });
    const client = new Client(server);
    const mobile = await newUser(client);
    await sendCode(client, mobile);
    await until('a text', () => taken.length === 1, { seconds: 30 });
    const [text] = taken;
    assert.ok(text.isRight);
    assert.equal(text.key, text.id);
    assert.equal(text.to, mobile);
    assert.equal(text.purpose, 'login_otp');
    assert.ok(text.ttl_s > 200 && text.ttl_s <= 300);
    client.close();
    await server.stop();
    own.close();
});
