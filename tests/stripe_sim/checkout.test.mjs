// Checkout sessions: what is refused, and what a buyer does.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { endPrograms } from '../e2e/support/process.mjs';
import { StripeSim, day, makePrices, refusal } from './support/sim.mjs';

let sim;
let stripe;
let prices;
after(endPrograms);
before(async () => {
    sim = await StripeSim.start();
    stripe = sim.client();
    prices = await makePrices(stripe);
});
after(() => sim.answersAreRight());

const now = () => Math.floor(Date.now() / 1000);
const open = (more = {}) => stripe.checkout.sessions.create({
    mode: 'subscription', line_items: [{ price: prices.price.id, quantity: 1 }], success_url: 'https://example.com/done?s={CHECKOUT_SESSION_ID}', ...more,
});
const act = (session, what) => sim.tell('checkout', { session: session.id, do: what });

test('a new session is open, with a page', async () => {
    const customer = await stripe.customers.create({});
    const session = await open({ customer: customer.id, client_reference_id: '7', metadata: { user: '7' }, cancel_url: 'https://example.com/' });
    assert.match(session.id, /^cs_test_/);
    assert.deepEqual([session.status, session.payment_status, session.subscription, session.ui_mode], ['open', 'unpaid', null, 'hosted_page']);
    assert.ok(session.url.startsWith(sim.url));
    assert.ok(session.expires_at - session.created === day);
    assert.match((await sim.client('sk_live_1').products.create({ name: 'L' })).id, /^prod_/);
    const items = await stripe.checkout.sessions.listLineItems(session.id);
    assert.deepEqual(items.data.map(({ price, quantity }) => [price.id, quantity]), [[prices.price.id, 1]]);
    assert.equal((await stripe.checkout.sessions.retrieve(session.id, { expand: ['line_items', 'customer'] })).line_items.data.length, 1);
});

test('paying by a click makes customer, subscription and invoice, and leads back', async () => {
    const session = await open({ subscription_data: { metadata: { user: '8' } } });
    const page = await fetch(session.url);
    assert.match(page.headers.get('content-type'), /text\/html/);
    assert.match(await page.text(), /Pay.*Decline.*Pay later/s);
    const paid = await fetch(`${session.url}/pay`, { method: 'POST', redirect: 'manual' });
    assert.deepEqual([paid.status, paid.headers.get('location')], [303, `https://example.com/done?s=${session.id}`]);
    const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription.latest_invoice', 'invoice'] });
    assert.deepEqual([done.status, done.payment_status, done.url], ['complete', 'paid', null]);
    assert.deepEqual([done.subscription.status, done.subscription.metadata], ['active', { user: '8' }]);
    assert.equal(done.subscription.latest_invoice.status, 'paid');
    assert.equal(done.invoice.parent.subscription_details.subscription, done.subscription.id);
    assert.equal(done.subscription.customer, done.customer);
    const types = (await stripe.events.list({ limit: 100 })).data.map(({ type }) => type);
    for (const type of ['checkout.session.completed', 'customer.created', 'customer.subscription.created', 'customer.subscription.updated', 'invoice.created', 'invoice.finalized', 'invoice.paid', 'charge.succeeded', 'payment_intent.succeeded'])
        assert.ok(types.includes(type), type);
    assert.equal((await fetch(`${session.url}/pay`, { method: 'POST', redirect: 'manual' })).status, 404);
    assert.equal((await stripe.subscriptions.list({ customer: done.customer })).data.length, 1, 'a second click buys nothing');
});

test('a declined card leaves the session open and makes nothing', async () => {
    const session = await open();
    const page = await fetch(`${session.url}/decline`, { method: 'POST' });
    assert.match(await page.text(), /Your card was declined/);
    const after = await stripe.checkout.sessions.retrieve(session.id);
    assert.deepEqual([after.status, after.subscription], ['open', null]);
});

