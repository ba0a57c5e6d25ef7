// Many processes over one PostgreSQL, without Redis: servers that only answer, workers that write replies.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { Node } from './support/cluster.mjs';
import { binary, endPrograms, logged, temporaryFolder, until } from './support/process.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { Postgres } from './support/services.mjs';
import { Sim } from './support/sim.mjs';

const quick = { text: 'ok', chunk_delay_ms: 0 };
const slow = { text: 'A long story, told slowly. '.repeat(40), duration_ms: 60_000, chunks: 400 };

describe('cluster', () => {
    let postgres, sim, env;
    const servers = [];
    const clients = [];
    let workers = [];

    const pollux = (...args) => spawnSync(binary('pollux'), args, { cwd: temporaryFolder(), env: { PATH: process.env.PATH, ...env }, encoding: 'utf8' });

    before(async () => {
        postgres = await Postgres.start();
        sim = await Sim.start();
        env = { ...roomySettings, ...sim.settings(), DATABASE_URL: postgres.url, SECRET_KEY: 's'.repeat(40), METRICS_LISTEN: '' };
    });
    after(() => {
        endPrograms();
        for (const client of clients) client.close();
    });

    test('nobody serves or writes on a schema that is too old, and migrate mends it', async () => {
        for (const command of ['serve', 'worker']) {
            const refused = pollux(command);
            assert.equal(refused.status, 1);
            assert.match(refused.stderr, /run `pollux migrate`\n$/);
        }
        assert.match(pollux('migrate').stdout, /The schema is at version \d+ now/);
        assert.match(pollux('doctor').stdout, /Database: PostgreSQL, schema/);
        for (let node = 0; node < 2; ++node) {
            servers.push(await Server.start({ env: { ...env, WORKERS: 'external' } }));
            clients.push(new Client(servers.at(-1)));
        }
        workers = [await new Node('worker', env).start(), await new Node('worker', env).start()];
    });

    // The same user on the other node.
    const elsewhere = (user) => Object.assign(Object.create(User.prototype), user, { client: clients[1] });

    test('what is sent to one node is written by a worker and read on the other', async () => {
        await sim.plan({ reset: true, default: quick });
        const user = await User.signUp(clients[0]);
        const room = await user.createRoom();
        const sent = await user.send(room, 'hello');
        const reply = await until('the reply', async () => {
            const found = await elsewhere(user).message(room, sent.reply.id);
            return found.status === 'completed' && found;
        });
        assert.equal(reply.content, 'ok');
    });

    test('a reply whose worker was killed is begun again by another within 25 seconds', async () => {
        await sim.plan({ reset: true, default: slow });
        const user = await User.signUp(clients[0]);
        const room = await user.createRoom();
        const sent = await user.send(room, 'tell me');
        await sim.asked('tell me');
        const began = performance.now();
        await sim.plan({ reset: true, default: quick });
        const owner = async () => (await postgres.rows('select lease_owner from jobs where lease_owner is not null'))[0].lease_owner;
        const first = await owner();
        // Which process it is is not told, so both are killed and one is started again.
        await Promise.all(workers.map((worker) => worker.kill()));
        workers = [await new Node('worker', env).start()];
        const isSoon = performance.now() - began < 10_000; // On a busy machine the start alone may take as long as a lease.
        if (isSoon) assert.equal(await owner(), first, 'nobody takes a lease that has not ended');
        const reply = await until('the reply', async () => {
            const found = await user.message(room, sent.reply.id);
            return found.status === 'completed' && found;
        });
        assert.equal(reply.content, 'ok');
        assert.ok((performance.now() - began) / 1000 < 25, `${performance.now() - began} ms`);
    });

    test('a worker that is told to stop hands back what it writes, and the next one goes on at once', async () => {
        await sim.plan({ reset: true, default: { ...quick, text: 'not yet', duration_ms: 60_000, chunks: 4 } });
        const user = await User.signUp(clients[0]);
        const room = await user.createRoom();
        const sent = await user.send(room, 'tell me more');
        await sim.asked('tell me more');
        const next = await new Node('worker', env).start();
        await sim.plan({ reset: true, default: quick });
        const exited = await workers[0].stop();
        assert.equal(exited.code, 0);
        const reply = await until('the reply', async () => {
            const found = await user.message(room, sent.reply.id);
            return found.status === 'completed' && found;
        }, { seconds: 5 });
        assert.equal(reply.content, 'ok');
        workers = [next];
    });

    test('when every connection to the database breaks, both nodes answer again within 5 seconds', async () => {
        await postgres.rows("select count(pg_terminate_backend(pid)) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'");
        const began = performance.now();
        for (const client of clients) await until('health', async () => (await client.ask('GET', '/health/')).status === 200);
        assert.ok(performance.now() - began < 5000);
        const user = await User.signUp(clients[1]);
        await user.createRoom();
    });

    test('a reply that nobody writes, and a database that is gone, are named by health', { timeout: 120_000 }, async () => {
        await sim.plan({ reset: true, default: quick });
        const health = () => clients[0].ask('GET', '/readyz');
        assert.deepEqual((await health()).body, { status: 'ok', database: 'ok', redis: 'not set', workers: 'ok' });
        for (const worker of workers) assert.equal((await worker.stop()).code, 0);
        const user = await User.signUp(clients[0]);
        const { reply } = await user.send(await user.createRoom(), 'is anybody there?');
        await postgres.psql(`update jobs set ready_at = ready_at - 40000000 where message_id = ${reply.id}`); // As if 40 s had passed.
        await until('that it is late', async () => (await health()).body.workers === 'late');
        assert.equal((await health()).status, 200);
        workers = [await new Node('worker', env).start()];
        await until('that it is not late any more', async () => (await health()).body.workers === 'ok');

        await postgres.kill();
        const gone = await until('not ready', async () => health().then((answer) => answer.status === 503 && answer), { seconds: 5 });
        assert.equal(gone.body.code, 'database_unavailable');
        assert.match(gone.body.detail, /database .*redis not set, workers ok/);
        assert.equal((await clients[0].ask('GET', '/livez')).status, 200);
        await postgres.launch();
        await until('ready', async () => (await health()).status === 200);
    });

    test('a process that starts before PostgreSQL waits for it, unless it is told to stop', { timeout: 60_000 }, async () => {
        await postgres.kill();
        const patient = { ...env, WORKERS: 'external', DATABASE_WAIT_SECONDS: '120' };
        const early = ['serve', 'worker', 'migrate'].map((role) => new Node(role, patient));
        for (const node of early) await node.launch();
        for (const node of early) await logged(node, 'database_awaited');
        const [server, worker, migration] = early;
        assert.equal((await worker.stop()).code, 0);
        await postgres.launch();
        await server.program.printed(/is ready/);
        assert.equal((await server.stop()).code, 0);
        assert.equal((await migration.program.end).code, 0);
    });

    test('who waits in vain says what for', () => {
        const elsewhere = postgres.url.replace(/pollux$/, 'not_there');
        for (const command of ['serve', 'worker', 'migrate']) {
            const refused = spawnSync(binary('pollux'), [command], { cwd: temporaryFolder(), env: { ...env, DATABASE_URL: elsewhere, DATABASE_WAIT_SECONDS: '1' }, encoding: 'utf8' });
            assert.equal(refused.status, 1);
            assert.match(refused.stderr, /^pollux: DATABASE_URL: .*"not_there" does not exist/m);
            assert.match(refused.stderr, /database_awaited.*does not exist/);
        }
    });

    test('servers stop when they are told to', async () => {
        for (const server of servers) assert.equal((await server.stop()).code, 0);
        for (const worker of workers) assert.equal((await worker.stop()).code, 0);
    });
});
