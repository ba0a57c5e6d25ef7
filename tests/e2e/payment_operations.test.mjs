// What was begun at Stripe ends, and nothing is left open behind it: keys that are refused and come back, pages that are open beside a
// subscription, products that are archived, clients that send a key of their own, and answers that are about somebody else.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { listening } from './support/listening.mjs';
import { endPrograms, logged } from './support/process.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { Shop, becomes, buyPro, checkout, openShop, pricesAreKnown, status } from './support/shop.mjs';

after(() => endPrograms());

const patience = 60; // Seconds.
const making = { method: 'POST', path: '/v1/checkout/sessions' };

const buy = (user, { headers = {}, ...body } = { plan: 'pro' }) => user.client.ask('POST', '/subscription/checkout/', { token: user.token, body, headers });
const told = ({ status: code, body }) => `${code} ${body.code}`;

describe('what was begun', () => {
    let shop, server, client;
    before(async () => ({ shop, server, client } = await openShop()));
    after(() => client.close());

    const sessionsOf = async (user) => (await shop.objects('checkout.session')).filter(({ metadata }) => metadata.user === String(user.id));
    const openOf = async (user) => (await sessionsOf(user)).filter((session) => session.status === 'open').map(({ id }) => id);
    const plan = (...matching) => shop.sim.tell('plan', { reset: true, matching });

    for (const code of [401, 403]) {
        test(`and made, unheard, is found again when the key is answered with ${code} in between`, async () => {
            const user = await User.signUp(client);
            await plan({ ...making, fault: 'cut', acts: true, times: -1 });
            assert.equal(told(await buy(user)), '503 payment_provider_slow');
            await plan({ ...making, status: code, times: 1 });
            assert.equal(told(await buy(user)), '502 payment_refused');
            const { session_id: session } = await checkout(user);
            assert.deepEqual((await sessionsOf(user)).map(({ id }) => id), [session]);
        });
    }

    test('and made by a key that stands for something else by now is found again, too', async () => {
        const user = await User.signUp(client);
        await plan({ ...making, fault: 'cut', acts: true, times: -1 });
        assert.equal(told(await buy(user)), '503 payment_provider_slow');
        await plan({ ...making, status: 400, type: 'idempotency_error', message: 'Keys for idempotent requests can only be used with the same parameters.', times: 1 });
        const { session_id: session } = await checkout(user);
        assert.deepEqual((await sessionsOf(user)).map(({ id }) => id), [session]);
        await logged(server, '"stripe_operation_spent"');
    });

    test('and is in use is asked for again, with the same key', async () => {
        const user = await User.signUp(client);
        await plan({ ...making, status: 409, type: 'idempotency_error', code: 'idempotency_key_in_use', times: 1 });
        const { session_id: session } = await checkout(user);
        const calls = (await shop.sim.calls({ path: making.path })).filter((call) => call.method === 'POST').slice(-2);
        assert.deepEqual(calls.map((call) => call.status), [409, 200]);
        assert.equal(calls[0].idempotency_key, calls[1].idempotency_key);
        assert.deepEqual(await openOf(user), [session]);
    });

    test('and refused is begun anew by the next who presses the button', async () => {
        const user = await User.signUp(client);
        await plan({ ...making, status: 400, message: 'Not now.', keeps: true, times: 1 });
        assert.equal(told(await buy(user)), '502 payment_refused');
        const { session_id: session } = await checkout(user);
        assert.deepEqual(await openOf(user), [session]);
        const keys = (await shop.sim.calls({ path: making.path })).filter((call) => call.method === 'POST').slice(-2).map((call) => call.idempotency_key);
        assert.notEqual(keys[0], keys[1]);
    });

    test('stays open beside no subscription', async () => {
        const user = await User.signUp(client);
        const { session_id: session } = await checkout(user);
        const { customer } = (await sessionsOf(user))[0];
        await shop.make('subscriptions', { customer, 'items[0][price]': shop.monthly, trial_period_days: 30 }); // By support, in the Dashboard.
        assert.equal(told(await buy(user)), '409 already_subscribed');
        assert.deepEqual(await openOf(user), []);
        assert.equal((await sessionsOf(user)).find(({ id }) => id === session).status, 'expired');
    });

    test('with a key of the client\'s is done once, and another request with it is refused', async () => {
        const user = await User.signUp(client);
        const ask = (key, body = { plan: 'pro' }) => buy(user, { ...body, headers: { 'Idempotency-Key': key } });
        const first = await ask('one');
        assert.equal(first.status, 200);
        assert.deepEqual((await ask('one')).body, first.body);
        assert.equal(told(await ask('one', { plan: 'pro', price: shop.yearly })), '422 idempotency_key_reused');
        assert.deepEqual(await openOf(user), [first.body.session_id]);
        assert.equal((await ask('')).status, 400);
        assert.equal((await ask('two', { plan: 'pro', price: shop.yearly })).status, 200);
        const alias = await client.ask('POST', '/subscription/pro/', { token: user.token, body: {}, headers: { 'Idempotency-Key': 'one' } });
        assert.equal(told(alias), '422 idempotency_key_reused');
    });

    test('leads back to no port that there is none of', async () => {
        const user = await User.signUp(client);
        const answer = await buy(user, { plan: 'pro', return_url: 'http://localhost:70000/done' });
        assert.equal(told(answer), '422 invalid_input');
        assert.equal(answer.body.errors[0].code, 'not_a_url');
    });

    // The last of this shop: nothing is sold behind it.
    test('for a product that is archived at Stripe is told as what is not sold', async () => {
        const [user, payer] = [await User.signUp(client), await User.signUp(client)];
        await buyPro(shop, payer);
        await shop.make(`products/${shop.product}`, { active: 'false' });
        assert.equal(told(await buy(user)), '404 plan_not_sold');
        await logged(server, '"price_not_sellable"');
        assert.equal((await status(payer)).tier, 'pro', 'who pays goes on');
    });
});

