// What each state of a subscription, an invoice and a payment at Stripe means for the plan and for who wants to buy, told by webhooks alone.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { User } from './support/client.mjs';
import { endPrograms, logged, until } from './support/process.mjs';
import { nothingFollows } from './support/quiet.mjs';
import { becomes, buyPro, checkout, openShop, portalFlows, press, sentToPortal, status } from './support/shop.mjs';

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
    const tells = (what, subscription) => logged(server, 'payment_alert', what, subscription);
    const reaches = (user, word) => until(`${word} for ${user.mobile}`, async () => (await status(user)).status === word);

    // The flow of the portal that a purchase is sent to.
    async function sentTo(user, body) {
        const { flows } = await sentToPortal(shop, user, body);
        assert.equal(flows.length, 1, flows.join());
        return flows[0];
    }

    test('incomplete: nothing yet, and the same session again', async () => {
        const user = await User.signUp(client);
        const first = await checkout(user);
        await shop.act(first.session_id, 'incomplete');
        await nothingFollows(shop, server);
        assert.deepEqual(await checkout(user), first);
        assert.equal((await status(user)).tier, 'basic');
        await shop.act(first.session_id, 'pay');
        await becomes(user, 'pro');
    });

    test('incomplete: for another price the session is expired, and one is made anew', async () => {
        const user = await User.signUp(client);
        const { session_id: first } = await checkout(user);
        await shop.act(first, 'incomplete');
        await nothingFollows(shop, server);
        const { session_id: second } = await checkout(user, { plan: 'pro', price: shop.yearly });
        const [session] = (await shop.sim.ask('objects', { id: first })).objects;
        assert.equal(session.status, 'expired');
        assert.equal((await shop.sim.ask('objects', { id: session.subscription })).objects[0].status, 'incomplete_expired');
        await nothingFollows(shop, server);
        assert.equal((await status(user)).tier, 'basic');
        await shop.act(second, 'pay');
        await becomes(user, 'pro');
        assert.equal((await status(user)).price, shop.yearly);
        assert.deepEqual((await shop.subscriptionsOf(session.customer)).map(({ status: word }) => word).sort(), ['active', 'incomplete_expired']);
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
        await nothingFollows(shop, server);
        assert.equal((await status(user)).tier, 'basic');
    });

    test('two live subscriptions are told, shown, and never cancelled', async () => {
        const { user, customer, subscription } = await subscriber();
        const second = await shop.make('subscriptions', { customer, 'items[0][price]': shop.yearly });
        await logged(server, 'two_subscriptions');
        await nothingFollows(shop, server);
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

    describe('flows of the portal that Stripe refuses: the plain portal', () => {
        after(() => shop.savePortal({ payment_method_update: { enabled: true } }));

        // The page that `flow` leads to, after the refusal, is one on which all is done by hand.
        async function opens(user, flow, expected) {
            const [last] = (await shop.sim.calls({ path: '/v1/billing_portal/sessions' })).slice(-1);
            const { url } = await user.ask('POST', '/subscription/portal/', { body: { flow } });
            assert.deepEqual(await portalFlows(shop, last?.id ?? 0), expected);
            assert.equal((await fetch(url)).status, 200);
            return url;
        }

        test('a price that the portal does not offer', async () => {
            const { user } = await subscriber();
            const lonely = (await shop.make('products', { name: 'Pro, elsewhere' })).id;
            const price = await shop.makePrice(lonely, 2500, 'month');
            await server.stop();
            await server.start({ STRIPE_PRICE_ID: `${shop.monthly},${shop.yearly},${price}` });
            await until('its being sold', async () => (await client.ask('GET', '/plans/')).body.results[1].prices.length === 3);
            const { page, flows } = await sentToPortal(shop, user, { plan: 'pro', price });
            assert.deepEqual(flows, ['subscription_update_confirm 400', 'none']);
            assert.equal((await fetch(page)).status, 200);
        });

        test('a subscription that is set to end', async () => {
            const { user, subscription } = await subscriber();
            assert.notEqual((await user.ask('POST', '/subscription/cancel/')).cancels_at, null);
            const page = await opens(user, 'cancel', ['subscription_cancel 400', 'none']);
            await press(page, 'undo', { subscription });
            await until('the undoing', async () => (await status(user)).cancels_at === null);
            await opens(user, 'cancel', ['subscription_cancel']);
        });

        test('no ways of paying can be changed there', async () => {
            const { user, subscription } = await subscriber();
            await shop.savePortal({ payment_method_update: { enabled: false } });
            await opens(user, 'payment_method', ['payment_method_update 400', 'none']);
            await set(subscription, { status: 'past_due' });
            await reaches(user, 'past_due');
            const { page, flows } = await sentToPortal(shop, user);
            assert.deepEqual(flows, ['payment_method_update 400', 'none']);
            assert.equal((await fetch(page)).status, 200);
        });
    });

    describe('money that goes back', () => {
        const isOver = (customer) => until('the end at Stripe', async () => (await shop.subscriptionsOf(customer))[0].status === 'canceled');

        const looks = async () => (await shop.sim.calls({ path: '/v1/charges' })).length;

        // What became of the payment was looked at since there were `before` looks, and nothing follows from it.
        async function staysPro({ user, customer }, before) {
            await nothingFollows(shop, server);
            assert.ok(await looks() > before, 'nobody looked at the payment');
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
            const before = await looks();
            await shop.sim.tell('refund', { subscription: it.subscription, amount: 500 });
            await staysPro(it, before);
            await shop.sim.tell('refund', { subscription: it.subscription, amount: 1500 });
            await isOver(it.customer);
            await becomes(it.user, 'basic');
        });

        for (const [word, ends, begins] of [['won', false], ['lost', true], ['warning_closed', false, 'warning_needs_response']]) {
            test(`a dispute that is ${word} ${ends ? 'ends it' : 'changes nothing'}`, async () => {
                const it = await subscriber();
                let before = await looks();
                const { id } = await shop.sim.tell('dispute', { do: 'open', subscription: it.subscription, ...(begins && { status: begins }) });
                await staysPro(it, before);
                before = await looks();
                await shop.sim.tell('dispute', { do: 'close', dispute: id, status: word });
                if (!ends) return staysPro(it, before);
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
            await nothingFollows(shop, server);
            const before = await looks();
            await shop.sim.tell('dispute', { do: 'reopen', dispute: id });
            await nothingFollows(shop, server);
            assert.ok(await looks() > before, 'nobody looked at the payment');
            assert.equal((await status(it.user)).tier, 'basic');
        });
    });
});

