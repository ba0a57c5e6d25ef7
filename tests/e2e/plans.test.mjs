// Plans: what everybody sees of them, who has which, and how that follows an operator's word and time alone; over SQLite, where commands go
// through the server, and on nodes over PostgreSQL, where they do not. A grant holds on every node at once, its end comes by the database's
// clock, and neither a kill nor a lost task keeps anybody Pro.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { Cluster } from './support/cluster.mjs';
import { command } from './support/command.mjs';
import { endPrograms, sleep, until } from './support/process.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { noFaketime, skewed } from './support/skew.mjs';

const holdsSeconds = 5; // For a change to hold on every node.
const grantSeconds = 10; // Of one that is to end: long enough for a busy machine to make it before.
const ahead = skewed('+300');

const soon = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();
const tierOf = async (user) => (await user.usage()).tier;
const seenBy = (user, node) => Object.assign(new User(), user, { client: new Client(node) });

async function succeeds(server, ...args) {
    const done = await command(server, ...args);
    assert.equal(done.code, 0, `${args.join(' ')}: ${done.said}`);
    assert.equal(done.said, '');
    return done.stdout;
}

async function becomes(user, tier, seconds = holdsSeconds) {
    await until(`${tier} for ${user.mobile}`, async () => (await tierOf(user)) === tier, { seconds });
}

// The names of the notices of GET /events/ from now on.
async function listen(user) {
    const names = [];
    const stream = await user.client.stream('GET', '/events/', { token: user.token });
    assert.equal(stream.status, 200);
    (async () => {
        for await (const { event } of stream.events) names.push(event);
    })().catch(() => {});
    await until('the first event', () => names.includes('ready'));
    return { names, cut: stream.cut };
}

after(() => endPrograms());

