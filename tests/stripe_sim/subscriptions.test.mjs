// Subscriptions: what an owner may change, and their whole life by the clock.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import { endPrograms } from '../e2e/support/process.mjs';
import { StripeSim, day, makePrices, refusal, subscribe } from './support/sim.mjs';

let sim;
let stripe;
let prices;
after(endPrograms);
before(async () => {
    sim = await StripeSim.start();
    stripe = sim.client();
});
beforeEach(async () => {
    await sim.tell('reset');
    await sim.tell('settings', { retry_after_s: [3 * day, 5 * day, 7 * day], after_last_retry: 'cancel', draft_s: 3600 });
    prices = await makePrices(stripe);
});
after(() => sim.answersAreRight());

const get = (id) => stripe.subscriptions.retrieve(id, { expand: ['latest_invoice'] });
const fail = (customer) => sim.tell('customer', { customer: customer.id, payments: 'fail' });
const typesOf = async (id) => (await stripe.events.list({ limit: 100 })).data.filter(({ data }) => data.object.id === id).map(({ type }) => type).reverse();

describe('by their owner', () => {
    test('periods are on the items and the first invoice is paid', async () => {
        const { subscription } = await subscribe(stripe, prices.price);
        const whole = await get(subscription.id);
        assert.equal(whole.status, 'active');
        assert.deepEqual(await typesOf(whole.latest_invoice.id), ['invoice.created', 'invoice.finalized', 'invoice.updated', 'invoice.paid', 'invoice.payment_succeeded']);
        assert.equal(whole.current_period_end, undefined);
        const [item] = whole.items.data;
        assert.ok(item.current_period_end - item.current_period_start >= 28 * day);
        assert.deepEqual([whole.latest_invoice.status, whole.latest_invoice.billing_reason, whole.latest_invoice.amount_paid], ['paid', 'subscription_create', 2000]);
        assert.deepEqual(await typesOf(subscription.id), ['customer.subscription.created', 'customer.subscription.updated']);
        assert.equal((await stripe.subscriptionItems.list({ subscription: subscription.id })).data[0].id, item.id);
        assert.equal((await stripe.subscriptionItems.retrieve(item.id)).subscription, subscription.id);
    });

    test('a customer without a card cannot be subscribed by a call', async () => {
        const customer = await stripe.customers.create({});
        const items = [{ price: prices.price.id }];
        assert.match((await refusal(stripe.subscriptions.create({ customer: customer.id, items }))).message, /no attached payment source/);
        const waiting = await stripe.subscriptions.create({ customer: customer.id, items, payment_behavior: 'default_incomplete' });
        assert.equal(waiting.status, 'incomplete');
    });

    test('a card that fails leaves it incomplete, or is a 402', async () => {
        const customer = await stripe.customers.create({ invoice_settings: { default_payment_method: 'pm_card_chargeCustomerFail' } });
        const items = [{ price: prices.price.id }];
        assert.equal((await stripe.subscriptions.create({ customer: customer.id, items })).status, 'incomplete');
        const error = await refusal(stripe.subscriptions.create({ customer: customer.id, items, payment_behavior: 'error_if_incomplete' }));
        assert.deepEqual([error.statusCode, error.type, error.code, error.decline_code], [402, 'StripeCardError', 'card_declined', 'generic_decline']);
        assert.equal((await stripe.subscriptions.list({ customer: customer.id })).data.length, 1);
    });

    test('cancel_at_period_end fills cancel_at; both in one call are refused', async () => {
        const { subscription } = await subscribe(stripe, prices.price);
        const set = await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
        assert.equal(set.cancel_at, set.items.data[0].current_period_end);
        assert.ok(set.canceled_at);
        const undone = await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: false });
        assert.deepEqual([undone.cancel_at, undone.canceled_at, undone.cancellation_details.reason], [null, null, null]);
        assert.equal((await refusal(stripe.subscriptions.update(subscription.id, { cancel_at_period_end: false, cancel_at: '' }))).statusCode, 400);
    });

    test('cancel_at alone is not undone by the flag, but by emptying it', async () => {
        const { subscription } = await subscribe(stripe, prices.price);
        const set = await stripe.subscriptions.update(subscription.id, { cancel_at: 'min_period_end' });
        assert.deepEqual([set.cancel_at, set.cancel_at_period_end], [set.items.data[0].current_period_end, false]);
        assert.equal((await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: false })).cancel_at, set.cancel_at);
        assert.equal((await stripe.subscriptions.update(subscription.id, { cancel_at: '' })).cancel_at, null);
        assert.equal((await refusal(stripe.subscriptions.update(subscription.id, { cancel_at: 1 }))).param, 'cancel_at');
    });

    test('another price changes the item, and bills as it is told', async () => {
        const { subscription } = await subscribe(stripe, prices.price);
        const [item] = subscription.items.data;
        const lazily = await stripe.subscriptions.update(subscription.id, { items: [{ id: item.id, price: prices.dearer.id }] });
        assert.deepEqual([lazily.items.data.length, lazily.items.data[0].id, lazily.items.data[0].price.id], [1, item.id, prices.dearer.id]);
        assert.equal(lazily.latest_invoice, (await get(subscription.id)).latest_invoice.id);
        const yearly = await stripe.subscriptions.update(subscription.id, { items: [{ id: item.id, price: prices.yearly.id }], expand: ['latest_invoice'] });
        assert.deepEqual([yearly.latest_invoice.billing_reason, yearly.latest_invoice.status], ['subscription_update', 'paid']);
        assert.ok(yearly.items.data[0].current_period_end - yearly.items.data[0].current_period_start > 360 * day);
        const back = await stripe.subscriptions.update(subscription.id, { items: [{ id: item.id, price: prices.price.id }], proration_behavior: 'always_invoice', expand: ['latest_invoice'] });
        assert.ok(back.latest_invoice.lines.data.some(({ amount }) => amount < 0));
    });

    test('an item without its id is added, unless the price or the interval is against it', async () => {
        const { subscription } = await subscribe(stripe, prices.price);
        assert.match((await refusal(stripe.subscriptions.update(subscription.id, { items: [{ price: prices.price.id }] }))).message, /same plan/);
        assert.match((await refusal(stripe.subscriptions.update(subscription.id, { items: [{ price: prices.yearly.id }] }))).message, /recurring.interval/);
        const two = await stripe.subscriptions.update(subscription.id, { items: [{ price: prices.dearer.id }] });
        assert.equal(two.items.data.length, 2);
        assert.equal((await refusal(stripe.subscriptions.update(subscription.id, { items: [{ id: two.items.data[0].id, quantity: -1 }] }))).code, 'parameter_invalid_integer');
        assert.equal((await refusal(stripe.subscriptions.update(subscription.id, { items: [{ id: 'si_x', price: prices.price.id }] }))).statusCode, 400);
    });

    test('a change that cannot be paid waits as pending_update until it is', async () => {
        const { customer, subscription } = await subscribe(stripe, prices.price);
        await fail(customer);
        const item = subscription.items.data[0].id;
        const pending = await stripe.subscriptions.update(subscription.id, { items: [{ id: item, price: prices.dearer.id }], payment_behavior: 'pending_if_incomplete', proration_behavior: 'always_invoice', expand: ['latest_invoice'] });
        assert.equal(pending.items.data[0].price.id, prices.price.id);
        assert.equal(pending.pending_update.subscription_items[0].price.id, prices.dearer.id);
        await sim.tell('invoice', { invoice: pending.latest_invoice.id, do: 'pay' });
        const applied = await get(subscription.id);
        assert.deepEqual([applied.pending_update, applied.items.data[0].price.id], [null, prices.dearer.id]);
    });

    test('a cancelled one can no longer be changed', async () => {
        const { subscription } = await subscribe(stripe, prices.price);
        const ended = await stripe.subscriptions.cancel(subscription.id, { cancellation_details: { comment: 'bye' } });
        assert.deepEqual([ended.status, ended.cancellation_details.comment], ['canceled', 'bye']);
        assert.ok(ended.ended_at);
        assert.match((await refusal(stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true }))).message, /^A canceled subscription can only update its cancellation_details/);
        assert.equal((await refusal(stripe.subscriptions.cancel(subscription.id))).statusCode, 404);
        await stripe.subscriptions.update(subscription.id, { metadata: { a: 'b' } });
    });

    test('flexible ones can be paused and resumed, classic ones cannot', async () => {
        const { subscription } = await subscribe(stripe, prices.price);
        const paused = await stripe.subscriptions.pause(subscription.id, { type: 'subscription' });
        assert.deepEqual([paused.status, paused.status_details.paused.subscription.type], ['paused', 'pause_requested']);
        const resumed = await stripe.subscriptions.resume(subscription.id, { expand: ['latest_invoice'] });
        assert.deepEqual([resumed.status, resumed.status_details], ['active', undefined]);
        assert.deepEqual((await typesOf(subscription.id)).slice(-3).filter((type) => /paused|resumed/.test(type)), ['customer.subscription.paused', 'customer.subscription.resumed']);
        const { subscription: classic } = await subscribe(stripe, prices.price, { billing_mode: { type: 'classic' } });
        assert.match((await refusal(stripe.subscriptions.pause(classic.id, { type: 'subscription' }))).message, /billing mode is `classic`/);
        assert.equal((await refusal(stripe.subscriptions.resume(classic.id))).statusCode, 400);
    });

    test('paused collection changes no status', async () => {
        const { subscription } = await subscribe(stripe, prices.price);
        const set = await stripe.subscriptions.update(subscription.id, { pause_collection: { behavior: 'void' } });
        assert.deepEqual([set.status, set.pause_collection], ['active', { behavior: 'void', resumes_at: null }]);
        await sim.advance(32 * day);
        assert.equal((await get(subscription.id)).latest_invoice.status, 'void');
        assert.equal((await stripe.subscriptions.update(subscription.id, { pause_collection: '' })).pause_collection, null);
    });

    test('a trial is ended now, or moved', async () => {
        const { subscription } = await subscribe(stripe, prices.price, { trial_period_days: 10 });
        const moved = await stripe.subscriptions.update(subscription.id, { trial_end: subscription.trial_end + day });
        assert.deepEqual([moved.status, moved.items.data[0].current_period_end], ['trialing', subscription.trial_end + day]);
        const ended = await stripe.subscriptions.update(subscription.id, { trial_end: 'now', expand: ['latest_invoice'] });
        assert.deepEqual([ended.status, ended.latest_invoice.status, ended.latest_invoice.amount_paid], ['active', 'paid', 2000]);
        assert.equal((await refusal(stripe.subscriptions.update(subscription.id, { trial_end: 5 }))).param, 'trial_end');
    });

    test('lists are by status, customer and price', async () => {
        const { customer, subscription } = await subscribe(stripe, prices.price);
        const second = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: prices.dearer.id }] });
        await stripe.subscriptions.cancel(second.id);
        const ids = async (params) => (await stripe.subscriptions.list({ customer: customer.id, ...params })).data.map(({ id }) => id);
        assert.deepEqual(await ids({}), [subscription.id]);
        assert.deepEqual(await ids({ status: 'all' }), [second.id, subscription.id]);
        assert.deepEqual(await ids({ status: 'ended' }), [second.id]);
        assert.deepEqual(await ids({ status: 'canceled' }), [second.id]);
        assert.deepEqual(await ids({ status: 'all', price: prices.dearer.id }), [second.id]);
        assert.equal((await refusal(stripe.subscriptions.list({ status: 'gone' }))).param, 'status');
    });
});

