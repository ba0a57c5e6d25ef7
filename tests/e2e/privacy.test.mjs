// What must not be seen: secrets and texts in the log, second lines made by what a client sends, errors that are no problem
// document (support/client.mjs checks every error of every test).
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';

import { Client, User, checkProblem } from './support/client.mjs';
import { endPrograms, logged, until } from './support/process.mjs';
import { saysCode } from './support/secrets.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { Sim } from './support/sim.mjs';

const canary = (what) => `canary-${what}-${randomUUID()}`;
const day = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);

describe('what is not to be seen', () => {
    let sim;

    before(async () => {
        sim = await Sim.start();
    });
    after(endPrograms);

    // A log line, without the fields that are made of digits and could hold any six of them.
    function searchable(log) {
        return log.split('\n').filter(Boolean).map((line) => {
            const { time, duration_us, request_id, ...rest } = JSON.parse(line);
            return JSON.stringify(rest);
        }).join('\n');
    }

    async function everyPath(client, secrets, { mobile, code }) {
        const ask = (method, path, body, options = {}) => client.ask(method, path, { body, ...options });
        const password = secrets.password;
        await ask('POST', '/auth/signup/', { mobile, password, name: secrets.name, email: `${secrets.email}@example.com` });
        await ask('POST', '/auth/signup/', { mobile, password, name: secrets.name, unknown: secrets.unknown });
        await ask('POST', '/auth/signup/', `{"mobile": "${mobile}", "password": "${password}`);
        const sent = await ask('POST', '/auth/send-otp/', { mobile, purpose: 'login' });
        await ask('POST', '/auth/verify-otp/', { mobile, code: secrets.wrongCode, purpose: 'login' });
        const login = await ask('POST', '/auth/verify-otp/', { mobile, code: sent.body.otp ?? code, purpose: 'login', challenge: sent.body.challenge });
        assert.equal(login.status, 200, login.text);
        const token = login.body.access;
        Object.assign(secrets, { challenge: sent.body.challenge, access: token, signature: token.split('.')[2], refresh: login.body.refresh });
        if (sent.body.otp) secrets.otp = sent.body.otp;

        await ask('POST', '/auth/login/', { mobile, password });
        await ask('POST', '/auth/login/', { mobile, password: secrets.wrongPassword });
        const refreshed = await ask('POST', '/auth/token/refresh/', { refresh: login.body.refresh });
        assert.equal(refreshed.status, 200, refreshed.text);
        Object.assign(secrets, { secondRefresh: refreshed.body.refresh, secondAccess: refreshed.body.access });
        await ask('POST', '/auth/token/refresh/', { refresh: secrets.wrongToken });
        await ask('GET', '/user/me/', undefined, { token: secrets.wrongToken });
        await ask('POST', '/auth/change-password/', { old_password: secrets.wrongPassword, new_password: secrets.newPassword }, { token });
        await ask('POST', '/auth/change-password/', { old_password: password, new_password: secrets.newPassword }, { token });
        await ask('POST', '/auth/forgot-password/', { mobile });
        await ask('POST', '/auth/reset-password/', { reset_token: secrets.wrongToken, new_password: secrets.newPassword });
        await ask('PATCH', '/user/me/', { custom_instructions: secrets.instructions }, { token });
        await ask('GET', `/nowhere/${secrets.path}?q=${secrets.query}`, undefined, { token });
        await ask('GET', `/chatroom/?q=${secrets.query}`, undefined, { token });
        await ask('GET', `/chatroom/?cursor=${secrets.query}`, undefined, { token });

        const room = await ask('POST', '/chatroom/', { name: secrets.room, system_prompt: secrets.systemPrompt }, { token });
        assert.equal(room.status, 201, room.text);
        const messages = `/chatroom/${room.body.id}/message/`;
        const headers = { 'Idempotency-Key': secrets.idempotencyKey, 'User-Agent': secrets.userAgent, Cookie: `a=${secrets.cookie}` };
        const good = await ask('POST', `${messages}?wait=20`, { content: secrets.message }, { token, headers });
        assert.equal(good.body.reply.content.trim(), secrets.reply);
        const bad = await ask('POST', `${messages}?wait=20`, { content: `break ${secrets.message}` }, { token });
        assert.equal(bad.body.reply.status, 'failed');
        await ask('POST', messages, { content: secrets.message, [secrets.unknown]: 1 }, { token });
        await ask('POST', messages, `{"content": "${secrets.message}"`, { token });
        await ask('POST', messages, { content: secrets.message }, { token, headers: { 'Content-Type': `text/${secrets.userAgent}` } });
        await ask('POST', messages, { content: secrets.message.repeat(20_000) }, { token });
        await ask('GET', `${messages}${good.body.reply.id}/stream/`, undefined, { token, headers: { 'Last-Event-ID': secrets.query } });
        await ask('DELETE', '/user/me/', { password: secrets.wrongPassword }, { token });
        await ask('POST', '/auth/logout/', { all: true }, { token });
    }

    function newSecrets() {
        const names = ['password', 'wrongPassword', 'newPassword', 'name', 'email', 'unknown', 'wrongToken', 'instructions', 'path', 'query', 'room',
            'systemPrompt', 'message', 'reply', 'thoughts', 'provider', 'idempotencyKey', 'userAgent', 'cookie', 'apiKey', 'secretKey'];
        return { ...Object.fromEntries(names.map((name) => [name, canary(name)])), wrongCode: '402917' };
    }

    async function planReplies(secrets) {
        await sim.plan({
            reset: true,
            default: { text: secrets.reply, thoughts: secrets.thoughts },
            matching: [{ match: 'break', status: 403, message: secrets.provider, times: -1 }],
        });
    }

    function assertUnseen(text, secrets, where) {
        for (const [name, secret] of Object.entries(secrets)) {
            const hit = /^\d{6}$/.test(secret) ? saysCode(text, secret) : text.includes(secret);
            assert.ok(!hit, `${name} stands in ${where}`);
        }
    }

    test('in production: no secret, number or text in the log, on the console or in an error', async () => {
        const secrets = newSecrets();
        const mobile = '+13105550123';
        Object.assign(secrets, { code: '739154', number: '13105550123', shortNumber: '3105550123' });
        await planReplies(secrets);
        const env = {
            ...sim.settings(secrets.apiKey), DEBUG: 'False', SECRET_KEY: secrets.secretKey, PASSWORD_LOGIN: 'True', LOG_LEVEL: 'debug',
            OTP_TEST_NUMBERS: `${mobile}:${secrets.code}@${day}`,
        };
        const server = await Server.start({ env });
        const client = new Client(server);
        await everyPath(client, secrets, { mobile, code: secrets.code });
        client.close();
        assert.equal((await server.stop()).code, 0);
        assertUnseen(searchable(server.log), secrets, 'the log');
        assertUnseen(server.console, secrets, 'the console');
        delete secrets.unknown; // The name of a field that an error names, as it should.
        assertUnseen(client.problems.map((problem) => JSON.stringify({ ...problem, request_id: '' })).join('\n'), secrets, 'an error');
        assert.ok(client.problems.length > 12, 'the way led through many errors');
        assert.doesNotMatch(server.log, /"level":"error"/, 'and none of them was an accident');
    });

    for (const [what, settings, args] of [['in debug', { DEBUG: 'True' }, []], ['with --dev, as text', { LOG_FORMAT: 'text' }, ['--dev']]]) {
        test(`${what}: codes are on the console and in the answer, and nothing else is, nor in the log`, async () => {
            const secrets = newSecrets();
            const mobile = '+13105550199';
            Object.assign(secrets, { number: '13105550199', shortNumber: '3105550199' });
            await planReplies(secrets);
            const { DEBUG, ...roomy } = roomySettings;
            const env = { ...roomy, ...settings, ...sim.settings(secrets.apiKey), PASSWORD_LOGIN: 'True', LOG_LEVEL: 'debug' };
            const server = await Server.start({ env, args });
            const client = new Client(server);
            await everyPath(client, secrets, { mobile });
            client.close();
            await server.stop();
            await logged(server, '/auth/verify-otp');
            assertUnseen(settings.LOG_FORMAT === 'text' ? server.log : searchable(server.log), secrets, 'the log');
            const { otp, number, shortNumber, ...others } = secrets;
            assert.ok(server.console.includes(otp), 'the code is on the console');
            assertUnseen(server.console, others, 'the console');
            delete others.unknown; // The name of a field that an error names, as it should.
            assertUnseen(client.problems.map((problem) => JSON.stringify({ ...problem, request_id: '' })).join('\n'), others, 'an error');
        });
    }

    // Raw bytes in, all bytes out until the server closes.
    function raw(server, bytes) {
        return new Promise((resolve, reject) => {
            const socket = net.connect(server.port, '127.0.0.1', () => socket.write(bytes));
            const chunks = [];
            socket.on('data', (chunk) => chunks.push(chunk));
            socket.on('end', () => resolve(Buffer.concat(chunks).toString('latin1')));
            socket.on('error', reject);
            socket.setTimeout(20_000, () => socket.destroy(new Error('no answer')));
        });
    }

    test('CR, LF and ANSI make no second line: as many lines as requests', async () => {
        const server = await Server.start({ env: { ...roomySettings, ...sim.settings() } });
        const client = new Client(server);
        const user = await User.signUp(client);
        const requestLines = () => server.log.split('\n').filter((line) => line.includes('"event":"request"')).length;
        const before = await until('the log of the sign-up', () => requestLines() >= 3 && requestLines());
        const nasty = ['\r\n{"level":"error","event":"forged"}', '\x1b[31mred\x1b[0m', '\u2028line', '\u0085next', 'tab\tand\x07bell', '\u202egnirts'];
        let requests = 0;
        const ask = (...options) => (++requests, client.ask(...options));
        for (const text of nasty) {
            const encoded = encodeURIComponent(text);
            await ask('POST', '/auth/signup/', { body: { mobile: text, password: text, name: text } });
            await ask('POST', '/auth/send-otp/', { body: { mobile: text, purpose: text } });
            await ask('POST', '/chatroom/', { token: user.token, body: { name: text, model: text, [text]: text } });
            await ask('PATCH', '/user/me/', { token: user.token, body: { name: text, email: text } });
            await ask('GET', `/chatroom/${encoded}/`, { token: user.token });
            await ask('GET', `/${encoded}?${encoded}=${encoded}`, { token: user.token });
            await ask('GET', `/chatroom/?q=${encoded}&cursor=${encoded}`, { token: user.token });
            await ask('POST', '/auth/logout/', { token: encoded, body: text });
        }
        // What no well-behaved client can send.
        const host = `Host: 127.0.0.1:${server.port}\r\nConnection: close\r\n`;
        const broken = [
            `GET /user/me/ HTTP/1.1\r\n${host}X-Request-ID: \x1b[2J\x1b]0;pwned\x07\r\n\r\n`,
            `GET /user/me/ HTTP/1.1\r\n${host}X-Request-ID: ${'x'.repeat(65)}\r\n\r\n`,
            `GET /user/me/ HTTP/1.1\r\n${host}User-Agent: \x1b[31m\r\n\r\n`,
            `GET /user/me/ HTTP/1.1\r\n${host}Authorization: Bearer \x1b[31m\r\n\r\n`,
            `GET /\x1b[31m HTTP/1.1\r\n${host}\r\n`,
            `\x1b[31m / HTTP/1.1\r\n${host}\r\n`,
            `GET / HTTP/1.1\r\n${host}X-A: b\rforged: c\r\n\r\n`,
            `GET / HTTP/1.1\r\n${host}X-A: b\r\n\tfolded\r\n\r\n`,
            `POST /auth/login/ HTTP/1.1\r\n${host}Content-Length: x\r\n\r\n`,
            `POST /auth/login/ HTTP/1.1\r\n${host}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
            `GET / HTTP/9.9\r\n${host}\r\n`,
            `GET / HTTP/1.1\r\n${host}Host: two.example\r\n\r\n`,
            'gibberish\r\n\r\n',
        ];
        for (const bytes of broken) {
            ++requests;
            const answer = await raw(server, Buffer.from(bytes, 'latin1'));
            const [head, body] = answer.split('\r\n\r\n');
            const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
            assert.ok(status >= 400 && status < 600, `${JSON.stringify(bytes)}: ${answer}`);
            const headers = Object.fromEntries(head.split('\r\n').slice(1).map((line) => [line.split(': ')[0].toLowerCase(), line.split(': ')[1]]));
            checkProblem({ status, headers, body: JSON.parse(body), text: body });
        }
        client.close();
        assert.equal((await server.stop()).code, 0);
        assert.equal(requestLines() - before, requests, 'log lines of requests');
        for (const line of server.log.split('\n').filter(Boolean)) {
            JSON.parse(line);
            assert.doesNotMatch(line, /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/, line);
        }
        assert.doesNotMatch(server.log, /forged"\}|pwned/);
    });
});
