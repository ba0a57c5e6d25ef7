// Every field of every body, with every value that it must not have: 422, and the answer names the field.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { bodyTextWith, example, exampleBody, isNullable, isOneLine, pathOf, plain } from './support/api.mjs';
import { Suite, Verdicts, forAll } from './support/suite.mjs';

let suite;
let user;
let room;

before(async () => {
    suite = await Suite.open();
    user = suite.users[0];
    room = await user.createRoom();
});
after(() => suite?.close());

function send(operation, body) {
    return suite.wire.ask(operation.method, pathOf(operation, { room }), { token: user.token, body });
}

// `texts(name, schema, operation)` are the values, as JSON text, that the field must refuse.
async function refusesAll(texts) {
    const verdicts = new Verdicts();
    const cases = suite.api.withBody.flatMap((operation) =>
        Object.entries(operation.body.properties).flatMap(([name, schema]) => texts(name, schema, operation).map((text) => [operation, name, text])),
    );
    await forAll(cases, async ([operation, name, text]) => {
        const answer = await send(operation, bodyTextWith(operation, name, text));
        verdicts.names(answer, name, `${operation.id}.${name} = ${text.slice(0, 60)}`);
    });
    return verdicts;
}

test('a value of another type is refused and not converted', async () => {
    const ofOtherTypes = {
        string: ['1', '0', '-1', '1.5', '1e400', '9007199254740993', '18446744073709551616', 'true', 'false', '[]', '{}', '["x"]', '{"value":"x"}'],
        boolean: ['"true"', '"false"', '"1"', '0', '1', '-1', '1.0', '""', '[]', '{}', '[true]', '1e400'],
        integer: ['"1"', '1.0', '1.5', '1e2', '1e400', 'true', '""', '[]', '[1]', '{}'],
    };
    const verdicts = await refusesAll((name, schema) => [...ofOtherTypes[plain(schema).type], ...(isNullable(schema) ? [] : ['null'])]);
    verdicts.end(250);
});

test('numbers outside their range are refused', async () => {
    const verdicts = await refusesAll((name, schema) => {
        const { type, minimum, maximum } = plain(schema);
        return type === 'integer' ? [`${minimum - 1}`, `${maximum + 1}`, '-1e9', '9007199254740993', '18446744073709551616'] : [];
    });
    verdicts.end(0);
});

test('texts that are too short, too long or hold U+0000 are refused', async () => {
    const verdicts = await refusesAll((name, schema) => {
        const { type, minLength, maxLength } = plain(schema);
        if (type !== 'string') return [];
        const texts = ['"abcdefgh\\u0000"', '"\\u0000"'];
        if (maxLength) texts.push(`"${'x'.repeat(maxLength + 1)}"`, `"${'\u{1f600}'.repeat(maxLength + 1)}"`);
        if (minLength > 0) texts.push('""');
        if (minLength > 1) texts.push(`"${'x'.repeat(minLength - 1)}"`, `"${'\u{1f600}'.repeat(minLength - 1)}"`);
        return texts;
    });
    verdicts.end(80);
});

test('names refuse control characters and text-direction overrides', async () => {
    const points = [0x01, 0x07, 0x08, 0x09, 0x0a, 0x0d, 0x1b, 0x1f, 0x7f, 0x80, 0x85, 0x9b, 0x9f, 0x2028, 0x2029];
    const directions = [0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069];
    const texts = [...points, ...directions].flatMap((point) => {
        const escaped = `\\u${point.toString(16).padStart(4, '0')}`;
        return [`"ab${escaped}cd"`, `"${escaped}"`];
    });
    const verdicts = await refusesAll((name, schema) => (isOneLine(schema) || name === 'email' ? texts : []));
    verdicts.end(300);
});

test('choices take none but their words', async () => {
    const verdicts = await refusesAll((name, schema) => {
        const { enum: choices } = plain(schema);
        if (!choices) return [];
        return ['""', '"nope"', `"${choices[0]} "`, `" ${choices[0]}"`, `"${choices[0].toUpperCase()}"`, `"${choices[0]}\\u0000"`, '0', `["${choices[0]}"]`];
    });
    verdicts.end(12);
});

test('a missing field is named, and all that are missing at once', async () => {
    const verdicts = new Verdicts();
    for (const operation of suite.api.withBody) {
        const required = operation.body.required ?? [];
        for (const name of required) {
            const { [name]: dropped, ...rest } = exampleBody(operation);
            verdicts.names(await send(operation, rest), name, `${operation.id} without ${name}`);
        }
        if (required.length < 2) continue;
        const answer = await send(operation, {});
        for (const name of required) verdicts.names(answer, name, `${operation.id} {}`);
    }
    verdicts.end(15);
});

test('a field given twice is refused, also when it is spelled with escapes', async () => {
    const verdicts = new Verdicts();
    for (const operation of suite.api.withBody) {
        for (const [name, schema] of Object.entries(operation.body.properties)) {
            const value = JSON.stringify(example(name, schema));
            const escaped = `\\u${name.charCodeAt(0).toString(16).padStart(4, '0')}${name.slice(1)}`;
            for (const other of [name, escaped]) {
                const body = `{"${other}":${value},${JSON.stringify({ ...exampleBody(operation), [name]: example(name, schema) }).slice(1)}`;
                verdicts.status(await send(operation, body), 400, `${operation.id} ${body.slice(0, 100)}`);
            }
        }
    }
    verdicts.end(40);
});

