// Headers: what says what the body is, what may stand once, keys, ids to resume from; and requests that are none.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { exampleBody, pathOf } from './support/api.mjs';
import { Suite, Verdicts, forAll } from './support/suite.mjs';

let suite;
let user;
let token;
let ids;

before(async () => {
    suite = await Suite.open();
    user = suite.users[0];
    token = user.token;
    ids = await suite.conversation(user);
});
after(() => suite?.close());

// Every operation with each of these sets of headers. `judge(answer, operation, what)`
async function sendAll(operations, sets, judge) {
    const cases = operations.flatMap((operation) => sets.map((headers) => [operation, headers]));
    await forAll(cases, async ([operation, headers]) => {
        const body = operation.body ? exampleBody(operation) : undefined;
        const answer = await suite.wire.ask(operation.method, pathOf(operation, ids), { token, body, headers });
        judge(answer, operation, `${operation.id} ${JSON.stringify(headers).slice(0, 120)}`);
    });
}

test('a body of another type is 415', async () => {
    const types = [
        null, '', 'text/plain', 'text/html', 'text/json', 'json', 'application', 'application/', 'application/jso', 'application/jsonx', 'application/json5',
        'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml', 'application/octet-stream', 'application/problem+json',
        'application/json-patch+json', 'application/vnd.api+json', 'application/ld+json', 'image/png', '*/*', 'application/*', 'application/json, text/plain',
        'text/plain; a=application/json', 'application/json; charset=utf-16', 'application/json; charset=latin1', 'application/json;charset=iso-8859-1',
        'application/json; charset=ascii', 'application/json; charset=', 'application/json; charset=notutf-8', 'application/json; charset=utf-8; charset=utf-16',
        'application/ json', '"application/json"', 'application/json\u00e9',
    ];
    const verdicts = new Verdicts();
    await sendAll(suite.api.withBody, types.map((type) => [['Content-Type', type]]), (answer, operation, what) => verdicts.status(answer, 415, what));
    verdicts.end(13 * 30);
});

test('JSON in UTF-8 is taken however it is spelled', async () => {
    const types = ['application/json', 'APPLICATION/JSON', 'application/json; charset=utf-8', 'application/json;charset=UTF-8', 'application/json; charset="utf-8"', 'application/json ; a=b'];
    const verdicts = new Verdicts();
    for (const type of types) verdicts.status(await suite.wire.ask('POST', '/chatroom/', { token, body: '{}', headers: [['Content-Type', type]] }), 201, type);
    verdicts.end(6);
});

test('no content coding is taken, for no operation but those that take any bytes', async () => {
    const codings = ['gzip', 'deflate', 'br', 'zstd', 'compress', 'x-gzip', 'identity, gzip', 'gzip, gzip', 'aes128gcm', 'nothing', ''];
    const verdicts = new Verdicts();
    await sendAll(suite.api.operations.filter(({ isRaw }) => !isRaw), codings.map((coding) => [['Content-Encoding', coding]]), (answer, operation, what) => verdicts.status(answer, 415, what));
    // A small body that would be a gigabyte must not even be looked at.
    const bomb = gzipSync(Buffer.alloc(10_000_000));
    for (const operation of suite.api.withBody) {
        const answer = await suite.wire.ask(operation.method, pathOf(operation, ids), { token, body: bomb.subarray(0, 8000), headers: [['Content-Encoding', 'gzip']] });
        verdicts.status(answer, 415, `${operation.id} compressed`);
    }
    verdicts.end(300);
});

test('a header that may stand once is refused when it stands twice', async () => {
    const twice = [
        ['Host', 'localhost'], ['Content-Length', '2'], ['Content-Type', 'application/json'], ['Authorization', 'Bearer x'], ['Connection', 'keep-alive'], ['Content-Encoding', 'identity'],
        ['Idempotency-Key', 'k'], ['Last-Event-ID', '1-0'], ['X-Request-ID', 'r'], ['Expect', '100-continue'], ['Transfer-Encoding', 'chunked'], ['Origin', 'http://localhost'],
    ];
    const sets = twice.flatMap(([name, value]) => [[[name, value], [name, value]], [[name, value], [name.toUpperCase(), `${value}0`]]]);
    const verdicts = new Verdicts();
    await sendAll(suite.api.operations, sets, (answer, operation, what) => {
        verdicts.status(answer, 400, what);
        verdicts.hold(answer.closes, `${what}: stays open`);
    });
    verdicts.end(1000);
});

