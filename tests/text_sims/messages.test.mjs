// Twilio's own client against the simulator of its Messages API.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { endPrograms } from '../e2e/support/process.mjs';
import { SmsSim, refusal, twilioAccount } from './support/sims.mjs';
import { fieldsOf, types } from './support/types.mjs';

after(endPrograms);

const to = '+22961000001';
const from = twilioAccount.from;
let sim;
let client;
before(async () => {
    sim = await SmsSim.start();
    client = sim.client();
});
beforeEach(() => sim.tell('reset'));

test('a text is taken, and fetched as it moves on', async () => {
    const made = await client.messages.create({ to, from, body: '123456 is your code.', validityPeriod: 240 });
    assert.match(made.sid, /^SM[0-9a-f]{32}$/);
    assert.deepEqual([made.status, made.to, made.from, made.numSegments, made.direction, made.errorCode], ['queued', to, from, '1', 'outbound-api', null]);
    assert.ok(Math.abs(made.dateCreated - Date.now()) < 5000);
    await sim.drained();
    const fetched = await client.messages(made.sid).fetch();
    assert.deepEqual([fetched.status, fetched.body], ['delivered', '123456 is your code.']);
    assert.ok(fetched.dateSent instanceof Date);
    const [text] = await sim.texts({ to });
    assert.deepEqual([text.id, text.vendor, text.valid_s, text.history], [made.sid, 'twilio', 240, ['queued', 'sent', 'delivered']]);
});

test('every field of the package is there', async () => {
    const { body } = await sim.twilio('POST', '/Messages.json', { form: { To: to, From: from, Body: 'x' } });
    assert.deepEqual(Object.keys(body).sort(), fieldsOf(types.message).sort());
});

test('a service sends by a number of its own', async () => {
    const made = await client.messages.create({ to, messagingServiceSid: twilioAccount.serviceSid, body: 'x' });
    assert.deepEqual([made.status, made.from, made.messagingServiceSid, made.numSegments], ['accepted', null, twilioAccount.serviceSid, '0']);
    await sim.drained();
    assert.equal((await client.messages(made.sid).fetch()).from, from);
    assert.deepEqual((await sim.texts())[0].history, ['accepted', 'queued', 'sent', 'delivered']);
});

test('a name may send instead of a number', async () => {
    assert.equal((await client.messages.create({ to, from: 'Pollux', body: 'x' })).from, 'Pollux');
});

test('an API key may send, and nobody else', async () => {
    const byKey = sim.client(twilioAccount.keySid, twilioAccount.keySecret);
    assert.equal((await byKey.messages.create({ to, from, body: 'x' })).status, 'queued');
    assert.equal((await sim.calls())[0].user, twilioAccount.keySid);
    for (const [user, password] of [[twilioAccount.sid, 'wrong'], [twilioAccount.keySid, twilioAccount.token], [twilioAccount.sid, twilioAccount.keySecret]]) {
        const failure = await refusal(sim.client(user, password).messages.create({ to, from, body: 'x' }));
        assert.deepEqual([failure.status, failure.code, failure.moreInfo], [401, 20003, 'https://www.twilio.com/docs/errors/20003']);
    }
    const other = await fetch(`${sim.url}/2010-04-01/Accounts/AC${'9'.repeat(32)}/Messages.json`, { method: 'POST', headers: { authorization: 'Basic ' + btoa(`${twilioAccount.sid}:${twilioAccount.token}`) } });
    assert.equal(other.status, 401);
    assert.equal((await sim.texts()).length, 1);
});

test('what Twilio refuses has its code', async () => {
    const long = 'x'.repeat(1601);
    for (const [code, params] of [
        [21211, { to: '12345', from, body: 'x' }],
        [21211, { to: '+0123456789', from, body: 'x' }],
        [21211, { to: '+15005550001', from, body: 'x' }],
        [21212, { to, from: '?', body: 'x' }],
        [21408, { to: '+15005550003', from, body: 'x' }],
        [21602, { to, from }],
        [21603, { to, body: 'x' }],
        [21604, { to: '', from, body: 'x' }],
        [21606, { to, from: '+15005550007', body: 'x' }],
        [21609, { to, from, body: 'x', statusCallback: 'nowhere' }],
        [21610, { to: '+15005550004', from, body: 'x' }],
        [21612, { to: '+15005550002', from, body: 'x' }],
        [21614, { to: '+15005550009', from, body: 'x' }],
        [21617, { to, from, body: long }],
        [21701, { to, messagingServiceSid: 'MG' + '9'.repeat(32), body: 'x' }],
        [90007, { to, from, body: 'x', validityPeriod: 0 }],
        [90007, { to, from, body: 'x', validityPeriod: 36001 }],
    ]) {
        const failure = await refusal(client.messages.create(params));
        assert.deepEqual([failure.code, failure.status], [code, code === 21701 ? 404 : 400], JSON.stringify(params).slice(0, 200));
        assert.ok(failure.message.length > 5);
    }
    assert.deepEqual(await sim.texts(), []);
});