test('fields that only the server sets, and fields that are none, are 422 everywhere', async () => {
    const names = [
        'tier', 'role', 'user_id', 'user', 'owner', 'owner_id', 'id', 'is_admin', 'is_superuser', 'is_staff', 'is_verified', 'verified', 'plan',
        'plan_id', 'quota', 'used', 'limit', 'date_joined', 'created_at', 'updated_at', 'last_message', 'chatroom', 'chatroom_id', 'room', 'message_id',
        'reply_to', 'parent_id', 'variant', 'status', 'attempt', 'finish_reason', 'thoughts', 'usage', 'password_hash', 'session', 'sid', 'token',
        'access', 'otp', 'debug', '__proto__', 'constructor', 'prototype', '$set', 'Mobile', 'CONTENT', 'name ', ' name', 'name.first', 'name[0]', '',
        'n\u0430me', 'content\u200b', '\u202eeman', 'x'.repeat(200),
    ];
    const verdicts = new Verdicts();
    const cases = suite.api.withBody.flatMap((operation) => names.filter((name) => !operation.body.properties[name]).map((name) => [operation, name]));
    await forAll(cases, async ([operation, name]) => {
        const answer = await send(operation, bodyTextWith(operation, name, '"pro"'));
        verdicts.names(answer, name.slice(0, 100), `${operation.id} with ${JSON.stringify(name)}`);
    });
    verdicts.end(names.length * 12);
    const me = await user.ask('GET', '/user/me/');
    assert.equal(me.tier, 'basic');
    assert.equal(me.is_admin, false);
});

test('many wrong fields at once are all 422, and the answer stays small', async () => {
    const verdicts = new Verdicts();
    for (const operation of suite.api.withBody) {
        const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`unknown_${index}`, index]));
        const answer = await send(operation, many);
        verdicts.status(answer, 422, operation.id);
        verdicts.hold(answer.text.length < 16_000, `${operation.id}: an answer of ${answer.text.length} bytes`);
    }
    verdicts.end(26);
});

test('numbers are mobile numbers only as they should be', async () => {
    const wrong = [
        'abcdefg', '+1202555010a', '+1202555O100', '12', '123', '12345', '+123456', '+1234567890123456', '1234567890123456', '12345678901234567890',
        '\uff11\uff12\uff13', '\u0661\u0662\u0660\u0662', '++12025550100', '+19005550100', '+1447911123456', '+12025550100 +',
        '+1+2025550100', '1+2025550100', '+01202555010', '+', '-', '()', '   ', '+ ', '+12025550100x12', '+12025550100,1',
        '+12025550100;ext=1', '+1_202_555_0100', '+447700900123',
        '+4915112345678', '+919876543210', 'null', '1e10', '-12025550100.5e', "+1202555'0100", '+1202555"0100', '+1202555%0100', '+1202555*100', '#31#2025550',
    ];
    const verdicts = await refusesAll((name) => (name === 'mobile' ? wrong.map((text) => JSON.stringify(text)) : []));
    verdicts.end(5 * wrong.length);
});

test('codes are six digits, as text', async () => {
    const wrong = [
        '"12345"', '"1234567"', '"12345a"', '"abcdef"', '"-12345"', '"+12345"', '"1e5000"', '"0x1234"',
        '"\uff11\uff12\uff13\uff14\uff15"', '"12345\\u0000"', '""', '123456', '123456.0', '1.23456e5', 'null', 'true', '["123456"]', '{}',
    ];
    const verdicts = await refusesAll((name) => (name === 'code' ? wrong : []));
    verdicts.end(wrong.length);
});

test('addresses for mail hold one @ and no blanks', async () => {
    const wrong = ['"a"', '"a@"', '"@a"', '"a@b@c"', '"a b@c.d"', '"a@b\\r\\nBcc: x@y.z"', `"${'x'.repeat(250)}@a.bc"`];
    const verdicts = await refusesAll((name) => (name === 'email' ? wrong : []));
    verdicts.end(2 * wrong.length);
});

test('lengths count characters, not bytes', async () => {
    const name = '\u{1f600}'.repeat(100);
    const made = await user.ask('POST', '/chatroom/', { body: { name }, expect: 201 });
    assert.equal(made.name, name);
    const content = '\u{1f600}'.repeat(32_000);
    const sent = await user.send(room, content);
    assert.equal(sent.message.content, content);
});

test('a message keeps control and text-direction characters, escaped on the wire', async () => {
    const content = 'a\u0001\u0007\u0008\t\n\r\u001b[31mred\u007f\u0085\u009b\u200f\u202e\u2066\u2069\u2028\ufeff\ufffd z';
    const answer = await suite.wire.ask('POST', `/chatroom/${room}/message/`, { token: user.token, body: { content } });
    assert.equal(answer.status, 201, answer.text);
    assert.equal(answer.body.message.content, content);
    const read = await suite.wire.ask('GET', `/chatroom/${room}/message/${answer.body.message.id}/`, { token: user.token });
    assert.equal(read.body.content, content);
    assert.ok(!/[\u0000-\u001f\u007f]/.test(read.text), 'a control character stands bare in the answer');
});
