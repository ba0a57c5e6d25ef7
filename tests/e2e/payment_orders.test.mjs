// Events in every order, repeated, at once, to two nodes, while what they tell of goes on changing and each look at Stripe is slow: one end,
// Stripe's; and the proof that these tests can fail, by faults that are planted.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';

import { User } from './support/client.mjs';
import { listening } from './support/listening.mjs';
import { otherEnd, permutations, runOrders, tooLate } from './support/payment_orders.mjs';
import { endPrograms, until } from './support/process.mjs';
import { Random } from './support/random.mjs';
import { checkout, openShop, status, twoNodes } from './support/shop.mjs';

const isDeep = process.env.POLLUX_DEEP !== undefined;
const atOnce = 36; // Lives.
const random = Random.announced('payment orders');
const shuffled = random.shuffled(permutations(6));
const orders = isDeep ? shuffled : shuffled.slice(0, atOnce);
const options = { timeout: isDeep ? 5_000_000 : 900_000 };

after(() => endPrograms());

async function endAsStripeSays(shop, clients, store) {
    for (let from = 0; from < orders.length; from += atOnce) {
        const batch = orders.slice(from, from + atOnce);
        const { problems, windows } = await runOrders({ shop, clients, store, orders: batch, random: random.fork() });
        assert.deepEqual(problems, []);
        assert.ok(windows >= batch.length, `${windows} windows were looked behind, in ${batch.length} lives`);
    }
}

test(`${orders.length} orders over SQLite`, options, async () => {
    const { shop, server, client } = await openShop();
    await endAsStripeSays(shop, [client], server);
    client.close();
    assert.equal((await server.stop()).code, 0);
    await shop.sim.stop();
});

test(`${orders.length} orders on two nodes over PostgreSQL`, options, async () => {
    const { shop, cluster, clients, close } = await twoNodes({ users: orders.length });
    await endAsStripeSays(shop, clients, cluster);
    await close();
});

// The two races that the orders meet by chance, brought about.
describe('what a fetch that is slow could spoil', options, () => {
    let nodes, shop, clients;
    before(async () => {
        nodes = await twoNodes({ users: 10 });
        ({ shop, clients } = nodes);
        await shop.sim.tell('webhooks', { mode: 'hold' });
    });
    after(() => nodes.close());

    const fetches = (customer) => shop.sim.calls({ method: 'GET', path: '/v1/subscriptions' }).then((calls) => calls.filter(({ params }) => params.customer === customer));
    const release = () => shop.sim.tell('deliveries/release', { order: 'as_is', parallel: 8 });
    const slowly = (times) => shop.sim.tell('plan', { reset: true, matching: [{ method: 'GET', path: '/v1/subscriptions', late_ms: 4000, times }] });

    async function aSubscriber() {
        const user = await User.signUp(clients[0]);
        const { session_id: session } = await checkout(user);
        await shop.act(session, 'pay');
        const { customer, subscription } = (await shop.objects('checkout.session')).find(({ id }) => id === session);
        assert.equal((await status(user, session)).tier, 'pro');
        await shop.sim.tell('deliveries/drop');
        return { user, session, customer, subscription };
    }

    // An answer that is older than another, and comes after it.
    async function olderAnswerLast() {
        const { user, session, customer, subscription } = await aSubscriber();
        const before = (await fetches(customer)).length;
        await slowly(1);
        const late = clients[1].ask('GET', `/subscription/status/?session_id=${session}`, { token: user.token });
        await until('the slow fetch', async () => (await fetches(customer)).length > before);
        await shop.sim.tell('subscription', { subscription, do: 'cancel' });
        assert.equal((await status(user, session)).tier, 'basic');
        await late;
        const { tier } = await status(user);
        await shop.sim.tell('deliveries/drop');
        return tier;
    }

    // An event that comes while the task that it asks for is looking already.
    async function eventDuringFetch() {
        const { user, customer, subscription } = await aSubscriber();
        const before = (await fetches(customer)).length;
        await slowly(1);
        await shop.sim.tell('portal', { subscription, do: 'cancel' });
        await release();
        await until('the slow fetch', async () => (await fetches(customer)).length > before);
        await shop.sim.tell('subscription', { subscription, do: 'cancel' });
        await release();
        await until('the end of the slow fetch', async () => (await fetches(customer))[before].state === 'finished');
        return until('basic', async () => (await status(user)).tier === 'basic', { seconds: 30 }).then(() => 'basic', () => 'pro');
    }

    test('an older answer that comes last changes nothing', async () => assert.equal(await olderAnswerLast(), 'basic'));
    test('an event during a fetch lets it be repeated', async () => assert.equal(await eventDuringFetch(), 'basic'));

    test('planted: without numbers of fetches the older answer wins', async () => {
        await nodes.cluster.postgres.psql(`
            create function forget_number() returns trigger language plpgsql as $$ begin new.fetch_written := 0; return new; end $$;
            create trigger forget_number before update on payment_customers for each row execute function forget_number();`);
        assert.equal(await olderAnswerLast(), 'pro');
        await nodes.cluster.postgres.psql('drop trigger forget_number on payment_customers');
    });

    test('planted: an event that is swallowed while the task runs is never seen', async () => {
        await nodes.cluster.postgres.psql(`
            create function forget_again() returns trigger language plpgsql as $$ begin if new.kind = 'stripe_customer' then new.again := old.again; end if; return new; end $$;
            create trigger forget_again before update on tasks for each row when (old.state = 'running' and new.state = 'running') execute function forget_again();`);
        assert.equal(await eventDuringFetch(), 'pro');
        await nodes.cluster.postgres.psql('drop trigger forget_again on tasks');
    });
});

