// A Redis that answers and refuses, that is gone, or that has moved: for everybody, for one server alone, for the worker alone. Two servers
// and a worker over PostgreSQL, each with a way to Redis of its own. Text streams on at both servers, exact to the byte; health says
// what Redis says; each change is one line in each log; and afterwards Redis is used again.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { Cluster, Node } from './support/cluster.mjs';
import { Door } from './support/door.mjs';
import { endPrograms, until } from './support/process.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { Redis } from './support/services.mjs';
import { Sim } from './support/sim.mjs';

const text = 'What is being told goes on, wört by wört. '.repeat(30);
const seconds = 5;

after(endPrograms);

describe('Redis refuses', () => {
    let sim, cluster, redis, second, doors, users;
    const clients = [];

    before(async () => {
        sim = await Sim.start();
        await sim.plan({ default: { text, duration_ms: seconds * 1000, chunks: 100 } });
        [redis, second] = await Promise.all([Redis.start(), Redis.start()]);
        doors = [];
        for (let number = 0; number < 3; ++number) doors.push(await Door.to(redis.port));
        cluster = await Cluster.start({ serves: 2, workers: 1, redis: false, users: 4, env: sim.settings() });
        // Started again, each with its own way to Redis.
        for (const [number, node] of cluster.nodes.entries()) {
            await node.stop();
            node.env.REDIS_URL = `redis://127.0.0.1:${doors[number].port}/0`;
            node.env = { ...node.env };
            await node.start();
        }
        const user = await User.signUp(clientOf(0));
        users = [user, Object.assign(new User(), user, { client: clientOf(1) })];
        await allServed();
    });
    after(() => {
        for (const client of clients) client.close();
    });

    function clientOf(number) {
        const client = new Client({ get url() { return cluster.serves[number].url; }, testNumber: () => cluster.testNumber() });
        clients.push(client);
        return client;
    }
    const redisAt = async (number) => (await users[number].client.ask('GET', '/readyz')).body.redis;
    const allServed = () => until('every process to use Redis', async () => {
        const workerIsUp = changesOf(cluster.workers[0]).at(-1) === 'connected';
        return (await redisAt(0)) === 'ok' && (await redisAt(1)) === 'ok' && workerIsUp;
    }, { seconds: 10 });
    const changesOf = (node) => (node.log.match(/redis_(?:away|connected)\b.*/g) ?? []).map((line) => (line.startsWith('redis_connected') ? 'connected' : /"reason":"([^"]*)"/.exec(line)[1]));
    // A machine that is busy answers late now and then, whatever Redis does.
    const late = 'no answer in time';

    // What a reader at one server is told, with the time of each piece.
    async function follow(number, room, reply) {
        const stream = await users[number].openStream(room, reply);
        const reader = { text: '', at: [] };
        reader.end = (async () => {
            for await (const { event, data } of stream.events) {
                if (event === 'restart') reader.text = '';
                if (event === 'delta') {
                    reader.text += JSON.parse(data).text;
                    reader.at.push(performance.now());
                }
                if (event === 'done') reader.message = JSON.parse(data).message ?? JSON.parse(data);
                if (event === 'done' || event === 'error') return;
            }
        })();
        return reader;
    }

    // `seen`: the servers whose health must say what `word` says. `away`: the processes (0, 1: servers, 2: worker) that must notice.
    function tells(name, { begin, end, word, seen, away }) {
        test(name, { timeout: 120_000 }, async () => {
            await allServed();
            const room = await users[0].createRoom();
            const before = cluster.nodes.map((node) => changesOf(node).length);
            const { reply } = await users[0].send(room, 'tell me');
            const readers = [await follow(0, room, reply.id), await follow(1, room, reply.id)];
            await until('both to read', () => readers.every(({ at }) => at.length >= 5));
            await begin();
            const pieces = readers.map(({ at }) => at.length);
            for (const number of seen) await until(`server ${number} to say so`, async () => word.test(await redisAt(number)), { seconds: 10 });
            await Promise.all(readers.map((reader) => reader.end));
            for (const [number, reader] of readers.entries()) {
                assert.equal(reader.text, text);
                assert.equal(reader.message.status, 'completed');
                const later = reader.at.length - pieces[number];
                assert.ok(later >= 4, `server ${number} told ${later} pieces after it began: the end alone would be one`);
            }
            // A second one, from its beginning to its end meanwhile; what changes is told at once at the other server as well.
            const { reply: next } = await users[1].send(room, 'and once more');
            const following = await follow(0, room, next.id);
            await following.end;
            assert.equal(following.text, text);
            assert.ok(following.at.length >= 4, `${following.at.length} pieces`);
            await users[0].ask('PATCH', `/chatroom/${room}/`, { body: { name } });
            assert.equal((await users[1].ask('GET', '/chatroom/')).results.find(({ id }) => id === room).name, name);
            await end();
            await allServed();
            // The log is written in pieces, so it is waited for; what is too much would be there by then.
            const found = () => cluster.nodes.map((node, number) => changesOf(node).slice(before[number]));
            await until('the log', () => found().every((changes, number) => changes.length >= (away.includes(number) ? 2 : 0) && changes.length % 2 === 0), { seconds: 10 });
            for (const [number, changes] of found().entries()) {
                assert.ok(changes.every((change, index) => (change === 'connected') === (index % 2 === 1)), `one line each: ${changes}`);
                const told = changes.filter((change) => change !== 'connected' && change !== late);
                assert.ok(told.length <= (away.includes(number) ? 1 : 0), `process ${number}: ${changes}`);
            }
        });
    }

    const everybody = { seen: [0, 1], away: [0, 1, 2] };
    tells('it is read-only', {
        ...everybody, word: /^down \(.*READONLY/,
        begin: () => redis.command('REPLICAOF', '127.0.0.1', '1'), end: () => redis.command('REPLICAOF', 'NO', 'ONE'),
    });
    tells('it is full', {
        ...everybody, word: /^down \(.*OOM/,
        begin: () => redis.command('CONFIG', 'SET', 'maxmemory', '1'), end: () => redis.command('CONFIG', 'SET', 'maxmemory', '0'),
    });
    tells('it has too few replicas', {
        ...everybody, word: /^down \(.*NOREPLICAS/,
        begin: () => redis.command('CONFIG', 'SET', 'min-replicas-to-write', '1'), end: () => redis.command('CONFIG', 'SET', 'min-replicas-to-write', '0'),
    });
    tells('it is dead', { ...everybody, word: /^down \(/, begin: () => redis.kill(), end: () => redis.launch() });
    tells('one server does not reach it', { seen: [1], away: [1], word: /^down \(/, begin: () => doors[1].shut(), end: () => doors[1].open() });
    tells('the worker does not reach it', { seen: [], away: [2], word: /^down \(/, begin: () => doors[2].shut(), end: () => doors[2].open() });

    test('another server takes its place behind the same address: everybody uses that one', { timeout: 120_000 }, async () => {
        await allServed();
        for (const door of doors) door.target = second.port; // The connections that stand still lead to the old one.
        await redis.command('REPLICAOF', '127.0.0.1', String(second.port));
        await until('all to be there', async () => (await second.command('CLIENT', 'LIST')).split('\n').filter((line) => / sub=[1-9]/.test(line)).length === 3, { seconds: 10 });
        await allServed();
        const room = await users[0].createRoom();
        const { reply } = await users[0].send(room, 'tell me');
        const reader = await follow(1, room, reply.id);
        await reader.end;
        assert.equal(reader.text, text);
        assert.match(await second.command('KEYS', '*'), /pollux:/);
    });
});

test('beside SQLite a Redis that refuses costs nothing but its help', { timeout: 120_000 }, async () => {
    const sim = await Sim.start();
    await sim.plan({ default: { text, duration_ms: 3000, chunks: 60 } });
    const redis = await Redis.start();
    const server = await Server.start({ env: { ...roomySettings, ...sim.settings(), REDIS_URL: redis.url } });
    const user = await User.signUp(new Client(server));
    const health = async () => (await user.client.ask('GET', '/readyz')).body.redis;
    await until('Redis', async () => (await health()) === 'ok');
    const room = await user.createRoom();
    const { reply } = await user.send(room, 'tell me');
    const stream = await user.openStream(room, reply.id);
    let pieces = 0, told = '';
    for await (const { event, data } of stream.events) {
        if (event === 'delta') told += JSON.parse(data).text;
        if (event === 'delta' && ++pieces === 5) await redis.command('REPLICAOF', '127.0.0.1', '1');
        if (event === 'done') break;
    }
    assert.equal(told, text);
    assert.ok(pieces > 20, `${pieces} pieces`);
    await until('it to be told', async () => /READONLY/.test(await health()));
    await redis.command('REPLICAOF', 'NO', 'ONE');
    await until('Redis again', async () => (await health()) === 'ok', { seconds: 10 });
    user.client.close();
});
