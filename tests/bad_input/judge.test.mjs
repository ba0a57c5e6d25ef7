// The judge of all answers must itself be able to say no.
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';

import { Verdicts } from './support/suite.mjs';
import { Wire } from './support/wire.mjs';

const problem = { type: 'about:blank', title: 'Bad', status: 400, detail: 'x', code: 'bad', request_id: 'abc' };

function answerOf(status, body, { type = 'application/problem+json', id = body?.request_id, more = '' } = {}) {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return `HTTP/1.1 ${status} X\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n${id ? `X-Request-ID: ${id}\r\n` : ''}${more}\r\n${text}`;
}

// Asks a server that says just this.
async function ask(answer) {
    const server = net.createServer((socket) => socket.on('error', () => {}).once('data', () => (answer === '' ? socket.end() : socket.write(answer))));
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const wire = new Wire(server.address());
    try {
        return await wire.ask('GET', '/');
    } finally {
        wire.close();
        server.close();
    }
}

const wrong = {
    'a 500': answerOf(500, { ...problem, status: 500 }),
    'a 503': answerOf(503, { ...problem, status: 503 }),
    'an error page': answerOf(404, '<h1>404</h1>', { type: 'text/html', id: 'abc' }),
    'an error without a body': 'HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n',
    'another status inside': answerOf(404, problem),
    'no request_id': answerOf(400, { ...problem, request_id: '' }),
    'another request_id in the header': answerOf(400, problem, { id: 'def' }),
    'no request_id in the header': answerOf(400, problem, { id: null }),
    'no code': answerOf(400, { ...problem, code: undefined }),
    'a member that nobody knows': answerOf(400, { ...problem, trace: 'at x.cpp:1' }),
    'a 422 that names no field': answerOf(422, { ...problem, status: 422 }),
    'a 422 with a field without a code': answerOf(422, { ...problem, status: 422, errors: [{ field: 'x', detail: 'y' }] }),
    'a 401 without a scheme': answerOf(401, { ...problem, status: 401 }),
    'a 429 without a time': answerOf(429, { ...problem, status: 429 }),
    silence: '',
};

for (const [what, answer] of Object.entries(wrong)) {
    test(`refuses ${what}`, () => assert.rejects(ask(answer)));
}

test('lets pass what is right', async () => {
    assert.equal((await ask(answerOf(400, problem))).status, 400);
    assert.equal((await ask(answerOf(422, { ...problem, status: 422, errors: [{ field: 'x', code: 'y', detail: 'z' }] }))).status, 422);
    assert.equal((await ask(answerOf(200, { a: 1 }, { type: 'application/json', id: 'abc' }))).body.a, 1);
});

test('verdicts tell of wrong ones, and of too few', () => {
    const some = new Verdicts();
    some.status({ status: 200, text: '' }, 400, 'x');
    assert.throws(() => some.end());
    const none = new Verdicts();
    assert.throws(() => none.end());
    const right = new Verdicts();
    right.names({ status: 422, text: '', body: { errors: [{ field: 'x' }] } }, 'x', 'x');
    right.end();
    const another = new Verdicts();
    another.names({ status: 422, text: '', body: { errors: [{ field: 'y' }] } }, 'x', 'x');
    assert.throws(() => another.end());
});
