// Resumes over nodes and Redis: replies are written by workers and read on two servers in turn, so every resume is on the other one, while
// Redis, which carries the text, is killed and comes back, is flushed and stands still, and a worker dies. Nothing is missing or doubled.
// POLLUX_STREAMS=n: how many streams (usually 200).
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { Cluster } from './support/cluster.mjs';
import { ManyStreams, longReply } from './support/many_streams.mjs';
import { endPrograms, sleep, until } from './support/process.mjs';
import { Random } from './support/random.mjs';
import { Sim } from './support/sim.mjs';

const streams = Number(process.env.POLLUX_STREAMS ?? 200);
const userCount = streams > 1000 ? 48 : 20;

describe('resumes on other nodes', () => {
    let sim, cluster;
    const clients = [];

    before(async () => {
        sim = await Sim.start();
        cluster = await Cluster.start({ users: userCount, env: sim.settings() });
    });
    after(() => {
        endPrograms();
        for (const client of clients) client.close();
    });

    // Whose requests go to the servers in turn.
    function zigzag() {
        let turn = 0;
        const server = { get url() { return cluster.serves[turn++ % cluster.serves.length].url; }, testNumber: () => cluster.testNumber() };
        clients.push(new Client(server));
        return User.signUp(clients.at(-1));
    }

    test(`${streams} streams with up to 5 cuts, each resume on the other node, while Redis comes and goes`, { timeout: 1_800_000 }, async () => {
        const random = Random.announced('resumes');
        const { plan, ...said } = longReply(random);
        await sim.plan({ reset: true, default: plan });
        const users = await Promise.all(Array.from({ length: userCount }, zigzag));
        const reading = new ManyStreams();
        const harming = harm(reading);
        await reading.read({ users, count: streams, random, ...said });
        await harming;
        console.log(`# ${reading}`);
        assert.ok(reading.restarts > 0, 'no stream was hit by the death of the worker');
    });

    // Each at a moment when many are reading, and one after the other.
    async function harm(reading) {
        const { redis, workers } = cluster;
        const part = (number) => until(`${number} eighths of the streams`, () => reading.done >= (streams * number) / 8, { seconds: 1200 });
        await part(1);
        await redis.kill();
        await part(2);
        await redis.launch();
        await part(3);
        assert.notEqual(await redis.command('KEYS', '*'), '', 'Redis is not used again');
        await redis.command('FLUSHALL');
        await part(4);
        await workers[0].kill();
        await workers[0].start();
        await part(5);
        redis.pause();
        await sleep(2000);
        redis.resume();
        await part(6);
        await redis.command('CONFIG', 'SET', 'maxmemory', 1);
        await part(7);
        await redis.command('CONFIG', 'SET', 'maxmemory', 0);
    }

    test('nothing went wrong, and everybody stops when told to', async () => {
        assert.equal(cluster.log.match(/reply_failed|request_failed|"level":"error"/g), null, cluster.log.match(/.*(reply_failed|request_failed|"level":"error").*/g)?.join('\n'));
        for (const { code } of await cluster.stop()) assert.equal(code, 0);
        await cluster.end();
    });
});
