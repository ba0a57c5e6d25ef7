// Customers, products, prices, webhook endpoints: what an owner keeps.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { endPrograms } from '../e2e/support/process.mjs';
import { StripeSim, makePrices, refusal, subscribe } from './support/sim.mjs';

let sim;
let stripe;
after(endPrograms);
before(async () => {
    sim = await StripeSim.start();
    stripe = sim.client();
});
after(() => sim.answersAreRight());

test('a customer is made, read, changed and deleted', async () => {
    const made = await stripe.customers.create({ email: 'a@example.com', name: 'A', metadata: { user: '7' }, address: { country: 'DE', city: 'Berlin' } });
    assert.match(made.id, /^cus_\w{14}$/);
    assert.equal(made.address.line1, null);
    assert.equal((await stripe.customers.update(made.id, { name: 'B', shipping: '' })).name, 'B');
    assert.deepEqual((await stripe.customers.list({ email: 'a@example.com' })).data.map(({ id }) => id), [made.id]);
    const gone = await stripe.customers.del(made.id);
    assert.deepEqual({ ...gone, lastResponse: undefined }, { id: made.id, object: 'customer', deleted: true, lastResponse: undefined });
    assert.equal((await stripe.customers.retrieve(made.id)).deleted, true);
    assert.equal((await refusal(stripe.customers.update(made.id, { name: 'C' }))).code, 'resource_missing');
    assert.equal((await refusal(stripe.customers.del(made.id))).statusCode, 404);
    assert.equal((await stripe.customers.list({ email: 'a@example.com' })).data.length, 0);
    assert.equal((await refusal(stripe.customers.create({ email: 'nobody' }))).code, 'email_invalid');
});

test('deleting a customer ends the subscriptions at once', async () => {
    const { price } = await makePrices(stripe);
    const { customer, subscription } = await subscribe(stripe, price);
    await stripe.customers.del(customer.id);
    const ended = await stripe.subscriptions.retrieve(subscription.id);
    assert.equal(ended.status, 'canceled');
    const types = (await stripe.events.list({ limit: 5 })).data.map(({ type }) => type);
    assert.ok(types.indexOf('customer.deleted') < types.indexOf('customer.subscription.deleted'), types.join());
});

test('prices keep amount and currency, and lookup keys are of one price', async () => {
    const product = await stripe.products.create({ name: 'P' });
    const make = (more) => stripe.prices.create({ product: product.id, currency: 'usd', unit_amount: 1500, recurring: { interval: 'month' }, ...more });
    const first = await make({ lookup_key: 'pro_monthly' });
    assert.equal(first.unit_amount_decimal.toString(), '1500');
    assert.match((await refusal(make({ lookup_key: 'pro_monthly' }))).message, /already uses that lookup key\.$/);
    const second = await make({ lookup_key: 'pro_monthly', transfer_lookup_key: true });
    assert.equal((await stripe.prices.retrieve(first.id)).lookup_key, null);
    assert.deepEqual((await stripe.prices.list({ lookup_keys: ['pro_monthly'], expand: ['data.product'] })).data.map(({ id, product: p }) => [id, p.name]), [[second.id, 'P']]);
    await stripe.prices.update(second.id, { active: false });
    assert.equal((await stripe.prices.list({ lookup_keys: ['pro_monthly'] })).data.length, 0, 'without active only active ones are listed');
    assert.equal((await stripe.prices.list({ lookup_keys: ['pro_monthly'], active: false })).data.length, 1);
    assert.match((await refusal(make({ lookup_key: 'pro_monthly' }))).message, /already uses that lookup key/, 'an inactive price keeps its key');
    assert.equal((await refusal(stripe.prices.update(first.id, { unit_amount: 1 }))).code, 'parameter_unknown');
    assert.equal((await refusal(stripe.prices.list({ lookup_keys: Array.from({ length: 11 }, (_, i) => `k${i}`) }))).statusCode, 400);
});

