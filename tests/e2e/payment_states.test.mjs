// What each state of a subscription, an invoice and a payment at Stripe means for the plan and for who wants to buy, told by webhooks alone.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { User } from './support/client.mjs';
import { endPrograms, until } from './support/process.mjs';
import { becomes, buyPro, checkout, openShop, status } from './support/shop.mjs';

const day = 86_400;

after(() => endPrograms());

describe('states', () => {
    let shop, server, client;
    before(async () => ({ shop, server, client } = await openShop()));
    after(() => client.close());

    async function subscriber() {
        const user = await User.signUp(client);
        const session = await buyPro(shop, user);
        const { customer, subscription } = (await shop.sim.ask('objects', { id: session })).objects[0];
        return { user, session, customer, subscription };
    }

    const set = (subscription, fields) => shop.sim.tell('subscription', { subscription, set: fields });
    const tells = (what, subscription) => until(`an alert: ${what}`, () => server.log.split('\n').some((line) => line.includes('payment_alert') && line.includes(what) && line.includes(subscription)));
    const reaches = (user, word) => until(`${word} for ${user.mobile}`, async () => (await status(user)).status === word);

    // The flow of the portal that a purchase is sent to.
    async function sentTo(user, body = { plan: 'pro' }) {
        const answer = await client.ask('POST', '/subscription/checkout/', { token: user.token, body });
        assert.equal(`${answer.status} ${answer.body.code}`, '409 already_subscribed');
        assert.match(answer.body.portal_url, /^http/);
        const [{ params }] = (await shop.sim.calls({ path: '/v1/billing_portal/sessions' })).slice(-1);
        return params.flow_data?.type ?? 'none';
    }

    test('incomplete: nothing yet, and the same session again', async () => {
        const user = await User.signUp(client);
        const first = await checkout(user);
        await shop.act(first.session_id, 'incomplete');
        assert.deepEqual(await checkout(user), first);
        assert.equal((await status(user)).tier, 'basic');
        await shop.act(first.session_id, 'pay');
        await becomes(user, 'pro');
    });

    test('a bank debit: the plan at once, and as long as the money may still come', async () => {
        const user = await User.signUp(client);
        const { session_id: session } = await checkout(user);
        await shop.act(session, 'pay_later');
        await becomes(user, 'pro');
        await shop.act(session, 'async_fail');
        await becomes(user, 'basic');
    });

    test('active: whoever wants another price is sent to confirm it', async () => {
        const { user } = await subscriber();
        assert.equal(await sentTo(user, { plan: 'pro', price: shop.yearly }), 'subscription_update_confirm');
        assert.equal(await sentTo(user), 'none');
    });

    test('past_due: the plan for some days, and the way to pay', async () => {
        const { user, subscription } = await subscriber();
        await set(subscription, { status: 'past_due' });
        await reaches(user, 'past_due');
        const seen = await status(user);
        assert.equal(seen.tier, 'pro');
        const days = (Date.parse(seen.grace_until) - Date.now()) / 1000 / day;
        assert.ok(days > 2.9 && days < 3.1, seen.grace_until);
        assert.equal(await sentTo(user), 'payment_method_update');
    });

    test('unpaid and paused: no plan, no second subscription', async () => {
        for (const word of ['unpaid', 'paused']) {
            const { user, subscription } = await subscriber();
            await set(subscription, { status: word });
            await becomes(user, 'basic');
            assert.equal((await status(user)).status, word);
            assert.equal(await sentTo(user), 'payment_method_update');
            await set(subscription, { status: 'active' });
            await becomes(user, 'pro');
        }
    });

    test('a word that nobody knows yet is told, and gives nothing', async () => {
        const { user, subscription } = await subscriber();
        await set(subscription, { status: 'hibernating' });
        await becomes(user, 'basic');
        await tells('unknown_status', subscription);
    });

    test('void and uncollectible: whose latest invoice it is has no plan', async () => {
        for (const what of ['void', 'uncollectible']) {
            const user = await User.signUp(client);
            const { session_id: session } = await checkout(user);
            await shop.act(session, 'pay_later');
            await becomes(user, 'pro');
            const { subscription } = (await shop.sim.ask('objects', { id: session })).objects[0];
            const [{ latest_invoice: invoice }] = (await shop.sim.ask('objects', { id: subscription })).objects;
            await shop.sim.tell('invoice', { invoice, do: what });
            await becomes(user, 'basic');
            assert.equal((await status(user)).status, 'active');
        }
    });

    test('a price that no plan names is told, and gives nothing', async () => {
        const user = await User.signUp(client);
        const { session_id: session } = await checkout(user);
        const { customer } = (await shop.sim.ask('objects', { id: session })).objects[0];
        const product = await shop.make('products', { name: 'Other' });
        const other = await shop.make('prices', { product: product.id, currency: 'usd', unit_amount: 500, 'recurring[interval]': 'month' });
        await shop.make(`customers/${customer}`, { 'invoice_settings[default_payment_method]': 'pm_card_visa' });
        const made = await shop.make('subscriptions', { customer, 'items[0][price]': other.id });
        await tells('unknown_price', made.id);
        assert.equal((await status(user)).tier, 'basic');
    });

    test('two live subscriptions are told, shown, and never cancelled', async () => {
        const { user, customer, subscription } = await subscriber();
        const second = await shop.make('subscriptions', { customer, 'items[0][price]': shop.yearly });
        await until('the alert', () => server.log.includes('two_subscriptions'));
        assert.equal((await status(user)).other_subscriptions, 1);
        assert.equal((await status(user)).tier, 'pro');
        for (const { id, status: word } of await shop.subscriptionsOf(customer)) assert.equal(word, 'active', id);
        await shop.sim.tell('subscription', { subscription: second.id, do: 'cancel' });
        await until('the one that is left', async () => (await status(user)).price === shop.monthly);
        assert.equal((await status(user)).tier, 'pro');
        await shop.sim.tell('subscription', { subscription, do: 'cancel' });
        await becomes(user, 'basic');
    });

    test('a customer that is deleted at Stripe is nobody\'s; the next purchase makes another', async () => {
        const { user, customer } = await subscriber();
        await shop.call('DELETE', `customers/${customer}`);
        await becomes(user, 'basic');
        const session = await buyPro(shop, user);
        assert.notEqual((await shop.sim.ask('objects', { id: session })).objects[0].customer, customer);
    });

    test('one whose deletion nobody told is found out by the next purchase', async () => {
        const user = await User.signUp(client);
        const { session_id: first } = await checkout(user);
        const { customer } = (await shop.sim.ask('objects', { id: first })).objects[0];
        await shop.act(first, 'expire');
        await shop.sim.tell('webhooks', { mode: 'drop' });
        await shop.call('DELETE', `customers/${customer}`);
        await shop.sim.tell('webhooks', { mode: 'send' });
        const session = await buyPro(shop, user);
        assert.notEqual((await shop.sim.ask('objects', { id: session })).objects[0].customer, customer);
    });

    describe('money that goes back', () => {
        const isOver = (customer) => until('the end at Stripe', async () => (await shop.subscriptionsOf(customer))[0].status === 'canceled');

        const lookedAt = async () => (await shop.sim.calls({ path: '/v1/charges' })).length;

        // What became of the payment was looked at more than `asked` times, and nothing followed.
        async function staysPro({ user, customer }, asked) {
            await until('a look at the payment', async () => (await lookedAt()) > asked);
            await until('an end of it', async () => (await shop.sim.ask('calls', { path: '/none' })).running === 0);
            assert.equal((await shop.subscriptionsOf(customer))[0].status, 'active');
            assert.equal((await status(user)).tier, 'pro');
        }

        test('a full refund of the latest invoice ends the subscription', async () => {
            const it = await subscriber();
            await shop.sim.tell('refund', { subscription: it.subscription });
            await isOver(it.customer);
            await becomes(it.user, 'basic');
        });

        test('a refund of a part does not, until the rest follows', async () => {
            const it = await subscriber();
            const asked = await lookedAt();
            await shop.sim.tell('refund', { subscription: it.subscription, amount: 500 });
            await staysPro(it, asked);
            await shop.sim.tell('refund', { subscription: it.subscription, amount: 1500 });
            await isOver(it.customer);
            await becomes(it.user, 'basic');
        });

        for (const [word, ends] of [['won', false], ['lost', true]]) {
            test(`a dispute that is ${word} ${ends ? 'ends it' : 'changes nothing'}`, async () => {
                const it = await subscriber();
                let asked = await lookedAt();
                const { id } = await shop.sim.tell('dispute', { do: 'open', subscription: it.subscription });
                await staysPro(it, asked);
                asked = await lookedAt();
                await shop.sim.tell('dispute', { do: 'close', dispute: id, status: word });
                if (!ends) return staysPro(it, asked);
                await isOver(it.customer);
                await becomes(it.user, 'basic');
            });
        }

        test('a dispute that was lost and is opened again brings nothing back', async () => {
            const it = await subscriber();
            const { id } = await shop.sim.tell('dispute', { do: 'open', subscription: it.subscription });
            await shop.sim.tell('dispute', { do: 'close', dispute: id, status: 'lost' });
            await isOver(it.customer);
            await becomes(it.user, 'basic');
            await shop.sim.tell('dispute', { do: 'reopen', dispute: id });
            await shop.sim.tell('deliveries/drain', {});
            assert.equal((await status(it.user)).tier, 'basic');
        });
    });
});

