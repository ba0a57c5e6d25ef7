// What tests tell the simulator: a word that it does not know is refused and has changed nothing, since a test that asked for nothing could
// not fail.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { endPrograms } from '../e2e/support/process.mjs';
import { StripeSim, makePrices, subscribe } from './support/sim.mjs';

let sim;
let session;
let subscription;
let endpoint;
after(endPrograms);
before(async () => {
    sim = await StripeSim.start();
    const stripe = sim.client();
    const { price } = await makePrices(stripe);
    ({ subscription } = await subscribe(stripe, price));
    session = await stripe.checkout.sessions.create({ mode: 'subscription', line_items: [{ price: price.id, quantity: 1 }], success_url: 'https://example.com/' });
    endpoint = await stripe.webhookEndpoints.create({ url: 'http://127.0.0.1:9/', enabled_events: ['*'] });
});

const everything = async () => JSON.stringify(await Promise.all(['subscription', 'invoice', 'charge', 'refund', 'dispute', 'checkout.session', 'webhook_endpoint', 'event']
    .map((kind) => sim.ask('objects', { kind }))));

const readings = [
    ['deliveries', { state: 'sent' }, /state is held, waiting, running, retrying, succeeded, failed or dropped/],
    ['deliveries', { status: 'held' }, /has no field status: it takes event state/],
    ['calls', { pth: '/v1/customers' }, /has no field pth/],
    ['objects', { kind: 'subscriptions' }, /no object is called 'subscriptions'/],
    ['objects', { kind: 'customer', account: 'acct_9' }, /no key is of the account 'acct_9'/],
    ['objects', { kind: 'customer', mode: 'Live' }, /mode is one of live test, not 'Live'/],
    ['objects', {}, /no object is called ''/],
    ['clock', { now: 1 }, /has no field now: it takes nothing/],
    ['setting', {}, /there is nothing to read of setting/],
];
for (const [what, query, why] of readings) {
    test(`reading ${what} ${JSON.stringify(query)} is refused`, () => assert.rejects(sim.ask(what, query), why));
}

const tellings = [
    ['checkout', () => ({ session: session.id, do: 'buy' }), /do is pay, decline/],
    ['checkout', () => ({ session: session.id, does: 'pay' }), /has no field does/],
    ['checkout', () => ({ session: session.id }), /do is pay, decline/],
    ['customer', () => ({ customer: subscription.customer, payments: 'sucess' }), /payments is one of/],
    ['subscription', () => ({ subscription: subscription.id, do: 'end' }), /do is one of cancel expire, not 'end'/],
    ['subscription', () => ({ subscription: subscription.id, set: { cancel_at: 9_999_999_999 }, do: 'end' }), /do is one of/],
    ['subscription', () => ({ subscription: subscription.id, do: 'cancel', reason: 'boredom' }), /reason is one of/],
    ['subscription', () => ({ subscription: subscription.id }), /do is one of/],
    ['subscription', () => ({ subscription: subscription.id, set: { cancelat: 1 } }), /has no field cancelat/],
    ['invoice', () => ({ invoice: subscription.latest_invoice, do: 'refund' }), /do is one of finalize pay/],
    ['portal', () => ({ subscription: subscription.id, do: 'stop' }), /do is cancel, undo/],
    ['refund', () => ({ subscription: subscription.id, ammount: 5 }), /has no field ammount/],
    ['refund', () => ({ subscription: subscription.id, status: 'done' }), /begins as/],
    ['dispute', () => ({ do: 'begin', subscription: subscription.id }), /do is one of open close reopen/],
    ['dispute', () => ({ do: 'open', subscription: subscription.id, status: 'won' }), /begins with status/],
    ['endpoint', () => ({ endpoint: endpoint.id, do: 'off' }), /do is one of disable enable roll_secret/],
    ['endpoint', () => ({ endpoint: endpoint.id, set: { status: 'disabled' }, do: 'off' }), /do is one of/],
    ['settings', () => ({ requests_a_second: 5 }), /has no field requests_a_second/],
    ['settings', () => ({ after_last_retry: 'stop' }), /after_last_retry is one of/],
    ['settings', () => ({ draft_s: 'an hour' }), /draft_s is a number/],
    ['clock', () => ({ advance: 60 }), /has no field advance/],
    ['clock', () => ({}), /write advance_s or to/],
    ['webhooks', () => ({ retry: 5 }), /has no field retry/],
    ['webhooks', () => ({ schedule: 'hourly' }), /schedule is stripe or machine/],
    ['keys', () => ({ key: 'sk_test_7', acount: 'acct_1' }), /has no field acount/],
    ['many', () => ({ customers: 1, evnts: true }), /has no field evnts/],
    ['deliveries/release', () => ({ order: 'reversed' }), /order is as_is/],
    ['deliveries/redeliver', () => ({ event: 'evt_1' }), /there is no event 'evt_1'/],
    ['deliveries/drain', () => ({ timeout: 5 }), /has no field timeout/],
    ['batch', () => ({ acts: [{ on: 'subscriptions', do: 'cancel' }] }), /an act is on one of/],
    ['batch', () => ({ acts: [{ on: 'subscription', subscription: subscription.id, does: 'cancel' }] }), /has no field does/],
    ['sessions', () => ({}), /there is nothing to do on sessions/],
];
for (const [what, how, why] of tellings) {
    test(`telling ${what} what is none is refused, and changes nothing: ${why.source}`, async () => {
        const [before, settings, plan] = [await everything(), await sim.ask('settings'), await sim.ask('webhooks')];
        await assert.rejects(sim.tell(what, how()), why);
        assert.deepEqual([await everything(), await sim.ask('settings'), await sim.ask('webhooks')], [before, settings, plan]);
    });
}

test('what is known is taken', async () => {
    await sim.ask('deliveries', { state: 'succeeded', event: 'evt_1' });
    await sim.ask('objects', { kind: 'customer', account: 'acct_2', mode: 'live' });
    await sim.tell('settings', { account: 'acct_2', mode: 'live', requests_per_second: 3 });
    assert.equal((await sim.ask('settings', { account: 'acct_2', mode: 'live' })).requests_per_second, 3);
    assert.equal((await sim.ask('settings')).requests_per_second, 0);
    await sim.tell('batch', { acts: [{ on: 'checkout', session: session.id, do: 'expire' }, { on: 'subscription', subscription: subscription.id, do: 'cancel', reason: 'payment_failed' }] });
    assert.equal((await sim.ask('objects', { id: subscription.id })).objects[0].cancellation_details.reason, 'payment_failed');
});
