// What a plan allows holds on every node, and a change of it within 5 s: requests a minute over all of a user's routes, and rooms. Two
// servers over PostgreSQL and Redis.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { Cluster } from './support/cluster.mjs';
import { endPrograms, sleep } from './support/process.mjs';

const changeHoldsSeconds = 5;

after(() => endPrograms());

describe('limits of plans', () => {
    let cluster, nodes;

    before(async () => {
        const classes = ['auth', 'otp', 'send', 'send_address', 'read', 'read_address'];
        cluster = await Cluster.start({ users: 4, workers: 0, env: { AI_MODELS: 'demo', RATE_RULES: classes.map((name) => `${name}=1000000/60`).join() } });
        nodes = cluster.serves.map((node) => new Client(node));
    });
    after(() => {
        for (const one of nodes) one.close();
    });

    const ask = (node, user, method = 'GET', path = '/user/me/', options = {}) => node.ask(method, path, { token: user.token, ...options });

    async function signUp() {
        const client = new Client(cluster);
        const user = await User.signUp(client);
        client.close();
        return user;
    }

    // Asks until an answer pleases, for as long as a change may take to hold.
    async function soon(node, user, pleases) {
        for (const end = Date.now() + changeHoldsSeconds * 1000;;) {
            const answer = await ask(node, user);
            if (pleases(answer)) return answer;
            assert.ok(Date.now() < end, `${answer.status} ${answer.headers['ratelimit-policy']} after ${changeHoldsSeconds} s`);
            await sleep(50);
        }
    }

    test('requests a minute, over all nodes and all routes', async () => {
        const user = await signUp();
        await cluster.postgres.psql("update plans set requests_per_minute = 8 where name = 'basic'");
        for (const node of nodes) {
            const refused = await soon(node, user, ({ status, headers }) => status === 429 && headers['ratelimit-policy'] === '"plan";q=8;w=60');
            assert.equal(refused.body.code, 'rate_limited');
            assert.ok(Number(refused.headers['retry-after']) <= 60);
        }
        // Whatever is asked, wherever.
        assert.equal((await ask(nodes[0], user, 'GET', '/chatroom/')).status, 429);
        assert.equal((await ask(nodes[1], user, 'POST', '/chatroom/', { body: { name: 'one more' } })).status, 429);
        // Another user of the same plan has a budget of their own.
        const other = await signUp();
        assert.equal((await ask(nodes[1], other)).status, 200);

        await cluster.postgres.psql("update plans set requests_per_minute = 100000 where name = 'basic'");
        for (const node of nodes) await soon(node, user, ({ status }) => status === 200);
    });

    test('rooms, over all nodes', async () => {
        const user = await signUp();
        await cluster.postgres.psql("update plans set rooms_max = 3, requests_per_minute = 100000 where name = 'basic'");
        const made = await Promise.all(
            Array.from({ length: 12 }, (_, number) => ask(nodes[number % 2], user, 'POST', '/chatroom/', { body: { name: `room ${number}` } })));
        const statuses = made.map(({ status, body }) => (status === 201 ? 'made' : body.code));
        assert.equal(statuses.filter((status) => status === 'made').length, 3, statuses.join());
        assert.equal(statuses.filter((status) => status === 'rooms_max_reached').length, 9, statuses.join());
        const room = made.find(({ status }) => status === 201).body.id;
        assert.equal((await ask(nodes[0], user, 'DELETE', `/chatroom/${room}/`)).status, 204);
        assert.equal((await ask(nodes[1], user, 'POST', '/chatroom/', { body: { name: 'in its place' } })).status, 201);
    });
});

