// Whose payment it is: keys of another mode or account, copies of a database, another installation with the same user ids on the same Stripe
// account, and what is written on objects by others. Nobody gains a plan by any of it, and nobody loses one.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { Cluster, Node } from './support/cluster.mjs';
import { command } from './support/command.mjs';
import { endPrograms, logged, temporaryFolder, until } from './support/process.mjs';
import { nothingFollows } from './support/quiet.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { Shop, becomes, buyPro, checkout, openShop, pricesAreKnown, status } from './support/shop.mjs';

after(() => endPrograms());

const secretKey = 'Vq8sT2mZr6Xw1Lk9Bn4Hd7Gy3Jc5Pf0E';
const seenBy = (user, client) => Object.assign(new User(), user, { client });

async function serve(shop, { folder, ...env } = {}) {
    const server = await Server.start({ folder, env: { ...roomySettings, SECRET_KEY: secretKey, AI_MODELS: 'demo', ...shop.settings, ...env } });
    await shop.deliverTo(server);
    const client = new Client(server);
    await pricesAreKnown(client);
    return { server, client };
}

test('each mode and account has its own payments, and a change of the key changes nothing else', async () => {
    const shops = new Map();
    const first = await Shop.open();
    shops.set(first.key, first);
    const { sim } = first;
    const folder = temporaryFolder();
    let user;
    const paid = new Set();
    for (const key of ['sk_test_1', 'sk_live_1', 'sk_test_2', 'sk_test_1', 'sk_live_1']) {
        const shop = shops.get(key) ?? await Shop.open({ sim, key });
        shops.set(key, shop);
        const { server, client } = await serve(shop, { folder });
        user = user ? seenBy(user, client) : await User.signUp(client);
        await nothingFollows(shop, server);
        assert.equal((await status(user)).tier, paid.has(key) ? 'pro' : 'basic', key);
        if (!paid.has(key)) {
            await buyPro(shop, user);
            await nothingFollows(shop, server); // What is left to do with this key is done by nobody with another.
            paid.add(key);
        }
        client.close();
        await server.stop();
    }
    for (const [key, shop] of shops) assert.equal((await shop.call('GET', 'customers?limit=100')).data.length, 1, key);
});

test('a worker and a command with another key put nothing in force', { timeout: 300_000 }, async () => {
    const shop = await Shop.open();
    const other = await Shop.open({ sim: shop.sim, key: 'sk_test_2' });
    const env = { ...shop.settings, PUBLIC_URL: 'http://127.0.0.1:8000', AI_MODELS: 'demo' };
    const cluster = await Cluster.start({ serves: 1, workers: 0, users: 2, redis: false, env });
    const [server] = cluster.serves;
    await shop.deliverTo(server);
    const client = new Client({ url: server.url, testNumber: () => cluster.testNumber() });
    await pricesAreKnown(client);
    const user = await User.signUp(client);
    await buyPro(shop, user);

    const its = { ...cluster.env, ...other.settings };
    // What it asks for when it starts is written before it is ready: then it is under way, or done.
    const changesNothing = async (who) => {
        assert.deepEqual(await cluster.rows('select mode, account from payments_in_force'), [{ mode: 'test', account: 'acct_1' }], who);
        assert.deepEqual(await cluster.rows("select subject from tasks where kind = 'stripe_prices' and subject = 'settings'"), [], who);
        assert.deepEqual(await cluster.rows("select price_id from plan_prices where account = 'acct_2'"), [], who);
        assert.equal((await status(user)).tier, 'pro', who);
    };
    const worker = await new Node('worker', its).start();
    await changesNothing('the worker');
    const { code, stdout, said } = await command({ folder: temporaryFolder(), env: its }, 'reconcile');
    assert.equal(code, 0, said + stdout);
    await changesNothing('the command');

    client.close();
    await worker.stop();
    await cluster.stop();
    await cluster.end();
    await shop.sim.stop();
});

test('a key that comes back finds what happened while it rested', async () => {
    const { shop, server, client } = await openShop();
    const live = await Shop.open({ key: 'sk_live_1', sim: shop.sim });
    const [leaver, buyer] = [await User.signUp(client), await User.signUp(client)];
    await buyPro(shop, leaver);
    const { subscription } = (await shop.objects('checkout.session')).find(({ status: word }) => word === 'complete');
    const { session_id: session } = await checkout(buyer);
    await server.stop();
    await server.start(live.settings);
    await becomes(leaver, 'basic');
    await shop.sim.tell('subscription', { subscription, do: 'cancel' });
    await shop.act(session, 'pay');
    await nothingFollows(shop, server);
    assert.equal((await status(buyer)).tier, 'basic', 'nobody asks for what the other key knows');
    await server.stop();
    await server.start();
    await becomes(buyer, 'pro');
    await becomes(leaver, 'basic');
    client.close();
});