test('a bank debit is active before the money and when it comes', async () => {
    const session = await open();
    await act(session, 'pay_later');
    const waiting = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription.latest_invoice'] });
    assert.deepEqual([waiting.status, waiting.payment_status, waiting.subscription.status, waiting.subscription.latest_invoice.status], ['complete', 'unpaid', 'active', 'open']);
    await act(session, 'async_succeed');
    const paid = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription.latest_invoice'] });
    assert.deepEqual([paid.payment_status, paid.subscription.status, paid.subscription.latest_invoice.status], ['paid', 'active', 'paid']);
    assert.equal((await stripe.events.list({ type: 'checkout.session.async_payment_succeeded' })).data[0].data.object.id, session.id);
});

test('a bank debit that fails voids the invoice and leaves the subscription active', async () => {
    const session = await open();
    await act(session, 'pay_later');
    await act(session, 'async_fail');
    const failed = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription.latest_invoice'] });
    assert.deepEqual([failed.payment_status, failed.subscription.status, failed.subscription.latest_invoice.status], ['unpaid', 'active', 'void']);
    assert.equal((await stripe.events.list({ type: 'checkout.session.async_payment_failed' })).data[0].data.object.id, session.id);
});

for (const [end, session, subscription, invoice] of [['async_succeed', 'paid', 'active', 'paid'], ['async_fail', 'unpaid', 'incomplete_expired', 'void']]) {
    test(`a bank debit that Stripe waits for: complete, unpaid and incomplete until ${end}`, async () => {
        const { id } = await open();
        await act({ id }, 'pay_later_incomplete');
        const look = async () => {
            const now = await stripe.checkout.sessions.retrieve(id, { expand: ['subscription.latest_invoice'] });
            return { now, states: [now.status, now.payment_status, now.subscription.status, now.subscription.latest_invoice.status] };
        };
        const waiting = await look();
        assert.deepEqual(waiting.states, ['complete', 'unpaid', 'incomplete', 'open']);
        assert.equal(waiting.now.url, null);
        assert.equal((await stripe.events.list({ type: 'checkout.session.completed' })).data[0].data.object.id, id);
        await isKept(waiting.now.subscription.id);
        assert.match((await refusal(stripe.checkout.sessions.expire(id))).message, /^Only Checkout Sessions with a status in \["open"\]/);
        await act({ id }, end);
        assert.deepEqual((await look()).states, ['complete', session, subscription, invoice]);
        await assert.rejects(act({ id }, end), /waits for no delayed payment/);
    });
}

// Neither ended nor changed by a call, as long as its session may still be paid.
async function isKept(id) {
    const error = await refusal(stripe.subscriptions.cancel(id));
    assert.equal(error.statusCode, 400);
    assert.match(error.message, /Expire the Checkout Session instead/);
    for (const change of [{ cancel_at_period_end: true }, { description: 'x' }, { items: [{ price: prices.dearer.id }] }])
        assert.match((await refusal(stripe.subscriptions.update(id, change))).message, /^You cannot update a subscription in `incomplete` status/);
    assert.equal((await stripe.subscriptions.update(id, { metadata: { a: 'b' } })).status, 'incomplete');
}

test('an incomplete subscription that no session made is ended by a call', async () => {
    const customer = await stripe.customers.create({});
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: prices.price.id }], payment_behavior: 'default_incomplete' });
    assert.equal((await stripe.subscriptions.cancel(id)).status, 'canceled');
});

test('sessions are listed by their status', async () => {
    const customer = await stripe.customers.create({});
    const made = [];
    for (const what of ['pay', 'expire', 'decline']) {
        const session = await open({ customer: customer.id });
        await act(session, what);
        made.push(session.id);
    }
    const listed = async (status) => (await stripe.checkout.sessions.list({ customer: customer.id, status, limit: 100 })).data.map(({ id }) => id);
    assert.deepEqual([await listed('complete'), await listed('expired'), await listed('open')], made.map((id) => [id]));
});

test('an incomplete subscription is ended by expiring its session, or paid on its page', async () => {
    const left = await open();
    await act(left, 'incomplete');
    const waiting = await stripe.checkout.sessions.retrieve(left.id, { expand: ['subscription'] });
    assert.deepEqual([waiting.status, waiting.subscription.status], ['open', 'incomplete']);
    await isKept(waiting.subscription.id);
    await stripe.checkout.sessions.expire(left.id);
    assert.equal((await stripe.subscriptions.retrieve(waiting.subscription.id)).status, 'incomplete_expired');
    const kept = await open();
    await act(kept, 'incomplete');
    await act(kept, 'pay');
    const paid = await stripe.checkout.sessions.retrieve(kept.id, { expand: ['subscription'] });
    assert.deepEqual([paid.status, paid.payment_status, paid.subscription.status], ['complete', 'paid', 'active']);
});

