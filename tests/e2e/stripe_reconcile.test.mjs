// `pollux reconcile` and the hourly walk: what events that never came left behind is repaired in one run, within its pace and its number of
// calls; a run that is killed goes on where it was; a webhook endpoint that Stripe switched off is told.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { Cluster } from './support/cluster.mjs';
import { command } from './support/command.mjs';
import { Program, binary, endPrograms, until } from './support/process.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { StripeSim } from './support/stripe_sim.mjs';

const isDeep = process.env.POLLUX_DEEP === '1';
const customers = Number(process.env.POLLUX_CUSTOMERS ?? (isDeep ? 10_000 : 300));
const callsASecond = 10;
const pageSize = 100;

after(() => endPrograms());

const settings = (sim, price) => ({
    AI_MODELS: 'demo',
    STRIPE_SECRET_KEY: 'sk_test_1',
    STRIPE_BASE_URL: sim.url,
    STRIPE_PRICE_ID: price,
    STRIPE_WEBHOOK_SECRET: 'whsec_for_a_test_of_lost_events_1234',
    PUBLIC_URL: 'https://chat.example.com',
});

async function makePrice(sim) {
    const { status, body } = await sim.raw('POST', '/v1/prices', {
        form: { currency: 'usd', unit_amount: '2000', 'recurring[interval]': 'month', 'product_data[name]': 'Pro' },
    });
    assert.equal(status, 200, JSON.stringify(body));
    return body.id;
}

// So many users have bought, and nobody has told Pollux. SQL that makes them users of ours, who are these customers.
async function buyers(sim, price, count) {
    const { made } = await sim.tell('many', { customers: count, price, first: 1, events: true });
    const lists = [];
    for (let at = 0; at < made.length; at += 500) {
        const rows = made.slice(at, at + 500).map(({ customer }, index) => `(${100_000 + at + index}, '${customer}')`);
        const ids = rows.map((row) => row.slice(1, row.indexOf(',')));
        lists.push(`insert into users (id, mobile, is_verified, tier, date_joined) values ${ids.map((id) => `(${id}, '+1999${id}', 1, 'basic', 0)`).join()}`);
        lists.push(`insert into payment_customers (user_id, mode, account, customer_id, created_at)
            values ${made.slice(at, at + 500).map(({ customer }, index) => `(${100_000 + at + index}, 'test', 'acct_1', '${customer}', 0)`).join()}`);
    }
    return lists;
}

async function forgetCalls(sim) {
    await fetch(`${sim.url}/_sim/calls`, { method: 'DELETE' });
}

// {events, customers, changed, calls, seconds}
function figures(stdout) {
    const found = /^Done: (\d+) events?, (\d+) customers? looked at, (\d+) tiers? changed, (\d+) calls? of Stripe, in (\d+) seconds?\.$/m.exec(stdout);
    assert.ok(found, stdout);
    const [events, customers, changed, calls, seconds] = found.slice(1).map(Number);
    return { events, customers, changed, calls, seconds };
}

const path = (calls, name) => calls.filter((call) => call.path === name);

describe('over SQLite', () => {
    let sim, server, price;

    const change = (statements) => promisify(execFile)('sqlite3', [server.database, `begin; ${statements.join('; ')}; commit;`], { maxBuffer: 1 << 26 });

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
        await until('the first walk', () => server.log.includes('"payments_reconciled"'));
        await server.stop();
    });

    test(`a day of lost events of ${customers} customers is repaired in one run, within its pace`, { timeout: 3_600_000 }, async () => {
        const file = await buyers(sim, price, customers);
        for (const statement of file) await change([statement]);
        // Nor does the next hour begin in the middle.
        await change(['update payment_walks set seen_until = seen_until - 86400000000',
            "update task_periods set done_until = done_until + 3600000000 where kind = 'stripe_reconcile'"]);
        await server.start();
        await forgetCalls(sim);
        const { code, stdout, said } = await command(server, 'reconcile');
        assert.equal(code, 0, said + stdout);
        const done = figures(stdout);
        assert.equal(done.customers, customers);
        assert.equal(done.changed, customers);
        assert.ok(done.events >= customers, `${done.events} events`);
        // A call a customer, a page of events, and a look at the endpoint.
        const { total, most_a_second: most, calls } = await sim.ask('calls');
        const others = calls.filter((call) => call.path.startsWith('/v1/prices')).length; // What it costs is looked at after each start.
        const budget = customers + Math.ceil(done.events / pageSize) + 1;
        assert.ok(done.calls <= budget, `${done.calls} calls, ${budget} were allowed`);
        assert.equal(total - others, done.calls, 'and Stripe has counted the same');
        // One may be late, and the next one not.
        assert.ok(most <= callsASecond + 1 + others, `${most} calls in a second`);
        assert.ok(done.seconds >= Math.floor(done.calls / callsASecond) - 1, `${done.calls} calls in ${done.seconds} s`);
        assert.equal(path(calls, '/v1/webhook_endpoints').length, 1);
        if (customers > 100) assert.match(stdout, /^So far: /m, 'it says how far it is');

        const again = figures((await command(server, 'reconcile')).stdout);
        assert.equal(again.changed, 0, 'nothing is left to repair');
        await server.stop();
        assert.deepEqual(await tiers(), { pro: customers });
    });

    test('a server that is killed in the middle goes on where it was', { timeout: 300_000 }, async () => {
        const few = 60;
        await change(['delete from payment_customers', 'delete from subscriptions', 'delete from entitlements', 'delete from users where id >= 100000']);
        await sim.tell('reset');
        price = await makePrice(sim);
        server.env = { ...server.env, STRIPE_PRICE_ID: price };
        await server.start();
        await server.stop();
        for (const statement of await buyers(sim, price, few)) await change([statement]);
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
        assert.match(server.log, /"payment_endpoint_disabled"/);
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
});

describe('over PostgreSQL', () => {
    test('two nodes and a command of its own: one walks, all are repaired', { timeout: 600_000 }, async () => {
        const few = 80;
        const sim = await StripeSim.start();
        await sim.tell('webhooks', { mode: 'drop' });
        const price = await makePrice(sim);
        const cluster = await Cluster.start({ users: 1, workers: 0, redis: false, env: settings(sim, price) });
        await until('the first walk', () => cluster.serves.some(({ log }) => log.includes('"payments_reconciled"')));
        for (const statement of await buyers(sim, price, few)) await cluster.postgres.psql(statement);
        await forgetCalls(sim);
        const both = await Promise.all([command(cluster.serves[0], 'reconcile'), command(cluster.serves[1], 'reconcile')]);
        for (const { code, stdout, said } of both) assert.equal(code, 0, said + stdout);
        const pro = await cluster.rows("select count(*) as users from users where tier = 'pro' and id >= 100000");
        assert.equal(pro[0].users, few);
        const { most_a_second: most, calls } = await sim.ask('calls');
        assert.ok(most <= callsASecond + 4, `${most} calls in a second`); // Prices, too.
        assert.ok(path(calls, '/v1/subscriptions').length <= 2 * few, 'each wish has its walk, and no more');
    });
});