test('a twin with underscores of a special header is refused', async () => {
    const names = [
        'Content_Length', 'content_length', 'CONTENT_TYPE', 'Transfer_Encoding', 'Content_Encoding', 'Idempotency_Key', 'Last_Event_ID', 'Last-Event_ID', 'X_Request_ID', 'X_Forwarded_For',
        'X-Forwarded_For', 'X_Forwarded_Proto', 'x_forwarded_host',
    ];
    const verdicts = new Verdicts();
    await sendAll(suite.api.operations, names.map((name) => [[name, '1']]), (answer, operation, what) => verdicts.status(answer, 400, what));
    verdicts.status(await suite.wire.ask('GET', '/livez', { headers: [['X_Harmless', '1']] }), 200, 'another name');
    verdicts.end(300);
});

test('an Idempotency-Key that is none is 400', async () => {
    const takers = suite.api.operations.filter(({ headers }) => headers.includes('Idempotency-Key'));
    assert.ok(takers.length >= 3);
    const keys = ['', 'k'.repeat(256), 'k'.repeat(5000), 'two words', 'tab\tbed', 'k\u00e9y', '\u00ff', 'k\u007fy'];
    const verdicts = new Verdicts();
    await sendAll(takers, keys.map((key) => [['Idempotency-Key', key]]), (answer, operation, what) => verdicts.status(answer, 400, what));
    const longest = await suite.wire.ask('POST', '/chatroom/', { token, body: {}, headers: [['Idempotency-Key', 'k'.repeat(255)]] });
    verdicts.status(longest, 201, '255 characters');
    verdicts.end(24);
});

test('a key that stood for another request is 422', async () => {
    const verdicts = new Verdicts();
    const key = [['Idempotency-Key', randomUUID()]];
    const first = await suite.wire.ask('POST', '/chatroom/', { token, body: { name: 'once' }, headers: key });
    verdicts.status(first, 201, 'first');
    const again = await suite.wire.ask('POST', '/chatroom/', { token, body: { name: 'once' }, headers: key });
    verdicts.status(again, 201, 'again');
    verdicts.hold(again.body?.id === first.body?.id, 'the repeat made another room');
    verdicts.hold(again.headers['idempotent-replayed'] === 'true', 'the repeat says that it is one');
    const others = [
        ['/chatroom/', { name: 'other' }], ['/chatroom/', {}], ['/chatroom/', '{"name": "once"}'], [`/chatroom/${ids.room}/message/`, { content: 'x' }],
        [`/chatroom/${ids.room}/message/${ids.message}/retry/`, undefined],
    ];
    for (const [path, body] of others) verdicts.names(await suite.wire.ask('POST', path, { token, body, headers: key }), 'Idempotency-Key', `${path} ${JSON.stringify(body)}`);
    verdicts.end(9);
});

test('a Last-Event-ID that the stream of a reply does not give is 400', async () => {
    const junk = [
        '', 'x', '0', '1', '-', '--', '1-', '-1', '-1-0', '1--1', '1-x', 'x-1', '1-0-', '1-0-0-0', '1-end-0', 'end', '1-END', '01-0', '1-00', '+1-0', '1-+0', '1.0-0', '1e1-0', '0x1-0', '1-0 ', '1 -0',
        '1-99999999999999999999', '99999999999999999999-0', '1-\u00b2', '1-0;', "1-0'", '{"a":1}', 'x'.repeat(1000), '1-0\u00ff', '1-0%00',
    ].filter((id) => id.trim() === id);
    const verdicts = new Verdicts();
    const streams = [suite.api.find('streamReply')];
    await sendAll(streams, junk.map((id) => [['Last-Event-ID', id]]), (answer, operation, what) => verdicts.status(answer, 400, what));
    verdicts.end(28);
});

