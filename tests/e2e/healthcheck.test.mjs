// `pollux healthcheck`, as supervisors ask it, and what /readyz and doctor say of a proxy that is not trusted.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Client } from './support/client.mjs';
import { Node } from './support/cluster.mjs';
import { command } from './support/command.mjs';
import { Program, binary, endPrograms, freePort, logged, temporaryFolder, until } from './support/process.mjs';
import { Server } from './support/server.mjs';
import { Postgres } from './support/services.mjs';

after(endPrograms);

const production = { SECRET_KEY: 'Vq8sT2mZr6Xw1Lk9Bn4Hd7Gy3Jc5Pf0E', AI_MODELS: 'demo', LOG_FORMAT: 'json' };

// {code, said, seconds}
async function check(env, ...args) {
    const began = Date.now();
    const program = new Program(binary('pollux'), ['healthcheck', ...args], { cwd: temporaryFolder(), env: { PATH: process.env.PATH, ...env } });
    const { code } = await program.end;
    return { code, said: program.stderr, seconds: (Date.now() - began) / 1000 };
}

describe('healthcheck', () => {
    let postgres;
    before(async () => {
        postgres = await Postgres.start();
    });

    test('a server that serves, one that cannot, and none', { timeout: 120_000 }, async () => {
        const env = { ...production, DATABASE_URL: postgres.url, MIGRATE_ON_START: 'True' };
        const node = await new Node('serve', env).start();
        const its = { ...env, LISTEN: `127.0.0.1:${node.port}`, METRICS_LISTEN: '' };
        assert.deepEqual((({ code, said }) => ({ code, said }))(await check(its)), { code: 0, said: '' });
        // As in a container: on all addresses, by PORT.
        assert.equal((await check({ ...env, METRICS_LISTEN: '', PORT: String(node.port) })).code, 0);

        await postgres.kill();
        const without = await until('that it is not well', async () => {
            const found = await check(its);
            return found.code !== 0 && found;
        });
        assert.equal(without.code, 1);
        assert.match(without.said, /^pollux: 127\.0\.0\.1:\d+: .*database_unavailable/);
        assert.ok(without.seconds < 6, `${without.seconds} s`);
        await postgres.launch();
        await until('that it is well again', async () => (await check(its)).code === 0);

        node.pause();
        const hanging = await check(its);
        node.resume();
        assert.equal(hanging.code, 1);
        assert.ok(hanging.seconds < 6, `${hanging.seconds} s`);

        await node.stop();
        const none = await check(its);
        assert.equal(none.code, 1);
        assert.equal(none.said.trim().split('\n').length, 1, none.said);
    });

    test('a worker', { timeout: 60_000 }, async () => {
        const env = { ...production, DATABASE_URL: postgres.url, MIGRATE_ON_START: 'True', METRICS_LISTEN: `127.0.0.1:${await freePort()}`, LISTEN: `127.0.0.1:${await freePort()}` };
        assert.equal((await check(env, '--worker')).code, 1);
        const node = await new Node('worker', env).start();
        assert.equal((await check(env, '--worker')).code, 0);
        assert.equal((await check(env)).code, 0, 'where no server listens, the worker is looked at');
        await node.stop();
        assert.equal((await check(env)).code, 1);
        assert.match((await check({ ...env, METRICS_LISTEN: '' }, '--worker')).said, /METRICS_LISTEN, which is empty/);
    });

    test('a server and a worker of one machine, with the same settings, are told apart', { timeout: 120_000 }, async () => {
        const env = { ...production, DATABASE_URL: postgres.url, MIGRATE_ON_START: 'True', WORKERS: 'external', METRICS_LISTEN: `127.0.0.1:${await freePort()}` };
        const server = await new Node('serve', env).start();
        const both = { ...env, LISTEN: `127.0.0.1:${server.port}` };
        // With one address for both it is the server's.
        const noWorker = await check(both, '--worker');
        assert.equal(noWorker.code, 1, 'a server is no worker');
        assert.match(noWorker.said, /a server or another program answers there, and no worker/);
        for (const args of [[], ['--server']]) assert.equal((await check(both, ...args)).code, 0);
        assert.match((await check({ ...both, WORKER_METRICS_LISTEN: both.LISTEN }, '--worker')).said, /no worker/, 'nor is what answers at LISTEN');
        const beside = await new Node('worker', env).start();
        await logged(beside, 'metrics_off', '"setting":"WORKER_METRICS_LISTEN"');
        assert.equal((await check(both, '--worker')).code, 1, 'it is not seen');
        await beside.stop();

        const apart = { ...both, WORKER_METRICS_LISTEN: `127.0.0.1:${await freePort()}` };
        assert.match((await check(apart, '--worker')).said, /^pollux: 127\.0\.0\.1:\d+: /);
        const worker = await new Node('worker', apart).start();
        const role = async (address) => (await (await fetch(`http://${address}/readyz`)).json()).role;
        assert.deepEqual([await role(apart.METRICS_LISTEN), await role(apart.WORKER_METRICS_LISTEN)], ['serve', 'worker']);
        assert.equal(await role(apart.LISTEN), undefined, 'the world is not told');
        for (const args of [[], ['--server'], ['--worker']]) assert.equal((await check(apart, ...args)).code, 0);
        await server.kill();
        assert.equal((await check(apart, '--server')).code, 1, 'a worker is no server');
        assert.equal((await check(apart, '--worker')).code, 0);
        await worker.stop();
        await postgres.stop();
    });

    test('settings that are wrong are told, and are no health', async () => {
        const { code, said } = await check({ LISTEN: 'nonsense' });
        assert.equal(code, 2);
        assert.match(said, /^pollux: LISTEN=/);
    });
});

test('a proxy that is not trusted is told by /readyz, the log and doctor', { timeout: 60_000 }, async () => {
    const server = await Server.start({ env: production });
    const client = new Client(server);
    const proxies = async () => (await client.ask('GET', '/readyz')).body.proxies;
    assert.equal(await proxies(), undefined);
    const listen = { folder: server.folder, env: { ...production, LISTEN: `127.0.0.1:${server.port}` } };
    assert.doesNotMatch((await command(listen, 'doctor')).stdout, /Proxies:/);
    await client.ask('GET', '/plans/', { headers: { 'X-Forwarded-For': '198.51.100.1' } });
    assert.match(await proxies(), /TRUSTED_PROXIES/);
    await logged(server, 'forwarded_for_untrusted', '127.0.0.1');
    assert.match((await command(listen, 'doctor')).stdout, /note Proxies: .*TRUSTED_PROXIES/);
    await server.stop();

    const trusting = await Server.start({ env: { ...production, TRUSTED_PROXIES: '127.0.0.1' } });
    const behind = new Client(trusting);
    await behind.ask('GET', '/plans/', { headers: { 'X-Forwarded-For': '198.51.100.1' } });
    assert.equal((await behind.ask('GET', '/readyz')).body.proxies, undefined);
    for (const one of [client, behind]) one.close();
    await trusting.stop();
});