// Between Pollux and Stripe: changes what an answer says before it goes on.
class Between {
    lie = null; // (call, answer) => answer

    async listen(to) {
        this.server = http.createServer((request, response) => this.#pass(to, request, response));
        return `http://127.0.0.1:${await listening(this.server)}`;
    }

    async #pass(to, request, response) {
        const { method, url, headers } = request;
        const chunks = [];
        for await (const chunk of request) chunks.push(chunk);
        const { host, connection, 'content-length': length, 'transfer-encoding': coding, ...rest } = headers;
        const answer = await fetch(to + url, { method, headers: rest, body: method === 'POST' ? Buffer.concat(chunks) : undefined });
        const text = await answer.text();
        const body = this.lie && answer.ok ? JSON.stringify(this.lie(`${method} ${url.split('?')[0]}`, JSON.parse(text))) : text;
        const kept = ['request-id', 'idempotent-replayed', 'stripe-should-retry'].filter((name) => answer.headers.has(name)).map((name) => [name, answer.headers.get(name)]);
        response.writeHead(answer.status, { 'content-type': 'application/json', ...Object.fromEntries(kept) });
        response.end(body);
    }

    close() {
        this.server.close();
        this.server.closeAllConnections();
    }
}

describe('an answer about something else', () => {
    const between = new Between();
    let shop, server, client, payer;
    before(async () => {
        shop = await Shop.open();
        const url = await between.listen(shop.sim.url);
        server = await Server.start({ env: { ...roomySettings, AI_MODELS: 'demo', ...shop.settings, STRIPE_BASE_URL: url } });
        await shop.deliverTo(server);
        client = new Client(server);
        await pricesAreKnown(client);
        payer = await User.signUp(client);
        await buyPro(shop, payer);
    });
    after(() => {
        client.close();
        between.close();
    });

    const inEach = (answer, change) => answer.data ? { ...answer, data: answer.data.map((one) => ({ ...one, ...change })) } : { ...answer, ...change };

    for (const [what, change] of [['another customer', { customer: 'cus_of_another' }], ['the other mode', { livemode: true }], ['another kind', { object: 'invoice' }]]) {
        test(`of ${what} gives nobody a plan and takes nobody's`, async () => {
            const user = await User.signUp(client);
            const { session_id: session } = await checkout(user);
            await shop.act(session, 'pay');
            await becomes(user, 'pro', patience);
            const other = await User.signUp(client);
            const { session_id: unpaid } = await checkout(other);
            between.lie = (call, answer) => call === 'GET /v1/subscriptions' ? inEach(answer, change) : answer;
            assert.equal((await status(user, session)).tier, 'pro');
            assert.equal((await status(payer)).tier, 'pro');
            assert.equal(told(await buy(user)), '503 payment_provider_slow');
            await shop.act(unpaid, 'pay');
            assert.equal((await status(other, unpaid)).tier, 'basic');
            await logged(server, '"stripe_answer_not_believed"', 'GET /v1/subscriptions');
            between.lie = null;
            await becomes(other, 'pro', patience);
        });
    }

    test('of another session is handed to nobody', async () => {
        const user = await User.signUp(client);
        const stranger = await checkout(await User.signUp(client));
        const [its] = (await shop.sim.ask('objects', { id: stranger.session_id })).objects;
        between.lie = (call, answer) => call === 'POST /v1/checkout/sessions' ? its : answer;
        assert.equal(told(await buy(user)), '503 payment_provider_slow');
        const { session_id: session } = await checkout(user); // The key's answer is of no use: what it made is looked for.
        between.lie = null;
        assert.notEqual(session, stranger.session_id);
        const mine = (await shop.objects('checkout.session')).filter(({ metadata }) => metadata.user === String(user.id));
        assert.deepEqual(mine.map(({ id }) => id), [session]);
    });
});