for (const type of ['classic', 'flexible']) {
    describe(`by the clock, ${type} billing`, () => {
        const begin = (more) => subscribe(stripe, prices.price, { billing_mode: { type }, ...more });

        test('a period is followed by the next, with an invoice that is a draft for an hour', async () => {
            const { subscription } = await begin();
            const end = subscription.items.data[0].current_period_end;
            await sim.tell('clock', { to: end + 60 });
            const renewed = await get(subscription.id);
            assert.deepEqual([renewed.status, renewed.latest_invoice.status, renewed.items.data[0].current_period_start], ['active', 'draft', end]);
            await sim.advance(3600);
            const paid = await get(subscription.id);
            assert.deepEqual([paid.latest_invoice.status, paid.latest_invoice.billing_reason], ['paid', 'subscription_cycle']);
            await sim.advance(366 * day);
            assert.equal((await stripe.invoices.list({ subscription: subscription.id, limit: 100 })).data.length, 14);
        });

        test('an end at the period\'s end comes then', async () => {
            const { subscription } = await begin();
            await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
            await sim.tell('clock', { to: subscription.items.data[0].current_period_end - 1 });
            assert.equal((await get(subscription.id)).status, 'active');
            await sim.advance(2);
            const ended = await get(subscription.id);
            assert.deepEqual([ended.status, ended.ended_at, ended.latest_invoice.billing_reason], ['canceled', subscription.items.data[0].current_period_end, 'subscription_create']);
            assert.equal((await typesOf(subscription.id)).at(-1), 'customer.subscription.deleted');
        });

        test('an end at a time comes then, in the middle of a period', async () => {
            const { subscription } = await begin();
            const at = subscription.created + 10 * day;
            await stripe.subscriptions.update(subscription.id, { cancel_at: at });
            await sim.advance(10 * day + 5);
            assert.deepEqual([(await get(subscription.id)).status, (await get(subscription.id)).ended_at], ['canceled', at]);
        });

        test('a trial tells of its end and becomes active', async () => {
            const { subscription } = await begin({ trial_period_days: 10 });
            assert.deepEqual([subscription.status, subscription.items.data[0].current_period_end], ['trialing', subscription.trial_end]);
            await sim.advance(8 * day);
            assert.ok((await typesOf(subscription.id)).includes('customer.subscription.trial_will_end'));
            await sim.advance(2 * day + 7200);
            const active = await get(subscription.id);
            assert.deepEqual([active.status, active.latest_invoice.status, active.latest_invoice.amount_paid], ['active', 'paid', 2000]);
        });

        test('a renewal that fails is past_due, tried again, and ends as the setting says', async () => {
            for (const [after, status] of [['cancel', 'canceled'], ['unpaid', 'unpaid'], ['past_due', 'past_due']]) {
                await sim.tell('settings', { after_last_retry: after });
                const { customer, subscription } = await begin();
                await fail(customer);
                await sim.tell('clock', { to: subscription.items.data[0].current_period_end + 2 * 3600 });
                const due = await get(subscription.id);
                assert.deepEqual([due.status, due.latest_invoice.status, due.latest_invoice.attempt_count], ['past_due', 'open', 1]);
                assert.equal(due.latest_invoice.next_payment_attempt - due.latest_invoice.status_transitions.finalized_at, 3 * day);
                await sim.advance(16 * day);
                const ended = await get(subscription.id);
                assert.equal((await typesOf(ended.latest_invoice.id)).filter((word) => word === 'invoice.payment_failed').length, 4);
                assert.deepEqual([ended.status, ended.latest_invoice.attempt_count, ended.latest_invoice.next_payment_attempt], [status, 4, null]);
                if (status === 'canceled') assert.equal(ended.cancellation_details.reason, 'payment_failed');
                else {
                    await sim.tell('invoice', { invoice: ended.latest_invoice.id, do: 'pay' });
                    assert.equal((await get(subscription.id)).status, 'active');
                }
            }
        });

        test('a retry that succeeds makes it active again', async () => {
            const { customer, subscription } = await begin();
            await fail(customer);
            await sim.tell('clock', { to: subscription.items.data[0].current_period_end + 2 * 3600 });
            await sim.tell('customer', { customer: customer.id, payments: 'succeed' });
            await sim.advance(3 * day);
            const paid = await get(subscription.id);
            assert.deepEqual([paid.status, paid.latest_invoice.status, paid.latest_invoice.attempt_count], ['active', 'paid', 2]);
        });

        test('what is incomplete for 23 hours expires, and its invoice is void', async () => {
            const customer = await stripe.customers.create({ invoice_settings: { default_payment_method: 'pm_card_chargeCustomerFail' } });
            const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: prices.price.id }], billing_mode: { type } });
            await sim.advance(22 * 3600);
            assert.equal((await get(id)).status, 'incomplete');
            await sim.advance(3601);
            assert.deepEqual([(await get(id)).status, (await get(id)).latest_invoice.status], ['incomplete_expired', 'void']);
            assert.match((await refusal(stripe.subscriptions.update(id, { metadata: { a: 'b' } }))).message, /incomplete_expired/);
        });
    });
}