// POLLUX_LIMIT_SECONDS=n: windows of 60 s and n seconds of each behaviour (usually 2 s and 6).
describe('requests of a plan, counted over two nodes', () => {
    const seconds = Number(process.env.POLLUX_LIMIT_SECONDS ?? 6);
    const windowSeconds = process.env.POLLUX_LIMIT_SECONDS ? 60 : 2;
    const rate = 10; // A second.
    const count = rate * windowSeconds; // At once, if the client likes.
    let cluster, nodes;

    before(async () => {
        const wide = ['auth', 'otp', 'read', 'read_address'].map((name) => `${name}=1000000/60`);
        cluster = await Cluster.start({ users: 30, workers: 0, env: { AI_MODELS: 'demo', RATE_RULES: [...wide, `plan=${count}/${windowSeconds}`].join() } });
        nodes = cluster.serves.map((node) => new Client(node));
    });
    after(() => {
        for (const one of nodes) one.close();
    });

    async function signUp() {
        const client = new Client(cluster);
        const user = await User.signUp(client);
        client.close();
        return user;
    }

    async function ask(user, turn) {
        const sent = performance.now();
        const answer = await nodes[turn % 2].ask('GET', '/user/me/', { token: user.token });
        assert.ok([200, 429].includes(answer.status), `${answer.status} ${answer.text}`);
        return { sent, came: performance.now(), answer, isAccepted: answer.status === 200 };
    }

    async function flood(user, end) {
        const lanes = Array.from({ length: 4 }, async (_, lane) => {
            const all = [];
            for (let turn = lane; performance.now() < end; ++turn) {
                all.push(await ask(user, turn));
                await sleep(4);
            }
            return all;
        });
        return (await Promise.all(lanes)).flat();
    }

    async function keepTo(user, end) {
        const all = [];
        for (let due = performance.now(); performance.now() < end; due = Math.max(due + 1000 / (0.95 * rate), performance.now())) {
            await sleep(due - performance.now());
            all.push(await ask(user, all.length));
        }
        return all;
    }

    test(`no window of ${windowSeconds} s holds more than ${count} and the burst, and 0.95 of the rate is never refused`, { timeout: 1_200_000 }, async () => {
        const [wild, gentle] = [await signUp(), await signUp()];
        const end = performance.now() + seconds * 1000;
        const [wildly, gently] = await Promise.all([flood(wild, end), keepTo(gentle, end)]);
        const accepted = wildly.filter(({ isAccepted }) => isAccepted);
        const inWindowFrom = (begin) => accepted.filter(({ sent, came }) => sent >= begin && came <= begin + windowSeconds * 1000).length;
        const fullest = Math.max(...accepted.map(({ sent }) => inWindowFrom(sent)));
        console.log(`# ${accepted.length} of ${wildly.length} accepted, ${fullest} in the fullest window, ${2 * count} allowed`);
        assert.ok(accepted.length < wildly.length, 'nothing was refused, so nothing is shown');
        assert.ok(fullest >= count && fullest <= 2 * count, `${fullest} in one window`);
        assert.ok(gently.length >= 0.5 * rate * seconds, `only ${gently.length} requests: this says nothing about a steady rate`);
        assert.deepEqual(gently.filter(({ isAccepted }) => !isAccepted).map(({ answer }) => answer.text), []);
    });

    // Whatever a client asks for at once is within the limit where the machine needs long enough to answer it: then it asks for more.
    async function askUntilRefused(user) {
        for (let bursts = 0; bursts < 20; ++bursts) {
            const burst = await Promise.all(Array.from({ length: 2 * count + 1 }, (_, turn) => ask(user, turn)));
            for (const { answer } of burst) assert.ok(answer.headers['ratelimit-policy'].includes(`"plan";q=${count};w=${windowSeconds}`));
            const refused = burst.filter(({ isAccepted }) => !isAccepted).sort((one, other) => one.came - other.came).at(-1)?.answer;
            if (refused) return refused;
        }
        return assert.fail('a limit that never comes');
    }

    test('clients who come back as they were told are let in each time', { timeout: 120_000 }, async () => {
        const clients = await Promise.all(Array.from({ length: 10 }, signUp));
        let refusals = 0;
        const obey = async (user) => {
            for (let round = 0; round < 3; ++round) {
                const refused = await askUntilRefused(user);
                assert.match(refused.headers.ratelimit, /^"plan";r=0;t=\d+$/);
                const wait = Number(refused.headers['retry-after']);
                assert.ok(wait >= 1 && wait <= windowSeconds, `Retry-After ${wait}`);
                ++refusals;
                await sleep(wait * 1000 + 5); // Timers may ring a moment early.
                assert.ok((await ask(user, round)).isAccepted, 'refused a second time');
            }
        };
        await Promise.all(clients.map(obey));
        assert.equal(refusals, 30);
    });
});