test('the page of a customer who is gone sells nothing', async () => {
    const customer = await stripe.customers.create({});
    const fresh = await open({ customer: customer.id });
    const begun = await open({ customer: customer.id });
    await act(begun, 'incomplete');
    await stripe.customers.del(customer.id);
    for (const session of [fresh, begun]) assert.equal((await fetch(`${session.url}/pay`, { method: 'POST', redirect: 'manual' })).status, 400);
    assert.equal((await stripe.subscriptions.list({ customer: customer.id, status: 'active' })).data.length, 0);
});

test('only an open session can be expired', async () => {
    const session = await open();
    assert.deepEqual([(await stripe.checkout.sessions.expire(session.id)).status, (await stripe.checkout.sessions.retrieve(session.id)).url], ['expired', null]);
    const error = await refusal(stripe.checkout.sessions.expire(session.id));
    assert.match(error.message, /^Only Checkout Sessions with a status in \["open"\] can be expired/);
    assert.equal((await fetch(`${sim.url}/c/pay/${session.id}`)).status, 404);
});

test('a session expires by time, and its recovery is a copy', async () => {
    const session = await open({ expires_at: now() + 1900, after_expiration: { recovery: { enabled: true } } });
    await sim.advance(2000);
    const expired = await stripe.checkout.sessions.retrieve(session.id);
    assert.equal(expired.status, 'expired');
    const recovered = await fetch(expired.after_expiration.recovery.url, { redirect: 'manual' });
    const copy = await stripe.checkout.sessions.retrieve(recovered.headers.get('location').split('/').at(-1));
    assert.deepEqual([copy.status, copy.recovered_from], ['open', session.id]);
});

test('a trial needs no payment yet', async () => {
    const session = await open({ subscription_data: { trial_period_days: 7 } });
    await act(session, 'pay');
    const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription.latest_invoice'] });
    assert.deepEqual([done.payment_status, done.subscription.status, done.subscription.latest_invoice.amount_due], ['no_payment_required', 'trialing', 0]);
    assert.equal(done.subscription.trial_end - done.subscription.trial_start, 7 * day);
});

test('the billing mode is flexible unless classic is asked for', async () => {
    for (const [mode, wanted] of [[undefined, 'flexible'], ['classic', 'classic']]) {
        const session = await open(mode ? { subscription_data: { billing_mode: { type: mode } } } : {});
        await act(session, 'pay');
        const { subscription } = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription'] });
        assert.equal(subscription.billing_mode.type, wanted);
    }
});

test('a subscribed customer may buy again', async () => {
    const customer = await stripe.customers.create({});
    for (let i = 0; i < 2; ++i) await act(await open({ customer: customer.id }), 'pay');
    assert.equal((await stripe.subscriptions.list({ customer: customer.id, status: 'active' })).data.length, 2);
    assert.equal((await stripe.checkout.sessions.list({ customer: customer.id })).data.length, 2);
    const [one] = (await stripe.subscriptions.list({ customer: customer.id })).data;
    assert.equal((await stripe.checkout.sessions.list({ subscription: one.id })).data.length, 1);
});