test('two installations on one account, with the same user ids', async () => {
    const shop = await Shop.open({ endpoints: 2 });
    const one = await serve(shop);
    const two = await serve(shop);
    await shop.deliverTo(one.server, two.server);
    const [first, second] = [await User.signUp(one.client), await User.signUp(two.client)];
    assert.equal(first.id, second.id);
    await buyPro(shop, first);
    await nothingFollows(shop, one.server, two.server);
    assert.equal((await status(second)).tier, 'basic');
    await buyPro(shop, second);
    const { subscription } = (await shop.objects('checkout.session')).find(({ metadata, status: word }) => metadata.user === String(first.id) && word === 'complete');
    await shop.sim.tell('subscription', { subscription, do: 'cancel' });
    await becomes(first, 'basic');
    await nothingFollows(shop, one.server, two.server);
    assert.equal((await status(second)).tier, 'pro');
    for (const { client } of [one, two]) client.close();
});

test('a copy of the database beside the original', async () => {
    const shop = await Shop.open({ endpoints: 2 });
    const original = await serve(shop);
    const [payer, other] = [await User.signUp(original.client), await User.signUp(original.client)];
    await buyPro(shop, payer);
    await original.server.stop();
    const folder = temporaryFolder();
    fs.cpSync(path.join(original.server.folder, 'pollux_data'), path.join(folder, 'pollux_data'), { recursive: true });
    await original.server.start();
    const copy = await serve(shop, { folder });
    await shop.deliverTo(original.server, copy.server);
    await nothingFollows(shop, original.server, copy.server);
    for (const { client } of [original, copy]) {
        for (const [user, tier] of [[payer, 'pro'], [other, 'basic']]) assert.equal((await status(seenBy(user, client))).tier, tier);
    }
    const { customer, subscription } = (await shop.objects('checkout.session')).find(({ status: word }) => word === 'complete');
    await shop.sim.tell('subscription', { subscription, do: 'cancel' });
    for (const { client } of [original, copy]) await becomes(seenBy(payer, client), 'basic');
    assert.equal((await shop.subscriptionsOf(customer)).length, 1);
    for (const { client } of [original, copy]) client.close();
});

describe('what others write on objects', () => {
    let shop, server, client;
    before(async () => ({ shop, server, client } = await openShop()));
    after(() => client.close());

    async function customerOf(user) {
        const { session_id: session } = await checkout(user);
        const { customer } = (await shop.sim.ask('objects', { id: session })).objects[0];
        await shop.make(`customers/${customer}`, { 'invoice_settings[default_payment_method]': 'pm_card_visa' });
        return customer;
    }

    test('a subscription that names another user, or another installation, counts for nobody', async () => {
        const [one, two] = [await User.signUp(client), await User.signUp(client)];
        const customer = await customerOf(one);
        await customerOf(two);
        for (const metadata of [{ 'metadata[user]': String(two.id) }, { 'metadata[installation]': 'another' }]) {
            const made = await shop.make('subscriptions', { customer, 'items[0][price]': shop.monthly, ...metadata });
            await logged(server, 'foreign_owner', made.id);
            await nothingFollows(shop, server);
            for (const user of [one, two]) assert.equal((await status(user)).tier, 'basic');
            await shop.sim.tell('subscription', { subscription: made.id, do: 'cancel' });
        }
    });

    test('a customer that names a user makes nobody a customer', async () => {
        const user = await User.signUp(client);
        const forged = await shop.make('customers', { 'metadata[user]': String(user.id), 'invoice_settings[default_payment_method]': 'pm_card_visa' });
        await shop.make('subscriptions', { customer: forged.id, 'items[0][price]': shop.monthly, 'metadata[user]': String(user.id) });
        await nothingFollows(shop, server);
        assert.equal((await status(user)).tier, 'basic');
        const opened = await checkout(user);
        assert.notEqual((await shop.sim.ask('objects', { id: opened.session_id })).objects[0].customer, forged.id);
    });

    test('events of another mode or account, and of a wrong secret', async () => {
        const user = await User.signUp(client);
        const customer = await customerOf(user);
        const event = (more) => ({
            id: `evt_${Math.random().toString(36).slice(2)}`, object: 'event', type: 'customer.subscription.created', created: Math.floor(Date.now() / 1000), livemode: false,
            data: { object: { id: 'sub_forged', object: 'subscription', customer, status: 'active', items: { data: [{ price: { id: shop.monthly } }] } } }, ...more,
        });
        const forge = async (payload, more = {}) => (await shop.sim.tell('deliveries/forge', { payload: JSON.stringify(payload), endpoint: shop.endpoints[0].id, ...more })).status;
        const before = (await shop.sim.calls({ path: '/v1/subscriptions' })).length;
        assert.equal(await forge(event({ livemode: true })), 200);
        assert.equal(await forge(event({ account: 'acct_2' })), 200);
        for (const more of [{ secret: 'whsec_wrong' }, { signature: '' }, { age_s: 3600 }]) assert.equal(await forge(event(), more), 400, JSON.stringify(more));
        assert.equal(await forge(event()), 200); // Rightly signed, and still not believed.
        await until('a look at what Stripe has', async () => (await shop.sim.calls({ path: '/v1/subscriptions' })).length > before);
        await nothingFollows(shop, server);
        assert.equal((await status(user)).tier, 'basic');
    });
});
