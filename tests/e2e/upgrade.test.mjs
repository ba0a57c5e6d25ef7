// An upgrade of every process under load. Today's binary and tomorrow's (pollux-next: one migration more) run side by
// side; no request fails. A binary that a later schema (pollux-later) excludes refuses to start, and says why.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { Cluster, Node } from './support/cluster.mjs';
import { Load } from './support/load.mjs';
import { endPrograms, sleep } from './support/process.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { Sim } from './support/sim.mjs';

after(endPrograms);

const userCount = Number(process.env.POLLUX_UPGRADE_USERS ?? 8);

// A process that is to refuse.
async function refusal(node) {
    await node.launch();
    const { code } = await node.program.end;
    assert.equal(code, 1, node.log);
    const lines = node.program.stderr.trim().split('\n');
    assert.equal(lines.length, 1, node.program.stderr);
    return lines[0];
}

test('every process is upgraded under load, and no request fails', { timeout: 300_000 }, async () => {
    const sim = await Sim.start();
    await sim.plan({ default: { duration_ms: 900, chunks: 12 } });
    const cluster = await Cluster.start({ users: userCount, env: sim.settings() });
    const client = new Client(cluster);
    const users = await Promise.all(Array.from({ length: userCount }, () => User.signUp(client)));
    const [known] = await cluster.rows('select max(version) as version from schema_migrations');

    const early = new Node('serve', { ...cluster.env, WORKERS: 'external' }, 'pollux-next');
    assert.match(await refusal(early), new RegExp(`schema ${known.version} and this binary needs schema ${known.version + 1}: run .pollux migrate`));

    const load = new Load(users);
    const restart = async (node, version) => {
        assert.equal((await node.stop()).code, 0, node.log.slice(-2000));
        node.version = version;
        await node.start();
        await sleep(1000); // A load balancer sees it again within its 500 ms.
    };
    const stages = [];
    const mark = (name) => stages.push(`${name}: ${load.counts.requests}`);
    await load.during(async () => {
        await sleep(1000);
        mark('before');
        assert.match(await cluster.migrate('pollux-next'), new RegExp(`at version ${known.version + 1} now`));
        await sleep(1000);
        mark('old ones on the new schema');
        await restart(cluster.serves[0], 'pollux'); // An old one may still start.
        await restart(cluster.workers[0], 'pollux');
        mark('old ones restarted');
        for (const node of cluster.nodes) {
            await restart(node, 'pollux-next');
            mark(`${node.role} is new`);
        }
    });
    await load.end();
    assert.ok(load.counts.replies > userCount * 3);
    assert.equal((await cluster.rows('select count(*)::int as open from jobs'))[0].open, 0);
    assert.equal(cluster.log.match(/"level":"error"/g), null, cluster.log.match(/.*"level":"error".*/g)?.slice(0, 5).join('\n'));
    console.log(`# requests answered, 0 failed: ${stages.join(', ')}, at the end: ${load.counts.requests}`);

    assert.match(await cluster.migrate('pollux-later'), new RegExp(`at version ${known.version + 2} now`));
    for (const version of ['pollux', 'pollux-next']) {
        for (const role of ['serve', 'worker']) {
            const says = await refusal(new Node(role, { ...cluster.env, ...(role === 'serve' ? { WORKERS: 'external' } : {}) }, version));
            assert.match(says, new RegExp(`schema ${known.version + 2} and works with binaries from schema ${known.version + 2} on; this binary knows schema`));
        }
    }
    await restart(cluster.serves[0], 'pollux-later');
    client.close();
    await cluster.stop();
    await cluster.end();
});

test('an embedded server is upgraded by its start, and goes back as long as the schema lets it', { timeout: 60_000 }, async () => {
    const sim = await Sim.start();
    const server = await Server.start({ env: { ...roomySettings, ...sim.settings(), SECRET_KEY: 's'.repeat(40) } });
    const client = new Client(server);
    const user = await User.signUp(client);
    const room = await user.createRoom();
    const works = async (version, content) => {
        await server.stop();
        server.version = version;
        await server.start();
        const { reply } = await user.send(room, content);
        assert.equal((await user.follow(room, reply.id)).message.status, 'completed');
    };
    await works('pollux-next', 'upgraded');
    await works('pollux', 'back again');
    await works('pollux-later', 'far ahead');
    assert.equal((await user.messages(room)).length, 6, 'nothing was lost on the way');
    await server.stop();
    server.version = 'pollux-next';
    await server.launch();
    assert.equal((await server.program.end).code, 1);
    assert.match(server.program.stderr, /works with binaries from schema \d+ on; this binary knows schema \d+: run the newer binary/);
    client.close();
});