const amounts = [
    ['jpy', 1500, true], ['usd', 1, true], ['usd', -1, false], ['kwd', 1230, true], ['kwd', 1234, false], ['isk', 1500, true], ['isk', 1550, false], ['xxx', 100, false],
];
for (const [currency, unit_amount, isRight] of amounts) {
    test(`a price of ${unit_amount} in ${currency} is ${isRight ? 'taken' : 'refused'}`, async () => {
        const asked = stripe.prices.create({ currency, unit_amount, product_data: { name: 'N' }, recurring: { interval: 'year' } });
        if (isRight) assert.equal((await asked).unit_amount, unit_amount);
        else assert.equal((await refusal(asked)).statusCode, 400);
    });
}

test('a price with a fraction has no whole amount', async () => {
    const made = await stripe.prices.create({ currency: 'usd', unit_amount_decimal: '0.5', product_data: { name: 'N' }, recurring: { interval: 'month' } });
    assert.equal(made.unit_amount, null);
    assert.equal(made.unit_amount_decimal.toString(), '0.5');
    assert.deepEqual(Object.keys((await stripe.prices.retrieve(made.id, { expand: ['currency_options'] })).currency_options), ['usd']);
});

test('a product with prices cannot be deleted, one without can', async () => {
    const { product } = await makePrices(stripe);
    assert.equal((await refusal(stripe.products.del(product.id))).statusCode, 400);
    const bare = await stripe.products.create({ name: 'Bare', id: 'prod_own' });
    assert.equal((await refusal(stripe.products.create({ name: 'Bare', id: 'prod_own' }))).code, 'resource_already_exists');
    assert.equal((await stripe.products.update(bare.id, { name: 'Barer', active: false })).name, 'Barer');
    assert.equal((await stripe.products.del(bare.id)).deleted, true);
});

test('an endpoint tells its secret once', async () => {
    const made = await stripe.webhookEndpoints.create({ url: 'https://example.com/hook', enabled_events: ['invoice.paid'], api_version: '2026-10-28.endive' });
    assert.match(made.secret, /^whsec_\w{32}$/);
    assert.equal(made.status, 'enabled');
    assert.equal((await stripe.webhookEndpoints.retrieve(made.id)).secret, undefined);
    const changed = await stripe.webhookEndpoints.update(made.id, { disabled: true, enabled_events: ['*'] });
    assert.deepEqual([changed.status, changed.secret], ['disabled', undefined]);
    assert.equal((await refusal(stripe.webhookEndpoints.update(made.id, { api_version: '2026-10-28.endive' }))).code, 'parameter_unknown');
    assert.equal((await refusal(stripe.webhookEndpoints.create({ url: 'example.com', enabled_events: ['*'] }))).code, 'url_invalid');
    assert.equal((await refusal(stripe.webhookEndpoints.create({ url: 'https://example.com/', enabled_events: ['invoice.payed'] }))).param, 'enabled_events[0]');
    assert.equal((await stripe.webhookEndpoints.del(made.id)).deleted, true);
    assert.equal((await stripe.webhookEndpoints.list()).data.length, 0);
});

test('a mode has at most 16 endpoints', async () => {
    const other = sim.client('sk_test_2');
    for (let i = 0; i < 16; ++i) await other.webhookEndpoints.create({ url: `https://example.com/${i}`, enabled_events: ['*'] });
    assert.equal((await refusal(other.webhookEndpoints.create({ url: 'https://example.com/', enabled_events: ['*'] }))).statusCode, 400);
});

test('ten thousand customers are made in a moment', async () => {
    const { price } = await makePrices(stripe);
    const began = Date.now();
    const { made } = await sim.tell('many', { customers: 10_000, first: 100, price: price.id, metadata: { user: '{n}', installation: 'x' } });
    assert.equal(made.length, 10_000);
    assert.ok(Date.now() - began < 60_000);
    const one = await stripe.subscriptions.retrieve(made[17].subscription);
    assert.deepEqual([one.status, one.customer, one.metadata], ['active', made[17].customer, { user: '117', installation: 'x' }]);
    assert.equal((await stripe.subscriptions.list({ customer: made[9999].customer })).data.length, 1);
    await sim.tell('batch', { acts: made.slice(0, 500).map(({ subscription }) => ({ on: 'subscription', subscription, do: 'cancel' })) });
    const statuses = (await sim.ask('objects', { kind: 'subscription' })).objects.map(({ status }) => status);
    assert.equal(statuses.filter((status) => status === 'canceled').length, 501, 'and the one of a deleted customer');
});
