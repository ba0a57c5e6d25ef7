// What a plan allows holds on every node, and a change of it within 5 s: requests a minute over all of a user's routes, and rooms. Two
// servers over PostgreSQL and Redis.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { Cluster } from './support/cluster.mjs';
import { endPrograms, sleep } from './support/process.mjs';

const changeHoldsSeconds = 5;

describe('limits of plans', () => {
    let cluster, nodes;

    before(async () => {
        const classes = ['auth', 'otp', 'send', 'send_address', 'read', 'read_address'];
        cluster = await Cluster.start({ users: 4, workers: 0, env: { AI_MODELS: 'demo', RATE_RULES: classes.map((name) => `${name}=1000000/60`).join() } });
        nodes = cluster.serves.map((node) => new Client(node));
    });
    after(() => {
        endPrograms();
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