test('a trial without a card ends as it was asked to', async () => {
    for (const [how, status] of [['cancel', 'canceled'], ['pause', 'paused'], ['create_invoice', 'past_due']]) {
        const customer = await stripe.customers.create({});
        const { id } = await stripe.subscriptions.create({
            customer: customer.id, items: [{ price: prices.price.id }], trial_period_days: 5, trial_settings: { end_behavior: { missing_payment_method: how } },
        });
        await fail(customer);
        await sim.advance(5 * day + 7200);
        assert.equal((await get(id)).status, status, how);
    }
});

test('a day at the end of a month comes back after a short one', async () => {
    const now = (await sim.ask('clock')).now;
    const january = Date.UTC(new Date(now * 1000).getUTCFullYear() + 1, 0, 31, 12) / 1000;
    await sim.tell('clock', { to: january });
    const { subscription } = await subscribe(stripe, prices.price);
    const ends = [];
    for (let i = 0; i < 3; ++i) {
        const current = await get(subscription.id);
        ends.push(new Date(current.items.data[0].current_period_end * 1000).getUTCDate());
        await sim.tell('clock', { to: current.items.data[0].current_period_end + 1 });
    }
    assert.ok(ends[0] === 28 || ends[0] === 29);
    assert.deepEqual(ends.slice(1), [31, 30]);
});

test('a status may be set by hand, with or without an event', async () => {
    const { subscription } = await subscribe(stripe, prices.price);
    await sim.tell('subscription', { subscription: subscription.id, set: { status: 'unpaid' }, tells: false });
    assert.equal((await get(subscription.id)).status, 'unpaid');
    assert.equal((await typesOf(subscription.id)).length, 2);
    await sim.tell('subscription', { subscription: subscription.id, set: { status: 'active' } });
    assert.equal((await typesOf(subscription.id)).length, 3);
});
