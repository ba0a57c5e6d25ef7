// Buying, as a user does it, against the Stripe simulator: who pays is Pro at once, and for exactly as long as Stripe says; one customer, one
// payable session and one subscription, whoever clicks how often and whatever dies or hangs in between.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { User } from './support/client.mjs';
import { endPrograms, logged, until } from './support/process.mjs';
import { nothingFollows } from './support/quiet.mjs';
import { becomes, buyPro, checkout, openShop, status, twoNodes } from './support/shop.mjs';

const day = 86_400;
const code = '135790';
const numbers = ['+12025550101', '+12025550102']; // In debug these may be sent codes without a pause.

after(() => endPrograms());

// Fifty clicks at once, over all `clients`, and what they may leave at Stripe; then one payment.
async function clickFifty(shop, user, clients, servers) {
    const buy = (client, price) => client.ask('POST', '/subscription/checkout/', { token: user.token, body: { plan: 'pro', price } });
    const clicks = await Promise.all(Array.from({ length: 50 }, (_, index) => {
        return buy(clients[index % clients.length], Math.floor(index / clients.length) % 2 ? shop.monthly : shop.yearly);
    }));
    for (const { status: code, headers, body } of clicks) {
        if (code === 200) continue;
        // Of any other refusal the log says why.
        if (body.code !== 'payment_provider_slow') await Promise.any(servers.map((server) => logged(server, body.request_id, 'request_failed'))).then(assert.fail);
        assert.equal(`${code} ${body.code}`, '503 payment_provider_slow');
        assert.match(headers['retry-after'], /^\d+$/);
    }
    assert.ok(clicks.some(({ status: code }) => code === 200));
    let answer;
    await until('a session', async () => (answer = await buy(clients[0], shop.yearly)).status === 200, { seconds: 60, everyMs: 500 });
    const last = answer.body.session_id;
    const mine = ({ metadata }) => metadata.user === String(user.id);
    const sessions = (await shop.objects('checkout.session')).filter(mine);
    assert.deepEqual(sessions.filter((session) => session.status === 'open').map(({ id }) => id), [last]);
    const customers = (await shop.objects('customer')).filter(mine);
    assert.equal(customers.length, 1);
    assert.deepEqual([...new Set(sessions.map(({ customer }) => customer))], [customers[0].id]);
    await shop.act(last, 'pay');
    await becomes(user, 'pro');
    assert.equal((await status(user)).price, shop.yearly);
    for (const client of clients) {
        const refused = await buy(client, shop.monthly);
        assert.equal(`${refused.status} ${refused.body.code}`, '409 already_subscribed');
        assert.match(refused.body.portal_url, /^http/);
    }
    assert.equal((await shop.subscriptionsOf(customers[0].id)).length, 1);
}

