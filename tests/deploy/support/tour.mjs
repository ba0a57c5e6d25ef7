#!/usr/bin/env node
// A user of a server that runs somewhere, for scripts: what was acknowledged is kept in a file, and looked for later.
//   tour.mjs begin URL FILE    signs up by the test number, opens a room, has a message answered
//   tour.mjs flight URL FILE   sends messages whose replies take long, and returns while they are being written
//   tour.mjs check URL FILE    all messages are there, all replies are whole, the session still lives; one more is answered
import assert from 'node:assert/strict';
import fs from 'node:fs';

const [act, url, file] = process.argv.slice(2);
const mobile = '+12025550100';
const known = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : { sent: [] };

async function ask(method, path, body, expect = 200) {
    const headers = { ...(known.token ? { Authorization: `Bearer ${known.token}` } : {}), ...(body ? { 'Content-Type': 'application/json' } : {}) };
    const answer = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    assert.equal(answer.status, expect, `${method} ${path}: ${text}`);
    return JSON.parse(text);
}

async function send(content, wait) {
    const { message, reply } = await ask('POST', `/chatroom/${known.room}/message/${wait ? '?wait=25' : ''}`, { content }, 201);
    known.sent.push({ message: message.id, reply: reply.id, content, text: reply.status === 'completed' ? reply.content : null });
    return reply;
}

// A look each second: a plan allows so many requests a minute.
async function until(what, condition) {
    for (const end = Date.now() + 90_000; ;) {
        const found = await condition();
        if (found) return found;
        if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 1000));
    }
}

const acts = {
    async begin() {
        await ask('POST', '/auth/signup/', { mobile, password: 'a-long-pass-word-7' }, 201);
        await ask('POST', '/auth/send-otp/', { mobile, purpose: 'login' });
        known.token = (await ask('POST', '/auth/verify-otp/', { mobile, code: '135790', purpose: 'login' })).access;
        known.room = (await ask('POST', '/chatroom/create/', { name: 'Tour' }, 201)).id;
        assert.equal((await send('Hello AI! Tell me a joke.', true)).status, 'completed');
    },
    async flight() {
        const reply = await send('Tell me a long story.', false);
        await until('its first words', async () => (await ask('GET', `/chatroom/${known.room}/message/${reply.id}/`)).status === 'streaming');
        await send('And another long story.', false);
    },
    async check() {
        for (const { message, reply, content, text } of known.sent) {
            assert.equal((await ask('GET', `/chatroom/${known.room}/message/${message}/`)).content, content);
            const shown = await until(`reply ${reply}`, async () => {
                const found = await ask('GET', `/chatroom/${known.room}/message/${reply}/`);
                return found.status === 'completed' && found;
            });
            if (text !== null) assert.equal(shown.content, text);
            assert.ok(shown.content.length > 20);
        }
        assert.equal((await send('Are you still there?', true)).status, 'completed');
    },
};

await acts[act]();
fs.writeFileSync(file, JSON.stringify(known));
console.log(`${act}: ${known.sent.length} messages`);
