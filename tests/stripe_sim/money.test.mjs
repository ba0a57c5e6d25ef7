// Invoices, their payments, refunds and disputes, and the way from a charge to its subscription.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { endPrograms } from '../e2e/support/process.mjs';
import { StripeSim, makePrices, refusal, subscribe } from './support/sim.mjs';

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

// A paid subscription: {subscription, invoice, intent, charge}.
async function bought() {
    const { subscription } = await subscribe(stripe, prices.price);
    const invoice = await stripe.invoices.retrieve(subscription.latest_invoice, { expand: ['payments'] });
    const intent = await stripe.paymentIntents.retrieve(invoice.payments.data[0].payment.payment_intent, { expand: ['latest_charge'] });
    return { subscription, invoice, intent, charge: intent.latest_charge };
}

test('a charge leads to its subscription by its payment intent', async () => {
    const { subscription, invoice, intent, charge } = await bought();
    assert.deepEqual([charge.amount, charge.payment_intent, charge.refunded, charge.paid], [2000, intent.id, false, true]);
    const payments = await stripe.invoicePayments.list({ payment: { type: 'payment_intent', payment_intent: intent.id }, expand: ['data.invoice'] });
    assert.equal(payments.data.length, 1);
    assert.equal(payments.data[0].status, 'paid');
    assert.equal(payments.data[0].invoice.id, invoice.id);
    assert.equal(payments.data[0].invoice.parent.subscription_details.subscription, subscription.id);
    assert.equal((await stripe.invoicePayments.list({ invoice: invoice.id, status: 'open' })).data.length, 0);
    assert.equal((await stripe.invoicePayments.retrieve(payments.data[0].id)).amount_paid, 2000);
    assert.equal((await stripe.paymentIntents.retrieve(intent.id)).status, 'succeeded');
    assert.equal((await stripe.charges.list({ payment_intent: intent.id })).data[0].id, charge.id);
});

test('a refund of a part, then of the rest', async () => {
    const { intent, charge } = await bought();
    const part = await stripe.refunds.create({ payment_intent: intent.id, amount: 500, reason: 'requested_by_customer' });
    assert.deepEqual([part.amount, part.status, part.charge, part.livemode], [500, 'succeeded', charge.id, undefined]);
    assert.deepEqual(await refundedOf(charge), [500, false]);
    const event = (await stripe.events.list({ type: 'charge.refunded', limit: 1 })).data[0];
    assert.deepEqual([event.data.object.object, event.data.object.refunded, event.data.previous_attributes], ['charge', false, { amount_refunded: 0 }]);
    assert.match((await refusal(stripe.refunds.create({ charge: charge.id, amount: 1501 }))).message, /greater than unrefunded amount/);
    await stripe.refunds.create({ charge: charge.id });
    assert.deepEqual(await refundedOf(charge), [2000, true]);
    assert.equal((await refusal(stripe.refunds.create({ charge: charge.id }))).code, 'charge_already_refunded');
    assert.equal((await stripe.refunds.list({ payment_intent: intent.id })).data.length, 2);
    assert.equal((await stripe.refunds.update(part.id, { metadata: { a: 'b' } })).metadata.a, 'b');
    assert.equal((await refusal(stripe.refunds.create({ amount: 5 }))).statusCode, 400);
});

const refundedOf = async (charge) => {
    const now = await stripe.charges.retrieve(charge.id);
    return [now.amount_refunded, now.refunded];
};

const refundOf = (refund) => stripe.refunds.retrieve(refund.id);
const tellingOf = async ({ id }) => (await stripe.events.list({ limit: 100 })).data.filter(({ data }) => data.object.id === id).map(({ type }) => type).reverse();

