// The tour of the original description, as it is written there, with a real curl: first against `pollux serve --dev`, then against a
// Pollux that was started with nothing but the description's own .env.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';

import { endPrograms, temporaryFolder } from './support/process.mjs';
import { Server } from './support/server.mjs';
import { ReplyReader, SseParser } from './support/sse.mjs';

after(endPrograms);

const base = 'https://your-app.onrender.com';

const curlLines = {
    register: String.raw`curl -X POST https://your-app.onrender.com/auth/signup/ \
  -H "Content-Type: application/json" \
  -d '{"mobile": "1234567890", "password": "testpass123"}'`,
    sendCode: String.raw`curl -X POST https://your-app.onrender.com/auth/send-otp/ \
  -H "Content-Type: application/json" \
  -d '{"mobile": "1234567890", "purpose": "login"}'`,
    verify: String.raw`curl -X POST https://your-app.onrender.com/auth/verify-otp/ \
  -H "Content-Type: application/json" \
  -d '{"mobile": "1234567890", "code": "123456", "purpose": "login"}'`,
    createRoom: String.raw`curl -X POST https://your-app.onrender.com/chatroom/create/ \
  -H "Content-Type: application/json" \
  -H "Authorization: Bearer YOUR_JWT_TOKEN" \
  -d '{"name": "Test Chatroom"}'`,
    send: String.raw`curl -X POST https://your-app.onrender.com/chatroom/1/message/ \
  -H "Content-Type: application/json" \
  -H "Authorization: Bearer YOUR_JWT_TOKEN" \
  -d '{"content": "Hello AI! Tell me a joke."}'`,
};

const dotEnv = `# Django Settings
SECRET_KEY=your-super-secret-key-change-in-production
DEBUG=True
ALLOWED_HOSTS=localhost,127.0.0.1

# Database
DATABASE_URL=sqlite:///db.sqlite3

# Redis
REDIS_URL=redis://localhost:6379/0
CELERY_BROKER_URL=redis://localhost:6379/0
CELERY_RESULT_BACKEND=redis://localhost:6379/0

# AI Integration
GEMINI_API_KEY=your-gemini-api-key-here

# Payments (Optional)
STRIPE_PUBLISHABLE_KEY=pk_test_your_key
STRIPE_SECRET_KEY=sk_test_your_key
STRIPE_WEBHOOK_SECRET=whsec_your_webhook_secret

# CORS
CORS_ALLOW_ALL_ORIGINS=True
`;

async function shell(line) {
    const { stdout } = await promisify(execFile)('bash', ['-c', line], { maxBuffer: 1 << 26 });
    return stdout;
}

// Runs one of the lines against `server`; returns the answer's body, whose status must be `status`.
async function run(server, line, status, replacements = {}) {
    let text = line.replace(base, server.url);
    for (const [from, to] of Object.entries(replacements)) text = text.replace(from, to);
    const [, body, code] = /^([\s\S]*)\n(\d+)$/.exec(await shell(`${text} -sS -w '\\n%{http_code}'`));
    assert.equal(Number(code), status, body);
    return JSON.parse(body);
}

async function takeTour(server, { usesShownCode }) {
    const user = await run(server, curlLines.register, 201);
    assert.equal(user.mobile, '+11234567890');
    assert.equal(user.tier, 'basic');

    const sent = await run(server, curlLines.sendCode, 200);
    const code = usesShownCode ? sent.otp : '123456';
    assert.match(sent.otp, /^\d{6}$/);
    const login = await run(server, curlLines.verify, 200, { '"123456"': `"${code}"` });
    assert.equal(login.token_type.toLowerCase(), 'bearer');

    const token = { YOUR_JWT_TOKEN: login.access };
    const room = await run(server, curlLines.createRoom, 201, token);
    assert.deepEqual([room.id, room.name], [1, 'Test Chatroom']);
    const accepted = await run(server, curlLines.send, 201, token);
    assert.equal(accepted.message.content, 'Hello AI! Tell me a joke.');
    assert.equal(accepted.reply.reply_to, accepted.message.id);

    const reader = new ReplyReader();
    reader.connected();
    const streamed = await shell(`curl -sS -N -H 'Authorization: Bearer ${login.access}' ${server.url}${accepted.stream_url}`);
    for (const event of new SseParser().feed(Buffer.from(streamed))) reader.take(event);
    assert.equal(reader.end, 'done');
    assert.equal(reader.message.status, 'completed');
    assert.ok(reader.text.length > 0);

    const list = JSON.parse(await shell(`curl -sS -H 'Authorization: Bearer ${login.access}' ${server.url}/chatroom/`));
    assert.equal(list.results[0].last_message.role, 'assistant');
    const shown = JSON.parse(await shell(`curl -sS -H 'Authorization: Bearer ${login.access}' ${server.url}/chatroom/1/`));
    assert.deepEqual(shown.messages.map((message) => message.content), ['Hello AI! Tell me a joke.', reader.text]);
}

test('the tour, word for word, against pollux serve --dev', async () => {
    const server = await Server.start({ env: {}, args: ['--dev'] });
    await takeTour(server, { usesShownCode: false });
    assert.equal((await server.stop()).code, 0);
});

test('the tour against a Pollux that has only the .env of the description', async () => {
    const folder = temporaryFolder();
    fs.writeFileSync(path.join(folder, '.env'), dotEnv);
    const server = await Server.start({ folder, env: {} });
    assert.match(server.console, /demo model/, 'the example key is no key');
    assert.doesNotMatch(server.console, /your[-_]|sk_test/, 'no value of a secret is printed');
    await takeTour(server, { usesShownCode: true });
    assert.equal((await server.stop()).code, 0);
    assert.equal(server.log.match(/redis_away/g)?.length, 1, 'a Redis that does not answer is one line');
    assert.ok(fs.existsSync(path.join(folder, 'db.sqlite3')), 'the database is where DATABASE_URL says');
});
