// Keys, modes, accounts, the form encoding, lists, expand, versions, and errors in Stripe's words.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { endPrograms } from '../e2e/support/process.mjs';
import { StripeSim, Stripe, makePrices, refusal, subscribe } from './support/sim.mjs';

let sim;
let stripe;
after(endPrograms);
before(async () => {
    sim = await StripeSim.start();
    stripe = sim.client();
});
after(() => sim.answersAreRight());

test('a key that is none, a publishable one and no key are 401', async () => {
    for (const key of ['sk_test_unknown_0123456789', 'pk_test_1', 'nonsense']) {
        const error = await refusal(sim.client(key).customers.list());
        assert.ok(error instanceof Stripe.errors.StripeAuthenticationError, key);
        assert.equal(error.statusCode, 401);
    }
    const none = await sim.raw('GET', '/v1/customers', { key: null });
    assert.equal(none.status, 401);
    assert.match(none.body.error.message, /^You did not provide an API key/);
    const masked = await sim.raw('GET', '/v1/customers', { key: 'sk_test_unknown_0123456789' });
    assert.equal(masked.body.error.message, 'Invalid API Key provided: sk_test_**************6789');
});

test('a key as the user name of Basic is taken', async () => {
    const basic = await sim.raw('GET', '/v1/account', { key: null, headers: { authorization: `Basic ${btoa('sk_test_1:')}` } });
    assert.equal(basic.status, 200);
    assert.equal(basic.body.id, 'acct_1');
});

test('a restricted key lacks what it was not given', async () => {
    await sim.tell('keys', { key: 'rk_test_narrow', account: 'acct_1', rights: ['customers:read', 'prices:write'] });
    const narrow = sim.client('rk_test_narrow');
    await narrow.customers.list();
    await narrow.prices.list();
    for (const call of [() => narrow.customers.create({}), () => narrow.accounts.retrieveCurrent(), () => narrow.subscriptions.list()]) {
        const error = await refusal(call());
        assert.ok(error instanceof Stripe.errors.StripePermissionError);
        assert.equal(error.statusCode, 403);
    }
});

test('modes and accounts are kept apart', async () => {
    const made = await stripe.customers.create({ name: 'Of test mode' });
    assert.equal(made.livemode, false);
    const live = await refusal(sim.client('sk_live_1').customers.retrieve(made.id));
    assert.equal(live.statusCode, 404);
    assert.equal(live.code, 'resource_missing');
    assert.equal(live.message, `No such customer: '${made.id}'; a similar object exists in test mode, but a live mode key was used to make this request.`);
    const other = await refusal(sim.client('sk_test_2').customers.retrieve(made.id));
    assert.equal(other.message, `No such customer: '${made.id}'`);
    assert.equal((await sim.client('sk_live_1').customers.create({})).livemode, true);
    assert.equal((await sim.client('sk_test_2').accounts.retrieveCurrent()).id, 'acct_2');
});

test('an unknown id is 404 in a path and 400 in a field', async () => {
    const inPath = await refusal(stripe.subscriptions.retrieve('sub_nowhere'));
    assert.deepEqual([inPath.statusCode, inPath.code, inPath.message], [404, 'resource_missing', "No such subscription: 'sub_nowhere'"]);
    const inField = await refusal(stripe.billingPortal.sessions.create({ customer: 'cus_nowhere' }));
    assert.deepEqual([inField.statusCode, inField.code, inField.param], [400, 'resource_missing', 'customer']);
    const inList = await refusal(stripe.subscriptions.list({ customer: 'cus_nowhere' }));
    assert.equal(inList.statusCode, 400);
});

test('a path that is none is 404', async () => {
    const answer = await sim.raw('GET', '/v1/customer');
    assert.equal(answer.status, 404);
    assert.match(answer.body.error.message, /^Unrecognized request URL \(GET: \/v1\/customer\)/);
});