test('a refund that is on its way counts as refunded, until it fails', async () => {
    const { subscription, intent, charge } = await bought();
    const refund = await sim.tell('refund', { subscription: subscription.id, status: 'pending' });
    assert.deepEqual(await refundedOf(charge), [2000, true]);
    assert.deepEqual([(await refundOf(refund)).status, (await refundOf(refund)).pending_reason], ['pending', 'processing']);
    const [shown] = (await stripe.charges.list({ payment_intent: intent.id, limit: 100, expand: ['data.refunds'] })).data;
    assert.deepEqual(shown.refunds.data.map(({ id, status }) => [id, status]), [[refund.id, 'pending']]);
    await sim.tell('refund', { refund: refund.id, do: 'fail' });
    assert.deepEqual(await refundedOf(charge), [0, false]);
    assert.equal((await refundOf(refund)).failure_reason, 'expired_or_canceled_card');
    assert.deepEqual(await tellingOf(refund), ['refund.created', 'refund.updated', 'refund.failed']);
    for (const how of ['succeed', 'fail', 'cancel']) await assert.rejects(sim.tell('refund', { refund: refund.id, do: how }), /a refund that is failed/);
});

test('a refund that is on its way arrives, and may fail even then', async () => {
    const { subscription, charge } = await bought();
    const refund = await sim.tell('refund', { subscription: subscription.id, status: 'pending' });
    await sim.tell('refund', { refund: refund.id, do: 'succeed' });
    assert.deepEqual([(await refundOf(refund)).status, (await refundOf(refund)).pending_reason], ['succeeded', undefined]);
    assert.deepEqual(await refundedOf(charge), [2000, true]);
    await assert.rejects(sim.tell('refund', { refund: refund.id, do: 'cancel' }), /cannot cancel/);
    await sim.tell('refund', { refund: refund.id, do: 'fail' });
    assert.deepEqual(await refundedOf(charge), [0, false]);
});

test('a refund that waits for the customer is cancelled', async () => {
    const { subscription, charge } = await bought();
    const refund = await sim.tell('refund', { subscription: subscription.id, amount: 700, status: 'requires_action' });
    assert.deepEqual(await refundedOf(charge), [700, false]);
    await sim.tell('refund', { refund: refund.id, do: 'cancel' });
    assert.deepEqual([(await refundOf(refund)).status, await refundedOf(charge)], ['canceled', [0, false]]);
    await assert.rejects(sim.tell('refund', { subscription: subscription.id, status: 'failed' }), /begins as/);
});

test('a refund by a control call is the same', async () => {
    const { subscription, charge } = await bought();
    await sim.tell('refund', { subscription: subscription.id });
    assert.deepEqual(await refundedOf(charge), [2000, true]);
});

test('a dispute is opened, won, lost and opened again', async () => {
    const { subscription, charge, intent } = await bought();
    const lost = await sim.tell('dispute', { do: 'open', subscription: subscription.id, reason: 'fraudulent' });
    const opened = await stripe.disputes.retrieve(lost.id, { expand: ['charge'] });
    assert.deepEqual([opened.status, opened.charge.id, opened.charge.disputed, opened.payment_intent, opened.customer], ['needs_response', charge.id, true, intent.id, undefined]);
    assert.equal((await refusal(stripe.refunds.create({ charge: charge.id }))).code, 'charge_disputed');
    await sim.tell('dispute', { do: 'close', dispute: lost.id, status: 'lost' });
    assert.equal((await stripe.events.list({ type: 'charge.dispute.closed' })).data[0].data.object.status, 'lost');
    await sim.tell('dispute', { do: 'reopen', dispute: lost.id });
    assert.equal((await stripe.disputes.retrieve(lost.id)).status, 'under_review');
    await sim.tell('dispute', { do: 'close', dispute: lost.id, status: 'won' });
    const types = (await stripe.events.list({ type: 'charge.dispute.*', limit: 50 })).data.map(({ type }) => type).reverse();
    assert.deepEqual(types, [
        'charge.dispute.created', 'charge.dispute.funds_withdrawn', 'charge.dispute.updated', 'charge.dispute.closed', 'charge.dispute.updated', 'charge.dispute.updated',
        'charge.dispute.closed', 'charge.dispute.funds_reinstated',
    ]);
    const other = await bought();
    const accepted = await stripe.disputes.close((await sim.tell('dispute', { do: 'open', charge: other.charge.id })).id);
    assert.equal(accepted.status, 'lost');
    assert.equal((await stripe.disputes.list({ charge: other.charge.id })).data.length, 1);
    assert.deepEqual((await stripe.disputes.list({ payment_intent: intent.id, limit: 100 })).data.map(({ id }) => id), [lost.id]);
    assert.deepEqual((await stripe.disputes.list({ payment_intent: other.intent.id })).data.map(({ id }) => id), [accepted.id]);
});

