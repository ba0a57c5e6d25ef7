// `pollux reconcile` and the hourly walk: what events that never came left behind is repaired in one run, within its pace and its number of
// calls; a run that is killed goes on where it was; a webhook endpoint that Stripe switched off is told.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual, promisify } from 'node:util';

import { Client, User } from './support/client.mjs';
import { Cluster } from './support/cluster.mjs';
import { command } from './support/command.mjs';
import { Program, binary, endPrograms, logged, until } from './support/process.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { checkout, status } from './support/shop.mjs';
import { StripeSim } from './support/stripe_sim.mjs';

const isDeep = process.env.POLLUX_DEEP === '1';
const customers = Number(process.env.POLLUX_CUSTOMERS ?? (isDeep ? 10_000 : 150));
const callsASecond = 10;
const atOnce = 4; // Calls that are on their way.
const pageSize = 100;
const day = 86_400;
const holdsSeconds = 5; // For a change to hold on every node.
const graceDays = 3; // BILLING_GRACE_DAYS, and what an end that is paid for is waited for.

after(() => endPrograms());

const settings = (sim, price) => ({
    AI_MODELS: 'demo',
    STRIPE_SECRET_KEY: 'sk_test_1',
    STRIPE_BASE_URL: sim.url,
    STRIPE_PRICE_ID: price,
    STRIPE_WEBHOOK_SECRET: 'whsec_for_a_test_of_lost_events_1234',
    PUBLIC_URL: 'https://chat.example.com',
});

async function makePrice(sim, unit_amount = '2000') {
    const { status, body } = await sim.raw('POST', '/v1/prices', {
        form: { currency: 'usd', unit_amount, 'recurring[interval]': 'month', 'product_data[name]': 'Pro' },
    });
    assert.equal(status, 200, JSON.stringify(body));
    return body.id;
}

const pieces = (list, size = 500) => Array.from({ length: Math.ceil(list.length / size) }, (_, at) => list.slice(at * size, (at + 1) * size));
const insert = (table, columns, rows) => pieces(rows).map((piece) => `insert into ${table} (${columns}) values ${piece.map((row) => `(${row})`).join()}`);

// So many users have bought, and nobody has told Pollux: [{id, customer, subscription}].
async function buyers(sim, price, count) {
    const { made } = await sim.tell('many', { customers: count, price, first: 1, events: true });
    return made.map(({ customer, subscription }, index) => ({ id: 100_000 + index, customer, subscription }));
}

// SQL that makes them users of ours, who are these customers.
function asUsers(users) {
    return [
        ...insert('users', 'id, mobile, is_verified, tier, date_joined', users.map(({ id }) => `${id}, '+1999${id}', 1, 'basic', 0`)),
        ...insert('payment_customers', 'user_id, mode, account, customer_id, created_at', users.map(({ id, customer }) => `${id}, 'test', 'acct_1', '${customer}', 0`)),
    ];
}

// SQL after which Pollux knows what they have bought, as it stood there before it was changed.
function asPayers(users, price, objects) {
    const us = (seconds) => `${seconds}000000`;
    const end = ({ subscription }) => objects.get(subscription).items.data[0].current_period_end;
    return [
        ...insert('subscriptions', 'user_id, mode, account, subscription_id, status, price, plan, period_end, created_at',
            users.map((user) => `${user.id}, 'test', 'acct_1', '${user.subscription}', 'active', '${price}', 'pro', ${us(end(user))}, ${us(objects.get(user.subscription).created)}`)),
        ...insert('entitlements', 'user_id, mode, account, reference, plan, until, status',
            users.map((user) => `${user.id}, 'test', 'acct_1', '${user.subscription}', 'pro', ${us(end(user) + graceDays * day)}, 'active'`)),
        ...pieces(users).map((piece) => `update users set tier = 'pro', tier_until = (select until from entitlements where user_id = id) where id in (${piece.map(({ id }) => id).join()})`),
    ];
}