test('notices after an id that is not known begin with reset', async () => {
    const verdicts = new Verdicts();
    for (const id of ['x', '-1', '0', '99999999999999999999', "1' or '1'='1", '{}', 'x'.repeat(1000), '1-0']) {
        const answer = await suite.wire.ask('GET', '/events/', { token, headers: [['Last-Event-ID', id]] });
        if (verdicts.status(answer, 200, id)) verdicts.hold(answer.text.startsWith('event: reset\n'), `${id}: ${answer.text.slice(0, 60)}`);
    }
    verdicts.end(16);
});

test('an X-Request-ID is kept when it is plain, else replaced', async () => {
    for (const id of ['a', 'abc-1.2_3', 'A'.repeat(64)]) {
        const answer = await suite.wire.ask('GET', '/nothing', { headers: [['X-Request-ID', id]] });
        assert.equal(answer.body.request_id, id);
    }
    for (const id of ['', 'a b', 'A'.repeat(65), 'a/b', 'a"b', '{}', '\u00e9', '<b>', 'a,b', 'a\u007fb', '\u001b[31m'.slice(1)]) {
        const answer = await suite.wire.ask('GET', '/nothing', { headers: [['X-Request-ID', id]] });
        assert.match(answer.body.request_id, /^[0-9a-f]{16}$/);
    }
});

test('too many or too large headers are 431', async () => {
    const verdicts = new Verdicts();
    const many = (count) => Array.from({ length: count }, (_, index) => [`X-${index}`, '1']);
    const sets = [many(101), many(1000), [['X-Long', 'x'.repeat(16_500)]], [['X-Long', 'x'.repeat(100_000)]], [['x'.repeat(17_000), '1']], [['Cookie', 'a=b; '.repeat(4000)]]];
    await sendAll(suite.api.operations, sets, (answer, operation, what) => {
        verdicts.status(answer, 431, what);
        verdicts.hold(answer.closes, `${what}: stays open`);
    });
    verdicts.status(await suite.wire.ask('GET', '/livez', { headers: many(99) }), 200, '100 headers with Host');
    verdicts.end(300);
});

test('an expectation other than 100-continue is 417', async () => {
    const verdicts = new Verdicts();
    for (const value of ['200-ok', '100-continue, x', 'x', '100', '']) {
        verdicts.status(await suite.wire.ask('POST', '/chatroom/', { token, body: {}, headers: [['Expect', value]] }), 417, value);
    }
    verdicts.end(5);
});

