// The log: one line a request, whatever the request was; no secret and nothing personal in it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { until } from '../e2e/support/process.mjs';
import { saysCode } from '../e2e/support/secrets.mjs';
import { Suite, settings } from './support/suite.mjs';
import { Connection } from './support/wire.mjs';

let suite;
let user;

before(async () => {
    suite = await Suite.open({ env: { ...settings, LOG_LEVEL: 'debug' } });
    user = suite.users[0];
});
after(() => suite?.close());

const requestLines = () => suite.logLines().filter(({ event }) => event === 'request');

let marks = 0;

// The log is written a little later than the answers: what comes after this mark is what is asked from now on.
async function mark() {
    const id = `mark-${++marks}`;
    await suite.wire.ask('GET', '/livez', { headers: [['X-Request-ID', id]] });
    await until(`${id} in the log`, () => requestLines().some((line) => line.request_id === id));
    return id;
}

function linesBetween(begin, end) {
    const lines = requestLines();
    const at = (one) => lines.findIndex((line) => line.request_id === one);
    return lines.slice(at(begin) + 1, at(end));
}

// The lines between the mark and now.
async function linesSince(id) {
    return linesBetween(id, await mark());
}

// A mark behind all that was asked before: threads write for themselves, so a line may come after that of a later request.
async function begins() {
    for (let before = await mark(); ; ) {
        const id = await mark();
        if (linesBetween(before, id).length === 0) return id;
        before = id;
    }
}

test('every request is one line, and its answer names it', async () => {
    const begin = await begins();
    const breaks = ['\r\n', '\n', '\r', '\u0085', '\u2028', '\u001b[31m', '\u0000', '{"level":"error"}', '%0a', '\\n', '"', "'"];
    const requests = [];
    for (const mark of breaks) {
        const encoded = encodeURIComponent(mark);
        requests.push(
            ['GET', `/${encoded}`, {}], ['GET', `/chatroom/${encoded}/`, { token: user.token }], ['GET', `/chatroom/?q=${encoded}`, { token: user.token }], ['GET', '/user/me/', { token: mark.replace(/[\r\n\0]/g, ' ') }],
            ['POST', '/chatroom/', { token: user.token, body: { name: mark } }], ['POST', '/auth/login/', { body: { mobile: mark, password: mark } }], ['PATCH', '/user/me/', { token: user.token, body: { name: `x${mark}` } }],
        );
        if (!/[\r\n\0\u2028\u0085]/.test(mark)) requests.push(['GET', '/livez', { headers: [['User-Agent', mark], ['X-Request-ID', mark], ['Referer', mark]] }]);
    }
    requests.push(['TRACE', '/', {}], ['GET', 'nothing', {}], ['POST', '/chatroom/', { token: user.token, body: Buffer.alloc(1_000_000) }], ['GET', `/${'a'.repeat(9000)}`, {}], ['GET', '/', { headers: [['X', 'x'.repeat(20_000)]] }]);
    const ids = [];
    for (const [method, target, options] of requests) ids.push((await suite.wire.ask(method, target, options)).headers['x-request-id']);
    const lines = await linesSince(begin);
    assert.equal(lines.length, requests.length);
    assert.deepEqual(lines.map(({ request_id: id }) => id).sort(), ids.sort());
    assert.equal(new Set(ids).size, ids.length);
});

test('bytes that are no request are one line too', async () => {
    const begin = await begins();
    const junk = ['\r\n\r\n\r\n\r\nx\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n', '\u0016\u0003\u0001\r\n\r\n', '{"time":"2026-01-01T00:00:00Z","level":"info","event":"request"}\r\n\r\n', 'GET / HTTP/7.1\r\nHost: localhost\r\n\r\n'];
    for (const bytes of junk) {
        const connection = await Connection.open(suite.server.port);
        connection.send(Buffer.from(bytes, 'latin1'));
        const answer = await connection.answer();
        assert.ok(answer.status >= 400 && answer.body.request_id.length === 16, answer.text);
        await connection.closed();
    }
    const lines = await linesSince(begin);
    assert.equal(lines.length, junk.length);
    for (const { method, route } of lines) assert.deepEqual([method, route], ['-', '-']);
});

test('no number, password, code, token, name or text of a message is in the log', async () => {
    const canaries = { password: 'canary-pass-5a1c', name: 'canary-name-77e0', content: 'canary-text-0d9b', prompt: 'canary-prompt-c4', email: 'canary@mail.example', agent: 'canary-agent-91', query: 'canary-query-3', path: 'canary-path-8', key: 'canary-key-22' };
    const mobile = '+14155559876';
    const post = (path, body, more = {}) => suite.wire.ask('POST', path, { body, ...more });
    await post('/auth/signup/', { mobile, password: canaries.password, name: canaries.name, email: canaries.email });
    const sent = await post('/auth/send-otp/', { mobile, purpose: 'signup' });
    const login = await post('/auth/verify-otp/', { mobile, code: sent.body.otp, purpose: 'signup', password: canaries.password });
    const { access: token, refresh } = login.body;
    await post('/auth/verify-otp/', { mobile, code: '918273', purpose: 'login', challenge: 'canary-challenge-6' });
    await post('/auth/login/', { mobile, password: `${canaries.password}-wrong` });
    await post('/auth/login/', { mobile, password: canaries.password }, { headers: [['User-Agent', canaries.agent]] });
    const refreshed = await post('/auth/token/refresh/', { refresh });
    const room = await post('/chatroom/', { name: canaries.name, system_prompt: canaries.prompt }, { token });
    await post(`/chatroom/${room.body.id}/message/?wait=10`, { content: canaries.content }, { token, headers: [['Idempotency-Key', canaries.key]] });
    await suite.wire.ask('GET', `/chatroom/?q=${canaries.query}`, { token });
    await suite.wire.ask('GET', `/${canaries.path}`, { token });
    await suite.wire.ask('PATCH', '/user/me/', { token, body: { custom_instructions: canaries.prompt } });
    await post('/chatroom/', `{"name": "${canaries.name}`, { token });
    await mark();
    const log = suite.server.log;
    const secrets = [...Object.values(canaries), mobile, mobile.slice(2), sent.body.otp, sent.body.challenge, '918273', 'canary', token, refresh, refreshed.body.refresh, refreshed.body.access, token.split('.')[2], refresh.split('.')[4]];
    for (const secret of secrets) assert.ok(!(/^\d{6}$/.test(secret) ? saysCode(log, secret) : log.includes(secret)), `${secret} is in the log`);
});