// What may have happened at Stripe, unheard of, and what the user has when it is known.
const fates = {
    bought: 'pro', // The others had bought before.
    cancelled: 'basic',
    late: 'pro', // With its payment, not for long yet.
    overdue: 'basic',
    switched: 'team',
    refunded: 'basic',
    deleted: 'basic',
};

// Makes it happen to users of this fate.
async function happen(sim, fate, users, { teamPrice, objects }) {
    const batch = async (on, what) => {
        for (const piece of pieces(users)) await sim.tell('batch', { acts: piece.map((user) => ({ on, subscription: user.subscription, ...what(user) })) });
    };
    // The period that is not paid for began 20 days ago.
    const overdue = ({ subscription }) => {
        const { items } = structuredClone(objects.get(subscription));
        for (const item of items.data) item.current_period_start -= 20 * day;
        return { set: { status: 'past_due', items } };
    };
    switch (fate) {
    case 'bought': return undefined;
    case 'cancelled': return batch('subscription', () => ({ do: 'cancel' }));
    case 'late': return batch('subscription', () => ({ set: { status: 'past_due' } }));
    case 'overdue': return batch('subscription', overdue);
    case 'switched': return batch('portal', () => ({ do: 'switch', price: teamPrice }));
    case 'refunded': return batch('refund', () => ({}));
    case 'deleted':
        for (const piece of pieces(users, 20)) {
            const answers = await Promise.all(piece.map(({ customer }) => sim.raw('DELETE', `/v1/customers/${customer}`)));
            for (const { status } of answers) assert.equal(status, 200);
        }
        return undefined;
    default: throw new Error(fate);
    }
}

const byId = async (sim, kind) => new Map((await sim.ask('objects', { kind })).objects.map((object) => [object.id, object]));

// What must stand here of a user, by what stands at Stripe.
function expected({ customer, subscription }, customers, subscriptions, planOf) {
    if (customers.get(customer).deleted) return { tier: 'basic', until: null, customer: null, subscription: null };
    const { status, items: { data: [item] } } = subscriptions.get(subscription);
    const shown = { id: subscription, status, price: item.price.id, plan: planOf[item.price.id], end: item.current_period_end };
    const ends = { active: item.current_period_end + graceDays * day, past_due: item.current_period_start + graceDays * day };
    const isPaid = ends[status] > Date.now() / 1000;
    return { tier: isPaid ? shown.plan : 'basic', until: isPaid ? ends[status] : null, customer, subscription: shown };
}

// How many calls there were at most in any ten seconds. A calendar second tells less: of calls that a busy machine holds up, some come together.
function mostInTenSeconds(calls) {
    const times = calls.map(({ started_at: at }) => at).sort((a, b) => a - b);
    let most = 0;
    for (let first = 0, last = 0; last < times.length; ++last) {
        while (times[last] - times[first] >= 10) ++first;
        most = Math.max(most, last - first + 1);
    }
    return most;
}
const callsInTenSecondsMax = 10 * callsASecond + 1 + atOnce;

async function forgetCalls(sim) {
    await fetch(`${sim.url}/_sim/calls`, { method: 'DELETE' });
}

// {events, customers, repaired, calls, seconds}
function figures(stdout) {
    const found = /^Done: (\d+) events?, (\d+) customers? looked at, (\d+) repaired \(plan or its end\), (\d+) calls? of Stripe, in (\d+) seconds?\.$/m.exec(stdout);
    assert.ok(found, stdout);
    const [events, customers, repaired, calls, seconds] = found.slice(1).map(Number);
    return { events, customers, repaired, calls, seconds };
}

const path = (calls, name) => calls.filter((call) => call.path === name);