// Stands between Pollux and Stripe and changes what Pollux sees of a customer's subscription, as if Pollux had a fault.
class Liar {
    #last = new Map(); // Of a customer's subscription, by `told`.
    #servers = [];

    // `told`: what is believed of an event, made of the subscription in its payload and its type: it is shown from then on. `shown`: what is
    // shown instead, made of the subscription as Stripe has it. Without both it is honest.
    constructor({ told = () => ({}), shown = () => ({}) } = {}) {
        Object.assign(this, { told, shown });
    }

    async listen(target) {
        this.target = target;
        this.server = http.createServer((request, response) => this.#handle(request, response).catch((failure) => response.destroy(failure)));
        this.url = `http://127.0.0.1:${await listening(this.server)}`;
        return this.url;
    }

    // What stands where the server stood.
    before(server) {
        this.#servers.push(server);
        return { url: `${this.url}/to/${this.#servers.length - 1}` };
    }

    async #handle(request, response) {
        const chunks = [];
        for await (const chunk of request) chunks.push(chunk);
        const body = Buffer.concat(chunks);
        const to = /^\/to\/(\d)(.*)$/.exec(request.url);
        if (to) this.#listenTo(JSON.parse(body));
        const url = to ? this.#servers[to[1]].url + to[2] : this.target + request.url;
        const { host, connection, 'content-length': length, ...headers } = request.headers;
        const answer = await fetch(url, { method: request.method, headers, ...(body.length && { body }) });
        let text = await answer.text();
        if (!to && request.url.startsWith('/v1/subscriptions?')) text = this.#lie(text, new URL(url).searchParams.get('customer'));
        const passed = [...answer.headers].filter(([name]) => !['connection', 'content-encoding', 'content-length', 'keep-alive', 'transfer-encoding'].includes(name));
        response.writeHead(answer.status, Object.fromEntries(passed)).end(text);
    }

    #listenTo({ type, data: { object } }) {
        if (object.object === 'subscription') this.#last.set(object.customer, this.told(object, type));
    }

    #lie(text, customer) {
        const page = JSON.parse(text);
        const [subscription, ...others] = page.data ?? [];
        if (!subscription) return text;
        return JSON.stringify({ ...page, data: [{ ...subscription, ...this.#last.get(customer), ...this.shown(subscription) }, ...others] });
    }

    close() {
        this.server.close();
        this.server.closeAllConnections();
    }
}

// As if what is paid were seen only when it was there for a while.
function lateBeliever(milliseconds) {
    const since = new Map();
    return ({ id, status: word }) => {
        if (word === 'active' && !since.has(id)) since.set(id, Date.now());
        return Date.now() < since.get(id) + milliseconds ? { status: 'incomplete' } : {};
    };
}

// An honest one first: where nothing is said of that, what is said of the others is of their lies.
describe('faults', { timeout: 4 * options.timeout, skip: !isDeep && 'only with POLLUX_DEEP=1' }, () => {
    const lives = 12;
    let isHonestFine = false;

    async function through(liar) {
        const { shop, cluster, clients, close } = await twoNodes({ users: lives, liar });
        const seen = await runOrders({ shop, clients, store: cluster, orders: shuffled.slice(0, lives), random: random.fork(), settleSeconds: 60 });
        await close();
        return seen;
    }

    test('none is found where there is none', options, async () => {
        const { problems, windows } = await through(new Liar());
        assert.deepEqual(problems, []);
        assert.ok(windows >= lives, `${windows} windows were looked behind, in ${lives} lives`);
        isHonestFine = true;
    });

    // At once: each has a cluster of its own, and mostly waits.
    describe('planted', { concurrency: true, timeout: options.timeout }, () => {
        for (const [what, lie, finding] of [
            ['payloads are believed', { told: ({ status: word, cancel_at, cancel_at_period_end }) => ({ status: word, cancel_at, cancel_at_period_end }) }, otherEnd],
            ['the order of events is believed', { told: (object, type) => ({ status: type.endsWith('deleted') ? 'canceled' : 'active' }) }, otherEnd],
            ['what is paid is seen seven seconds late', { shown: lateBeliever(7000) }, tooLate],
        ]) {
            test(what, options, async () => {
                assert.ok(isHonestFine, 'there was a problem without it');
                const { problems } = await through(new Liar(lie));
                assert.ok(problems.some((problem) => finding.test(problem)), `not found among: ${problems.join('; ')}`);
            });
        }
    });
});
