// Idempotency-Key as Stripe has it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { endPrograms, until } from '../e2e/support/process.mjs';
import { StripeSim, day, refusal } from './support/sim.mjs';

let sim;
let stripe;
after(endPrograms);
before(async () => {
    sim = await StripeSim.start();
    stripe = sim.client();
});
after(() => sim.answersAreRight());

const post = (form, key, path = '/v1/customers') => sim.raw('POST', path, { form, headers: { 'idempotency-key': key } });

test('the same key and parameters have their effect once', async () => {
    const first = await post('name=A', 'k1');
    const again = await post('name=A', 'k1');
    assert.equal(again.body.id, first.body.id);
    assert.equal(first.headers.get('idempotent-replayed'), null);
    assert.equal(again.headers.get('idempotent-replayed'), 'true');
    assert.equal(again.headers.get('original-request'), first.headers.get('request-id'));
    assert.equal(again.headers.get('idempotency-key'), 'k1');
    assert.equal((await sim.calls({ path: '/v1/customers' })).filter(({ acted }) => acted).length, 1);
});

test('other parameters, and another endpoint, are refused', async () => {
    const other = await post('name=B', 'k1');
    assert.deepEqual([other.status, other.body.error.type], [400, 'idempotency_error']);
    assert.match(other.body.error.message, /^Keys for idempotent requests can only be used with the same parameters/);
    const elsewhere = await post('name=A', 'k1', '/v1/products');
    assert.deepEqual([elsewhere.status, elsewhere.body.error.type], [400, 'idempotency_error']);
    assert.match(elsewhere.body.error.message, /^Keys for idempotent requests can only be used for the same endpoint/);
});

test('a key of another mode or account is another key', async () => {
    const first = await stripe.customers.create({ name: 'C' }, { idempotencyKey: 'k2' });
    for (const key of ['sk_live_1', 'sk_test_2']) assert.notEqual((await sim.client(key).customers.create({ name: 'C' }, { idempotencyKey: 'k2' })).id, first.id);
});

test('two at once: the second is 409 and the key is not spoilt', async () => {
    await sim.tell('plan', { next: [{ method: 'POST', delay_ms: 3000 }] });
    const slow = post('name=D', 'k3');
    await waitForCall('k3');
    const second = await post('name=D', 'k3');
    assert.deepEqual([second.status, second.body.error.code], [409, 'idempotency_key_in_use']);
    const first = await slow;
    assert.equal(first.status, 200);
    assert.equal((await post('name=D', 'k3')).body.id, first.body.id);
});

test('the official client repeats until the first is done', async () => {
    await sim.tell('plan', { next: [{ method: 'POST', delay_ms: 3000 }] });
    const patient = sim.client('sk_test_1', { maxNetworkRetries: 8 });
    const slow = patient.customers.create({ name: 'E' }, { idempotencyKey: 'k4' });
    await waitForCall('k4');
    const second = await patient.customers.create({ name: 'E' }, { idempotencyKey: 'k4' });
    assert.equal(second.id, (await slow).id);
    assert.ok((await sim.calls()).some(({ idempotency_key: key, status }) => key === 'k4' && status === 409));
});

test('a call that hangs keeps its key in use until it has ended', async () => {
    await sim.tell('plan', { next: [{ method: 'POST', fault: 'hang' }] });
    const gone = new AbortController();
    const hung = sim.leaving(gone.signal).customers.create({ name: 'M' }, { idempotencyKey: 'k12' });
    const refused = refusal(hung);
    await waitForCall('k12');
    assert.deepEqual((await post('name=M', 'k12')).body.error.code, 'idempotency_key_in_use');
    gone.abort();
    assert.equal((await refused).type, 'StripeConnectionError');
    await until('the end of the call', async () => (await sim.ask('calls')).running === 0);
    const made = await post('name=M', 'k12');
    assert.deepEqual([made.status, made.headers.get('idempotent-replayed')], [200, null], 'it had not begun');
});

test('what is refused before anything begins leaves the key unused', async () => {
    assert.equal((await post('nmae=F', 'k5')).status, 400);
    assert.equal((await post('name=F', 'k5')).status, 200);
});

test('what is refused in execution is answered so again', async () => {
    const { id } = await stripe.products.create({ name: 'G' });
    const form = `currency=usd&unit_amount=100&product=prod_later`;
    const first = await post(form, 'k6', '/v1/prices');
    assert.deepEqual([first.status, first.body.error.code], [400, 'resource_missing']);
    await stripe.products.create({ name: 'G', id: 'prod_later' });
    const again = await post(form, 'k6', '/v1/prices');
    assert.deepEqual([again.status, again.headers.get('idempotent-replayed')], [400, 'true']);
    assert.ok(id);
});

test('a 500 after the effect is kept, and one before it is not', async () => {
    await sim.tell('plan', { next: [{ method: 'POST', status: 500, acts: true }] });
    assert.equal((await post('name=H', 'k7')).status, 500);
    const again = await post('name=H', 'k7');
    assert.deepEqual([again.status, again.headers.get('idempotent-replayed'), again.headers.get('stripe-should-retry')], [500, 'true', 'false']);
    await sim.tell('plan', { next: [{ method: 'POST', status: 503 }] });
    assert.equal((await post('name=I', 'k8')).status, 503);
    assert.equal((await post('name=I', 'k8')).status, 200);
});

test('a 5xx of what stands in front is not kept, though the call had its effect', async () => {
    await sim.tell('plan', { next: [{ method: 'POST', status: 502, acts: true, keeps: false }] });
    assert.equal((await post('name=J', 'k9')).status, 502);
    const again = await post('name=J', 'k9');
    assert.deepEqual([again.status, again.headers.get('idempotent-replayed')], [200, 'true']);
});

test('a lost answer is found again by its key', async () => {
    await sim.tell('plan', { next: [{ method: 'POST', path: '/v1/customers', fault: 'cut', acts: true }] });
    const error = await refusal(stripe.customers.create({ name: 'K' }, { idempotencyKey: 'k10' }));
    assert.equal(error.type, 'StripeConnectionError');
    const again = await stripe.customers.create({ name: 'K' }, { idempotencyKey: 'k10' });
    assert.equal((await stripe.customers.list({ limit: 100 })).data.filter(({ name }) => name === 'K').length, 1);
    assert.equal(again.name, 'K');
});

test('a key lasts a day, and is at most 255 characters', async () => {
    const first = await post('name=L', 'k11');
    await sim.advance(day - 60);
    assert.equal((await post('name=L', 'k11')).body.id, first.body.id);
    await sim.advance(120);
    assert.notEqual((await post('name=L', 'k11')).body.id, first.body.id);
    assert.equal((await post('name=L', 'x'.repeat(256))).status, 400);
});

function waitForCall(key) {
    return until(`the call of ${key}`, async () => (await sim.calls()).some(({ idempotency_key: its, state }) => its === key && state === 'running'), { everyMs: 2 });
}
