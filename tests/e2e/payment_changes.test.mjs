// From one plan that is paid for to another, and from a month to a year: as users do it, on the page of the portal to which they are sent, on
// two nodes over PostgreSQL. What it means for what may be sent at once, also at the last moment of a day.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { User } from './support/client.mjs';
import { command } from './support/command.mjs';
import { endPrograms, until } from './support/process.mjs';
import { nothingFollows } from './support/quiet.mjs';
import { becomes, buyPro, checkout, press, sentToPortal, status, twoNodes } from './support/shop.mjs';

const day = 86_400;
const limits = { basic: 3, pro: 5, team: 7 }; // Messages a day.

after(() => endPrograms());

describe('changes between plans', { timeout: 300_000 }, () => {
    let nodes, shop, cluster, clients, team;

    before(async () => {
        nodes = await twoNodes({ users: 10, env: { BASIC_DAILY_MESSAGES: String(limits.basic), PRO_DAILY_MESSAGES: String(limits.pro), DEMO_TOKENS_PER_SECOND: '0' } });
        ({ shop, cluster, clients } = nodes);
        const fields = ['rank=2', 'is_public=yes', 'title=Team', 'description=For several.', `messages_per_day=${limits.team}`];
        const { code, said } = await command(cluster.serves[0], 'plans', 'add', 'team', ...fields);
        assert.equal(code, 0, said);
        const product = (await shop.make('products', { name: 'Team' })).id;
        team = await shop.makePrice(product, 5000, 'month');
        await shop.savePortal({ products: [{ product, prices: [team] }] });
        await cluster.postgres.psql(`insert into plan_prices (mode, account, price_id, plan, state, currency, amount_minor, period)
            values ('test', 'acct_1', '${team}', 'team', 'sold', 'usd', 5000, 'month')`);
        await until('its price', async () => (await clients[1].ask('GET', '/plans/')).body.results.find(({ name }) => name === 'team')?.prices.length === 1);
    });
    after(() => nodes.close());

    async function subscriber() {
        const user = await User.signUp(clients[0]);
        const session = await buyPro(shop, user);
        const { subscription } = (await shop.sim.ask('objects', { id: session })).objects[0];
        return { user, subscription, both: seenByBoth(user) };
    }

    const seenByBoth = (user) => clients.map((client) => Object.assign(new User(), user, { client }));
    const figures = async (user) => {
        const { used, limit, remaining } = await user.usage();
        return { used, limit, remaining };
    };

    // Confirms on the page what the purchase was sent to.
    async function switchTo({ user, subscription }, plan, price) {
        const { page, flows } = await sentToPortal(shop, user, { plan, price });
        assert.deepEqual(flows, ['subscription_update_confirm']);
        const [{ flow }] = (await shop.objects('billing_portal.session')).slice(-1);
        assert.equal(flow.subscription_update_confirm.items[0].price, price);
        assert.match(await press(page, 'switch', { subscription, price }), /\/subscription\/done\/$/);
    }

    const holds = (both, plan, price) => until(`${plan} by ${price} on both`, async () => {
        const seen = await Promise.all(both.map((one) => status(one)));
        return seen.every((one) => one.tier === plan && one.plan === plan && one.price === price && one.status === 'active');
    });

    test('up and down between two paid plans: one subscription, and the limits of the plan it is for', async () => {
        const it = await subscriber();
        const { customer } = (await shop.sim.ask('objects', { id: it.subscription })).objects[0];
        for (const [plan, price] of [['team', team], ['pro', shop.monthly], ['team', team]]) {
            await switchTo(it, plan, price);
            await holds(it.both, plan, price);
            for (const one of it.both) {
                assert.deepEqual(await figures(one), { used: 0, limit: limits[plan], remaining: limits[plan] }, plan);
                assert.equal((await one.ask('GET', '/user/me/')).tier, plan);
            }
            await nothingFollows(shop, cluster);
            assert.equal((await status(it.user)).other_subscriptions, 0);
            assert.deepEqual((await shop.subscriptionsOf(customer)).map(({ id, status: word }) => [id, word]), [[it.subscription, 'active']]);
        }
        const told = await cluster.rows(`select split_part(detail, ' until ', 1) as change from audit where user_id = ${it.user.id} and action = 'tier' order by at`);
        const changes = told.map(({ change }) => change).filter((change) => !/^(\w+) -> \1$/.test(change)); // Without those of its end.
        assert.deepEqual(changes, ['basic -> pro', 'pro -> team', 'team -> pro', 'pro -> team']);
    });

    test('who wants what they have, or ends what they have, has the plan of it all the while', async () => {
        const it = await subscriber();
        await switchTo(it, 'team', team);
        await holds(it.both, 'team', team);
        assert.deepEqual((await sentToPortal(shop, it.user, { plan: 'team', price: team })).flows, ['none']);
        const ending = await it.user.ask('POST', '/subscription/cancel/');
        assert.equal(ending.cancels_at, ending.current_period_end);
        for (const one of it.both) assert.equal((await status(one)).tier, 'team');
        await shop.sim.tell('subscription', { subscription: it.subscription, do: 'cancel' });
        for (const one of it.both) await becomes(one, 'basic');
        assert.equal((await it.user.usage()).limit, limits.basic);
    });

    test('from a month to a year: the same plan, for a year', async () => {
        const it = await subscriber();
        const before = await status(it.user);
        assert.ok(Date.parse(before.current_period_end) < Date.now() + 32 * day * 1000);
        await switchTo(it, 'pro', shop.yearly);
        await holds(it.both, 'pro', shop.yearly);
        for (const one of it.both) {
            const seen = await status(one);
            assert.ok(Date.parse(seen.current_period_end) > Date.now() + 364 * day * 1000, seen.current_period_end);
            assert.equal(seen.other_subscriptions, 0);
        }
        await switchTo(it, 'pro', shop.monthly);
        await holds(it.both, 'pro', shop.monthly);
    });

    // The last one: the database's clock stays where it is put.
    describe('at 23:59:59.9', () => {
        const leftUs = 100_000; // Of the day,
        const slower = 1500; // which last so many times as long.

        // The database's time is `from` now, and passes so many times slower than others'.
        const setClock = async (fromUs, times) => {
            const [{ real }] = await cluster.rows('select (extract(epoch from clock_timestamp()) * 1000000)::bigint as real');
            const body = `select ${fromUs}::bigint + (((extract(epoch from statement_timestamp()) * 1000000)::bigint - ${real}) / ${times})::bigint`;
            await cluster.postgres.psql(`create or replace function now_us() returns bigint language sql stable parallel safe as '${body}'`);
        };
        const now = async () => (await cluster.rows('select now_us() as now'))[0].now;

        // As many as are left, on both nodes in turn, and the refusal of one more. `isHighest`: no plan is above the user's.
        async function sendAll(both, room, left, isHighest) {
            for (let number = 0; number < left; ++number) {
                const { usage } = await both[number % 2].send(room, `${number} of ${left}`, { wait: 20 });
                assert.equal(usage.remaining, left - number - 1);
            }
            for (const one of both) {
                const refused = await one.post(room, 'one too many');
                assert.equal(`${refused.status} ${refused.body.code}`, '429 daily_limit_reached');
                assert.equal(refused.body.upgrade === undefined, isHighest);
            }
        }

        test('what was used stays used through each change, the new limit holds at once, and the next day begins with it', async () => {
            const user = await User.signUp(clients[0]);
            const both = seenByBoth(user);
            const room = await user.createRoom();
            const dayUs = day * 1_000_000;
            const midnight = (Math.floor(await now() / dayUs) + 1) * dayUs;
            await setClock(midnight - leftUs, slower);

            await sendAll(both, room, limits.basic, false);
            const { session_id: session } = await checkout(user);
            await shop.act(session, 'pay');
            await holds(both, 'pro', shop.monthly);
            const it = { user, subscription: (await shop.sim.ask('objects', { id: session })).objects[0].subscription };
            for (const one of both) assert.deepEqual(await figures(one), { used: 3, limit: 5, remaining: 2 });
            await sendAll(both, room, 2, false);
            await switchTo(it, 'team', team);
            await holds(both, 'team', team);
            for (const one of both) assert.deepEqual(await figures(one), { used: 5, limit: 7, remaining: 2 });
            await sendAll(both, room, 2, true);
            await switchTo(it, 'pro', shop.monthly);
            await holds(both, 'pro', shop.monthly);
            for (const one of both) assert.deepEqual(await figures(one), { used: 7, limit: 5, remaining: 0 });
            await sendAll(both, room, 0, false);
            assert.ok(await now() < midnight, 'all of it was before midnight');

            await setClock(midnight, 1);
            for (const one of both) assert.deepEqual(await figures(one), { used: 0, limit: 5, remaining: 5 });
            await sendAll(both, room, limits.pro, false);
            assert.deepEqual((await user.ask('GET', '/user/usage/?days=2')).days.map(({ used }) => used), [7, 5]);
        });
    });
});
