// Outside debug: unknown and known numbers look the same (tests/e2e/look_alike measures how long that takes), only allowed hosts are
// answered, and nothing that is for debug is there.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { Program, binary, endPrograms, temporaryFolder } from '../e2e/support/process.mjs';
import { Server } from '../e2e/support/server.mjs';
import { Verdicts } from './support/suite.mjs';
import { Wire } from './support/wire.mjs';

const inTenDays = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10);
const known = ['+12025550101', '+12025550102', '+12025550103', '+12025550104'];
const verified = ['+12025550111', '+12025550112', '+12025550113', '+12025550114'];
const unverified = '+12025550301';
const unknown = ['+12025550201', '+12025550202', '+12025550203', '+12025550204'];
const password = 'a-long-pass-word-7';

const settings = {
    SECRET_KEY: 'Zk3vX9q-7Lw2TmB5sR8uYc1NhD6fGjPaQ',
    AI_MODELS: 'demo',
    LOG_FORMAT: 'json',
    PASSWORD_LOGIN: 'True',
    OTP_PER_IP_HOUR: '1000000',
    RATE_RULES: 'auth=100000/60,otp=100000/60',
    OTP_TEST_NUMBERS: known.map((mobile) => `${mobile}:135790@${inTenDays}`).join(),
};

const servers = [];

async function start(more = {}, folder = temporaryFolder()) {
    const server = await Server.start({ folder, env: { ...settings, ...more } });
    servers.push(server);
    const wire = new Wire(server);
    wire.post = (path, body, headers = []) => wire.ask('POST', path, { body, headers });
    return wire;
}

// A verified account to whose number no code was sent lately: another would wait for its next one.
async function createVerified(folder, mobile) {
    const passwordFile = path.join(folder, 'password');
    fs.writeFileSync(passwordFile, `${password}\n`);
    const env = { PATH: process.env.PATH, METRICS_LISTEN: '', DATA_MAY_VANISH: 'True', ...settings };
    const program = new Program(binary('pollux'), ['createsuperuser', mobile, '--password-file', passwordFile], { cwd: folder, env });
    const { code } = await program.end;
    assert.equal(code, 0, program.stderr);
}

let wire;

before(async () => {
    const folder = temporaryFolder();
    for (const mobile of verified) await createVerified(folder, mobile);
    wire = await start({}, folder);
    assert.equal((await wire.post('/auth/signup/', { mobile: unverified, password })).status, 201);
    for (const mobile of known) {
        assert.equal((await wire.post('/auth/signup/', { mobile, password })).status, 201);
        assert.equal((await wire.post('/auth/send-otp/', { mobile, purpose: 'signup' })).status, 200);
        assert.equal((await wire.post('/auth/verify-otp/', { mobile, code: '135790', purpose: 'signup', password })).status, 200);
    }
});
after(async () => {
    try {
        for (const server of servers) assert.equal((await server.stop()).code, 0, server.log.slice(-1000));
    } finally {
        endPrograms();
    }
});

// What a stranger can tell two answers apart by, without what is new in every answer.
function looks({ status, headers, body }) {
    const { date, 'x-request-id': id, 'content-length': length, ...others } = headers;
    const seen = { ...body };
    if (seen.challenge) seen.challenge = seen.challenge.length;
    if (seen.request_id) seen.request_id = seen.request_id.length;
    // How much is left depends on how long the answer before took.
    if (others.ratelimit) others.ratelimit = others.ratelimit.replace(/r=\d+;t=\d+/, 'r;t');
    if (others['retry-after']) others['retry-after'] = Math.round(Number(others['retry-after']) / 5);
    return { status, headers: others, body: seen };
}

test('send-otp and forgot-password answer unknown numbers like known ones, time after time', async () => {
    const pairs = [[verified[0], unknown[0], 'login'], [verified[1], unknown[1], 'reset_password'], [verified[2], unknown[2], 'signup'], [unverified, '+12025550302', 'login']];
    for (const [mine, nobodys, purpose] of pairs) {
        for (let count = 0; count < 3; ++count) {
            const answers = [await wire.post('/auth/send-otp/', { mobile: mine, purpose }), await wire.post('/auth/send-otp/', { mobile: nobodys, purpose })];
            assert.deepEqual(looks(answers[0]), looks(answers[1]), `${purpose}, time ${count}`);
            assert.equal(answers[0].status, count === 0 ? 200 : 429);
            assert.equal(answers[0].body.otp, undefined);
        }
        const answers = [await wire.post('/auth/forgot-password/', { mobile: mine }), await wire.post('/auth/forgot-password/', { mobile: nobodys })];
        assert.deepEqual(looks(answers[0]), looks(answers[1]));
    }
    const first = [await wire.post('/auth/forgot-password/', { mobile: verified[3] }), await wire.post('/auth/forgot-password/', { mobile: unknown[3] })];
    assert.equal(first[0].status, 200);
    assert.deepEqual(looks(first[0]), looks(first[1]));
});

test('verify-otp answers every wrong code alike: wrong, never sent, of nobody', async () => {
    const cases = [];
    for (const purpose of ['login', 'signup', 'reset_password']) {
        for (const mobile of [known[2], verified[0], unknown[0], unverified, '+12025550999']) {
            cases.push({ mobile, purpose, code: '000000' }, { mobile, purpose, code: '000000', challenge: 'x'.repeat(43) });
        }
    }
    const answers = [];
    for (const body of cases) answers.push(looks(await wire.post('/auth/verify-otp/', body)));
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
    assert.equal(answers[0].status, 400);
    assert.equal(answers[0].body.code, 'invalid_code');
});

test('a login with a wrong password looks like one of a number that nobody has', async () => {
    const answers = [];
    for (const mobile of [known[0], verified[0], unknown[0], unverified]) answers.push(looks(await wire.post('/auth/login/', { mobile, password: 'not-the-pass-word' })));
    for (const answer of answers) assert.deepEqual(answer, answers[0]);
    assert.equal(answers[0].status, 401);
});

test('a sign-up of a verified number is the one answer that differs', async () => {
    assert.equal((await wire.post('/auth/signup/', { mobile: known[0], password })).body.code, 'mobile_taken');
    assert.equal((await wire.post('/auth/signup/', { mobile: unverified, password })).status, 201);
});

test('only hosts that are allowed are answered, but for health checks', async () => {
    const verdicts = new Verdicts();
    const hosts = ['', 'evil.example', 'localhost.evil.example', 'evil.localhost.example', 'localhost@evil.example', 'localhost:80@evil', '127.0.0.2', '0.0.0.0', '[::2]', '127.1', '2130706433', '0x7f000001', 'localhost%00', 'local host', 'localhost,evil', 'xn--localhost', '\u00ff'];
    for (const host of hosts) {
        verdicts.status(await wire.ask('GET', '/chatroom/', { headers: [['Host', host]] }), 400, host);
        verdicts.status(await wire.ask('GET', '/livez', { headers: [['Host', host]] }), 200, `${host} for health`);
    }
    for (const host of ['localhost', 'LOCALHOST', 'localhost:1', '127.0.0.1', '[::1]', '[::1]:8000', 'localhost.']) {
        verdicts.status(await wire.ask('GET', '/chatroom/', { headers: [['Host', host]] }), 401, host);
    }
    verdicts.end(40);
});

test('no code, number or password is in the log', () => {
    for (const server of servers) {
        for (const secret of ['135790', '2025550', password, settings.SECRET_KEY]) assert.ok(!server.log.includes(secret), `${secret} is in the log`);
    }
});
