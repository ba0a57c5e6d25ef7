// Twenty workers are killed at once, each in the middle of replies. Their leases of 20 s have to end first, and somebody has to look:
// every one of the replies is begun again within 25 s. Times are the database's own.
// POLLUX_DEATHS=n: how many times (usually 1, 10 with POLLUX_DEEP).
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { Cluster } from './support/cluster.mjs';
import { percentile } from './support/figures.mjs';
import { endPrograms, sleep, until } from './support/process.mjs';
import { Random } from './support/random.mjs';
import { Sim } from './support/sim.mjs';

const rounds = Number(process.env.POLLUX_DEATHS ?? (process.env.POLLUX_DEEP ? 10 : 1));
const workers = 20;
const repliesEach = 2;
const leaseMs = 20_000;
const limitMs = 25_000;
const renewalMs = 5000;

const slow = { text: 'A long story, told slowly. '.repeat(40), duration_ms: 120_000, chunks: 400 };
const quick = { text: 'ok', chunk_delay_ms: 0 };

describe('dead workers', () => {
    let sim, cluster, client, users;
    const waits = [];

    before(async () => {
        sim = await Sim.start();
        // So few hands that all of them are needed: each worker has replies to lose.
        const env = { ...sim.settings(), WORKER_CONCURRENCY: String(repliesEach), DATABASE_WRITE_POOL: '2', THREADS: '1' };
        cluster = await Cluster.start({ workers, users: workers * repliesEach, env });
        client = new Client(cluster);
        users = await Promise.all(cluster.mobiles.map(async () => {
            const user = await User.signUp(client);
            return { user, room: await user.createRoom() };
        }));
    });
    after(() => {
        endPrograms();
        client.close();
    });

    const jobs = () => cluster.rows('select message_id as reply, attempt, lease_owner as owner, lease_until / 1000.0 as until, now_us() / 1000.0 as now from jobs');

    test(`${rounds} times ${workers} workers killed at once: what they wrote is begun again within ${limitMs / 1000} s`, { timeout: 600_000 }, async () => {
        const random = Random.announced('dead workers');
        for (let round = 1; round <= rounds; ++round) waits.push(...(await roundOfDeaths(round, random)));
        const figures = [50, 99, 100].map((percent) => (percentile(waits, percent) / 1000).toFixed(2));
        console.log(`# from the kill to the next attempt's claim, ${waits.length} replies: p50 ${figures[0]} s, p99 ${figures[1]} s, longest ${figures[2]} s`);
        assert.ok(Math.max(...waits) <= limitMs, `${figures[2]} s`);
    });

    // Returns how long each reply had nobody, in ms.
    async function roundOfDeaths(round, random) {
        await sim.plan({ reset: true, default: slow });
        const sent = await Promise.all(users.map(({ user, room }) => user.sendUntilAccepted(room, `round ${round}`)));
        const writing = await until('every worker to be writing', async () => {
            const rows = await jobs();
            const owners = new Set(rows.map(({ owner }) => owner));
            return !owners.has(null) && owners.size === workers && rows.length === users.length && rows;
        }, { seconds: 60 });
        const before = new Map(writing.map((job) => [job.reply, job]));
        await sim.plan({ reset: true, default: quick });
        await sleep(random.below(renewalMs)); // Leases have anything from 15 to 20 s left.

        const [{ now: killed }] = await cluster.rows('select now_us() / 1000.0 as now');
        for (const worker of cluster.workers) worker.program.child.kill('SIGKILL');
        const starting = Promise.all(cluster.workers.map(async (worker) => {
            await worker.program.end;
            await worker.start();
        }));
        const claimed = await nextClaims(before, killed);
        await starting;
        await onceEach(sent);
        return [...claimed.values()].map((at) => at - killed);
    }

    // When each reply was claimed again. A claim sets the lease to 20 s from then; a reply that is gone was claimed and finished since the
    // last look.
    async function nextClaims(before, killed) {
        const claimed = new Map();
        await until('all to be claimed again', async () => {
            const rows = await jobs();
            const now = rows[0]?.now ?? (await cluster.rows('select now_us() / 1000.0 as now'))[0].now;
            const open = new Map(rows.map((row) => [row.reply, row]));
            for (const [reply, { attempt }] of before) {
                const row = open.get(reply);
                if (claimed.has(reply) || (row && (row.attempt === attempt || row.owner === null))) continue;
                claimed.set(reply, row ? Math.min(row.until - leaseMs, now) : now);
            }
            return claimed.size === before.size;
        }, { seconds: 60, everyMs: 50 });
        assert.ok(Math.min(...claimed.values()) > killed, 'somebody took a lease that had not ended');
        return claimed;
    }

    async function onceEach(sent) {
        const ids = sent.map(({ reply }) => reply.id).join();
        await until('all replies', async () => (await cluster.rows(`select id from messages where id in (${ids}) and status <> 'completed'`)).length === 0);
        const replies = await cluster.rows(`select reply_to, content from messages where reply_to in (${sent.map(({ message }) => message.id)})`);
        assert.equal(replies.length, sent.length);
        assert.ok(replies.every(({ content }) => content === 'ok'));
    }
});
