// The billing portal: configurations, flows, their refusals, and what a customer does there.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { endPrograms } from '../e2e/support/process.mjs';
import { StripeSim, makePrices, refusal, subscribe } from './support/sim.mjs';

let sim;
let stripe;
let prices;
let max; // A price of another product.
let all; // A configuration with everything, but the dearer and the yearly price.
after(endPrograms);
before(async () => {
    sim = await StripeSim.start();
    stripe = sim.client();
    prices = await makePrices(stripe);
    const product = await stripe.products.create({ name: 'Max' });
    max = await stripe.prices.create({ product: product.id, unit_amount: 9000, currency: 'usd', recurring: { interval: 'month' } });
    all = await stripe.billingPortal.configurations.create({
        features: {
            subscription_cancel: { enabled: true, mode: 'at_period_end' },
            payment_method_update: { enabled: true },
            invoice_history: { enabled: true },
            subscription_update: {
                enabled: true, default_allowed_updates: ['price'], proration_behavior: 'always_invoice',
                products: [{ product: prices.product.id, prices: [prices.price.id] }, { product: product.id, prices: [max.id] }],
            },
        },
    });
});
after(() => sim.answersAreRight());

const enter = (customer, more = {}) => stripe.billingPortal.sessions.create({ customer: customer.id, configuration: all.id, return_url: 'https://example.com/back', ...more });

test('a configuration keeps what it was given, the rest is off', async () => {
    assert.deepEqual([all.is_default, all.active, all.features.subscription_cancel.mode], [false, true, 'at_period_end']);
    const bare = await stripe.billingPortal.configurations.create({ features: { invoice_history: { enabled: true } }, metadata: { installation: 'i' } });
    assert.equal(bare.features.subscription_update.enabled, false);
    const changed = await stripe.billingPortal.configurations.update(bare.id, { features: { subscription_cancel: { enabled: true } }, active: false });
    assert.deepEqual([changed.features.subscription_cancel.enabled, changed.active, changed.metadata.installation], [true, false, 'i']);
    assert.equal((await stripe.billingPortal.configurations.list({ active: true })).data.length, 1);
    assert.match((await refusal(enter({ id: (await stripe.customers.create({})).id }, { configuration: bare.id }))).message, /not active/);
    assert.equal((await refusal(stripe.billingPortal.configurations.create({ features: { subscription_update: { enabled: true } } }))).code, 'parameter_missing');
});

test('without a configuration the one of the dashboard is taken, and without that none', async () => {
    const customer = await stripe.customers.create({});
    const error = await refusal(stripe.billingPortal.sessions.create({ customer: customer.id }));
    assert.match(error.message, /^No configuration provided and your test mode default configuration has not been created/);
    await sim.tell('portal_default', { features: { invoice_history: { enabled: true } } });
    const session = await stripe.billingPortal.sessions.create({ customer: customer.id });
    assert.equal((await stripe.billingPortal.configurations.retrieve(session.configuration)).is_default, true);
});

const productsWay = 'features.subscription_update.products';
const shown = ({ features }) => features.subscription_update.products?.map(({ product, prices: list }) => [product, list]);
const update = (products) => ({ features: { subscription_update: { enabled: true, default_allowed_updates: ['price'], products } } });