describe('plans over SQLite', () => {
    const settings = { ...roomySettings, RATE_LIMITS: 'on', BASIC_DAILY_MESSAGES: '3', AI_MODELS: 'demo', DEMO_TOKENS_PER_SECOND: '0',
        RATE_RULES: ['auth', 'otp'].map((name) => `${name}=1000000/60`).join() };
    let server, client;

    before(async () => {
        server = await Server.start({ env: settings });
        client = new Client(server);
    });
    after(() => client.close());

    test('everybody sees the public plans, with their limits and prices', async () => {
        const { status, headers, body } = await client.ask('GET', '/plans/');
        assert.equal(status, 200);
        assert.equal(headers['cache-control'], 'public, max-age=60');
        assert.deepEqual(body.results.map(({ name, title, rank }) => ({ name, title, rank })),
            [{ name: 'basic', title: 'Basic', rank: 0 }, { name: 'pro', title: 'Pro', rank: 1 }]);
        assert.deepEqual(body.results[0].prices, []);
        const { limits } = body.results[1];
        assert.deepEqual(limits, { messages_per_day: 1000, requests_per_minute: 600, models: null, context_tokens: 32000,
            message_characters_max: 32000, replies_at_once: 2, rooms_max: 10000 });
    });

    test('a grant makes Pro at once, is told, and is taken back', async () => {
        const user = await User.signUp(client);
        const events = await listen(user);
        assert.equal(await succeeds(server, 'grant', user.mobile, 'pro'), `${user.mobile} is granted pro without end; the account's plan is pro without end.\n`);
        assert.equal(await tierOf(user), 'pro');
        assert.equal((await user.ask('GET', '/user/me/')).tier, 'pro');
        await until('the notice', () => events.names.includes('plan'));
        assert.equal(await succeeds(server, 'revoke', user.mobile, 'pro'),
            `${user.mobile} is not granted pro any more; the account's plan is basic without end.\n`);
        assert.equal(await tierOf(user), 'basic');
        await until('the second notice', () => events.names.filter((name) => name === 'plan').length === 2);
        events.cut();
        assert.doesNotMatch(server.log, new RegExp(user.mobile.slice(1)), 'no number stands in the log');
    });

    test('what cannot be done is said in one line', async () => {
        const user = await User.signUp(client);
        const cases = [
            [['grant', user.mobile, 'gold'], /no plan gold/],
            [['grant', '+12025559999', 'pro'], /No account has the number \+12025559999/],
            [['grant', 'nobody', 'pro'], /./],
            [['grant', user.mobile, 'basic'], /Everybody has basic/],
            [['grant', user.mobile, 'pro', '--until', 'tomorrow'], /--until takes a date/],
            [['grant', user.mobile, 'pro', '--until', '2020-01-01'], /is past/],
            [['revoke', user.mobile, 'pro'], /was not granted/],
            [['revoke', user.mobile, 'gold'], /no plan gold/],
            [['plans', 'set', 'gold', 'rank=2'], /no plan gold/],
            [['plans', 'set', 'basic', 'messages_per_day=many'], /messages_per_day must be a number from 0 to/],
            [['plans', 'set', 'basic', 'messages_per_day'], /messages_per_day must be a number from 0 to/],
            [['plans', 'set', 'basic', 'colour=red'], /no field colour/],
            [['plans', 'set', 'basic', 'models=typo'], /no model typo/],
            [['plans', 'archive', 'basic'], /is_archived must be no for basic/],
            [['plans', 'archive', 'gold'], /no plan gold/],
            [['plans', 'add', 'Gold Plan'], /name begins with a-z/],
            [['plans', 'add', 'pro'], /There is a plan pro already/],
        ];
        for (const [args, expected] of cases) {
            const { code, stdout, said } = await command(server, ...args);
            assert.equal(code, 1, `${args.join(' ')}: ${stdout}`);
            assert.equal(said.split('\n').length, 1, said);
            assert.match(said, expected);
            assert.equal(stdout, '');
        }
        assert.equal(await tierOf(user), 'basic');
    });

    test('a plan is changed for all who have it, made, archived', async () => {
        const user = await User.signUp(client);
        assert.equal(await succeeds(server, 'plans', 'set', 'basic', 'messages_per_day=7', 'title=Free'), 'basic: title Basic -> Free; messages_per_day 3 -> 7.\n');
        assert.equal((await user.usage()).limit, 7);
        assert.equal(await succeeds(server, 'plans', 'set', 'basic', 'messages_per_day=7'), 'basic: nothing to change.\n');
        assert.match(await succeeds(server, 'plans', 'add', 'team', 'rank=2', 'is_public=yes', 'title=Team', 'description=For several.|With more.'), /^team: added/);
        const list = await succeeds(server, 'plans', 'list');
        assert.deepEqual(list.match(/^\w+$/gm), ['basic', 'pro', 'team']);
        assert.match(list, /^team\n {2}title +Team\n {2}description +For several\. \|\n +With more\.\n {2}is_public +yes\n/m);
        assert.match(list, /^ {2}rank +2$/m);
        assert.ok(Math.max(...list.split('\n').map((line) => line.length)) <= 100, list);
        const names = async () => (await client.ask('GET', '/plans/')).body.results.map(({ name }) => name);
        assert.deepEqual(await names(), ['basic', 'pro', 'team']);
        await succeeds(server, 'grant', user.mobile, 'team');
        assert.equal(await succeeds(server, 'plans', 'archive', 'team'), 'team: is_archived no -> yes.\n');
        assert.deepEqual(await names(), ['basic', 'pro']);
        assert.equal(await tierOf(user), 'team', 'who has it keeps it');
        const other = await User.signUp(client);
        const refused = await command(server, 'grant', other.mobile, 'team');
        assert.equal(refused.code, 1);
        assert.match(refused.said, /archived/);
        await succeeds(server, 'plans', 'set', 'basic', 'messages_per_day=3', 'title=Basic');
    });

    test('in the middle of a day: used units stay used, what waits is written, the refusal names the way up', async () => {
        const user = await User.signUp(client);
        const room = await user.createRoom();
        await succeeds(server, 'grant', user.mobile, 'pro');
        assert.equal((await user.usage()).upgrade, undefined, 'nothing is above pro');
        const replies = [];
        for (let number = 0; number < 6; ++number) replies.push((await user.send(room, `question ${number}`)).reply.id);
        await succeeds(server, 'revoke', user.mobile, 'pro');
        const { used, limit, remaining, upgrade } = await user.usage();
        assert.deepEqual({ used, limit, remaining }, { used: 6, limit: 3, remaining: 0 });
        assert.deepEqual(upgrade, { plans: '/plans/', checkout: '/subscription/checkout/' });
        const refused = await user.post(room, 'one more');
        assert.equal(refused.status, 429);
        assert.equal(refused.body.code, 'daily_limit_reached');
        assert.deepEqual(refused.body.upgrade, { plans: '/plans/', checkout: '/subscription/checkout/' });
        for (const reply of replies) assert.equal((await user.follow(room, reply)).message.status, 'completed');
        assert.equal((await user.usage()).used, 6);
    });

    // As pages load themselves and go on, with all limits as they are where nobody has set any; in five tabs at once.
    test('page loads and a send are within every limit, and each answer says what is left', async () => {
        const apart = await Server.start({ env: { ...settings, RATE_RULES: '', BASIC_DAILY_MESSAGES: '50' } });
        const pages = new Client(apart);
        const user = await User.signUp(pages);
        const room = await user.createRoom();
        const load = ['/user/me/', '/user/usage/', '/models/', '/chatroom/', `/chatroom/${room}/`, '/plans/', '/subscription/status/', '/chatroom/?limit=20',
            `/chatroom/${room}/?limit=20`, '/user/usage/?days=30'];
        const answers = [];
        const streams = [];
        for (let tab = 0; tab < 5; ++tab) {
            streams.push(listen(user));
            answers.push(...(await Promise.all(load.map((path) => pages.ask('GET', path, { token: user.token })))));
        }
        assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
        for (const { headers } of answers) assert.match(headers['ratelimit-policy'], /^"read";q=600;w=60(, "plan";q=120;w=60)?$/);
        const leftOf = ({ headers }) => Number(/"plan";r=(\d+);t=\d+/.exec(headers.ratelimit)?.[1]);
        // Of the plan's, signing in and making the room took some, and streams take none.
        const left = Math.min(...answers.map(leftOf).filter((number) => !Number.isNaN(number)));
        assert.ok(left < 90 && left > 60, `${left} of 120 left`);

        const sent = await Promise.all(['one', 'two', 'three'].map((word) => user.post(room, word, { wait: 20 })));
        assert.deepEqual(sent.map(({ status }) => status), [201, 201, 201]);
        for (const { headers } of sent) assert.match(headers['ratelimit-policy'], /"send";q=60;w=60/);
        const events = await Promise.all(streams);
        for (const { names, cut } of events) {
            await until('the news of the replies', () => names.includes('usage'));
            cut();
        }
        assert.equal((await pages.ask('POST', '/subscription/checkout/', { token: user.token, body: { plan: 'pro' } })).status, 200);
        assert.equal((await user.ask('GET', '/user/me/')).tier, 'basic');
        assert.deepEqual(pages.problems, []);
        pages.close();
        await apart.stop();
    });

    test('a grant lifts what a plan allows a minute', async () => {
        const user = await User.signUp(client);
        await succeeds(server, 'grant', user.mobile, 'pro');
        await until('the limit of pro', async () => {
            const { headers } = await client.ask('GET', '/user/me/', { token: user.token });
            return headers['ratelimit-policy'].includes('"plan";q=600;w=60');
        }, { seconds: holdsSeconds });
    });

    test('a grant is whole or not there, and told, however the server dies', { timeout: 120_000 }, async () => {
        const apart = await Server.start({ env: settings });
        const other = new Client(apart);
        const user = await User.signUp(other);
        for (const [point, isKept] of [['grant_before_commit', false], ['grant_after_commit', true]]) {
            await apart.stop();
            await apart.start({ FAILPOINT: `${point}:abort` });
            const died = await command(apart, 'grant', user.mobile, 'pro');
            assert.notEqual(died.code, 0, 'nobody answered');
            await until('the end of the server', () => apart.program.exited);
            await apart.start();
            assert.equal(await tierOf(user), isKept ? 'pro' : 'basic', point);
        }
        await until('what was asked for to be done', async () => (await other.ask('GET', '/health/')).status === 200);
        await apart.stop();
        assert.deepEqual(await apart.rows("select actor, action, detail from audit where user_id > 0 order by at, action"), [
            { actor: 'operator', action: 'grant', detail: 'pro without end' },
            { actor: 'operator', action: 'tier', detail: 'basic -> pro without end by admin' },
        ]);
        // Alone, the command does it itself.
        assert.match(await succeeds(apart, 'revoke', user.mobile, 'pro'), /plan is basic/);
        await apart.start();
        assert.equal(await tierOf(user), 'basic');
        await until('the telling of both', async () => {
            await apart.stop();
            const left = await apart.rows("select kind from tasks where kind = 'tell_plan'");
            await apart.start();
            return left.length === 0;
        });
        other.close();
    });
});

