// What time alone does to plans that were paid for, on two nodes over PostgreSQL whose own clocks are wrong by an hour, one ahead and one
// behind: cancellations and days of grace end by the clock of the database, on both nodes at once, though Stripe is away and tells nothing.
// And what it does not: hours and days of a Stripe that is away take nobody's plan, within the slack of a renewal.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { Cluster } from './support/cluster.mjs';
import { endPrograms, sleep, until } from './support/process.mjs';
import { Shop, buyPro, pricesAreKnown, status } from './support/shop.mjs';
import { noFaketime, skewed } from './support/skew.mjs';

const holdsSeconds = 5; // For a change to hold on every node.
const aheadSeconds = 40; // Until what is set ends: it must be known to both nodes before, which takes a moment, and on a busy machine more.
const graceDays = 3;
const day = 86_400;
const skews = ['-3600', '+3600'];

after(() => endPrograms());

// `set`: what Stripe has of it, to end at `end`, in seconds. `tells`: the field of the status that says so.
const cases = [
    { name: 'cancelled for a time', tells: 'cancels_at', set: (end) => ({ cancel_at: end }) },
    { name: 'cancelled with its period', tells: 'cancels_at', set: (end, items) => ({ cancel_at_period_end: true, items: changed(items, { current_period_end: end }) }) },
    { name: 'in grace', tells: 'grace_until', set: (end, items) => ({ status: 'past_due', items: changed(items, { current_period_start: end - graceDays * day }) }) },
];
const changed = (items, fields) => ({ ...items, data: items.data.map((item) => ({ ...item, ...fields })) });