test('the products of a configuration are shown where they are asked for, and nowhere else', async () => {
    const { configurations, sessions } = stripe.billingPortal;
    const [pro, dear] = [[{ product: prices.product.id, prices: [prices.price.id] }], [{ product: prices.product.id, prices: [prices.dearer.id] }]];
    const list = (products) => products.map(({ product, prices: ids }) => [product, ids]);
    const made = await configurations.create(update(pro));
    assert.equal('products' in made.features.subscription_update, false);
    assert.equal(shown(await configurations.retrieve(made.id)), undefined);
    assert.equal(shown((await configurations.list({ limit: 1 })).data[0]), undefined);
    assert.equal(shown(await configurations.update(made.id, { metadata: { a: 'b' } })), undefined);

    const expand = [productsWay];
    const whole = await configurations.retrieve(made.id, { expand });
    assert.deepEqual(whole.features.subscription_update.products, [{ ...pro[0], adjustable_quantity: { enabled: false, maximum: null, minimum: 1 } }]);
    const [newest] = (await configurations.list({ limit: 1, expand: [`data.${productsWay}`] })).data;
    assert.deepEqual([newest.id, shown(newest)], [made.id, list(pro)]);
    assert.deepEqual(shown(await configurations.update(made.id, { metadata: { a: 'c' }, expand })), list(pro), 'what is not named stays');
    assert.deepEqual(shown(await configurations.update(made.id, { ...update(dear), expand })), list(dear));
    assert.deepEqual(shown(await configurations.create({ ...update(pro), expand })), list(pro));
    assert.deepEqual(shown(await configurations.create({ features: { invoice_history: { enabled: true } }, expand })), []);
    const customer = await stripe.customers.create({});
    const session = await sessions.create({ customer: customer.id, configuration: made.id, expand: [`configuration.${productsWay}`] });
    assert.deepEqual(shown(session.configuration), list(dear));

    const told = (await stripe.events.list({ type: 'billing_portal.configuration.updated' })).data.filter(({ data }) => data.object.id === made.id);
    assert.equal(told.length, 3, 'other products are a change, too');
    for (const { data } of told) assert.equal(shown(data.object), undefined);
    assert.deepEqual((await sim.ask('objects', { id: made.id, 'expand[]': productsWay })).objects.map(shown), [list(dear)]);
    assert.deepEqual((await sim.ask('objects', { id: made.id })).objects.map(shown), [undefined]);
});

test('what of a configuration cannot be expanded is refused, before anything is made', async () => {
    const { configurations } = stripe.billingPortal;
    const count = async () => (await sim.ask('objects', { kind: 'billing_portal.configuration' })).objects.length;
    const before = await count();
    const form = { features: { invoice_history: { enabled: true } } };
    for (const way of ['features', 'features.subscription_update', 'products', `data.${productsWay}`, 'features.subscription_cancel']) {
        assert.match((await refusal(configurations.create({ ...form, expand: [way] }))).message, /cannot be expanded/, way);
        assert.match((await refusal(configurations.retrieve(all.id, { expand: [way] }))).message, /cannot be expanded/, way);
    }
    assert.match((await refusal(configurations.retrieve(all.id, { expand: [`${productsWay}.prices`] }))).message, /more than 4 levels|cannot be expanded/);
    assert.match((await refusal(configurations.list({ expand: [productsWay] }))).message, /try expanding 'data\.features\.subscription_update\.products' instead/);
    assert.equal(await count(), before);
});

test('of one product a configuration takes one price for each billing interval', async () => {
    const { configurations } = stripe.billingPortal;
    const { product } = prices;
    const quarterly = await stripe.prices.create({ product: product.id, unit_amount: 5500, currency: 'usd', recurring: { interval: 'month', interval_count: 3 } });
    const each = [prices.price.id, quarterly.id, prices.yearly.id];
    const made = await configurations.create({ ...update([{ product: product.id, prices: each }, { product: max.product, prices: [max.id] }]), expand: [productsWay] });
    assert.deepEqual(shown(made), [[product.id, each], [max.product, [max.id]]]);
    const count = (await sim.ask('objects', { kind: 'billing_portal.configuration' })).objects.length;
    for (const products of [
        [{ product: product.id, prices: [prices.price.id, prices.dearer.id] }],
        [{ product: product.id, prices: [prices.yearly.id, prices.price.id, prices.dearer.id] }],
        [{ product: product.id, prices: [prices.price.id, prices.price.id] }],
        [{ product: product.id, prices: [prices.price.id] }, { product: product.id, prices: [prices.dearer.id] }],
    ]) {
        for (const call of [() => configurations.create(update(products)), () => configurations.update(made.id, update(products))]) {
            const error = await refusal(call());
            assert.deepEqual([error.statusCode, error.message], [400, 'For each product, its price must have unique billing intervals.']);
        }
    }
    assert.equal((await sim.ask('objects', { kind: 'billing_portal.configuration' })).objects.length, count);
    assert.deepEqual(shown(await configurations.retrieve(made.id, { expand: [productsWay] })), shown(made));
});