// The simulator's clock is one for all, so these have a shop of their own.
describe('states that come with time', () => {
    let shop, server, client;
    before(async () => ({ shop, server, client } = await openShop({ STRIPE_TRIAL_DAYS: '7' })));
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
        await nothingFollows(shop, server);
        const looks = async () => (await shop.sim.calls({ path: '/v1/charges' })).length;
        const before = await looks();
        await shop.sim.tell('refund', { invoice: first.id });
        await nothingFollows(shop, server);
        assert.ok(await looks() > before, 'nobody looked at the payment');
        assert.equal((await shop.subscriptionsOf(customer))[0].status, 'active');
        assert.equal((await status(user)).tier, 'pro');
        await shop.sim.tell('refund', { invoice: latest.id });
        await becomes(user, 'basic');
    });
});

// The portal of whoever ran `pollux stripe-setup` has a configuration of its own.
describe('the portal\'s configuration', () => {
    const owner = 'http://127.0.0.1:8000';
    let shop, client;
    before(async () => ({ shop, client } = await openShop({ PUBLIC_URL: owner })));
    after(() => client.close());

    test('it is used as long as it is there, and missed by nobody once it is switched off', async () => {
        const user = await User.signUp(client);
        await buyPro(shop, user);
        const made = await shop.make('billing_portal/configurations', {
            'metadata[pollux]': owner, 'features[payment_method_update][enabled]': true, 'features[invoice_history][enabled]': true,
        });
        const [theDefault] = (await shop.call('GET', 'billing_portal/configurations?is_default=true')).data;
        let seen = 0;
        const opened = async (body, expected) => {
            const { url } = await user.ask('POST', '/subscription/portal/', { body });
            const calls = await shop.sim.calls({ path: '/v1/billing_portal/sessions', after: seen });
            seen = calls.at(-1).id;
            assert.deepEqual(calls.map(({ params, status: code }) => [params.configuration ?? 'none', params.flow_data?.type ?? 'none', code]), expected);
            assert.equal((await fetch(url)).status, 200);
        };
        const asked = async () => (await shop.objects('billing_portal.session')).at(-1).configuration;
        await opened({ flow: 'payment_method' }, [[made.id, 'payment_method_update', 200]]);
        assert.equal(await asked(), made.id);
        await shop.make(`billing_portal/configurations/${made.id}`, { active: false });
        await opened({ flow: 'payment_method' }, [
            [made.id, 'payment_method_update', 400], [made.id, 'none', 400], ['none', 'payment_method_update', 200],
        ]);
        assert.equal(await asked(), theDefault.id);
        await opened(undefined, [['none', 'none', 200]]); // Nobody asks for it any more.
    });
});