const refused = [
    ['customer and customer_email', () => ({ customer: 'cus_x', customer_email: 'a@example.com' }), /customer, customer_email/],
    ['an unknown customer', () => ({ customer: 'cus_x' }), /No such customer/],
    ['an unknown price', () => ({ line_items: [{ price: 'price_x', quantity: 1 }] }), /No such price: 'price_x'/],
    ['no line items', () => ({ line_items: [] }), /Missing required param: line_items/],
    ['no quantity', () => ({ line_items: [{ price: prices.price.id }] }), /quantity/],
    ['no address back', () => ({ success_url: undefined }), /success_url/],
    ['a long reference', () => ({ client_reference_id: 'x'.repeat(201) }), /at most 200/],
    ['an early end', () => ({ expires_at: now() + 60 }), /at least 30 minutes/],
    ['a late end', () => ({ expires_at: now() + 2 * day }), /less than 24 hours/],
    ['a trial of no days', () => ({ subscription_data: { trial_period_days: 0 } }), /minimum number of trial period days/],
    ['a short trial', () => ({ subscription_data: { trial_end: now() + day } }), /at least 2 days/],
    ['customer_update without a customer', () => ({ customer_update: { address: 'auto' } }), /can only be used with `customer`/],
    ['an old name of ui_mode', () => ({ ui_mode: 'hosted' }), /Invalid ui_mode/],
];
for (const [what, more, message] of refused) {
    test(`a session with ${what} is refused`, async () => {
        const error = await refusal(open(more()));
        assert.equal(error.statusCode, 400);
        assert.match(error.message, message);
    });
}

test('automatic tax wants to know where the customer is', async () => {
    const nowhere = await stripe.customers.create({});
    const taxed = { automatic_tax: { enabled: true } };
    assert.equal((await refusal(open({ customer: nowhere.id, ...taxed }))).code, 'customer_tax_location_invalid');
    const asked = await open({ customer: nowhere.id, customer_update: { address: 'auto' }, ...taxed });
    assert.equal(asked.automatic_tax.status, 'requires_location_inputs');
    await act(asked, 'pay');
    assert.equal((await stripe.checkout.sessions.retrieve(asked.id)).automatic_tax.status, 'complete');
    assert.equal((await stripe.customers.retrieve(nowhere.id)).address.country, 'DE', 'what was typed in Checkout is kept');
    await open({ customer: nowhere.id, ...taxed });
    const somewhere = await stripe.customers.create({ address: { country: 'DE' } });
    assert.equal((await open({ customer: somewhere.id, ...taxed })).automatic_tax.enabled, true);
});

test('what a page is told to save and collect is kept', async () => {
    const customer = await stripe.customers.create({});
    const session = await open({
        customer: customer.id,
        customer_update: { name: 'auto' },
        tax_id_collection: { enabled: true },
        saved_payment_method_options: { payment_method_save: 'enabled' },
        allow_promotion_codes: true,
        locale: 'de',
    });
    assert.deepEqual([session.tax_id_collection.enabled, session.saved_payment_method_options.payment_method_save], [true, 'enabled']);
    assert.match((await refusal(open({ customer: customer.id, tax_id_collection: { enabled: true } }))).message, /customer_update\[name\]/);
});

test('an inactive price is refused', async () => {
    const { dearer } = await makePrices(stripe);
    await stripe.prices.update(dearer.id, { active: false });
    assert.match((await refusal(open({ line_items: [{ price: dearer.id, quantity: 1 }] }))).message, /The price specified is inactive/);
});

test('a price whose product is archived is refused, though it is active itself', async () => {
    const gone = await makePrices(stripe);
    await stripe.products.update(gone.price.product, { active: false });
    assert.equal((await stripe.prices.retrieve(gone.price.id)).active, true);
    assert.match((await refusal(open({ line_items: [{ price: gone.price.id, quantity: 1 }] }))).message, /its product is not active/);
});

test('a trial that collects a card only if it must has none', async () => {
    for (const [payment_method_collection, hasCard] of [['always', true], ['if_required', false]]) {
        const session = await open({ payment_method_collection, subscription_data: { trial_period_days: 7, trial_settings: { end_behavior: { missing_payment_method: 'cancel' } } } });
        await act(session, 'pay');
        const { subscription } = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription'] });
        assert.equal(Boolean(subscription.default_payment_method), hasCard);
        await sim.advance(7 * day + 7200);
        assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, hasCard ? 'active' : 'canceled');
    }
});

test('money that never comes ends an incomplete subscription after a day', async () => {
    const session = await open();
    await act(session, 'pay_later_incomplete');
    await sim.advance(day);
    const { subscription } = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription.latest_invoice'] });
    assert.deepEqual([subscription.status, subscription.latest_invoice.status], ['incomplete_expired', 'void']);
});