describe('two nodes on wrong clocks', { skip: noFaketime, timeout: 300_000 }, () => {
    let shop, cluster, clients;

    before(async () => {
        shop = await Shop.open();
        const env = { ...shop.settings, PUBLIC_URL: 'http://127.0.0.1:8000', AI_MODELS: 'demo', BILLING_GRACE_DAYS: String(graceDays) };
        cluster = await Cluster.start({ serves: 2, workers: 0, users: 10, redis: false, env });
        for (const [index, node] of cluster.serves.entries()) {
            await node.stop();
            await node.start(skewed(skews[index]));
        }
        await shop.deliverTo(cluster.serves[0]); // To the other one what is signed now is an hour old, so it refuses it.
        clients = cluster.serves.map(({ url }) => new Client({ url, testNumber: () => cluster.testNumber() }));
        await pricesAreKnown(clients[0]);
    });
    after(async () => {
        for (const client of clients) client.close();
        await cluster.stop();
        await cluster.end();
        await shop.sim.stop();
    });

    const databaseNow = async () => (await cluster.rows('select now_us() / 1e6 as now'))[0].now;
    const tierOf = async (user) => (await user.usage()).tier;

    // A subscriber, as each of the nodes sees them. A token of the node that is behind is good on both.
    async function subscriber() {
        const user = await User.signUp(clients[0]);
        const session = await buyPro(shop, user);
        const { subscription } = (await shop.sim.ask('objects', { id: session })).objects[0];
        const both = clients.map((client) => Object.assign(new User(), user, { client }));
        for (const one of both) assert.equal(await tierOf(one), 'pro');
        return { user, subscription, both };
    }

    // Asks both nodes all the time: neither takes the plan before its end, and both have taken it soon after.
    async function endsAt(end, { name, both }) {
        for (;;) {
            const asked = Date.now() / 1000;
            const tiers = await Promise.all(both.map(tierOf));
            if (tiers.includes('basic')) {
                assert.ok(await databaseNow() >= end, `${name}: over before its end, ${tiers}`);
                break;
            }
            assert.ok(asked < end + holdsSeconds, `${name}: ${asked - end} s after its end ${tiers}`);
            await sleep(50);
        }
        await until(`basic on both for who is ${name}`, async () => (await Promise.all(both.map(tierOf))).every((tier) => tier === 'basic'), { seconds: holdsSeconds });
    }

    test('the nodes think what they are told to think', async () => {
        for (const [index, skew] of skews.entries()) {
            const { headers } = await clients[index].ask('GET', '/livez');
            const off = Date.parse(headers.date) / 1000 - Date.now() / 1000;
            assert.ok(Math.abs(off - Number(skew)) < 60, `${off} s`);
        }
    });

    test('what was paid ends by the clock of the database, on both at once', async () => {
        const all = await Promise.all(cases.map(async (one) => ({ ...one, ...await subscriber() })));
        const end = Math.floor(await databaseNow()) + aheadSeconds;
        const told = new Date(end * 1000).toISOString();
        for (const { subscription, set } of all) {
            const [{ items }] = (await shop.sim.ask('objects', { id: subscription })).objects;
            await shop.sim.tell('subscription', { subscription, set: set(end, items) });
        }
        for (const { name, tells, both } of all) {
            await until(`the end of who is ${name}`, async () => Date.parse((await status(both[0]))[tells]) === Date.parse(told), { seconds: aheadSeconds });
        }
        // From now on nobody but the clock says anything.
        await shop.sim.tell('webhooks', { mode: 'drop' });
        await shop.sim.tell('plan', { reset: true, matching: [{ fault: 'hang', times: -1 }] });
        for (const { name, both } of all) {
            const [one, other] = await Promise.all(both.map((user) => status(user)));
            assert.deepEqual(one, other, name);
            assert.equal(one.tier, 'pro', name);
        }
        assert.ok(await databaseNow() < end, 'it was known before it came');

        await Promise.all(all.map((one) => endsAt(end, one)));
        for (const { name, user, both } of all) {
            const [one, other] = await Promise.all(both.map((one) => status(one)));
            assert.deepEqual(one, other, name);
            assert.equal(`${one.tier} ${one.source}`, 'basic none', name);
            const [last] = await cluster.rows(`select actor, detail, at / 1e6 as at from audit where user_id = ${user.id} and action = 'tier' order by at desc limit 1`);
            assert.equal(last.actor, 'time', `${name}: ${last.detail}`);
            assert.ok(last.at >= end && last.at < end + holdsSeconds, `${name}: ${last.at - end} s after its end`);
        }
        await shop.sim.tell('plan', { reset: true });
        await shop.sim.tell('webhooks', { mode: 'send' });
    });

    test('what is paid again holds on both at once, whatever they think', async () => {
        const { subscription, both } = await subscriber();
        for (const [word, tier] of [['unpaid', 'basic'], ['active', 'pro']]) {
            await shop.sim.tell('subscription', { subscription, set: { status: word } });
            await until(tier, async () => (await tierOf(both[1])) === tier, { seconds: 30 });
            assert.equal(await tierOf(both[0]), tier);
            assert.deepEqual(await status(both[0]), await status(both[1]));
        }
    });

    // The last one: the database's clock stays where it is put.
    test('hours and days without Stripe take nobody\'s plan, and only who buys or changes something notices', async () => {
        const slackDays = 3;
        const halfAnHour = Math.floor(await databaseNow()) + 1800;
        const paid = await subscriber();
        const renewed = await subscriber();
        const trying = await subscriber();
        for (const [{ subscription, both }, fields] of [[renewed, {}], [trying, { status: 'trialing' }]]) {
            const [{ items }] = (await shop.sim.ask('objects', { id: subscription })).objects;
            await shop.sim.tell('subscription', { subscription, set: { ...fields, items: changed(items, { current_period_end: halfAnHour }) } });
            await until('the end of the period', async () => Date.parse((await status(both[0])).current_period_end) === halfAnHour * 1000);
        }
        const all = [paid, renewed, trying];
        const known = await Promise.all(all.map(({ both }) => status(both[0])));
        await shop.sim.tell('webhooks', { mode: 'drop' });
        await shop.sim.tell('plan', { reset: true, matching: [{ fault: 'hang', times: -1 }] });

        // Until everybody was looked at by the sweep of that hour.
        const moveBy = async (seconds) => {
            const body = `select ((extract(epoch from statement_timestamp()) + ${seconds}) * 1000000)::bigint`;
            await cluster.postgres.psql(`create or replace function now_us() returns bigint language sql stable parallel safe as '${body}'`);
            await until('the sweep', async () => {
                const [{ swept }] = await cluster.rows(`select exists (select 1 from task_periods where kind = 'tier_sweep' and done_until > now_us())
                    and not exists (select 1 from tasks where kind in ('tier_sweep', 'tier_due') and due_at <= now_us()) as swept`);
                return swept;
            }, { seconds: 60 });
        };
        for (const hours of [1, 2, 24, slackDays * 24]) {
            await moveBy(hours * 3600);
            for (const [index, { both }] of all.entries()) {
                for (const one of both) assert.deepEqual(await status(one), known[index], `${hours} h`);
            }
        }
        const [, other] = clients;
        const asked = [['checkout', { plan: 'pro' }], ['portal'], ['cancel'], ['reactivate']].map(([path, body]) => other.ask('POST', `/subscription/${path}/`, { token: paid.user.token, body }));
        for (const answer of await Promise.all(asked)) {
            assert.equal(`${answer.status} ${answer.body.code}`, '503 payment_provider_slow');
            assert.match(answer.headers['retry-after'], /^\d+$/);
        }
        for (const client of clients) assert.equal((await client.ask('GET', '/plans/')).body.results[1].prices.length, 2);

        await moveBy(slackDays * day + 1800);
        for (const [{ both }, tier] of [[paid, 'pro'], [renewed, 'basic'], [trying, 'basic']]) {
            for (const one of both) assert.equal(await tierOf(one), tier, 'what was not renewed ends, when its slack is over');
        }
    });
});
