// The vendor behind a webhook, what goes wrong with calls to either vendor, and what tests may tell the simulator.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';

import { endPrograms, until } from '../e2e/support/process.mjs';
import { SmsSim, refusal, twilioAccount } from './support/sims.mjs';

after(endPrograms);

const { from } = twilioAccount;
const to = '+22961000001';
const make = (more = {}) => ({ id: randomUUID(), to, body: '123456 is your code.', purpose: 'login_otp', ttl_s: 290, ...more });
let sim;
before(async () => (sim = await SmsSim.start()));
beforeEach(() => sim.tell('reset'));

test('a signed text is taken once, however often it comes', async () => {
    const text = make();
    const first = await sim.webhook(text);
    assert.deepEqual([first.status, first.body], [202, { id: text.id, status: 'accepted', repeated: false }]);
    const again = await sim.webhook(text);
    assert.deepEqual([again.status, again.body.repeated], [200, true]);
    await sim.drained();
    const texts = await sim.texts();
    assert.equal(texts.length, 1);
    assert.deepEqual([texts[0].vendor, texts[0].to, texts[0].purpose, texts[0].valid_s, texts[0].requests, texts[0].status], ['webhook', to, 'login_otp', 290, 2, 'delivered']);
    assert.deepEqual((await sim.calls()).map(({ acted, repeated }) => [acted, repeated]), [[true, false], [false, true]]);
});

test('an id that comes with another body is refused', async () => {
    const text = make();
    await sim.webhook(text);
    for (const other of [{ body: 'another' }, { to: '+22961000009' }, { purpose: 'signup_otp' }, { ttl_s: 289 }]) {
        assert.equal((await sim.webhook({ ...text, ...other })).status, 422, JSON.stringify(other));
    }
    assert.equal((await sim.texts()).length, 1);
});

test('what is not signed rightly is refused', async () => {
    const now = Math.floor(Date.now() / 1000);
    for (const how of [{ secret: 'another' }, { at: now - 301 }, { at: now + 310 }, { headers: { 'x-signature': 'v1=00' } }, { headers: { 'x-signature': `t=${now},v1=00` } }, { headers: { 'x-signature': '' } }]) {
        assert.equal((await sim.webhook(make(), how)).status, 401, JSON.stringify(how));
    }
    assert.deepEqual(await sim.texts(), []);
});

test('what is no text is refused', async () => {
    const { id, ...others } = make();
    for (const text of [others, make({ id: '7' }), make({ to: '22961000001' }), make({ body: '' }), make({ purpose: '' }), make({ ttl_s: 0 }), make({ ttl_s: '290' }), make({ more: 1 })]) {
        assert.equal((await sim.webhook(text)).status, 400, JSON.stringify(text));
    }
    assert.equal((await sim.webhook(make(), { headers: { 'idempotency-key': id } })).status, 400);
    assert.equal((await sim.webhook(make(), { body: '[]' })).status, 400);
    assert.equal((await sim.webhook(make(), { headers: { 'content-type': 'text/plain' } })).status, 415);
    assert.deepEqual(await sim.texts(), []);
});

test('a number that is refused is refused by either vendor', async () => {
    await sim.tell('numbers', { number: to, refuse: 21614 });
    const answer = await sim.webhook(make());
    assert.deepEqual([answer.status, answer.body.code], [422, 21614]);
    assert.equal((await refusal(sim.client().messages.create({ to, from, body: 'x' }))).code, 21614);
});

test('a lost answer: the text is taken, the connection ends', async () => {
    await sim.tell('plan', { next: [{ fault: 'cut', acts: true }, { fault: 'cut', acts: true }] });
    await assert.rejects(sim.webhook(make()));
    await assert.rejects(sim.twilio('POST', '/Messages.json', { form: { To: to, From: from, Body: 'x' } }));
    assert.deepEqual((await sim.texts()).map(({ vendor }) => vendor), ['webhook', 'twilio']);
    assert.deepEqual((await sim.calls()).map(({ state, acted }) => [state, acted]), [['broken', true], ['broken', true]]);
});

test('cut without an effect', async () => {
    await sim.tell('plan', { next: [{ fault: 'cut' }] });
    await assert.rejects(sim.webhook(make()));
    assert.deepEqual(await sim.texts(), []);
});