for (const type of ['classic', 'flexible']) {
    test(`cancel and undo of ${type} billing, by the page`, async () => {
        const { customer, subscription } = await subscribe(stripe, prices.price, { billing_mode: { type } });
        const session = await enter(customer, {
            flow_data: { type: 'subscription_cancel', subscription_cancel: { subscription: subscription.id }, after_completion: { type: 'redirect', redirect: { return_url: 'https://example.com/gone' } } },
        });
        assert.match(await (await fetch(session.url)).text(), /Cancel.*Switch price.*Update payment method/s);
        const press = (what, more = '') => fetch(`${session.url}/${what}`, {
            method: 'POST', redirect: 'manual', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `subscription=${subscription.id}${more}`,
        });
        const pressed = await press('cancel');
        assert.deepEqual([pressed.status, pressed.headers.get('location')], [303, 'https://example.com/gone']);
        const set = await stripe.subscriptions.retrieve(subscription.id);
        assert.equal(set.cancel_at, set.items.data[0].current_period_end);
        assert.equal(set.cancel_at_period_end, type === 'classic', 'flexible billing sets cancel_at alone');
        assert.deepEqual([set.status, set.cancellation_details.reason], ['active', 'cancellation_requested']);
        const again = await refusal(enter(customer, { flow_data: { type: 'subscription_cancel', subscription_cancel: { subscription: subscription.id } } }));
        assert.match(again.message, /already set to be canceled at period end/);
        await press('undo');
        const undone = await stripe.subscriptions.retrieve(subscription.id);
        assert.deepEqual([undone.cancel_at, undone.cancel_at_period_end, undone.canceled_at], [null, false, null]);
        await press('switch', `&price=${max.id}`);
        assert.equal((await stripe.subscriptions.retrieve(subscription.id)).items.data[0].price.id, max.id);
    });
}

test('flows are refused where the configuration or the subscription is not made for them', async () => {
    const { customer, subscription } = await subscribe(stripe, prices.price);
    const item = subscription.items.data[0].id;
    const confirm = (price, more = {}) => enter(customer, { flow_data: { type: 'subscription_update_confirm', subscription_update_confirm: { subscription: subscription.id, items: [{ id: item, price, quantity: 1 }] } }, ...more });
    const flow = (await confirm(max.id)).flow;
    assert.deepEqual(flow.subscription_update_confirm.items, [{ id: item, price: max.id, quantity: 1 }]);
    assert.match((await refusal(confirm(prices.price.id))).message, /no changes to confirm/);
    assert.match((await refusal(confirm(prices.yearly.id))).message, /isn't allowed/);
    const bare = await stripe.billingPortal.configurations.create({ features: { invoice_history: { enabled: true } } });
    assert.match((await refusal(confirm(max.id, { configuration: bare.id }))).message, /update feature in the portal configuration is disabled/);
    for (const [type, details] of [['payment_method_update', {}], ['subscription_cancel', { subscription_cancel: { subscription: subscription.id } }]])
        assert.match((await refusal(enter(customer, { configuration: bare.id, flow_data: { type, ...details } }))).message, /feature in the portal configuration is disabled/);
    const stranger = await stripe.customers.create({});
    assert.equal((await refusal(enter(stranger, { flow_data: { type: 'subscription_cancel', subscription_cancel: { subscription: subscription.id } } }))).code, 'resource_missing');
    assert.equal((await enter(customer, { flow_data: { type: 'payment_method_update' } })).flow.type, 'payment_method_update');
    await stripe.subscriptions.cancel(subscription.id);
    assert.match((await refusal(confirm(max.id))).message, /status is `canceled`/);
});

test('a new card pays what was owed', async () => {
    const { customer, subscription } = await subscribe(stripe, prices.price);
    await sim.tell('customer', { customer: customer.id, payments: 'fail' });
    await sim.advance(31 * 86_400 + 2 * 3600);
    assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, 'past_due');
    await sim.tell('portal', { subscription: subscription.id, do: 'update_payment_method' });
    const paid = await stripe.subscriptions.retrieve(subscription.id, { expand: ['latest_invoice', 'default_payment_method'] });
    assert.deepEqual([paid.status, paid.latest_invoice.status, paid.default_payment_method.type], ['active', 'paid', 'card']);
});

test('a link dies when it is not used for five minutes, or idle for an hour', async () => {
    const customer = await stripe.customers.create({});
    const unused = await enter(customer);
    await sim.advance(301);
    assert.equal((await fetch(unused.url)).status, 404);
    const used = await enter(customer);
    assert.equal((await fetch(used.url)).status, 200);
    await sim.advance(3000);
    assert.equal((await fetch(used.url)).status, 200);
    await sim.advance(3601);
    assert.equal((await fetch(used.url)).status, 404);
});