const wrongForms = [
    ['an unknown parameter', '/v1/customers', 'nmae=x', 'parameter_unknown', 'Received unknown parameter: nmae', 'nmae'],
    ['unknown parameters', '/v1/customers', 'a=1&b[c]=2', 'parameter_unknown', 'Received unknown parameters: a, b', 'a'],
    ['an unknown nested one', '/v1/checkout/sessions', 'line_items[0][prize]=x', 'parameter_unknown', 'Received unknown parameter: line_items[0][prize]', 'line_items[0][prize]'],
    ['a removed one', '/v1/checkout/sessions', 'payment_method_types[0]=card', 'parameter_unknown', 'Received unknown parameter: payment_method_types', 'payment_method_types'],
    ['a missing one', '/v1/products', 'active=true', 'parameter_missing', 'Missing required param: name.', 'name'],
    ['a missing nested one', '/v1/prices', 'currency=usd&recurring[interval_count]=1', 'parameter_missing', 'Missing required param: recurring[interval].', 'recurring[interval]'],
    ['no number', '/v1/prices', 'currency=usd&unit_amount=ten', 'parameter_invalid_integer', 'Invalid integer: ten', 'unit_amount'],
    ['an empty text', '/v1/products', 'name=', 'parameter_invalid_empty', /^You passed an empty string for 'name'/, 'name'],
    ['a word that is none', '/v1/prices', 'currency=usd&recurring[interval]=hour', undefined, 'Invalid recurring[interval]: must be one of day, month, week, or year', 'recurring[interval]'],
    ['a text for a list', '/v1/checkout/sessions', 'line_items=x', undefined, 'Invalid array: x', 'line_items'],
    ['a text for a boolean', '/v1/products', 'name=x&active=yes', undefined, 'Invalid boolean: yes', 'active'],
    ['an object for a text', '/v1/products', 'name[a]=x', undefined, /^Invalid string/, 'name'],
];
for (const [what, path, form, code, message, param] of wrongForms) {
    test(`${what} is refused in Stripe's words`, async () => {
        const { status, body } = await sim.raw('POST', path, { form });
        assert.equal(status, 400);
        assert.equal(body.error.type, 'invalid_request_error');
        assert.equal(body.error.code, code);
        assert.equal(body.error.param, param);
        if (message instanceof RegExp) assert.match(body.error.message, message);
        else assert.equal(body.error.message, message);
    });
}

