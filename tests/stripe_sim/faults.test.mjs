// Faults by plan, and limits of rate.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { endPrograms, until } from '../e2e/support/process.mjs';
import { StripeSim, Stripe, refusal } from './support/sim.mjs';

let sim;
let stripe;
after(endPrograms);
before(async () => {
    sim = await StripeSim.start();
    stripe = sim.client();
});
beforeEach(() => sim.tell('reset'));
after(() => sim.answersAreRight());

const customers = async () => (await sim.ask('objects', { kind: 'customer' })).objects.length;
const plan = (...next) => sim.tell('plan', { next });
const timed = async (promise) => {
    const began = performance.now();
    await promise;
    return performance.now() - began;
};

// A call whose client goes away when the simulator has it.
async function leave() {
    const gone = new AbortController();
    const refused = refusal(sim.leaving(gone.signal).customers.create({}));
    await until('the call', async () => (await sim.ask('calls')).running === 1, { everyMs: 2 });
    gone.abort();
    assert.equal((await refused).type, 'StripeConnectionError');
}

test('a call is delayed before its effect, also when nobody waits any more', async () => {
    await plan({ path: '/v1/customers', delay_ms: 3000 });
    await leave();
    assert.equal(await customers(), 0);
    await until('the end of the call', async () => (await sim.ask('calls')).running === 0);
    assert.equal(await customers(), 1);
    assert.equal((await sim.calls())[0].state, 'aborted');
});

test('a call has its effect at once and is answered late', async () => {
    await plan({ late_ms: 3000 });
    const creating = timed(stripe.customers.create({}));
    await until('its effect', async () => (await customers()) === 1, { everyMs: 2 });
    assert.equal((await sim.ask('calls')).running, 1);
    assert.ok((await creating) >= 2990);
});

test('a delay is picked at random between two', async () => {
    await sim.tell('plan', { matching: [{ method: 'GET', path: '/v1/customers', delay_ms: [50, 250], times: -1 }] });
    const times = await Promise.all(Array.from({ length: 12 }, () => timed(stripe.customers.list())));
    assert.ok(Math.min(...times) >= 45 && Math.max(...times) - Math.min(...times) > 20, String(times));
});

test('an answer is lost after the effect, or with none', async () => {
    await plan({ fault: 'cut', acts: true }, { fault: 'cut' });
    assert.equal((await refusal(stripe.customers.create({}))).type, 'StripeConnectionError');
    assert.equal(await customers(), 1);
    assert.equal((await refusal(stripe.customers.create({}))).type, 'StripeConnectionError');
    assert.equal(await customers(), 1);
});

test('the official client repeats a lost call with its own key and makes one', async () => {
    await plan({ fault: 'cut', acts: true }, { fault: 'cut', acts: true });
    await sim.client('sk_test_1', { maxNetworkRetries: 3 }).customers.create({ name: 'One' });
    assert.equal(await customers(), 1);
});

test('a call hangs', async () => {
    await plan({ fault: 'hang', acts: true });
    await leave();
    assert.equal(await customers(), 1);
    await until('the end of the call', async () => (await sim.ask('calls')).running === 0);
    assert.equal((await sim.calls())[0].state, 'hung');
});

for (const [code, type] of [['rate_limit', 'StripeRateLimitError'], ['lock_timeout', 'StripeRateLimitError']]) {
    test(`429 ${code} is answered in Stripe's words`, async () => {
        await plan({ status: 429, code, should_retry: true, reason: 'endpoint-rate' });
        const answer = await sim.raw('POST', '/v1/customers', { form: '' });
        assert.deepEqual([answer.status, answer.body.error.code, answer.headers.get('stripe-should-retry'), answer.headers.get('stripe-rate-limited-reason')], [429, code, 'true', 'endpoint-rate']);
        await plan({ status: 429, code, should_retry: false });
        const error = await refusal(sim.client('sk_test_1', { maxNetworkRetries: 2 }).customers.create({}));
        assert.equal(error.type, type);
        assert.equal((await sim.calls()).length, 2, 'Stripe-Should-Retry: false is obeyed');
        assert.equal(await customers(), 0);
    });
}

test('a 5xx comes before or after the effect', async () => {
    await plan({ status: 500 }, { status: 503, acts: true });
    assert.ok((await refusal(stripe.customers.create({}))) instanceof Stripe.errors.StripeAPIError);
    assert.equal(await customers(), 0);
    assert.equal((await refusal(stripe.customers.create({}))).statusCode, 503);
    assert.equal(await customers(), 1);
});

test('plans are for the calls they match, so many times', async () => {
    await sim.tell('plan', { matching: [{ method: 'GET', path: '/v1/customers/*', status: 500, times: 2, name: 'reads fail' }, { path: '/v1/products', status: 503, times: -1 }] });
    const { id } = await stripe.customers.create({});
    for (const status of [500, 500]) assert.equal((await refusal(stripe.customers.retrieve(id))).statusCode, status);
    await stripe.customers.retrieve(id);
    for (let i = 0; i < 3; ++i) assert.equal((await refusal(stripe.products.list())).statusCode, 503);
    assert.equal((await sim.calls()).filter(({ plan: name }) => name === 'reads fail').length, 2);
    await sim.tell('plan', { reset: true });
    await stripe.products.list();
});

test('a wrong plan is refused and changes nothing', async () => {
    for (const wrong of [{ next: [{ stauts: 500 }] }, { next: {} }, { nxt: [] }, { next: [{ fault: 'fire' }] }, { next: [{ status: 200 }] }]) {
        const response = await fetch(`${sim.url}/_sim/plan`, { method: 'POST', body: JSON.stringify(wrong) });
        assert.equal(response.status, 400, JSON.stringify(wrong));
    }
    await stripe.customers.create({});
});

test('more calls a second than allowed are 429', async () => {
    await sim.tell('settings', { requests_per_second: 5 });
    const results = await Promise.allSettled(Array.from({ length: 12 }, () => stripe.customers.create({})));
    const refused = results.filter(({ status }) => status === 'rejected');
    assert.equal(refused.length, 7);
    assert.ok(refused.every(({ reason }) => reason.code === 'rate_limit' && reason.statusCode === 429));
    assert.ok((await sim.ask('calls')).most_a_second >= 5);
});
