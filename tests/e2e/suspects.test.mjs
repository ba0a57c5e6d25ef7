// A reply that has cost three leases is a suspect: after half a minute all workers free their hands for it. However it vanishes meanwhile,
// they go on at once. POLLUX_DEEP=1: every way to vanish, each of which takes half a minute; else one on each database.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { Cluster } from './support/cluster.mjs';
import { endPrograms, until } from './support/process.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { Sim } from './support/sim.mjs';

after(endPrograms);

const isDeep = process.env.POLLUX_DEEP === '1';
const workers = 3;
const hands = 2;
const startsWithinSeconds = 5; // 1 s on a machine that has nothing else to do; a worker that has stopped claiming never starts it.

async function startSim() {
    const sim = await Sim.start();
    await sim.plan({ default: { duration_ms: 50, chunks: 2 }, matching: [{ match: 'goes on', times: -1, stamps: 3000, chunk_delay_ms: 200 }] });
    return sim;
}

const callOf = async (sim, content) => (await sim.history()).find(({ turns }) => turns.at(-1).text === content);

// A question whose reply is being written, and goes on.
async function longReply(sim, client, content) {
    const user = await User.signUp(client);
    const room = await user.createRoom();
    const { reply } = await user.send(room, content);
    await sim.asked(content);
    return { user, room, reply, stop: () => user.stop(room, reply.id) };
}

// A suspect behind a reply of its room: it is ready when that one is stopped.
async function suspectBehind({ user, room, stop }, content) {
    const { reply } = await user.send(room, content);
    return { user, room, reply, content, letGo: stop };
}

// The content of a question that nobody begins to answer though a hand is free: hands are being freed.
async function firstThatWaits(sim, user, room, name) {
    for (let count = 0;; ++count) {
        const content = `${name} ${count}`;
        const { reply } = await user.send(room, content);
        const isBegun = await until('its call', () => callOf(sim, content), { seconds: 2, everyMs: 20 }).then(() => true, () => false);
        if (!isBegun) return content;
        await user.follow(room, reply.id);
    }
}

async function startsSoon(sim, content, what) {
    const began = performance.now();
    await until(`"${content}" is begun after ${what}`, () => callOf(sim, content), { seconds: startsWithinSeconds, everyMs: 10 });
    console.log(`# ${what}: the next reply began ${((performance.now() - began) / 1000).toFixed(2)} s later`);
}

async function deleteAccount(cluster, user) {
    await cluster.postgres.psql('update one_time_codes set created_at = created_at - 120000000'); // The next one may be asked for.
    await user.ask('POST', '/auth/send-otp/', { body: { mobile: user.mobile, purpose: 'confirm' } });
    await user.ask('POST', '/auth/verify-otp/', { body: { mobile: user.mobile, code: '135790', purpose: 'confirm' } });
    await user.ask('DELETE', '/user/me/', { expect: 204 });
}

const deleteRoom = ({ user, room }) => user.ask('DELETE', `/chatroom/${room}/`, { expect: 204 });
const waysOnPostgres = {
    'its room was deleted': (_, suspect) => deleteRoom(suspect),
    'it was stopped': (_, { user, room, reply }) => user.stop(room, reply.id),
    'its account was deleted': (cluster, { user }) => deleteAccount(cluster, user),
    'another process claimed it': (cluster, { reply }) =>
        cluster.postgres.psql(`update jobs set state = 'running', lease_owner = 'another', lease_until = now_us() + 600000000 where message_id = ${reply.id}`),
    'it went with all connections to the database': (cluster, { reply }) =>
        cluster.postgres.psql(`delete from jobs where message_id = ${reply.id};
            select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`),
};

describe('while hands are freed for a suspect', { concurrency: true }, () => {
    test('on PostgreSQL, over three workers', { timeout: 600_000 }, async () => {
        const sim = await startSim();
        const cluster = await Cluster.start({ workers, users: 24, env: { ...sim.settings(), WORKER_CONCURRENCY: String(hands) } });
        const client = new Client(cluster);
        const prober = await User.signUp(client);
        const probes = await prober.createRoom();
        const ways = Object.entries(waysOnPostgres).slice(0, isDeep ? undefined : 1);

        // One hand is left, so that each worker has at least one of them.
        const long = [];
        for (let count = 0; count < workers * hands - 1; ++count) long.push(await longReply(sim, client, `${count} goes on`));
        const makeSuspect = async (index) => {
            const suspect = await suspectBehind(await longReply(sim, client, `before suspect ${index} goes on`), `suspect ${index}`);
            await cluster.postgres.psql(`update jobs set lost = 3 where message_id = ${suspect.reply.id}`);
            await suspect.letGo();
            return suspect;
        };
        for (const [index, [what, vanish]] of ways.entries()) {
            const suspect = await makeSuspect(index);
            const probe = await firstThatWaits(sim, prober, probes, `probe ${index}`);
            assert.equal(await callOf(sim, suspect.content), undefined, 'it waits for all hands of a worker');
            await vanish(cluster, suspect);
            await startsSoon(sim, probe, what);
        }

        // Where nothing happens to it, its turn comes, and it runs alone.
        if (isDeep) {
            const suspect = await makeSuspect(ways.length);
            const probe = await firstThatWaits(sim, prober, probes, 'last probe');
            for (const { stop } of long) await stop();
            await until('its turn', () => callOf(sim, suspect.content), { seconds: 30, everyMs: 10 });
            await startsSoon(sim, probe, 'its turn came');
        }
        client.close();
        await cluster.stop();
        await cluster.end();
    });

    test('on SQLite', { timeout: 600_000 }, async () => {
        const sim = await startSim();
        const env = { ...roomySettings, ...sim.settings(), SECRET_KEY: 's'.repeat(40), WORKER_CONCURRENCY: '3' };
        const server = await Server.start({ env });
        const client = new Client(server);
        const prober = await User.signUp(client);
        const probes = await prober.createRoom();
        const ways = [['it was stopped', ({ user, room, reply }) => user.stop(room, reply.id)], ['its room was deleted', deleteRoom]];
        for (const [index, [what, vanish]] of ways.slice(0, isDeep ? undefined : 1).entries()) {
            const busy = await longReply(sim, client, `busy ${index} goes on`);
            const suspect = await suspectBehind(await longReply(sim, client, `before suspect ${index} goes on`), `suspect ${index}`);
            await server.kill();
            await server.rows(`update jobs set lost = 3 where message_id = ${suspect.reply.id}`);
            await server.start();
            await sim.asked(`busy ${index} goes on`);
            await suspect.letGo();
            const probe = await firstThatWaits(sim, prober, probes, `probe ${index}`);
            assert.equal(await callOf(sim, suspect.content), undefined, 'it waits for all hands');
            await vanish(suspect);
            await startsSoon(sim, probe, what);
            await busy.stop();
        }
        client.close();
        await server.stop();
    });
});
