// Delivery reports: signed so that npm's `twilio` takes them, in any order, doubled, late and lost.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { endPrograms, until } from '../e2e/support/process.mjs';
import { SmsSim, receiver, twilio, twilioAccount } from './support/sims.mjs';

after(endPrograms);

const { from, token, sid: account, serviceSid } = twilioAccount;
const to = '+22961000001';
const usual = { mode: 'send', queue_ms: 0, step_ms: 0, copies: 1, delay_ms: 0, lost: [], parallel: 8, retries: 0, retry_ms: 100, deliver_to: '', shared_key: '' };
let sim;
let client;
let inbox;
before(async () => {
    sim = await SmsSim.start();
    client = sim.client();
});
beforeEach(async () => {
    await sim.tell('reset');
    await sim.tell('report_plan', usual);
    inbox = await receiver();
});
afterEach(() => inbox.close());

const statuses = () => inbox.posts.map(({ form }) => form.MessageStatus);
const send = (more = {}) => client.messages.create({ to, from, body: 'x', statusCallback: `${inbox.url}/sms/twilio/status/?id=7`, ...more });

test('a report for each status after the first, with what Twilio says in it', async () => {
    const made = await send();
    await sim.drained();
    assert.deepEqual(statuses().sort(), ['delivered', 'sent']);
    const delivered = inbox.posts.find(({ form }) => form.MessageStatus === 'delivered');
    assert.match(delivered.headers['content-type'], /^application\/x-www-form-urlencoded/);
    const { RawDlrDoneDate, ...rest } = delivered.form;
    assert.match(RawDlrDoneDate, /^\d{10}$/);
    assert.deepEqual(rest, { AccountSid: account, ApiVersion: '2010-04-01', From: from, To: to, MessageSid: made.sid, SmsSid: made.sid, MessageStatus: 'delivered', SmsStatus: 'delivered' });
});

test('a service tells queued too, and whose it is', async () => {
    await send({ from: undefined, messagingServiceSid: serviceSid });
    await sim.drained();
    assert.deepEqual(statuses().sort(), ['delivered', 'queued', 'sent']);
    assert.ok(inbox.posts.every(({ form }) => form.MessagingServiceSid === serviceSid && form.From === from));
});

test('what failed says why', async () => {
    await sim.tell('numbers', { number: to, outcome: 'undelivered', error_code: 30005 });
    await send();
    await sim.drained();
    const last = inbox.posts.find(({ form }) => form.MessageStatus === 'undelivered');
    assert.equal(last.form.ErrorCode, '30005');
});

