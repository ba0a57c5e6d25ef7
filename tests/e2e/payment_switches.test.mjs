// A switch of price moves what was paid from one period to another: its invoice takes no money, and says nothing of whether the purchase was
// ever paid for. What happens to the purchase afterwards, or happened before, decides all the same.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { User } from './support/client.mjs';
import { endPrograms, until } from './support/process.mjs';
import { becomes, checkout, openShop, status } from './support/shop.mjs';

after(() => endPrograms());

const day = 24 * 3600;
const patience = 60; // Seconds.

describe('who switches from a year to a month', () => {
    let shop, server, client;
    before(async () => ({ shop, server, client } = await openShop()));
    after(async () => {
        client.close();
        assert.equal((await server.stop()).code, 0);
        await shop.sim.stop();
    });

    // Has bought a year by `act`; {user, session, customer, subscription}.
    async function ofAYear(act) {
        const user = await User.signUp(client);
        const { session_id: session } = await checkout(user, { plan: 'pro', price: shop.yearly });
        await shop.act(session, act);
        await becomes(user, 'pro', patience);
        const [{ customer, subscription }] = (await shop.sim.ask('objects', { id: session })).objects;
        return { user, session, customer, subscription };
    }
    const invoicesOf = async (customer) => (await shop.objects('invoice')).filter((one) => one.customer === customer);

    async function toAMonth({ user, customer, subscription }) {
        await shop.sim.tell('portal', { subscription, do: 'switch', price: shop.monthly });
        await until('the switch', async () => (await status(user)).price === shop.monthly, { seconds: patience });
        const latest = (await invoicesOf(customer)).at(-1);
        assert.deepEqual([latest.billing_reason, latest.status, latest.amount_paid], ['subscription_update', 'paid', 0], 'it takes no money');
    }

    test('and paid for the year keeps the plan', async () => {
        const it = await ofAYear('pay');
        await toAMonth(it);
        assert.equal((await status(it.user)).tier, 'pro');
    });

    test('loses the plan when the debit for the year fails, and may buy again', async () => {
        const it = await ofAYear('pay_later');
        await toAMonth(it);
        await shop.act(it.session, 'async_fail');
        await becomes(it.user, 'basic', patience);
        await shop.act((await checkout(it.user)).session_id, 'pay');
        await becomes(it.user, 'pro', patience);
        assert.deepEqual((await shop.subscriptionsOf(it.customer)).map(({ status: word }) => word).sort(), ['active', 'canceled']);
    });

    test('gets no plan by it when the debit has failed before', async () => {
        const it = await ofAYear('pay_later');
        await shop.act(it.session, 'async_fail');
        await becomes(it.user, 'basic', patience);
        await toAMonth(it);
        assert.equal((await status(it.user)).tier, 'basic');
    });

    test('loses the plan when the year is refunded in full', async () => {
        const it = await ofAYear('pay');
        await toAMonth(it);
        const charge = (await shop.objects('charge')).find((one) => one.customer === it.customer && one.paid);
        await shop.sim.tell('refund', { charge: charge.id });
        await becomes(it.user, 'basic', patience);
        assert.deepEqual((await shop.subscriptionsOf(it.customer)).map(({ status: word }) => word), ['canceled']);
    });

    // The last one: time moves for all of them.
    test('while its renewal is not paid has the grace of that renewal', async () => {
        const it = await ofAYear('pay');
        await shop.sim.tell('customer', { customer: it.customer, payments: 'fail' });
        await shop.sim.advance(366 * day);
        await until('past due', async () => (await status(it.user)).status === 'past_due', { seconds: patience });
        const [renewal] = (await invoicesOf(it.customer)).filter((one) => one.billing_reason === 'subscription_cycle');
        assert.equal(renewal.status, 'open');
        await toAMonth(it);
        const seen = await status(it.user);
        assert.equal(seen.status, 'active');
        const graceDays = 3;
        assert.equal(Date.parse(seen.grace_until) / 1000, renewal.status_transitions.finalized_at + graceDays * day);
    });
});