for (const redis of [true, false]) {
    describe(`plans on two nodes over PostgreSQL, ${redis ? 'with Redis' : 'alone'}`, { skip: noFaketime }, () => {
        let cluster, nodes;

        before(async () => {
            const classes = ['auth', 'otp', 'send', 'send_address', 'create', 'create_address', 'read', 'read_address'];
            const env = { AI_MODELS: 'demo', BASIC_DAILY_MESSAGES: '3', RATE_RULES: classes.map((name) => `${name}=1000000/60`).join() };
            cluster = await Cluster.start({ users: 20, workers: 0, redis, env });
            // One node is five minutes ahead: what time decides is the database's.
            await cluster.serves[1].stop();
            await cluster.serves[1].start(ahead);
            nodes = cluster.serves;
        });

        // A user as each of the nodes sees them.
        async function signUp() {
            const client = new Client({ url: nodes[0].url, testNumber: () => cluster.testNumber() });
            const user = await User.signUp(client);
            client.close();
            return nodes.map((node) => seenBy(user, node));
        }
        const endOfTier = (user) => until('the end of the grant', async () => {
            const ended = await cluster.rows(`select 1 from users where id = ${user.id} and tier_until < now_us()`);
            return ended.length === 1;
        });

        test('a grant holds on both nodes at once, and its limits within five seconds', async () => {
            const both = await signUp();
            const limitOf = async (one) => (await one.client.ask('GET', '/user/me/', { token: one.token })).headers['ratelimit-policy'];
            for (const one of both) assert.match(await limitOf(one), /"plan";q=120;w=60/);
            const events = await Promise.all(both.map(listen));
            assert.match(await succeeds(nodes[1], 'grant', both[0].mobile, 'pro'), /plan is pro without end/);
            for (const [index, one] of both.entries()) {
                assert.equal(await tierOf(one), 'pro');
                await until('the limit of pro', async () => /"plan";q=600;w=60/.test(await limitOf(one)), { seconds: holdsSeconds });
                await until('the notice', () => events[index].names.includes('plan'), { seconds: holdsSeconds });
                events[index].cut();
            }
        });

        test('a grant ends by time alone, by the clock of the database', async () => {
            const both = await signUp();
            const events = await listen(both[1]);
            const notices = () => events.names.filter((name) => name === 'plan').length;
            const end = Date.now() + grantSeconds * 1000;
            await succeeds(nodes[0], 'grant', both[0].mobile, 'pro', '--until', new Date(end).toISOString());
            await until('the notice of the grant', () => notices() === 1, { seconds: holdsSeconds });
            for (;;) {
                const asked = Date.now();
                const tiers = await Promise.all(both.map(tierOf));
                if (tiers.includes('basic')) {
                    assert.ok(Date.now() >= end, 'not before its end, though one node is ahead');
                    break;
                }
                assert.ok(asked < end + holdsSeconds * 1000, 'still pro');
                await sleep(50);
            }
            await until('the notice of its end', () => notices() === 2, { seconds: holdsSeconds });
            assert.deepEqual(await Promise.all(both.map(tierOf)), ['basic', 'basic']);
            assert.deepEqual(await cluster.rows(`select tier_until from users where id = ${both[0].id}`), [{ tier_until: null }]);
            events.cut();
        });

        test('the sweep finds who stayed Pro when the task was lost', async () => {
            const [user] = await signUp();
            await succeeds(nodes[0], 'grant', user.mobile, 'pro', '--until', soon(grantSeconds));
            await cluster.postgres.psql(`delete from tasks where kind = 'tier_due' and user_id = ${user.id}`);
            await endOfTier(user);
            assert.equal(await tierOf(user), 'pro', 'nobody has looked');
            await cluster.postgres.psql("update task_periods set done_until = now_us() where kind = 'tier_sweep'"); // As if the hour were over.
            await becomes(user, 'basic', 10);
            await until('the line in the log', () => /tiers_mended/.test(nodes.map(({ log }) => log).join('')));
        });

        test('who was killed meanwhile finds it when it is back', { timeout: 120_000 }, async () => {
            const [user] = await signUp();
            await succeeds(nodes[0], 'grant', user.mobile, 'pro', '--until', soon(grantSeconds));
            assert.equal(await tierOf(user), 'pro');
            await Promise.all(nodes.map((node) => node.kill()));
            await endOfTier(user);
            await nodes[0].start();
            await becomes(user, 'basic', 30);
            await nodes[1].start(ahead);
        });

        test("an operator's change of a plan holds on every node within five seconds", async () => {
            const both = await signUp();
            await succeeds(nodes[0], 'plans', 'set', 'basic', 'requests_per_minute=77', 'messages_per_day=9');
            for (const one of both) {
                await until('the new limits', async () => {
                    const { headers, body } = await one.client.ask('GET', '/user/usage/', { token: one.token });
                    return headers['ratelimit-policy'].includes('"plan";q=77;w=60') && body.limit === 9;
                }, { seconds: holdsSeconds });
            }
            await succeeds(nodes[0], 'plans', 'set', 'basic', 'requests_per_minute=120', 'messages_per_day=3');
            assert.deepEqual(await cluster.rows("select detail from audit where action = 'plan' order by at"), [
                { detail: 'basic: messages_per_day 3 -> 9; requests_per_minute 120 -> 77' }, { detail: 'basic: messages_per_day 9 -> 3; requests_per_minute 77 -> 120' }]);
        });
    });
}
