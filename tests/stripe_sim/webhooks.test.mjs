// Deliveries: signed, repeated, out of order, late, lost, forged; and the list of events.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { endPrograms, until } from '../e2e/support/process.mjs';
import { Receiver, StripeSim, Stripe, makePrices, refusal } from './support/sim.mjs';

let sim;
let stripe;
let receiver;
let endpoint;
after(endPrograms);
before(async () => {
    sim = await StripeSim.start();
    stripe = sim.client();
});
beforeEach(async () => {
    await sim.tell('reset');
    await sim.tell('webhooks', { mode: 'send', copies: 1, delay_ms: 0, parallel: 8, retries: 3, retry_ms: [10, 20], timeout_ms: 2000, time: 'machine' });
    receiver = await Receiver.start();
    endpoint = await stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: ['*'], api_version: '2026-10-28.endive' });
});
afterEach(() => receiver.stop());
after(() => sim.answersAreRight());

const drained = () => sim.tell('deliveries/drain');
const verify = ({ body, headers }, secret = endpoint.secret) => stripe.webhooks.constructEvent(body, headers['stripe-signature'], secret);

test('an event is delivered with a signature that the official package takes', async () => {
    const customer = await stripe.customers.create({ name: 'ü' }, { idempotencyKey: 'its-key' });
    await drained();
    assert.equal(receiver.got.length, 1);
    const event = verify(receiver.got[0]);
    assert.deepEqual([event.type, event.data.object.id, event.api_version, event.livemode], ['customer.created', customer.id, '2026-10-28.endive', false]);
    assert.equal(event.request.idempotency_key, 'its-key');
    assert.match(event.request.id, /^req_/);
    assert.match(receiver.got[0].headers['stripe-signature'], /^t=\d+,v1=[0-9a-f]{64},v0=[0-9a-f]{64}$/);
    assert.throws(() => verify(receiver.got[0], 'whsec_other'), Stripe.errors.StripeSignatureVerificationError);
    const kept = await stripe.events.retrieve(event.id);
    assert.deepEqual([kept.type, kept.pending_webhooks, kept.data.object.name], ['customer.created', 0, 'ü']);
});

test('while a secret is rolled both sign', async () => {
    const { secret } = await sim.tell('endpoint', { endpoint: endpoint.id, do: 'roll_secret' });
    await stripe.customers.create({});
    await drained();
    assert.equal(receiver.got[0].headers['stripe-signature'].match(/v1=/g).length, 2);
    verify(receiver.got[0]);
    verify(receiver.got[0], secret);
});

test('an endpoint gets what it asked for, in its mode and account', async () => {
    await stripe.webhookEndpoints.update(endpoint.id, { enabled_events: ['product.created', 'price.created'] });
    await makePrices(stripe);
    await stripe.customers.create({});
    await sim.client('sk_live_1').products.create({ name: 'Live' });
    await sim.client('sk_test_2').products.create({ name: 'Other' });
    await drained();
    assert.deepEqual(receiver.types().sort(), ['price.created', 'price.created', 'price.created', 'product.created']);
});

test('a failed delivery is tried again, each time with a new signature', async () => {
    let tries = 0;
    receiver.answer = () => (++tries < 3 ? 500 : 200);
    await stripe.customers.create({});
    await drained();
    assert.equal(receiver.got.length, 3);
    for (const one of receiver.got) verify(one);
    const { deliveries } = await sim.ask('deliveries');
    assert.deepEqual([deliveries[0].state, deliveries[0].attempts.map(({ status }) => status)], ['succeeded', [500, 500, 200]]);
});

test('a redirect and a time-out are failures, and what failed stays pending', async () => {
    await sim.tell('webhooks', { retries: 0 });
    receiver.answer = () => 302;
    const { id } = await stripe.customers.create({});
    await drained();
    await sim.tell('webhooks', { timeout_ms: 150 });
    receiver.answer = () => new Promise((resolve) => setTimeout(resolve, 1000, 200));
    await stripe.customers.update(id, { name: 'B' });
    await drained();
    const { deliveries } = await sim.ask('deliveries', { state: 'failed' });
    assert.deepEqual(deliveries.map(({ attempts }) => attempts[0].error ?? attempts[0].status), [302, 'timed out']);
    const failed = (await stripe.events.list({ delivery_success: false })).data;
    assert.deepEqual(failed.map(({ type }) => type), ['customer.updated', 'customer.created']);
    assert.equal((await stripe.events.list({ delivery_success: true })).data.length, 0);
});