// The simulator's clock is one for all, so these have a shop of their own.
describe('states that come with time', () => {
    let shop, client;
    before(async () => ({ shop, client } = await openShop({ STRIPE_TRIAL_DAYS: '7' })));
    after(() => client.close());

    test('a trial gives the plan, once', async () => {
        const user = await User.signUp(client);
        const session = await buyPro(shop, user);
        assert.equal((await status(user)).status, 'trialing');
        const { subscription } = (await shop.sim.ask('objects', { id: session })).objects[0];
        await shop.sim.tell('subscription', { subscription, do: 'cancel' });
        await becomes(user, 'basic');
        await buyPro(shop, user);
        assert.equal((await status(user)).status, 'active');
    });

    test('a refund of an older invoice does not end what was paid for since', async () => {
        const user = await User.signUp(client);
        const session = await buyPro(shop, user);
        const { customer, subscription } = (await shop.sim.ask('objects', { id: session })).objects[0];
        await shop.sim.advance(8 * day); // The trial ends, and the first month is paid.
        const first = (await shop.call('GET', `invoices?subscription=${subscription}`)).data[0];
        await shop.sim.advance(32 * day);
        const [latest] = (await shop.call('GET', `invoices?subscription=${subscription}`)).data;
        assert.notEqual(latest.id, first.id);
        assert.equal(latest.status, 'paid');
        await shop.sim.tell('refund', { invoice: first.id });
        await shop.sim.tell('deliveries/drain', {});
        await until('an end of the look', async () => (await shop.sim.ask('calls', { path: '/none' })).running === 0);
        assert.equal((await shop.subscriptionsOf(customer))[0].status, 'active');
        assert.equal((await status(user)).tier, 'pro');
        await shop.sim.tell('refund', { invoice: latest.id });
        await becomes(user, 'basic', 10);
    });
});