test('an inquiry takes no money', async () => {
    const { charge } = await bought();
    const inquiry = await sim.tell('dispute', { do: 'open', charge: charge.id, status: 'warning_needs_response' });
    await sim.tell('dispute', { do: 'close', dispute: inquiry.id, status: 'warning_closed' });
    assert.equal((await stripe.charges.retrieve(charge.id)).disputed, false);
    assert.equal((await stripe.disputes.retrieve(inquiry.id)).status, 'warning_closed');
});

test('an open invoice is paid, voided or given up', async () => {
    const owed = async () => {
        const customer = await stripe.customers.create({ invoice_settings: { default_payment_method: 'pm_card_chargeCustomerFail' } });
        const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: prices.price.id }], expand: ['latest_invoice.payments'] });
        return { customer, subscription, invoice: subscription.latest_invoice };
    };
    const first = await owed();
    assert.deepEqual([first.invoice.status, first.invoice.payments.data[0].status, first.invoice.attempt_count], ['open', 'open', 1]);
    assert.equal((await refusal(stripe.invoices.pay(first.invoice.id))).statusCode, 402);
    await sim.tell('customer', { customer: first.customer.id, payments: 'succeed' });
    assert.equal((await stripe.invoices.pay(first.invoice.id)).status, 'paid');
    assert.equal((await stripe.subscriptions.retrieve(first.subscription.id)).status, 'active');
    assert.equal((await refusal(stripe.invoices.pay(first.invoice.id))).message, 'Invoice is already paid');
    const second = await owed();
    assert.equal((await stripe.invoices.voidInvoice(second.invoice.id)).status, 'void');
    assert.equal((await stripe.subscriptions.retrieve(second.subscription.id)).status, 'incomplete_expired');
    const third = await owed();
    assert.equal((await stripe.invoices.markUncollectible(third.invoice.id)).status, 'uncollectible');
    assert.equal((await refusal(stripe.invoices.markUncollectible(third.invoice.id))).code, 'status_transition_invalid');
    const fourth = await owed();
    assert.equal((await stripe.invoices.pay(fourth.invoice.id, { paid_out_of_band: true })).status, 'paid');
    assert.deepEqual((await stripe.invoices.list({ customer: second.customer.id, status: 'void' })).data.map(({ id }) => id), [second.invoice.id]);
});

test('giving up what is owed makes a past_due subscription active', async () => {
    for (const giveUp of ['voidInvoice', 'markUncollectible']) {
        const { customer, subscription } = await subscribe(stripe, prices.price);
        await sim.tell('customer', { customer: customer.id, payments: 'fail' });
        await sim.tell('clock', { to: subscription.items.data[0].current_period_end + 2 * 3600 });
        const due = await stripe.subscriptions.retrieve(subscription.id);
        assert.equal(due.status, 'past_due');
        await stripe.invoices[giveUp](due.latest_invoice);
        assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, 'active');
    }
});

test('a draft is finalized by a call', async () => {
    const { customer, subscription } = await subscribe(stripe, prices.price);
    await sim.tell('clock', { to: subscription.items.data[0].current_period_end + 1 });
    const [draft] = (await stripe.invoices.list({ customer: customer.id })).data;
    assert.equal(draft.status, 'draft');
    assert.equal((await stripe.invoices.finalizeInvoice(draft.id)).status, 'open');
    assert.equal((await refusal(stripe.invoices.finalizeInvoice(draft.id))).code, 'invoice_not_editable');
});