test('the signature is what the package makes, for every URL', async () => {
    for (const path of ['/a', '/a?b=c', '/a?b=c&b=d', '/', '/%C3%A9?x=%20y', '/a/#part']) {
        inbox.posts.length = 0;
        await send({ statusCallback: inbox.url + path });
        await sim.drained();
        assert.equal(inbox.posts.length, 2);
        for (const { headers, form } of inbox.posts) {
            const signature = headers['x-twilio-signature'];
            const signed = inbox.url + path.replace(/#.*/, '');
            assert.equal(signature, twilio.getExpectedTwilioSignature(token, signed, form), path);
            assert.ok(twilio.validateRequest(token, signature, signed, form), path);
            assert.ok(!twilio.validateRequest('another', signature, signed, form));
            assert.ok(!twilio.validateRequest(token, signature, signed, { ...form, MessageStatus: 'read' }));
        }
    }
});

test('a URL that cannot be reached from here is signed, and another is spoken to', async () => {
    await sim.tell('report_plan', { deliver_to: inbox.url });
    const url = 'https://chat.example.com/sms/twilio/status/?id=7';
    await send({ statusCallback: url });
    await sim.drained();
    assert.equal(inbox.posts.length, 2);
    for (const post of inbox.posts) {
        assert.equal(post.url, '/sms/twilio/status/?id=7');
        assert.ok(twilio.validateRequest(token, post.headers['x-twilio-signature'], url, post.form));
    }
});

test('a shared key signs with SHA-256, and says so', async () => {
    await sim.tell('report_plan', { shared_key: 'shared secret' });
    await send({ statusCallback: `${inbox.url}/a` });
    await sim.drained();
    assert.equal(inbox.posts.length, 2);
    for (const { headers, form } of inbox.posts) {
        const algorithm = twilio.getSignatureAlgorithm?.(headers['x-twilio-webhooks-signature-settings']) ?? /algorithm=(\w+)/.exec(headers['x-twilio-webhooks-signature-settings'])[1];
        assert.equal(algorithm, 'HMAC_SHA256');
        assert.ok(twilio.validateRequest('shared secret', headers['x-twilio-signature'], `${inbox.url}/a`, form, algorithm));
    }
});

test('held ones go in the order that is asked for', async () => {
    await sim.tell('report_plan', { mode: 'hold' });
    await send();
    await sim.drained();
    assert.deepEqual(statuses(), []);
    assert.equal((await sim.ask('reports')).held, 2);
    assert.equal((await sim.tell('reports/release', { order: 'reverse', parallel: 1 })).count, 2);
    await sim.drained();
    assert.deepEqual(statuses(), ['delivered', 'sent']);
});

test('by their ids, several times each', async () => {
    await sim.tell('report_plan', { mode: 'hold' });
    await send();
    await sim.drained();
    const [sent, delivered] = await sim.reports({ state: 'held' });
    await sim.tell('reports/release', { order: [delivered.id, sent.id], copies: 3, parallel: 1 });
    await sim.drained();
    assert.deepEqual(statuses(), ['delivered', 'delivered', 'delivered', 'sent', 'sent', 'sent']);
});

test('doubled, late and lost ones', async () => {
    await sim.tell('report_plan', { copies: 2, delay_ms: [1, 30] });
    await send();
    await sim.drained();
    assert.deepEqual(statuses().sort(), ['delivered', 'delivered', 'sent', 'sent']);
    inbox.posts.length = 0;
    await sim.tell('report_plan', { ...usual, lost: ['sent'] });
    await send();
    await sim.drained();
    assert.deepEqual(statuses(), ['delivered']);
    inbox.posts.length = 0;
    await sim.tell('report_plan', { ...usual, mode: 'drop' });
    await send();
    await sim.drained();
    assert.deepEqual(statuses(), []);
    assert.equal((await sim.texts()).at(-1).status, 'delivered');
});

test('what is refused comes again, as often as it is told to', async () => {
    await sim.tell('report_plan', { retries: 2, retry_ms: 1 });
    inbox.answer = 500;
    await send();
    await sim.drained();
    assert.deepEqual(statuses().sort(), ['delivered', 'delivered', 'delivered', 'sent', 'sent', 'sent']);
    assert.ok((await sim.reports()).every(({ state, attempts }) => state === 'failed' && attempts.length === 3));
    const tokens = new Set(inbox.posts.map(({ headers }) => headers['i-twilio-idempotency-token']));
    assert.equal(tokens.size, 2);
});

test('forged ones say whatever they are told to', async () => {
    const fields = { MessageSid: 'SM1', MessageStatus: 'delivered' };
    const right = await sim.tell('reports/forge', { url: `${inbox.url}/a`, token, fields });
    assert.equal(right.status, 200);
    assert.ok(twilio.validateRequest(token, inbox.posts[0].headers['x-twilio-signature'], `${inbox.url}/a`, inbox.posts[0].form));
    await sim.tell('reports/forge', { url: `${inbox.url}/a`, fields, signature: '' });
    assert.equal(inbox.posts[1].headers['x-twilio-signature'], undefined);
    await sim.tell('reports/forge', { url: `${inbox.url}/a`, token: 'another', fields });
    assert.ok(!twilio.validateRequest(token, inbox.posts[2].headers['x-twilio-signature'], `${inbox.url}/a`, inbox.posts[2].form));
});

test('a text moves on at its times', async () => {
    await sim.tell('report_plan', { queue_ms: 50, step_ms: 50 });
    const made = await send();
    assert.equal((await client.messages(made.sid).fetch()).status, 'queued');
    await until('the text is sent', async () => (await client.messages(made.sid).fetch()).status === 'sent', { everyMs: 2 });
    await sim.drained();
    assert.deepEqual(statuses(), ['sent', 'delivered']);
});
