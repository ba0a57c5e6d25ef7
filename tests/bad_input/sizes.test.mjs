// Bodies that are too large, endless or too slow: refused without being read, and the connection is closed.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { exampleBody, pathOf } from './support/api.mjs';
import { Suite, Verdicts, forAll } from './support/suite.mjs';
import { Connection, judge, requestBytes } from './support/wire.mjs';

let suite;
let token;
let ids;
let slow; // What takes its time runs beside the rest: {head, body, trickle}, each {answer, seconds}

before(async () => {
    suite = await Suite.open();
    token = suite.users[0].token;
    ids = await suite.conversation(suite.users[0]);
    slow = {
        head: waitFor('GET /livez HTTP/1.1\r\nHost: localh'),
        body: waitFor(headOf(suite.api.find('createRoom'), 'Content-Length: 10') + '{"na'),
        trickle: waitFor(headOf(suite.api.find('createRoom'), 'Content-Length: 100000'), ' '),
    };
});
after(() => suite?.close());

function headOf(operation, framing) {
    const head = [`${operation.method} ${pathOf(operation, ids)} HTTP/1.1`, 'Host: localhost', `Authorization: Bearer ${token}`, 'Content-Type: application/json', framing];
    return `${head.join('\r\n')}\r\n\r\n`;
}

// Sends this, then `drop` every 100 ms, and waits for the answer and the end of the connection.
async function waitFor(text, drop) {
    const began = performance.now();
    const connection = await Connection.open(suite.server.port);
    connection.send(text);
    const dripping = drop && setInterval(() => connection.send(drop), 100);
    try {
        const answer = await connection.answer({ secondsMax: 60 });
        await connection.closed();
        return { answer, seconds: (performance.now() - began) / 1000 };
    } finally {
        clearInterval(dripping);
        connection.close();
    }
}

async function isRefused(verdicts, connection, expected, what) {
    const answer = await connection.answer();
    judge(answer, what);
    verdicts.status(answer, expected, what);
    await connection.closed();
    connection.close();
}

test('a body of 10 MB is 413, and the connection is closed', async () => {
    const verdicts = new Verdicts();
    const large = Buffer.alloc(10_000_000, ' ');
    await forAll(suite.api.operations, async (operation) => {
        const answer = await suite.wire.ask(operation.method, pathOf(operation, ids), { token, body: large });
        verdicts.status(answer, 413, operation.id);
        verdicts.hold(answer.closes, `${operation.id}: stays open`);
    });
    verdicts.end(50);
});

test('a length that is too large is refused before anything of the body came', async () => {
    const verdicts = new Verdicts();
    const cases = suite.api.operations.flatMap((operation) => {
        const tooLarge = Math.max(500_000, (operation.bodyBytesMax ?? 0) + 1);
        return [`${tooLarge}`, '4294967296', '9223372036854775807'].map((length) => [operation, length]);
    });
    await forAll(cases, async ([operation, length]) => {
        const connection = await Connection.open(suite.server.port);
        connection.send(headOf(operation, `Content-Length: ${length}`));
        await isRefused(verdicts, connection, 413, `${operation.id} ${length}`);
    });
    verdicts.end(75);
});

test('chunks without end are 413', async () => {
    const verdicts = new Verdicts();
    const chunk = `4000\r\n${' '.repeat(0x4000)}\r\n`;
    await forAll(suite.api.operations, async (operation) => {
        const connection = await Connection.open(suite.server.port);
        connection.send(headOf(operation, 'Transfer-Encoding: chunked'));
        const sending = setInterval(() => connection.send(chunk), 1);
        await isRefused(verdicts, connection, 413, operation.id).finally(() => clearInterval(sending));
    });
    verdicts.end(25);
});

test('a chunk extension or a trailer without end is refused', async () => {
    const verdicts = new Verdicts();
    for (const part of [`2;${'x'.repeat(100_000)}`, `0\r\nX: ${'x'.repeat(100_000)}`, `0\r\n${'X: 1\r\n'.repeat(20_000)}`]) {
        const connection = await Connection.open(suite.server.port);
        connection.send(headOf(suite.api.find('createRoom'), 'Transfer-Encoding: chunked') + part);
        await isRefused(verdicts, connection, [400, 413, 431], part.slice(0, 20));
    }
    verdicts.end(3);
});

test('a body of exactly the limit is read, a byte more is 413', async () => {
    const verdicts = new Verdicts();
    for (const operation of suite.api.withBody.filter(({ id }) => id !== 'logOut')) {
        assert.ok(operation.bodyBytesMax >= 8192, `${operation.id} has a limit`);
        const text = JSON.stringify({ ...exampleBody(operation), unknown_field: 1 });
        const fits = text.padEnd(operation.bodyBytesMax);
        verdicts.status(await suite.wire.ask(operation.method, pathOf(operation, ids), { token, body: fits }), 422, `${operation.id} ${fits.length}`);
        verdicts.status(await suite.wire.ask(operation.method, pathOf(operation, ids), { token, body: `${fits} ` }), 413, `${operation.id} ${fits.length + 1}`);
    }
    verdicts.end(24);
});

test('an operation that takes no body ignores a small one', async () => {
    const verdicts = new Verdicts();
    for (const id of ['me', 'listRooms', 'showRoom', 'stopReply', 'livez', 'health']) {
        const operation = suite.api.find(id);
        for (const body of ['{"a":1}', 'not json', Buffer.from([0xff, 0x00])]) {
            verdicts.status(await suite.wire.ask(operation.method, pathOf(operation, ids), { token, body }), 200, id);
        }
    }
    verdicts.end(18);
});

test('a body that ends before its length is 400', async () => {
    const verdicts = new Verdicts();
    for (const operation of suite.api.withBody) {
        for (const [framing, part] of [['Content-Length: 10', '{"a"'], ['Transfer-Encoding: chunked', '5\r\n{"a'], ['Transfer-Encoding: chunked', '2\r\n{}\r\n']]) {
            const connection = await Connection.open(suite.server.port);
            connection.send(headOf(operation, framing) + part);
            connection.socket.end();
            await isRefused(verdicts, connection, 400, `${operation.id} ${framing} ${part}`);
        }
    }
    verdicts.end(39);
});

test('a body longer than its length is the next request, and no request', async () => {
    const connection = await Connection.open(suite.server.port);
    const request = requestBytes('POST', '/chatroom/', { token, body: '{}{"a":1}', headers: [['Content-Length', '2']] });
    connection.send(request);
    assert.equal((await connection.answer()).status, 201);
    assert.equal((await connection.answer()).status, 400);
    await connection.closed();
});

test('a head that does not end is 408 after 10 s, a body after 30 s, however it drips', { timeout: 60_000 }, async () => {
    for (const [name, least, most] of [['head', 9, 14], ['body', 29, 36], ['trickle', 29, 36]]) {
        const { answer, seconds } = await slow[name];
        assert.equal(answer.status, 408, name);
        assert.match(answer.body.request_id, /^[0-9a-f]{16}$/);
        assert.ok(seconds > least && seconds < most, `${name}: ${seconds} s`);
    }
});