test('errors of each kind, for the calls that they are for', async () => {
    await sim.tell('plan', {
        matching: [
            { vendor: 'twilio', method: 'POST', to: '+2296*', status: 429, retry_after_s: 3, name: 'limited' },
            { vendor: 'twilio', method: 'POST', to: '+336*', code: 21610 },
            { vendor: 'webhook', status: 503, retry_after_s: 1 },
            { vendor: 'twilio', to: '+44*', status: 502, html: true },
        ],
    });
    const post = (number) => sim.twilio('POST', '/Messages.json', { form: { To: number, From: from, Body: 'x' } });
    const limited = await post(to);
    assert.deepEqual([limited.status, limited.body.code, limited.headers.get('retry-after')], [429, 20429, '3']);
    const stopped = await post('+33612345678');
    assert.deepEqual([stopped.status, stopped.body.code], [400, 21610]);
    const vendor = await sim.webhook(make());
    assert.deepEqual([vendor.status, vendor.headers.get('retry-after')], [503, '1']);
    const page = await post('+447700900123');
    assert.equal(page.status, 502);
    assert.match(page.body, /<html>/);
    assert.deepEqual(await sim.texts(), []);
    assert.equal((await post(to)).status, 201);
    assert.equal((await sim.calls())[0].plan, 'limited');
});

test('a call that hangs is aborted by who waits, and may have been carried out', async () => {
    for (const acts of [true, false]) {
        await sim.tell('reset');
        await sim.tell('plan', { next: [{ fault: 'hang', acts }] });
        await assert.rejects(sim.webhook(make(), { signal: AbortSignal.timeout(100) }));
        await until('the call has ended', async () => (await sim.calls())[0].state === 'aborted');
        assert.equal((await sim.texts()).length, acts ? 1 : 0);
    }
});

test('a slow call has its effect though the caller has gone', async () => {
    await sim.tell('plan', { next: [{ delay_ms: 150 }, { late_ms: 150 }] });
    await assert.rejects(sim.webhook(make(), { signal: AbortSignal.timeout(50) }));
    assert.deepEqual(await sim.texts(), []);
    await until('the text is taken', async () => (await sim.texts()).length === 1);
    await assert.rejects(sim.webhook(make(), { signal: AbortSignal.timeout(50) }));
    assert.equal((await sim.texts()).length, 2);
});

test('the page shows what was sent, as text', async () => {
    await sim.webhook(make({ body: '<b>654321</b>' }));
    const page = await (await fetch(`${sim.url}/`)).text();
    assert.match(page, /&lt;b&gt;654321&lt;\/b&gt;/);
    assert.ok(page.includes(to));
});

test('words that the simulator does not know are refused, and change nothing', async () => {
    const told = async (what, how) => (await fetch(`${sim.url}/_sim/${what}`, { method: 'POST', body: JSON.stringify(how) })).status;
    for (const [what, how] of [
        ['plan', { next: [{ faults: 'cut' }] }],
        ['plan', { next: [{ fault: 'explode' }] }],
        ['plan', { nexts: [] }],
        ['plan', { next: [{ status: 200 }] }],
        ['plan', { next: [{ fault: 'cut', status: 500 }] }],
        ['numbers', { number: to, outcome: 'eaten' }],
        ['numbers', { outcome: 'sent' }],
        ['numbers', { number: to, outcome: 'sent', error_code: 1 }],
        ['numbers', { number: to, at_once: true }],
        ['report_plan', { mode: 'later' }],
        ['report_plan', { lost: ['eaten'] }],
        ['report_plan', { copies: -1 }],
        ['report_plan', { deliver_to: 'https://example.com' }],
        ['report_plan', { speed: 1 }],
        ['reports/release', { order: 'random' }],
        ['reports/release', { order: [99] }],
        ['texts', {}],
        ['nothing', {}],
    ]) {
        assert.equal(await told(what, how), 400, `${what} ${JSON.stringify(how)}`);
    }
    for (const path of ['texts?number=1', 'reports?state=eaten', 'nothing']) assert.equal((await fetch(`${sim.url}/_sim/${path}`)).status, 400, path);
    assert.equal((await sim.webhook(make())).status, 202);
});
