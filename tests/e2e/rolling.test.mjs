// A rolling restart: every process is stopped and started again, one after the other, under load behind HAProxy: no request fails,
// streams resume by themselves, nothing is lost.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { Cluster } from './support/cluster.mjs';
import { endPrograms, sleep } from './support/process.mjs';
import { Sim } from './support/sim.mjs';

after(endPrograms);

const userCount = 12;

test('a rolling restart of every process fails no request', { timeout: 300_000 }, async () => {
    const sim = await Sim.start();
    await sim.plan({ default: { duration_ms: 2800, chunks: 28 } });
    const cluster = await Cluster.start({ users: userCount, env: sim.settings() });
    const client = new Client(cluster);
    const users = await Promise.all(Array.from({ length: userCount }, () => User.signUp(client)));

    let isOver = false;
    const counts = { requests: 0, replies: 0, connections: 0 };
    const load = users.map(async (user) => {
        const room = await user.createRoom();
        while (!isOver) {
            const sent = await user.send(room, `message ${counts.requests}`); // No key and no repeat: it must succeed.
            const reader = await user.follow(room, sent.reply.id);
            assert.equal(reader.message.status, 'completed');
            assert.equal(reader.text, reader.message.content);
            await user.rooms();
            await user.message(room, sent.reply.id);
            counts.requests += 3;
            ++counts.replies;
            counts.connections += reader.connections;
        }
    });
    const failed = Promise.all(load);
    const slowest = [];
    const rolling = (async () => {
        await sleep(500);
        for (const node of cluster.nodes) {
            const stopped = await node.stop();
            assert.equal(stopped.code, 0, node.log.slice(-2000));
            assert.ok(stopped.seconds <= 30, `${stopped.seconds} s`);
            slowest.push(stopped.seconds.toFixed(1));
            await node.start();
            await sleep(1500); // A load balancer sees it again within its 500 ms.
        }
        isOver = true;
    })();
    await Promise.race([rolling, failed]); // The first request that fails ends the test.
    await rolling;
    await failed;
    console.log(`# ${counts.requests} requests, ${counts.replies} replies over ${counts.connections} streams, 0 failed; stops took ${slowest.join(', ')} s`);
    assert.ok(counts.replies > userCount);
    assert.equal((await cluster.rows('select count(*)::int as open from jobs'))[0].open, 0);
    client.close();
});
