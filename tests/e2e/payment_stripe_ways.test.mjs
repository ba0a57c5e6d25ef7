// Ways of Stripe's that surprise: money that comes days after the purchase, subscriptions that nobody may end yet, refunds that arrive later or
// never, limits of rate, taxes, and events that come hours late. Nobody gains or loses a plan by any of it, and nobody pays twice.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { User } from './support/client.mjs';
import { command } from './support/command.mjs';
import { endPrograms, logged, sleep, temporaryFolder, until } from './support/process.mjs';
import { becomes, buyPro, checkout, openShop, status } from './support/shop.mjs';
import { StripeSim } from './support/stripe_sim.mjs';

after(() => endPrograms());

const patience = 60; // Seconds.
const code = '135790';
const numbers = ['+12025550141', '+12025550142']; // In debug these may be sent codes without a pause.

const buy = (user, body = { plan: 'pro' }) => user.client.ask('POST', '/subscription/checkout/', { token: user.token, body });
const reaches = (user, word) => until(`${word} for ${user.mobile}`, async () => (await status(user)).status === word, { seconds: patience });
const sessionOf = async (shop, id) => (await shop.sim.ask('objects', { id })).objects[0];

// Until all that was told has been done: no event is on its way, and no task that follows from one is open, as only a stopped server shows.
async function isDone(shop, server) {
    await shop.sim.tell('deliveries/drain');
    await until('an end of the tasks', async () => {
        await server.stop();
        const open = await server.rows("select kind from tasks where kind in ('stripe_customer', 'stripe_payment', 'stripe_cancel', 'stripe_end_customer')");
        await server.start();
        return open.length === 0;
    }, { seconds: 120, everyMs: 2000 });
}

async function deleteAccount(user) {
    await user.ask('POST', '/auth/send-otp/', { body: { mobile: user.mobile, purpose: 'confirm' } });
    await user.ask('POST', '/auth/verify-otp/', { body: { mobile: user.mobile, code, purpose: 'confirm' } });
    await user.ask('DELETE', '/user/me/', { expect: 204 });
}

describe('money that Stripe waits for', () => {
    let shop, server, client;
    before(async () => ({ shop, server, client } = await openShop({ OTP_TEST_NUMBERS: numbers.map((mobile) => `${mobile}:${code}`).join() })));
    after(() => client.close());

    // Complete, unpaid, and the subscription incomplete.
    async function waiting(mobile) {
        const user = await User.signUp(client, { mobile });
        const { session_id: session } = await checkout(user);
        await shop.act(session, 'pay_later_incomplete');
        return { user, session, ...(await sessionOf(shop, session)) };
    }

    async function isRefused(user) {
        for (const price of [shop.monthly, shop.yearly]) {
            const answer = await buy(user, { plan: 'pro', price });
            assert.equal(`${answer.status} ${answer.body.code}`, '409 payment_pending');
        }
    }

    test('gives no plan and lets nobody buy twice, until it has come', async () => {
        const { user, session, customer } = await waiting();
        for (const seen of [await status(user, session), await reaches(user, 'incomplete') && await status(user)])
            assert.deepEqual([seen.tier, seen.status], ['basic', 'incomplete']);
        await isRefused(user);
        await shop.act(session, 'async_succeed');
        await becomes(user, 'pro', patience);
        assert.equal((await status(user)).status, 'active');
        assert.equal((await shop.subscriptionsOf(customer)).length, 1);
    });

    test('and that never comes leaves the way free', async () => {
        const { user, session, customer } = await waiting();
        await isRefused(user);
        await shop.act(session, 'async_fail');
        await reaches(user, 'incomplete_expired');
        const next = await checkout(user);
        assert.notEqual(next.session_id, session);
        await shop.act(next.session_id, 'pay');
        await becomes(user, 'pro', patience);
        assert.deepEqual((await shop.subscriptionsOf(customer)).map(({ status: word }) => word).sort(), ['active', 'incomplete_expired']);
    });

    const refusals = async (subscription) => (await shop.sim.calls({ method: 'DELETE', path: `/v1/subscriptions/${subscription}` })).filter((call) => call.status === 400).length;
    const stands = async (customer) => (await shop.subscriptionsOf(customer))[0].status;

    test('is ended with the account, as soon as Stripe lets anybody end it', async () => {
        const { user, session, customer, subscription } = await waiting(numbers[0]);
        await deleteAccount(user);
        await until('a refusal', async () => (await refusals(subscription)) > 0, { seconds: patience });
        assert.equal(await stands(customer), 'incomplete');
        await shop.act(session, 'async_succeed');
        await until('its end', async () => (await stands(customer)) === 'canceled', { seconds: 2 * patience });
    });

    test('and that was ended with the account and never comes leaves nothing behind', async () => {
        const { user, customer, subscription } = await waiting(numbers[1]);
        await deleteAccount(user);
        await until('a refusal', async () => (await refusals(subscription)) > 0, { seconds: patience });
        await shop.sim.advance(24 * 3600);
        assert.equal(await stands(customer), 'incomplete_expired');
        await isDone(shop, server);
        assert.deepEqual(server.log.split('\n').filter((line) => line.includes('"task_dead"')), []);
    });
});