test('bytes that are no request are refused and the connection is closed', async () => {
    const host = 'Host: localhost\r\n';
    const bad = [
        ['GET /livez HTTP/1.1\r\n\r\n', 400], [`GET /livez\r\n${host}\r\n`, 400], [`GET  /livez HTTP/1.1\r\n${host}\r\n`, 400], [`GET /livez  HTTP/1.1\r\n${host}\r\n`, 400],
        [`GET /livez HTTP/1.1 \r\n${host}\r\n`, 400], [`GET\t/livez\tHTTP/1.1\r\n${host}\r\n`, 400], [` GET /livez HTTP/1.1\r\n${host}\r\n`, 400], [`GET /livez http/1.1\r\n${host}\r\n`, 400],
        [`GET /livez HTTP/1\r\n${host}\r\n`, 400], [`GET /livez HTTP/1.1.1\r\n${host}\r\n`, 400], [`GET /livez HTTP/+1.1\r\n${host}\r\n`, 400], [`GET /livez HTTPS/1.1\r\n${host}\r\n`, 400],
        [`GET /livez HTTP/2.0\r\n${host}\r\n`, 505], [`GET /livez HTTP/9.9\r\n${host}\r\n`, 505], [`GET /livez HTTP/0.9\r\n${host}\r\n`, 505], ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
        [`GET /livez HTTP/1.1\n${host.replace('\r', '')}\n`, 400], [`GET /livez HTTP/1.1\r\n${host}X : 1\r\n\r\n`, 400], [`GET /livez HTTP/1.1\r\n${host}: 1\r\n\r\n`, 400],
        [`GET /livez HTTP/1.1\r\n${host}X\r\n\r\n`, 400], [`GET /livez HTTP/1.1\r\n${host}X Y: 1\r\n\r\n`, 400], [`GET /livez HTTP/1.1\r\n${host}X: 1\r\n folded\r\n\r\n`, 400],
        [`GET /livez HTTP/1.1\r\n folded: 1\r\n${host}\r\n`, 400], [`GET /livez HTTP/1.1\r\n${host}X: a\u0000b\r\n\r\n`, 400], [`GET /livez HTTP/1.1\r\n${host}X: a\rb\r\n\r\n`, 400],
        [`GET /livez HTTP/1.1\r\n${host}X: a\nY: b\r\n\r\n`, 400], [`GET /livez HTTP/1.1\r\n${host}X\u0000: 1\r\n\r\n`, 400], [`GET /livez HTTP/1.1\r\n${host}\u00e9: 1\r\n\r\n`, 400],
        [`GET /livez HTTP/1.1\r\n${host}"X": 1\r\n\r\n`, 400], ['\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003\r\n\r\n', 400],
        ['SSH-2.0-OpenSSH_9.2\r\n\r\n', 400], ['EHLO example.com\r\n\r\n', 400], ['*1\r\n$4\r\nPING\r\n\r\n', 400], ['\u0000\u0000\u0000\u0000\r\n\r\n', 400], ['{"a":1}\r\n\r\n', 400], ['\u00ff\u00fe\r\n\r\n', 400],
        [`POST /chatroom/ HTTP/1.1\r\n${host}Content-Length: -1\r\n\r\n`, 400], [`POST /chatroom/ HTTP/1.1\r\n${host}Content-Length: +2\r\n\r\n{}`, 400],
        [`POST /chatroom/ HTTP/1.1\r\n${host}Content-Length: 2, 2\r\n\r\n{}`, 400], [`POST /chatroom/ HTTP/1.1\r\n${host}Content-Length: 0x2\r\n\r\n{}`, 400],
        [`POST /chatroom/ HTTP/1.1\r\n${host}Content-Length: 2 2\r\n\r\n{}`, 400], [`POST /chatroom/ HTTP/1.1\r\n${host}Content-Length:\r\n\r\n`, 400],
        [`POST /chatroom/ HTTP/1.1\r\n${host}Content-Length: 99999999999999999999\r\n\r\n`, [400, 413]], [`POST /chatroom/ HTTP/1.1\r\n${host}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
        [`POST /chatroom/ HTTP/1.1\r\n${host}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, 501], [`POST /chatroom/ HTTP/1.1\r\n${host}Transfer-Encoding: identity\r\n\r\n`, 501],
        [`POST /chatroom/ HTTP/1.1\r\n${host}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, 501], [`POST /chatroom/ HTTP/1.1\r\n${host}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`, [400, 501]],
    ];
    const verdicts = new Verdicts();
    for (const [request, expected] of bad) {
        const answer = await suite.wire.exchange(Buffer.from(request, 'latin1'));
        verdicts.status(answer, expected, JSON.stringify(request));
        verdicts.hold(answer.closes, `${JSON.stringify(request)}: stays open`);
    }
    verdicts.end(2 * bad.length);
});

test('chunks that are framed wrongly are 400', async () => {
    const head = `POST /chatroom/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const right = await suite.wire.exchange(Buffer.from(`${head}2\r\n{}\r\n0\r\n\r\n`));
    assert.equal(right.status, 201, right.text);
    const bad = [
        'x\r\n{}\r\n0\r\n\r\n', '-2\r\n{}\r\n0\r\n\r\n', '+2\r\n{}\r\n0\r\n\r\n', '0x2\r\n{}\r\n0\r\n\r\n', '2\n{}\r\n0\r\n\r\n', '2 \r\n{}\r\n0\r\n\r\n\r\n', '2\r\n{}x\r\n0\r\n\r\n', '2\r\n{}\n0\n\n', '\r\n{}\r\n0\r\n\r\n',
        'fffffffffffffffff\r\n{}\r\n0\r\n\r\n', '3\r\n{}\r\n0\r\n\r\n', '2\r\n{}\r\n0\r\nX\r\n\r\n',
    ];
    const verdicts = new Verdicts();
    for (const chunks of bad) verdicts.status(await suite.wire.exchange(Buffer.from(head + chunks)), [400, 413], JSON.stringify(chunks));
    verdicts.end(bad.length);
});