describe('payments', () => {
    let shop, server, client;
    before(async () => ({ shop, server, client } = await openShop({ OTP_TEST_NUMBERS: numbers.map((mobile) => `${mobile}:${code}`).join() })));
    after(() => client.close());

    test('prices of a plan are seen by everybody', async () => {
        const { body } = await client.ask('GET', '/plans/');
        const pro = body.results.find(({ name }) => name === 'pro');
        assert.deepEqual(pro.prices, [
            { id: shop.monthly, amount_minor: 2000, currency: 'usd', exponent: 2, interval: 'month', interval_count: 1 },
            { id: shop.yearly, amount_minor: 20000, currency: 'usd', exponent: 2, interval: 'year', interval_count: 1 },
        ]);
    });

    test('who pays is Pro, told by the webhook', async () => {
        const user = await User.signUp(client);
        assert.deepEqual(await status(user), { tier: 'basic', status: 'none', plan: null, price: null, current_period_end: null, cancels_at: null, grace_until: null, other_subscriptions: 0, source: 'none', publishable_key: null });
        const opened = await checkout(user);
        assert.match(opened.checkout_url, /^http/);
        assert.equal((await status(user)).status, 'pending');
        await shop.act(opened.session_id, 'pay');
        await becomes(user, 'pro');
        const { current_period_end: end, ...rest } = await status(user);
        assert.deepEqual(rest, { tier: 'pro', status: 'active', plan: 'pro', price: shop.monthly, cancels_at: null, grace_until: null, other_subscriptions: 0, source: 'stripe', publishable_key: null });
        assert.ok(Date.parse(end) > Date.now() + 27 * day * 1000);
        assert.equal((await user.usage()).limit, 1000);
    });

    test('who comes back from paying is Pro in the same answer, without any webhook', async () => {
        const user = await User.signUp(client);
        await shop.sim.tell('webhooks', { mode: 'drop' });
        try {
            const { session_id: session } = await checkout(user);
            assert.equal((await status(user, session)).status, 'pending');
            await shop.act(session, 'pay');
            const seen = await status(user, session);
            assert.equal(seen.tier, 'pro');
            assert.equal(seen.status, 'active');
        } finally {
            await shop.sim.tell('webhooks', { mode: 'send' });
        }
    });

    test('another user\'s session, or none, is not found', async () => {
        const [one, two] = [await User.signUp(client), await User.signUp(client)];
        const { session_id: session } = await checkout(one);
        await checkout(two);
        for (const id of [session, 'cs_test_nobody', '../v1/account', 'x'.repeat(200)]) {
            const answer = await two.client.ask('GET', `/subscription/status/?session_id=${encodeURIComponent(id)}`, { token: two.token });
            assert.equal(answer.status, 404, id);
            assert.equal(answer.body.code, 'session_not_found');
        }
        assert.equal((await status(two)).tier, 'basic');
    });

    test('a card that is declined leaves the session open, and nothing bought', async () => {
        const user = await User.signUp(client);
        const first = await checkout(user);
        await shop.act(first.session_id, 'decline');
        assert.deepEqual(await checkout(user), first);
        assert.equal((await status(user, first.session_id)).tier, 'basic');
        await shop.act(first.session_id, 'pay');
        await becomes(user, 'pro');
    });

    test('fifty clicks at once, for two prices, end in one payable session, one customer and one subscription', async () => {
        await clickFifty(shop, await User.signUp(client), [client], [server]);
    });

    for (const word of ['flexible', 'classic']) {
        test(`cancel, undo and the end of the period, billing mode ${word}`, async () => {
            const user = await User.signUp(client);
            const { session_id: session } = await checkout(user);
            const { customer } = (await shop.objects('checkout.session')).find(({ id }) => id === session);
            await shop.act(session, 'expire');
            await shop.make(`customers/${customer}`, { 'invoice_settings[default_payment_method]': 'pm_card_visa' });
            await shop.make('subscriptions', { customer, 'items[0][price]': shop.monthly, 'billing_mode[type]': word });
            await becomes(user, 'pro');

            const cancelled = await user.ask('POST', '/subscription/cancel/');
            assert.equal(cancelled.tier, 'pro');
            assert.equal(cancelled.cancels_at, cancelled.current_period_end);
            assert.deepEqual(await user.ask('POST', '/subscription/cancel/'), cancelled);
            const undone = await user.ask('POST', '/subscription/reactivate/');
            assert.equal(undone.cancels_at, null);
            assert.deepEqual(await user.ask('POST', '/subscription/reactivate/'), undone);

            const [subscription] = await shop.subscriptionsOf(customer);
            await shop.sim.tell('portal', { subscription: subscription.id, do: 'cancel' });
            await until('the portal\'s cancellation', async () => (await status(user)).cancels_at !== null);
            assert.equal((await user.ask('POST', '/subscription/reactivate/')).cancels_at, null);

            await user.ask('POST', '/subscription/cancel/');
            await shop.sim.tell('subscription', { subscription: subscription.id, do: 'cancel' });
            await becomes(user, 'basic');
            assert.equal((await status(user)).status, 'canceled');
        });
    }

    test('what is not bought can be neither cancelled nor undone, and has no portal', async () => {
        const user = await User.signUp(client);
        for (const path of ['cancel', 'reactivate', 'portal']) {
            const answer = await client.ask('POST', `/subscription/${path}/`, { token: user.token });
            assert.equal(answer.status, 404, path);
            assert.equal(answer.body.code, 'not_subscribed', path);
        }
    });

    test('the portal, and each of its flows', async () => {
        const user = await User.signUp(client);
        await buyPro(shop, user);
        for (const body of [undefined, { flow: 'payment_method' }, { flow: 'change_plan' }, { flow: 'cancel' }]) {
            const { url } = await user.ask('POST', '/subscription/portal/', { body });
            assert.match(url, /^http/, JSON.stringify(body));
        }
        const flows = (await shop.sim.calls({ path: '/v1/billing_portal/sessions' })).slice(-4).map(({ params }) => params.flow_data?.type ?? params['flow_data[type]'] ?? 'none');
        assert.deepEqual(flows, ['none', 'payment_method_update', 'subscription_update', 'subscription_cancel']);
    });

    test('buyers come back to places that are ours, and nowhere else', async () => {
        const user = await User.signUp(client);
        for (const return_url of ['https://evil.example.com/', `${server.url}.evil.example.com/`, 'javascript:alert(1)', '//evil.example.com/']) {
            const answer = await client.ask('POST', '/subscription/checkout/', { token: user.token, body: { plan: 'pro', return_url } });
            assert.equal(answer.status, 422, return_url);
            assert.equal(answer.body.errors[0].field, 'return_url');
        }
        const { session_id: id } = await checkout(user, { plan: 'pro', return_url: `${server.url}/back?tab=plan` });
        const session = (await shop.objects('checkout.session')).find((one) => one.id === id);
        assert.equal(session.success_url, `${server.url}/back?tab=plan&session_id={CHECKOUT_SESSION_ID}`);
    });

    test('plans and prices that are not sold', async () => {
        const user = await User.signUp(client);
        const cases = [[{ plan: 'basic' }, 404, 'plan_not_sold'], [{ plan: 'gold' }, 404, 'plan_not_sold'], [{ plan: 'pro', price: 'price_x' }, 422, 'invalid_input'], [{}, 422, 'invalid_input']];
        for (const [body, code, word] of cases) {
            const answer = await client.ask('POST', '/subscription/checkout/', { token: user.token, body });
            assert.equal(`${answer.status} ${answer.body.code}`, `${code} ${word}`, JSON.stringify(body));
        }
    });

    test('old paths of buying and of the webhook', async () => {
        const user = await User.signUp(client);
        const urls = [];
        for (const path of ['/subscription/pro/', '/subscribe/pro/', '/subscriptions/pro/']) urls.push((await user.ask('POST', path)).session_id);
        assert.equal(new Set(urls).size, 1);
        assert.equal((await user.ask('GET', '/subscriptions/status/')).status, 'pending');
    });

    for (const path of ['/subscription/webhook/', '/webhook/stripe/', '/subscriptions/webhook/stripe/']) {
        test(`what Stripe tells at ${path} is taken with its signature, and not without`, async () => {
            const user = await User.signUp(client);
            const { session_id: session } = await checkout(user);
            await nothingFollows(shop, server);
            await shop.sim.tell('webhooks', { mode: 'drop' });
            try {
                await shop.act(session, 'pay');
                const { subscription } = (await shop.sim.ask('objects', { id: session })).objects[0];
                const created = (await shop.call('GET', 'events?type=customer.subscription.created&limit=5')).data.find(({ data }) => data.object.id === subscription);
                const post = async (how) => (await shop.sim.tell('deliveries/forge', { event: created.id, url: server.url + path, ...how })).status;
                const answer = await client.ask('POST', path, { body: JSON.stringify(created) });
                assert.equal(`${answer.status} ${answer.body.code}`, '400 signature_missing');
                assert.equal(await post({ secret: 'whsec_wrong' }), 400);
                await logged(server, 'payment_signature_refused', 'STRIPE_WEBHOOK_SECRET'); // Once a minute: the first of these posts.
                await nothingFollows(shop, server);
                assert.equal((await status(user)).tier, 'basic');
                assert.equal(await post(), 200);
                await becomes(user, 'pro');
            } finally {
                await shop.sim.tell('webhooks', { mode: 'send' });
            }
        });
    }

    test('an account that is deleted is not charged any more', async () => {
        const [user, other] = await Promise.all(numbers.map((mobile) => User.signUp(client, { mobile })));
        await buyPro(shop, user);
        const { session_id: left } = await checkout(other);
        for (const gone of [user, other]) {
            await gone.ask('POST', '/auth/send-otp/', { body: { mobile: gone.mobile, purpose: 'confirm' } });
            await gone.ask('POST', '/auth/verify-otp/', { body: { mobile: gone.mobile, code, purpose: 'confirm' } });
            await gone.ask('DELETE', '/user/me/', { expect: 204 });
        }
        const customers = (await shop.objects('customer')).filter(({ metadata }) => metadata.user === String(user.id));
        await until('the subscription\'s end', async () => (await shop.subscriptionsOf(customers[0].id))[0].status === 'canceled');
        await until('the session\'s end', async () => (await shop.objects('checkout.session')).find(({ id }) => id === left).status === 'expired');
    });
});

describe('payments on two nodes over PostgreSQL', () => {
    let nodes;
    before(async () => {
        nodes = await twoNodes({ users: 5 });
    });
    after(() => nodes.close());

    // Calls that take a while, each another: so that both nodes are at each step at once.
    for (const [what, matching] of [
        ['a Stripe that is quick', []],
        ['a Stripe that is not', [{ method: 'POST', path: '/v1/customers', delay_ms: [0, 600], late_ms: [0, 300], times: -1 }, { method: 'POST', path: '/v1/checkout/sessions*', delay_ms: [0, 400], times: -1 }]],
    ]) {
        test(`fifty clicks at once on both, with ${what}, end in one payable session, one customer and one subscription`, { timeout: 300_000 }, async () => {
            const { shop, clients, cluster } = nodes;
            const user = await User.signUp(clients[0]);
            await shop.sim.tell('plan', { reset: true, matching });
            await clickFifty(shop, user, clients, cluster.serves);
            await shop.sim.tell('plan', { reset: true });
        });
    }
});
