// PostgreSQL is stopped, killed, or has no connection left, while users send, read and follow replies. Whoever asks is told 503 soon,
// no answer takes more than 5 s, /livez stays, /readyz goes and comes within 5 s, and in the end whatever was accepted has its one reply.
// How much longer than that is allowed follows from how late /livez is, which waits for nothing but the machine.
// POLLUX_OUTAGE_SECONDS=n: how long each of them lasts (usually 5). POLLUX_REDIS=no: PostgreSQL alone.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { persist } from '../chaos/clients.mjs';
import { User } from './support/client.mjs';
import { Cluster } from './support/cluster.mjs';
import { ms, percentile } from './support/figures.mjs';
import { endPrograms, sleep, until } from './support/process.mjs';
import { Crowd } from './support/services.mjs';
import { Sim } from './support/sim.mjs';
import { TimedClient } from './support/timed_client.mjs';

const outageMs = 1000 * Number(process.env.POLLUX_OUTAGE_SECONDS ?? 5);
const limitMs = 5000;
const soonMs = 2000;
const userCount = 12;

describe('PostgreSQL goes away', () => {
    let sim, cluster, clients, watcher, isOver = false, chatting, chattingSince;
    const sent = [];

    before(async () => {
        sim = await Sim.start();
        await sim.plan({ default: { duration_ms: 500, chunks: 10 } });
        const env = { ...sim.settings(), DATABASE_WRITE_POOL: '4' };
        cluster = await Cluster.start({ env, users: userCount, redis: process.env.POLLUX_REDIS !== 'no', postgresSettings: { max_connections: 60 } });
        // One half asks HAProxy, which leaves nodes that are not ready; the other half asks the nodes, and is told.
        clients = [cluster, ...cluster.serves].map((server) => new TimedClient({ get url() { return server.url; }, testNumber: () => cluster.testNumber() }));
        watcher = new TimedClient({});
        const users = await Promise.all(cluster.mobiles.map(async (_, number) => {
            const user = await User.signUp(clients[[0, 1, 0, 2][number % 4]]);
            return { user, room: await user.createRoom() };
        }));
        chattingSince = Date.now(); // Signing up takes as long as hashing a password takes.
        // A user who follows a reply asks nothing meanwhile, and all may do that at once: some users only look at what they have used.
        chatting = Promise.all(users.map((one, number) => (number >= userCount - clients.length ? look : chat)(one)));
    });
    after(() => {
        endPrograms();
        for (const client of [...clients, watcher]) client.close();
    });

    async function chat({ user, room }) {
        while (!isOver) {
            const { message, reply } = await user.sendUntilAccepted(room, `question ${sent.length}`, { key: randomUUID(), seconds: 120 });
            sent.push({ message: message.id, reply: reply.id });
            await persist(() => user.ask('GET', '/chatroom/'));
            await persist(() => user.follow(room, reply.id));
        }
    }

    async function look({ user }) {
        while (!isOver) {
            await persist(() => user.ask('GET', '/user/usage/')); // Lists of rooms come from the cache as long as Redis is there.
            await sleep(50);
        }
    }

    // What a node says of itself, asked past HAProxy.
    async function health(node, path) {
        watcher.server.url = node.url;
        return (await watcher.ask('GET', path, { seconds: 10 })).status;
    }

    const allowedMs = () => limitMs + 10 * percentile(watcher.waits.filter(({ asked }) => asked === 'GET /livez').map((wait) => wait.ms), 90);

    // When all nodes answered `status` to /readyz for the first time. /livez is asked beside it and must be there.
    async function readiness(status, what) {
        const began = Date.now();
        for (const node of cluster.serves) {
            await until(`/readyz to be ${status}: ${what}`, async () => {
                assert.equal(await health(node, '/livez'), 200);
                return (await health(node, '/readyz')) === status;
            }, { seconds: 15, everyMs: 50 });
        }
        return Date.now() - began;
    }

    let crowd;
    const outages = {
        stopped: [() => cluster.postgres.pause(), () => cluster.postgres.resume()],
        killed: [() => cluster.postgres.kill(), () => cluster.postgres.launch()],
        'out of connections': [async () => (crowd = await Crowd.take(cluster.postgres)), () => crowd.leave()],
    };
    for (const [name, [begin, end]] of Object.entries(outages)) {
        test(`PostgreSQL is ${name}`, { timeout: 120_000 }, async () => {
            await until('sends', () => sent.length > 0);
            const began = Date.now();
            await begin();
            const down = await readiness(503, name);
            while (Date.now() < began + outageMs) {
                for (const node of cluster.serves) assert.equal(await health(node, '/livez'), 200);
                await sleep(50);
            }
            await end();
            const ended = Date.now();
            const up = await readiness(200, name);
            const before = sent.length;
            await until('sends to be accepted again', () => sent.length > before + userCount);

            const during = clients.flatMap(({ waits }) => waits).filter(({ at }) => at >= began && at < ended);
            const refused = during.filter(({ status }) => status === 503).map((wait) => wait.ms);
            const late = refused.filter((wait) => wait > soonMs).length;
            console.log(`# ${name}: /readyz down after ${down} ms, up ${up} ms after it was there again; ${refused.length} times 503, ` +
                `p50 ${ms(percentile(refused, 50))}, longest ${ms(Math.max(...refused))}, ${late} later than ${soonMs / 1000} s`);
            assert.ok(refused.length > 0, 'nobody was told');
            assert.ok(down <= allowedMs(), `down after ${down} ms`);
            assert.ok(up <= allowedMs(), `up after ${up} ms`);
        });
    }

    test('in the end everything that was accepted has its one reply, and nothing hung', async () => {
        isOver = true;
        await chatting;
        const replies = await cluster.rows("select reply_to as message, id as reply, status from messages where role = 'assistant' order by id");
        assert.ok(replies.every(({ status }) => status === 'completed'), JSON.stringify(replies.filter(({ status }) => status !== 'completed')));
        const byId = (one, other) => one.reply - other.reply;
        assert.deepEqual(replies.map(({ message, reply }) => ({ message, reply })), [...sent].sort(byId));
        assert.deepEqual(await cluster.rows('select * from jobs'), []);
        const [{ used }] = await cluster.rows('select sum(used) as used from usage_days');
        assert.equal(used, sent.length);
        const hung = [...clients, watcher].flatMap(({ waits }) => waits).filter(({ at, ms: waited }) => at >= chattingSince && waited > allowedMs());
        assert.deepEqual(hung, []);
        for (const { code } of await cluster.stop()) assert.equal(code, 0);
    });
});