test('as Stripe does it, what failed is tried again after hours of its clock', async () => {
    await sim.tell('webhooks', { schedule: 'stripe' });
    receiver.answer = () => 500;
    await stripe.customers.create({});
    await drained();
    const waiting = async () => (await sim.ask('deliveries', { state: 'retrying' })).deliveries;
    const [{ event, retry_at: at, attempts }] = await waiting();
    assert.deepEqual([receiver.got.length, attempts.length], [1, 1]);
    assert.equal((await stripe.events.list({ delivery_success: false })).data[0].id, event);
    await sim.tell('clock', { to: at - 600 });
    await drained();
    assert.equal(receiver.got.length, 1, 'not before its time');
    await sim.tell('clock', { to: at });
    await drained();
    assert.equal(receiver.got.length, 2);
    const [{ retry_at: next }] = await waiting();
    assert.ok(next - at > 3600, 'further and further apart');
    receiver.answer = () => 200;
    await sim.tell('clock', { to: next });
    await drained();
    for (const one of receiver.got) verify(one);
    assert.deepEqual([receiver.got.length, (await waiting()).length], [3, 0]);
    assert.equal((await stripe.events.retrieve(event)).pending_webhooks, 0);
});

for (const [mode, key, attempts] of [['test', 'sk_test_1', 4], ['live', 'sk_live_1', 10]]) {
    test(`in ${mode} mode an event is lost after ${attempts} failures, also where the clock is moved over all of them`, async () => {
        await sim.tell('webhooks', { schedule: 'stripe' });
        const its = sim.client(key);
        if (mode === 'live') await its.webhookEndpoints.create({ url: receiver.url, enabled_events: ['*'] });
        receiver.answer = () => 500;
        await its.customers.create({});
        await drained();
        await sim.advance(2 * 86_400);
        await drained();
        assert.equal((await sim.ask('deliveries', { state: 'retrying' })).deliveries.length, mode === 'live' ? 1 : 0);
        await sim.advance(86_400);
        await drained();
        assert.equal(receiver.got.length, attempts);
        const [{ state }] = (await sim.ask('deliveries')).deliveries;
        assert.equal(state, 'failed');
        await sim.advance(30 * 86_400);
        await drained();
        assert.equal(receiver.got.length, attempts);
    });
}

test('what waits for the clock is tried now when it is told to', async () => {
    await sim.tell('webhooks', { schedule: 'stripe' });
    receiver.answer = () => 500;
    for (const name of ['A', 'B']) await stripe.customers.create({ name });
    await drained();
    const [one, two] = (await sim.ask('deliveries', { state: 'retrying' })).deliveries;
    receiver.answer = () => 200;
    assert.equal((await sim.tell('deliveries/retry', { event: two.event })).count, 1);
    await drained();
    assert.deepEqual(receiver.got.map(({ event }) => event.id), [one.event, two.event, two.event]);
    assert.equal((await sim.tell('deliveries/retry')).count, 1);
    await drained();
    assert.equal(receiver.got.at(-1).event.id, one.event);
    assert.equal((await sim.tell('deliveries/retry')).count, 0);
});

test('the way of Stripe is what is taken when nothing else is said', async () => {
    const fresh = await StripeSim.start();
    assert.equal((await fresh.ask('webhooks')).schedule, 'stripe');
    assert.equal((await fresh.tell('webhooks', { retry_ms: 5 })).schedule, 'machine');
    await fresh.stop();
});

test('held deliveries are released in a given order, one after another', async () => {
    await sim.tell('webhooks', { mode: 'hold' });
    const { id } = await stripe.customers.create({});
    for (const name of ['A', 'B', 'C']) await stripe.customers.update(id, { name });
    await drained();
    assert.equal(receiver.got.length, 0);
    const { deliveries } = await sim.ask('deliveries', { state: 'held' });
    const order = [2, 0, 3, 1].map((index) => deliveries[index].event);
    assert.equal((await sim.tell('deliveries/release', { order, parallel: 1 })).count, 4);
    await drained();
    assert.deepEqual(receiver.got.map(({ event }) => event.id), order);
    for (const one of receiver.got) verify(one);
});