describe('over SQLite', () => {
    let sim, server, price, teamPrice;

    const change = (statements) => promisify(execFile)('sqlite3', [server.database, `begin; ${statements.join('; ')}; commit;`], { maxBuffer: 1 << 26 });

    const planOf = () => ({ [price]: 'pro', [teamPrice]: 'team' });

    async function tiers() {
        const rows = await server.rows('select tier, count(*) as users from users where id >= 100000 group by tier');
        return Object.fromEntries(rows.map(({ tier, users }) => [tier, users]));
    }

    before(async () => {
        sim = await StripeSim.start();
        await sim.tell('webhooks', { mode: 'drop' });
        price = await makePrice(sim);
        server = await Server.start({ env: { ...roomySettings, ...settings(sim, price) } });
        // The first hourly walk finds nobody.
        await logged(server, '"payments_reconciled"');
        teamPrice = await makePrice(sim, '9000');
        for (const args of [['add', 'team', 'rank=2', 'is_public=yes'], ['price', 'team', teamPrice]]) {
            const { code, said } = await command(server, 'plans', ...args);
            assert.equal(code, 0, said);
        }
        await server.stop();
    });

    test(`a day of lost events of ${customers} customers is repaired in one run, within its pace`, { timeout: 3_600_000 }, async () => {
        const users = await buyers(sim, price, customers);
        const of = Object.fromEntries(Object.keys(fates).map((fate, index) => [fate, users.filter(({ id }) => id % Object.keys(fates).length === index)]));
        const objects = await byId(sim, 'subscription');
        const known = users.filter((user) => !of.bought.includes(user));
        for (const statement of [...asUsers(users), ...asPayers(known, price, objects)]) await change([statement]);
        for (const [fate, theirs] of Object.entries(of)) await happen(sim, fate, theirs, { teamPrice, objects });
        // Nor does the next hour begin in the middle.
        await change(['update payment_walks set seen_until = seen_until - 86400000000',
            "update task_periods set done_until = done_until + 3600000000 where kind = 'stripe_reconcile'"]);
        await server.start();
        await forgetCalls(sim);
        const { code, stdout, said } = await command(server, 'reconcile');
        assert.equal(code, 0, said + stdout);
        const done = figures(stdout);
        assert.equal(done.customers, customers);
        // Refunds are found by the walk, and what follows from them is done by tasks, meanwhile or afterwards.
        const repaired = customers - of.refunded.length;
        assert.ok(done.repaired >= repaired && done.repaired <= customers, `${done.repaired} repaired`);
        assert.ok(done.events >= customers, `${done.events} events`);
        if (customers > 100) assert.match(stdout, /^So far: /m, 'it says how far it is');

        let calls;
        await until('the end of what was refunded', async () => {
            ({ calls } = await sim.ask('calls'));
            const asked = new Map(calls.map(({ id, method, path }) => [`${method} ${path}`, id]));
            return of.refunded.every(({ customer, subscription }) => asked.get(`GET /v1/customers/${customer}`) > asked.get(`DELETE /v1/subscriptions/${subscription}`));
        }, { seconds: 60 + customers / 10 });
        // A call a customer, one more for who has nothing that lives, one for whose money went back, a page of events, and a look at the endpoint.
        const budget = customers + of.cancelled.length + of.deleted.length + 2 * of.refunded.length + Math.ceil(done.events / pageSize) + 1;
        assert.ok(done.calls <= budget, `${done.calls} calls, ${budget} were allowed`);
        // All else is by those tasks: of a refund its charge, invoice and subscription are seen, that is noted and ended, and the customer
        // fetched, with a look at whether the money has come back.
        const isOfPrices = ({ path }) => path.startsWith('/v1/prices'); // What it costs is looked at after each start.
        const others = calls.length - calls.filter(isOfPrices).length - done.calls;
        assert.ok(others >= 5 * of.refunded.length && others <= 8 * of.refunded.length, `${others} calls for ${of.refunded.length} refunds`);
        const refunded = new Set(of.refunded.flatMap(({ customer, subscription }) => [customer, subscription]));
        const isOfTasks = ({ path, params }) => /^\/v1\/(charges|disputes|invoice_payments)$/.test(path) || refunded.has(path.split('/').at(-1)) || refunded.has(params.customer);
        const most = mostInTenSeconds(calls.filter((call) => !isOfPrices(call) && !isOfTasks(call)));
        assert.ok(most <= callsInTenSecondsMax, `${most} calls in ten seconds`);
        assert.ok(done.seconds >= Math.floor(done.calls / callsASecond) - 1, `${done.calls} calls in ${done.seconds} s`);
        assert.equal(path(calls, '/v1/webhook_endpoints').length, 1);

        // Of ten thousand, that would take as long again.
        if (!isDeep) assert.equal(figures((await command(server, 'reconcile')).stdout).repaired, 0, 'nothing is left to repair');
        await server.stop();
        const rows = await server.rows(`select u.id, u.tier, u.tier_until / 1000000 as until, c.customer_id, s.subscription_id, s.status, s.price, s.plan, s.period_end / 1000000 as end
            from users u left join payment_customers c on c.user_id = u.id left join subscriptions s on s.user_id = u.id where u.id >= 100000 order by u.id, s.subscription_id`);
        assert.equal(rows.length, customers, 'a row each');
        const [theirCustomers, theirSubscriptions] = [await byId(sim, 'customer'), await byId(sim, 'subscription')];
        const wrong = [];
        for (const [index, { id, tier, until, customer_id: customer, subscription_id, status, price, plan, end }] of rows.entries()) {
            const found = { tier, until, customer, subscription: subscription_id && { id: subscription_id, status, price, plan, end } };
            const right = expected(users[index], theirCustomers, theirSubscriptions, planOf());
            if (id !== users[index].id || !isDeepStrictEqual(found, right)) wrong.push({ found, right });
        }
        assert.deepEqual(wrong.slice(0, 3), [], `${wrong.length} are not as they are at Stripe`);
        // And that is what the user was to have.
        for (const [fate, theirs] of Object.entries(of)) {
            const ids = new Set(theirs.map(({ id }) => id));
            assert.ok(ids.size > 0, fate);
            assert.deepEqual([...new Set(rows.filter(({ id }) => ids.has(id)).map(({ tier }) => tier))], [fates[fate]], fate);
        }
    });

    test('a server that is killed in the middle goes on where it was', { timeout: 300_000 }, async () => {
        const few = 60;
        await change(['delete from payment_customers', 'delete from subscriptions', 'delete from entitlements', 'delete from users where id >= 100000']);
        await sim.tell('reset');
        price = await makePrice(sim);
        server.env = { ...server.env, STRIPE_PRICE_ID: price };
        await server.start();
        await server.stop();
        for (const statement of asUsers(await buyers(sim, price, few))) await change([statement]);
        await forgetCalls(sim);
        // Behind the first page, in the middle of fetching, and behind some of the customers.
        for (const point of ['walk_before_commit:abort@2', 'walk_customer:abort@25', 'walk_before_commit:abort@2']) {
            await server.start({ FAILPOINT: point });
            const died = await command(server, 'reconcile');
            assert.notEqual(died.code, 0, `${point}: ${died.stdout}`);
            await until(`the end of the server at ${point}: ${died.said}`, () => server.program.exited);
        }
        await server.start();
        const { code, stdout, said } = await command(server, 'reconcile');
        assert.equal(code, 0, said + stdout);
        await server.stop();
        assert.deepEqual(await tiers(), { pro: few });
        // What was fetched and not yet written down is fetched again: a batch of 40 at each kill. The last wish has a walk of its own.
        const fetched = path(await sim.calls(), '/v1/subscriptions').length;
        assert.ok(fetched <= few + 3 * 40 + few, `${fetched} fetches`);
    });

    test('--all goes through everything that is there', { timeout: 300_000 }, async () => {
        await change(["update users set tier = 'basic', tier_until = null where id >= 100000", 'delete from entitlements', 'delete from subscriptions']);
        await server.start();
        await forgetCalls(sim);
        const { code, stdout, said } = await command(server, 'reconcile', '--all');
        assert.equal(code, 0, said + stdout);
        assert.equal(figures(stdout).customers, 60);
        const calls = await sim.calls();
        assert.equal(path(calls, '/v1/events').length, 0);
        await server.stop();
        assert.equal((await tiers()).pro, 60);
    });

    test('without a server the command does it itself', { timeout: 120_000 }, async () => {
        const { code, stdout, said } = await command(server, 'reconcile');
        assert.equal(code, 0, said + stdout);
        figures(stdout);
    });

    test('an endpoint that Stripe switched off is told', { timeout: 120_000 }, async () => {
        await server.start();
        assert.match((await command(server, 'reconcile')).stdout, /^No webhook endpoint at Stripe leads here/m);
        const made = await sim.raw('POST', '/v1/webhook_endpoints', { form: { url: 'https://chat.example.com/subscription/webhook/', 'enabled_events[0]': '*' } });
        assert.equal(made.status, 200);
        assert.doesNotMatch((await command(server, 'reconcile')).stdout, /endpoint/);
        await sim.tell('endpoint', { endpoint: made.body.id, do: 'disable' });
        assert.match((await command(server, 'reconcile')).stdout, /^Stripe has switched the webhook endpoint off.*stripe-setup/m);
        await logged(server, '"payment_endpoint_disabled"');
        await server.stop();
    });

    test('while Stripe is away nothing is lost, and without a key it says so', { timeout: 120_000 }, async () => {
        await server.start();
        await sim.tell('plan', { default: { status: 500 } });
        const waiting = new Program(binary('pollux'), ['reconcile'], { cwd: server.folder, env: { PATH: process.env.PATH, ...server.env } });
        await waiting.printed(/Stripe does not answer/);
        await sim.tell('plan', { reset: true, default: {} });
        assert.equal((await waiting.end).code, 0, waiting.stderr);
        figures(waiting.stdout);
        await server.stop();
        const without = await command({ ...server, folder: server.folder, env: { ...server.env, STRIPE_SECRET_KEY: '' } }, 'reconcile');
        assert.equal(without.code, 1);
        assert.match(without.said, /STRIPE_SECRET_KEY is not set/);
    });

    test('where Stripe never answers it gives up after half a minute, in plain words', { timeout: 120_000 }, async () => {
        await sim.tell('plan', { default: { fault: 'cut' } });
        const began = performance.now();
        const alone = new Program(binary('pollux'), ['reconcile'], { cwd: server.folder, env: { PATH: process.env.PATH, ...server.env } });
        const { code } = await alone.end;
        await sim.tell('plan', { reset: true, default: {} });
        assert.equal(code, 1);
        assert.ok(performance.now() - began < 60_000, `${performance.now() - began} ms`);
        assert.equal(alone.stderr, 'pollux: Stripe has not answered for 30 seconds. What is done stays; run it again when it answers: it goes on.\n');
        assert.match(alone.stdout, /^Stripe does not answer /);
    });
});

