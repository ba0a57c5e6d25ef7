// MIGRATE_ON_START: processes that come at once to an empty database migrate it once, and all of them work.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { Node } from './support/cluster.mjs';
import { command } from './support/command.mjs';
import { endPrograms, temporaryFolder, until } from './support/process.mjs';
import { Postgres } from './support/services.mjs';

after(endPrograms);

const inTenDays = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10);
let postgres, env;

before(async () => {
    postgres = await Postgres.start();
    env = {
        SECRET_KEY: 'Vq8sT2mZr6Xw1Lk9Bn4Hd7Gy3Jc5Pf0E', AI_MODELS: 'demo', LOG_FORMAT: 'json', DATABASE_URL: postgres.url,
        OTP_TEST_NUMBERS: `+12025550100:135790@${inTenDays}`,
    };
});

test('without it nobody serves on an empty database', { timeout: 60_000 }, async () => {
    const node = new Node('serve', env);
    await node.launch();
    assert.equal((await node.program.end).code, 1);
    assert.match(node.log, /pollux migrate/);
    const doctor = async (more) => (await command({ folder: temporaryFolder(), env: { ...env, ...more } }, 'doctor')).stdout;
    assert.match(await doctor({}), /ILL +Database: PostgreSQL, schema 0 of \d+\.\n +-> `pollux migrate`/);
    assert.match(await doctor({ MIGRATE_ON_START: 'True' }), /note +Database: PostgreSQL, schema 0 of \d+\.\n +-> The next start/);
});

test('two servers and a worker on an empty database: one migrates, all start', { timeout: 180_000 }, async () => {
    for (let round = 0; round < 3; ++round) {
        await postgres.psql('drop database pollux with (force)', 'postgres');
        await postgres.psql('create database pollux', 'postgres');
        const nodes = ['serve', 'serve', 'worker'].map((role) => new Node(role, { ...env, MIGRATE_ON_START: 'True', ...(role === 'serve' ? { WORKERS: 'external' } : {}) }));
        await Promise.all(nodes.map((node) => node.start()));
        const rows = await postgres.rows('select version, count(*)::int as times from schema_migrations group by version order by version');
        assert.ok(rows.length >= 14 && rows.every(({ times }, index) => times === 1 && rows[index].version === index + 1), JSON.stringify(rows));
        // What is sent to one is written by the worker and read on the other.
        const [one, other] = nodes.slice(0, 2).map((node) => new Client({ url: node.url, testNumber: () => ({ mobile: '+12025550100', code: '135790' }) }));
        const user = await User.signUp(one);
        const room = await user.createRoom();
        const { reply } = await user.send(room, 'Hello');
        await until('the reply', async () => (await other.ask('GET', `/chatroom/${room}/message/${reply.id}/`, { token: user.token })).body.status === 'completed');
        for (const client of [one, other]) client.close();
        for (const node of nodes) assert.equal((await node.stop()).code, 0, node.log.slice(-2000));
    }
});

test('a start on a schema that is new already changes nothing', { timeout: 60_000 }, async () => {
    const count = () => postgres.psql('select count(*), max(applied_at) from schema_migrations');
    const before = await count();
    const node = await new Node('serve', { ...env, MIGRATE_ON_START: 'True' }).start();
    assert.equal(await count(), before);
    await node.stop();
    await postgres.stop();
});