test('copies come several times, and so many at once', async () => {
    await sim.tell('webhooks', { mode: 'hold' });
    for (let i = 0; i < 5; ++i) await stripe.customers.create({});
    receiver.answer = async () => {
        await until('three at once', () => receiver.most >= 3, { everyMs: 2 });
        return 200;
    };
    await sim.tell('deliveries/release', { order: 'shuffle', copies: 4, parallel: 3 });
    await drained();
    assert.equal(receiver.got.length, 20);
    assert.equal(receiver.most, 3);
    assert.equal(new Set(receiver.got.map(({ event }) => event.id)).size, 5);
});

test('a plan sends each 1 to 5 times, late', async () => {
    await sim.tell('webhooks', { copies: [1, 5], delay_ms: [0, 50], seed: 7 });
    for (let i = 0; i < 20; ++i) await stripe.customers.create({});
    await drained();
    const counts = new Map();
    for (const { event } of receiver.got) counts.set(event.id, (counts.get(event.id) ?? 0) + 1);
    assert.equal(counts.size, 20);
    assert.ok(Math.max(...counts.values()) <= 5 && Math.max(...counts.values()) >= 2);
});

test('what is dropped is still in the list of events', async () => {
    await sim.tell('webhooks', { mode: 'drop' });
    const { id } = await stripe.customers.create({});
    await drained();
    assert.equal(receiver.got.length, 0);
    const [event] = (await stripe.events.list({ types: ['customer.created', 'customer.deleted'] })).data;
    assert.equal(event.data.object.id, id);
    assert.equal(event.pending_webhooks, 1);
    await sim.tell('deliveries/redeliver', { event: event.id, copies: 2 });
    await drained();
    assert.deepEqual(receiver.got.map(({ event: one }) => one.id), [event.id, event.id]);
});

test('a disabled endpoint gets nothing, and no event tells of it', async () => {
    await sim.tell('endpoint', { endpoint: endpoint.id, do: 'disable' });
    assert.equal((await stripe.webhookEndpoints.retrieve(endpoint.id)).status, 'disabled');
    await stripe.customers.create({});
    await drained();
    assert.equal(receiver.got.length, 0);
    assert.equal((await stripe.events.list()).data.length, 1);
});

test('events are in the version that the endpoint is for', async () => {
    await sim.tell('endpoint', { endpoint: endpoint.id, set: { api_version: '2024-06-20' } });
    await stripe.customers.create({});
    await drained();
    assert.equal(receiver.got[0].event.api_version, '2024-06-20');
    assert.equal((await stripe.webhookEndpoints.retrieve(endpoint.id)).api_version, '2024-06-20');
});

test('forged ones are what they are told to be', async () => {
    const payload = { id: 'evt_forged', object: 'event', type: 'customer.deleted', data: { object: { id: 'cus_1', object: 'customer' } } };
    const outcomes = [];
    receiver.answer = (one) => {
        try {
            verify(one);
            outcomes.push('right');
            return 200;
        } catch {
            outcomes.push('wrong');
            return 400;
        }
    };
    assert.equal((await sim.tell('deliveries/forge', { payload })).status, 200);
    for (const how of [{ secret: 'whsec_other' }, { signature: '' }, { signature: 't=1,v1=00' }, { age_s: 400 }]) assert.equal((await sim.tell('deliveries/forge', { payload, ...how })).status, 400);
    assert.deepEqual(outcomes, ['right', 'wrong', 'wrong', 'wrong', 'wrong']);
});

test('events are listed by type, time and page', async () => {
    const began = (await sim.ask('clock')).now;
    await sim.advance(3600);
    await makePrices(stripe);
    for (let i = 0; i < 3; ++i) await stripe.customers.create({});
    assert.equal((await stripe.events.list({ type: 'customer.created' })).data.length, 3);
    assert.equal((await stripe.events.list({ type: 'p*' })).data.length, 0);
    assert.equal((await stripe.events.list({ type: 'price.*' })).data.length, 3);
    assert.equal((await stripe.events.list({ created: { gte: began + 3600 } })).data.length, 7);
    assert.equal((await stripe.events.list({ created: { lt: began + 3600 } })).data.length, 0);
    assert.equal((await stripe.events.list({ limit: 3 }).autoPagingToArray({ limit: 100 })).length, 7);
    assert.equal((await refusal(stripe.events.list({ type: 'a', types: ['b'] }))).statusCode, 400);
    assert.equal((await refusal(stripe.events.list({ types: Array.from({ length: 21 }, (_, i) => `t${i}`) }))).statusCode, 400);
    await sim.advance(31 * 86_400);
    assert.equal((await stripe.events.list()).data.length, 0, 'after 30 days they are gone');
});