test('parameters that Twilio does not know are refused, and those that the simulator does not are not ignored', async () => {
    const unknown = await sim.twilio('POST', '/Messages.json', { form: { To: to, From: from, Body: 'x', Validity: '5', body: 'x' } });
    assert.deepEqual([unknown.status, unknown.body.code, unknown.body.message], [400, 20001, 'Unknown parameters: Validity, body']);
    const media = await refusal(client.messages.create({ to, from, body: 'x', mediaUrl: ['https://example.com/a.png'] }));
    assert.equal(media.status, 501);
    assert.deepEqual(await sim.texts(), []);
});

test('a text that is not there is not found', async () => {
    const failure = await refusal(client.messages('SM' + '0'.repeat(32)).fetch());
    assert.deepEqual([failure.status, failure.code], [404, 20404]);
});

test('texts are listed, the newest first, page by page', async () => {
    for (let number = 0; number < 7; ++number) await client.messages.create({ to: `+2296100000${number}`, from, body: `text ${number}` });
    const all = await client.messages.list({ pageSize: 3 });
    assert.deepEqual(all.map(({ body }) => body), [6, 5, 4, 3, 2, 1, 0].map((number) => `text ${number}`));
    assert.deepEqual((await client.messages.list({ to: '+22961000004' })).map(({ body }) => body), ['text 4']);
});

test('segments are counted as phones get them', async () => {
    for (const [segments, encoding, body] of [
        [1, 'GSM-7', 'x'.repeat(160)],
        [2, 'GSM-7', 'x'.repeat(161)],
        [2, 'GSM-7', 'x'.repeat(306)],
        [3, 'GSM-7', 'x'.repeat(307)],
        [1, 'GSM-7', 'é€'.repeat(53)],
        [2, 'GSM-7', '€'.repeat(81)],
        [1, 'UCS-2', 'ê'.repeat(70)],
        [2, 'UCS-2', 'ê'.repeat(71)],
        [2, 'UCS-2', '😀'.repeat(36)],
        [1, 'GSM-7', 'Your code\n@example.com #123456'],
    ]) {
        const made = await client.messages.create({ to, from, body });
        const text = (await sim.texts()).at(-1);
        assert.deepEqual([made.numSegments, text.encoding], [String(segments), encoding], body.slice(0, 20) + body.length);
    }
});

test('what waits longer than it is valid fails', async () => {
    await sim.tell('report_plan', { queue_ms: 60_000 });
    const made = await client.messages.create({ to, from, body: 'x', validityPeriod: 1 });
    await sim.drained();
    await sim.tell('report_plan', { queue_ms: 0 });
    const fetched = await client.messages(made.sid).fetch();
    assert.deepEqual([fetched.status, fetched.errorCode], ['failed', 30036]);
});

test('numbers have their fate: refused, failed, undelivered, failed at once', async () => {
    await sim.tell('numbers', { number: '+2296*', refuse: 21408 });
    await sim.tell('numbers', { number: '+22961000002', outcome: 'undelivered' });
    await sim.tell('numbers', { number: '+22961000003', outcome: 'failed', error_code: 30450 });
    await sim.tell('numbers', { number: '+22961000004', outcome: 'failed', error_code: 30450, at_once: true });
    await sim.tell('numbers', { number: '+22961000005', outcome: 'sent' });
    assert.equal((await refusal(client.messages.create({ to, from, body: 'x' }))).code, 21408);
    const fate = async (number) => {
        const made = await client.messages.create({ to: number, from, body: 'x' });
        await sim.drained();
        const { status, errorCode } = await client.messages(made.sid).fetch();
        return [made.status, status, errorCode];
    };
    assert.deepEqual(await fate('+22961000002'), ['queued', 'undelivered', 30003]);
    assert.deepEqual(await fate('+22961000003'), ['queued', 'failed', 30450]);
    assert.deepEqual(await fate('+22961000004'), ['failed', 'failed', 30450]);
    assert.deepEqual(await fate('+22961000005'), ['queued', 'sent', null]);
    assert.deepEqual(await fate('+33612345678'), ['queued', 'delivered', null]);
    await sim.tell('numbers', { number: '+2296*', remove: true });
    assert.deepEqual(await fate(to), ['queued', 'delivered', null]);
});