test('every endpoint refuses a parameter that is unknown', async () => {
    const table = readFileSync(new URL('../../sims/stripe/params_table.inc', import.meta.url), 'utf8');
    const endpoints = new Set([...table.matchAll(/^\{"(\w+ [^"]+)"/gm)].map(([, endpoint]) => endpoint));
    assert.ok(endpoints.size > 50);
    for (const endpoint of endpoints) {
        const [method, path] = endpoint.replaceAll('{id}', 'x').split(' ');
        const { status, body } = method === 'POST' ? await sim.raw(method, path, { form: 'no_such[one]=1' }) : await sim.raw(method, `${path}?no_such[one]=1`);
        assert.deepEqual([status, body.error.code, body.error.param], [400, 'parameter_unknown', 'no_such'], endpoint);
    }
});

test('forms that are none are refused', async () => {
    for (const form of ['a[=1', '[a]=1', 'name=x&name[y]=z', 'metadata[a][b]=1', 'expand=x', 'metadata[a]=1&metadata=x', '%', '=&&=', 'a]b=1'])
        assert.equal((await sim.raw('POST', '/v1/customers', { form })).status, 400, form);
});

test('what Stripe knows and the simulator does not is refused, not ignored', async () => {
    const error = await refusal(stripe.customers.create({ next_invoice_sequence: 7 }));
    assert.deepEqual([error.statusCode, error.code], [501, 'not_simulated']);
    assert.match(error.message, /next_invoice_sequence/);
});

test('a body that is no form is refused', async () => {
    const json = await sim.raw('POST', '/v1/customers', { form: '{"name":"x"}', headers: { 'content-type': 'application/json' } });
    assert.equal(json.status, 400);
    assert.match(json.body.error.message, /application\/x-www-form-urlencoded/);
});

test('metadata is merged, and an empty value drops its key', async () => {
    const made = await stripe.customers.create({ metadata: { a: '1', b: 'ü [x]&=' } });
    assert.deepEqual(made.metadata, { a: '1', b: 'ü [x]&=' });
    const merged = await stripe.customers.update(made.id, { metadata: { a: '', c: 3 } });
    assert.deepEqual(merged.metadata, { b: 'ü [x]&=', c: '3' });
    assert.deepEqual((await stripe.customers.update(made.id, { metadata: '' })).metadata, {});
    assert.equal((await refusal(stripe.customers.update(made.id, { metadata: { k: 'x'.repeat(501) } }))).param, 'metadata[k]');
});

test('lists go page by page, newest first, both ways', async () => {
    const other = sim.client('sk_test_2');
    const ids = [];
    for (let i = 0; i < 25; ++i) ids.unshift((await other.customers.create({ name: `${i}` })).id);
    const first = await other.customers.list();
    assert.deepEqual(first.data.map(({ id }) => id), ids.slice(0, 10));
    assert.equal(first.has_more, true);
    const second = await other.customers.list({ limit: 20, starting_after: ids[9] });
    assert.deepEqual(second.data.map(({ id }) => id), ids.slice(10));
    assert.equal(second.has_more, false);
    const back = await other.customers.list({ limit: 3, ending_before: ids[9] });
    assert.deepEqual(back.data.map(({ id }) => id), ids.slice(6, 9));
    assert.equal(back.has_more, true);
    const all = await other.customers.list({ limit: 7 }).autoPagingToArray({ limit: 100 });
    assert.deepEqual(all.map(({ id }) => id), ids);
    for (const params of [{ limit: 101 }, { limit: 0 }, { starting_after: 'cus_x' }, { starting_after: ids[0], ending_before: ids[1] }])
        assert.equal((await refusal(other.customers.list(params))).statusCode, 400, JSON.stringify(params));
});

test('lists by the time of making', async () => {
    const made = await stripe.customers.create({});
    const since = await stripe.customers.list({ created: { gte: made.created } });
    assert.ok(since.data.some(({ id }) => id === made.id));
    assert.equal((await stripe.customers.list({ created: { gt: made.created + 1000 } })).data.length, 0);
});

test('ids are expanded through objects and lists, four levels deep', async () => {
    const { price, product } = await makePrices(stripe);
    const { subscription, customer } = await subscribe(stripe, price);
    const whole = await stripe.subscriptions.retrieve(subscription.id, {
        expand: ['customer', 'latest_invoice.payments.data.invoice', 'items.data.price.product', 'default_payment_method'],
    });
    assert.equal(whole.customer.id, customer.id);
    assert.equal(whole.latest_invoice.payments.data[0].invoice.id, whole.latest_invoice.id);
    assert.equal(whole.items.data[0].price.product.id, product.id);
    assert.equal(whole.default_payment_method, null);
    const list = await stripe.subscriptions.list({ customer: customer.id, expand: ['data.latest_invoice.customer'] });
    assert.equal(list.data[0].latest_invoice.customer.id, customer.id);
    const invoice = await stripe.invoices.retrieve(whole.latest_invoice.id, { expand: ['payments.data.payment.payment_intent', 'parent.subscription_details.subscription'] });
    assert.equal(invoice.payments.data[0].payment.payment_intent.object, 'payment_intent');
    assert.equal(invoice.parent.subscription_details.subscription.id, subscription.id);
    for (const expand of ['metadata', 'nothing', 'items.price', 'data.customer'])
        assert.match((await refusal(stripe.subscriptions.retrieve(subscription.id, { expand: [expand] }))).message, /cannot be expanded/, expand);
    assert.match((await refusal(stripe.subscriptions.list({ expand: ['customer'] }))).message, /try expanding 'data.customer' instead/);
    // The lists' own `data` counts, too.
    for (const deep of ['latest_invoice.payments.data.payment.payment_intent', 'a.b.c.d.e'])
        assert.match((await refusal(stripe.subscriptions.retrieve(subscription.id, { expand: [deep] }))).message, /more than 4 levels/);
});

test('a wrong expand is refused before the call has its effect', async () => {
    const before = (await sim.ask('objects', { kind: 'customer' })).objects.length;
    assert.match((await refusal(stripe.customers.create({ expand: ['subscription'] }))).message, /cannot be expanded \(subscription\)/);
    assert.equal((await sim.ask('objects', { kind: 'customer' })).objects.length, before);
    await stripe.customers.create({ expand: ['subscriptions', 'invoice_settings.default_payment_method'] });
});

test('answers say which request and which version they are', async () => {
    const answer = await sim.raw('GET', '/v1/account');
    assert.match(answer.headers.get('request-id'), /^req_\w+$/);
    assert.equal(answer.headers.get('stripe-version'), Stripe.API_VERSION ?? '2026-10-28.endive');
    const old = await sim.raw('GET', '/v1/account', { headers: { 'stripe-version': '2020-08-27' } });
    assert.equal(old.status, 400);
    const unnamed = await sim.raw('GET', '/v1/account', { version: null });
    assert.deepEqual([unnamed.status, unnamed.body.error.code], [501, 'not_simulated'], 'the version of the account is another one');
    const connected = await sim.raw('GET', '/v1/account', { headers: { 'stripe-account': 'acct_9' } });
    assert.equal(connected.status, 403);
});

test('the log has what was asked', async () => {
    await stripe.customers.create({ name: 'In the log' }, { idempotencyKey: 'log-key' });
    const call = (await sim.calls({ path: '/v1/customers', method: 'POST' })).find(({ idempotency_key }) => idempotency_key === 'log-key');
    assert.deepEqual(call.params, { name: 'In the log' });
    assert.deepEqual([call.key, call.account, call.mode, call.status, call.state, call.version], ['sk_test_1', 'acct_1', 'test', 200, 'finished', '2026-10-28.endive']);
    assert.ok(call.ended_at >= call.started_at);
});