describe('what Stripe refuses to end', () => {
    let shop, server, client;
    before(async () => ({ shop, server, client } = await openShop()));
    after(() => client.close());

    test('keeps who lost it from buying again until it is ended, and says so to the operator', async () => {
        const user = await User.signUp(client);
        const { session_id: session } = await checkout(user);
        await shop.act(session, 'pay_later');
        await becomes(user, 'pro', patience);
        await shop.act(session, 'async_fail');
        await becomes(user, 'basic', patience);
        const { customer } = await sessionOf(shop, session);
        await shop.sim.tell('plan', { matching: [{ method: 'DELETE', path: '/v1/subscriptions/*', status: 400, message: 'Not this one.' }] });
        const refused = await buy(user);
        assert.equal(`${refused.status} ${refused.body.code}`, '502 payment_refused');
        await logged(server, '"payment_refused"', 'Not this one.');
        assert.deepEqual((await shop.subscriptionsOf(customer)).map(({ status: word }) => word), ['active']);
        await shop.act((await checkout(user)).session_id, 'pay');
        await becomes(user, 'pro', patience);
        assert.deepEqual((await shop.subscriptionsOf(customer)).map(({ status: word }) => word).sort(), ['active', 'canceled']);
    });
});

describe('refunds on their way', () => {
    let shop, server, client;
    before(async () => ({ shop, server, client } = await openShop()));
    after(() => client.close());

    async function subscriber() {
        const user = await User.signUp(client);
        const { customer, subscription } = await sessionOf(shop, await buyPro(shop, user));
        return { user, customer, subscription };
    }
    const wordOf = async (customer) => (await shop.subscriptionsOf(customer))[0].status;

    for (const [how, ends] of [['fail', false], ['succeed', true]]) {
        for (const begins of ['pending', 'requires_action']) {
            test(`one that was ${begins} and will ${how} ${ends ? 'ends the plan when it has arrived' : 'leaves who has paid what was paid for'}`, async () => {
                const it = await subscriber();
                const refund = await shop.sim.tell('refund', { subscription: it.subscription, status: begins });
                await isDone(shop, server);
                assert.equal(await wordOf(it.customer), 'active');
                assert.equal((await status(it.user)).tier, 'pro');
                await shop.sim.tell('refund', { refund: refund.id, do: how });
                await isDone(shop, server);
                assert.equal(await wordOf(it.customer), ends ? 'canceled' : 'active');
                await becomes(it.user, ends ? 'basic' : 'pro', patience);
            });
        }
    }

    test('the first part arrived and the rest on its way: not yet', async () => {
        const it = await subscriber();
        await shop.sim.tell('refund', { subscription: it.subscription, amount: 500 });
        const rest = await shop.sim.tell('refund', { subscription: it.subscription, status: 'pending' });
        await isDone(shop, server);
        assert.equal(await wordOf(it.customer), 'active');
        await shop.sim.tell('refund', { refund: rest.id, do: 'succeed' });
        await until('the end', async () => (await wordOf(it.customer)) === 'canceled', { seconds: patience });
        await becomes(it.user, 'basic', patience);
    });

    // Stripe revives nothing; the operator has the money again, and the payer what was paid for, to the end of the period.
    test('one that fails after it had arrived gives the paid period back', async () => {
        const it = await subscriber();
        const refund = await shop.sim.tell('refund', { subscription: it.subscription });
        await becomes(it.user, 'basic', patience);
        await shop.sim.tell('refund', { refund: refund.id, do: 'fail' });
        await becomes(it.user, 'pro', patience);
        await isDone(shop, server);
        assert.deepEqual([await wordOf(it.customer), (await status(it.user)).tier], ['canceled', 'pro']);
        assert.equal((await buy(it.user)).status, 200, 'who wants more than the period may buy it');
    });
});

