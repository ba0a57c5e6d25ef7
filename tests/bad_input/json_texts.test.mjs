// Every body that an operation takes, against tables of JSON texts: what RFC 8259 rejects is 400, what it accepts is read and then
// judged by the operation's schema.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { pathOf } from './support/api.mjs';
import { accepted, emptyObjects, refusedBeyondRfc, rejected } from './support/json_texts.mjs';
import { Suite, Verdicts, forAll } from './support/suite.mjs';
import { shown } from './support/wire.mjs';

let suite;
let room;

before(async () => {
    suite = await Suite.open();
    room = await suite.users[0].createRoom();
});
after(() => suite?.close());

// Every operation with every text. `judge(answer, operation, what)`
async function sendAll(texts, judge, { operations = suite.api.withBody, token = suite.users[0].token } = {}) {
    const cases = operations.flatMap((operation) => texts.map((text) => [operation, Buffer.from(text)]));
    await forAll(cases, async ([operation, body]) => {
        const answer = await suite.wire.ask(operation.method, pathOf(operation, { room }), { token, body });
        judge(answer, operation, `${operation.id} ${shown(body)}`);
    });
    return cases.length;
}

function parses(text) {
    try {
        JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(text)));
        return true;
    } catch {
        return false;
    }
}

test('a second parser agrees with the tables', () => {
    assert.ok(rejected.length >= 150, `${rejected.length}`);
    assert.ok(accepted.length >= 80, `${accepted.length}`);
    assert.deepEqual(rejected.filter(parses), []);
    assert.deepEqual([...accepted, ...emptyObjects, ...refusedBeyondRfc].filter((text) => !parses(text)), []);
    for (const table of [rejected, accepted, refusedBeyondRfc]) {
        const once = new Set(table.map((text) => Buffer.from(text).toString('hex')));
        assert.equal(once.size, table.length, 'a text stands in its table twice');
    }
});

test('what RFC 8259 rejects is 400', async () => {
    const verdicts = new Verdicts();
    const texts = rejected.filter((text) => text.length > 0);
    await sendAll(texts, (answer, operation, what) => {
        if (verdicts.status(answer, 400, what)) verdicts.hold(answer.body.code === 'invalid_json', `${what}: ${answer.body.code}`);
    });
    verdicts.end(13 * 150);
});

test('a byte order mark before a text changes nothing', async () => {
    const verdicts = new Verdicts();
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('{"a":1}')]);
    await sendAll([marked], (answer, operation, what) => verdicts.status(answer, 422, what));
    verdicts.end(13);
});

test('an object of more than 256 members is 400, whatever its keys', async () => {
    const verdicts = new Verdicts();
    const members = (count) => `{${Array.from({ length: count }, (_, index) => `"key${index}":1`).join()}}`;
    await sendAll([members(257), `{"a":${members(257)}}`], (answer, operation, what) => verdicts.status(answer, 400, what.slice(0, 80)));
    await sendAll([members(256)], (answer, operation, what) => verdicts.status(answer, 422, what.slice(0, 80)));
    verdicts.end(13 * 3);
});

test('no body at all is 400 where one is asked for', async () => {
    const verdicts = new Verdicts();
    await sendAll([''], (answer, operation, what) => verdicts.status(answer, 400, what), {
        operations: suite.api.withBody.filter(({ isBodyRequired }) => isBodyRequired),
    });
    verdicts.end(9);
});

test('duplicate keys, lone surrogates and more than 32 levels are 400', async () => {
    const verdicts = new Verdicts();
    await sendAll(refusedBeyondRfc, (answer, operation, what) => verdicts.status(answer, 400, what));
    verdicts.end(13 * 30);
});

test('what RFC 8259 accepts is read, and then 422 by the schema', async () => {
    const verdicts = new Verdicts();
    await sendAll(accepted, (answer, operation, what) => verdicts.status(answer, 422, what));
    verdicts.end(13 * 80);
});

test('an object without members lacks the required fields, or is a right body', async () => {
    const verdicts = new Verdicts();
    for (const text of emptyObjects) {
        // One of the operations ends the session, so each round has a user of its own.
        const user = await suite.signUp();
        const own = await user.createRoom();
        for (const operation of suite.api.withBody) {
            if (operation.id === 'logOut') continue;
            const answer = await suite.wire.ask(operation.method, pathOf(operation, { room: own }), { token: user.token, body: text });
            const what = `${operation.id} ${JSON.stringify(text)}`;
            for (const name of operation.body.required ?? []) verdicts.names(answer, name, what);
            // Of a refresh token pages alone may say nothing, who have it in their cookie.
            if (operation.id === 'refreshSession') verdicts.names(answer, 'refresh', what);
            else if (!operation.body.required) verdicts.status(answer, [200, 201, 204, 403], what);
        }
        const ended = await suite.wire.ask('POST', '/auth/logout', { token: user.token, body: text });
        verdicts.status(ended, 204, 'logOut');
    }
    verdicts.end(emptyObjects.length * 13);
});

test('nesting costs no stack: hundreds of thousands of levels are 400', async () => {
    const verdicts = new Verdicts();
    const send = suite.api.find('sendMessage');
    const deep = [['[', 400_000], ['{"a":', 80_000], ['[{"a":', 60_000], ['[[],', 100_000]];
    for (const [open, depth] of deep) {
        const answer = await suite.wire.ask('POST', pathOf(send, { room }), { token: suite.users[0].token, body: open.repeat(depth) });
        verdicts.status(answer, 400, `${depth} x ${open}`);
    }
    const million = await suite.wire.ask('POST', pathOf(send, { room }), { token: suite.users[0].token, body: '['.repeat(1_000_000) });
    verdicts.status(million, 413, 'a million levels');
    verdicts.end(5);
});