describe('over PostgreSQL', () => {
    test('two nodes and a command of its own: one walks, all are repaired', { timeout: 600_000 }, async () => {
        const few = 80;
        const sim = await StripeSim.start();
        await sim.tell('webhooks', { mode: 'drop' });
        const price = await makePrice(sim);
        const cluster = await Cluster.start({ users: 1, workers: 0, redis: false, env: { ...settings(sim, price), ALLOWED_HOSTS: 'chat.example.com,127.0.0.1' } });
        await until('the first walk', () => cluster.serves.some(({ log }) => log.includes('"payments_reconciled"')));
        for (const statement of asUsers(await buyers(sim, price, few))) await cluster.postgres.psql(statement);
        await forgetCalls(sim);
        const both = await Promise.all([command(cluster.serves[0], 'reconcile'), command(cluster.serves[1], 'reconcile')]);
        for (const { code, stdout, said } of both) assert.equal(code, 0, said + stdout);
        const pro = await cluster.rows("select count(*) as users from users where tier = 'pro' and id >= 100000");
        assert.equal(pro[0].users, few);
        const calls = await sim.calls();
        const most = mostInTenSeconds(calls.filter((call) => !call.path.startsWith('/v1/prices')));
        assert.ok(most <= callsInTenSecondsMax, `${most} calls in ten seconds`);
        assert.ok(path(calls, '/v1/subscriptions').length <= 2 * few, 'each wish has its walk, and no more');

        // A price that is given to a plan by one command is sold on every node, and who pays by it already has the plan.
        const clients = cluster.serves.map(({ url }) => new Client({ url, testNumber: () => cluster.testNumber() }));
        const teamPrice = await makePrice(sim, '9000');
        const payer = await User.signUp(clients[0]);
        const { session_id: session } = await checkout(payer);
        await sim.tell('checkout', { session, do: 'pay' });
        assert.equal((await status(payer, session)).tier, 'pro');
        const [{ subscription }] = (await sim.ask('objects', { id: session })).objects;
        await sim.tell('portal', { subscription, do: 'switch', price: teamPrice });
        assert.equal((await status(payer, session)).tier, 'basic', 'no plan names the price');
        const alert = new RegExp(`"payment_alert".*"unknown_price".*"${teamPrice}"`);
        await until('the alert that names the price', () => cluster.serves.some(({ log }) => alert.test(log)));
        const plans = async (...args) => {
            const done = await command(cluster.serves[0], 'plans', ...args);
            assert.equal(done.code, 0, done.said);
            return done.stdout;
        };
        await plans('add', 'team', 'rank=2');
        const said = await plans('price', 'team', teamPrice);
        assert.match(said, new RegExp(`^${teamPrice} buys team from now on, in test mode of acct_1\\. .* looked at now: 1\\. Nobody can buy team before it is public: .*plans set team is_public=yes`));
        await until('team', async () => (await status(payer)).tier === 'team', { seconds: holdsSeconds });
        await plans('set', 'team', 'is_public=yes');
        const offers = async (client) => (await client.ask('GET', '/plans/')).body.results.find(({ name }) => name === 'team')?.prices.map(({ id }) => id) ?? [];
        for (const client of clients) await until('its price on every node', async () => isDeepStrictEqual(await offers(client), [teamPrice]), { seconds: holdsSeconds });
        assert.match(await plans('list'), new RegExp(`^team\n(?: .*\n)+? {2}prices +${teamPrice}\n`, 'm'));
        await plans('price', 'team', teamPrice, '--retire');
        for (const client of clients) await until('its end on every node', async () => (await offers(client)).length === 0, { seconds: holdsSeconds });
        assert.equal((await status(payer, session)).tier, 'team', 'who pays by it keeps it');
        assert.match(await plans('list'), new RegExp(`^team\n(?: .*\n)+? {2}prices +${teamPrice} \\(retired\\)\n`, 'm'));
        const audited = await cluster.rows("select detail from audit where action = 'plan' and detail like 'price %' order by at");
        assert.deepEqual(audited.map(({ detail }) => detail.replace(teamPrice, 'P')),
            ['price P (test acct_1): none -> team, sold', 'price P (test acct_1): team, sold -> team, retired']);
        const refused = await command(cluster.serves[0], 'plans', 'price', 'team', price);
        assert.equal(refused.code, 1);
        assert.match(refused.said, /STRIPE_PRICE_ID names price_\w+, so each start sells it as pro/);
        clients.forEach((client) => client.close());
    });
});