describe('twenty-five requests a second', () => {
    test('fifty clicks for two prices end in one of each, for who comes back as told', { timeout: 400_000 }, async () => {
        const { shop, client } = await openShop();
        await shop.sim.tell('settings', { requests_per_second: 25 });
        const user = await User.signUp(client);
        const click = async (index) => {
            for (const end = Date.now() + 240_000;;) {
                const answer = await buy(user, { plan: 'pro', price: index % 2 ? shop.monthly : shop.yearly });
                if (answer.status === 200) return;
                assert.equal(`${answer.status} ${answer.body.code}`, '503 payment_provider_slow');
                assert.ok(Date.now() < end, 'a click that is never answered');
                await sleep(Number(answer.headers['retry-after']) * 1000 * (0.5 + Math.random()));
            }
        };
        await Promise.all(Array.from({ length: 50 }, (_, index) => click(index)));
        assert.ok((await shop.sim.calls()).some((call) => call.status === 429), 'the limit was reached');
        await shop.sim.tell('settings', { requests_per_second: 0 });
        const { session_id: last } = await checkout(user);
        const sessions = (await shop.objects('checkout.session')).filter(({ metadata }) => metadata.user === String(user.id));
        assert.deepEqual(sessions.filter((session) => session.status === 'open').map(({ id }) => id), [last]);
        assert.equal((await shop.objects('customer')).filter(({ metadata }) => metadata.user === String(user.id)).length, 1);
        await shop.act(last, 'pay');
        await becomes(user, 'pro', patience);
        assert.equal((await shop.subscriptionsOf(sessions[0].customer)).length, 1);
        client.close();
    });

    const parts = ['product', 'price', 'billing_portal.configuration', 'webhook_endpoint'];
    const setUp = (sim) => command({ folder: temporaryFolder(), env: { PUBLIC_URL: 'https://chat.example.com', STRIPE_SECRET_KEY: 'sk_test_1', STRIPE_BASE_URL: sim.url } },
        'stripe-setup', '--amount', '20.00');
    const isSetUp = async (sim) => {
        for (const kind of parts) assert.equal((await sim.ask('objects', { kind })).objects.length, 1, kind);
    };

    test('are enough for stripe-setup', async () => {
        const sim = await StripeSim.start();
        await sim.tell('settings', { requests_per_second: 25 });
        const { code: ended, stdout, said } = await setUp(sim);
        assert.equal(ended, 0, said + stdout);
        await isSetUp(sim);
        await sim.stop();
    });

    test('may be used up by others: stripe-setup says so wherever it is, and goes on there when it is run again', async () => {
        const sim = await StripeSim.start();
        const paths = ['products', 'prices', 'billing_portal/configurations', 'webhook_endpoints'];
        await sim.tell('plan', { matching: paths.map((path) => ({ method: 'POST', path: `/v1/${path}`, status: 429, code: 'rate_limit' })) });
        for (const path of paths) {
            const { code: ended, stdout, said } = await setUp(sim);
            assert.equal(ended, 1, path);
            assert.match(said, /rate limit/i, stdout);
        }
        const { code: ended, stdout, said } = await setUp(sim);
        assert.equal(ended, 0, said + stdout);
        await isSetUp(sim);
        await sim.stop();
    });
});

describe('taxes and promotion codes', () => {
    for (const [what, settings, asked] of [['asked for where they are switched on', { STRIPE_AUTOMATIC_TAX: 'True', STRIPE_PROMOTION_CODES: 'True' }, true], ['left out by default', {}, false]]) {
        test(`are ${what}`, async () => {
            const { shop, client } = await openShop(settings);
            const user = await User.signUp(client);
            const { session_id: id } = await checkout(user);
            const session = await sessionOf(shop, id);
            assert.deepEqual([session.automatic_tax.enabled, session.allow_promotion_codes ?? false], [asked, asked]);
            const [{ params }] = (await shop.sim.calls({ method: 'POST', path: '/v1/checkout/sessions' })).slice(-1);
            assert.deepEqual(params.customer_update, asked ? { address: 'auto' } : undefined);
            await shop.act(id, 'pay');
            await becomes(user, 'pro', patience);
            const [customer] = (await shop.sim.ask('objects', { id: session.customer })).objects;
            assert.equal(customer.address?.country, asked ? 'DE' : undefined, 'what the buyer types belongs to the customer');
            client.close();
        });
    }
});

describe('an hour without Pollux', () => {
    test('events that nobody took come again after hours, and put in force what was paid meanwhile', { timeout: 300_000 }, async () => {
        const { shop, server, client } = await openShop();
        await shop.sim.tell('webhooks', { schedule: 'stripe' });
        const user = await User.signUp(client);
        const { session_id: session } = await checkout(user);
        await server.stop();
        await shop.act(session, 'pay');
        await shop.sim.tell('deliveries/drain');
        const { deliveries } = await shop.sim.ask('deliveries', { state: 'retrying' });
        assert.ok(deliveries.some(({ type }) => type === 'customer.subscription.created'));
        await server.start();
        assert.equal((await status(user)).tier, 'basic');
        await shop.sim.advance(50 * 60);
        await shop.sim.tell('deliveries/drain');
        assert.equal((await shop.sim.ask('deliveries', { state: 'retrying' })).deliveries.length, deliveries.length, 'not yet');
        assert.equal((await status(user)).tier, 'basic');
        await shop.sim.advance(15 * 60);
        await shop.sim.tell('deliveries/drain');
        await becomes(user, 'pro', patience);
        for (const { event } of deliveries) assert.equal((await shop.sim.ask('deliveries', { event })).deliveries[0].state, 'succeeded', event);
        client.close();
    });
});
