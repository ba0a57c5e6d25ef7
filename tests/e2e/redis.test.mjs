// In one process: Redis is there, then killed, halted, paused, flushed, full while it is used. Sends are accepted, replies arrive,
// streams are exact, lists show one's own writes, and afterwards Redis is used again.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { Cluster } from './support/cluster.mjs';
import { endPrograms, logged, until } from './support/process.mjs';
import { Redis } from './support/services.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { Sim } from './support/sim.mjs';

after(endPrograms);

const text = 'A reply that takes a moment, wört by wört. '.repeat(20);

// One turn, all the way: the list of rooms, a send, its stream from the beginning, the message that is kept.
async function turn(user, room, content) {
    const { reply } = await user.send(room, content);
    const listed = async () => (await user.ask('GET', '/chatroom/')).results.find(({ id }) => id === room).last_message;
    const first = await listed();
    assert.ok(first.text === content || first.role === 'assistant', 'one sees what one has written');
    const reader = await user.follow(room, reply.id);
    assert.equal(reader.message.status, 'completed');
    assert.equal(reader.text, text);
    assert.equal((await listed()).role, 'assistant');
}

test('every trouble with Redis costs time, and nothing else', { timeout: 300_000 }, async () => {
    const redis = await Redis.start();
    const sim = await Sim.start();
    await sim.plan({ default: { text, duration_ms: 400, chunks: 40 } });
    const server = await Server.start({ env: { ...roomySettings, RATE_LIMITS: 'on', RATE_RULES: 'plan=1000000/60', ...sim.settings(), REDIS_URL: redis.url } });
    const user = await User.signUp(new Client(server));
    const room = await user.createRoom();
    const connections = async (count) => Number((await redis.command('CLIENT', 'LIST')).split('\n').filter((line) => line).length) > count;
    await until('Redis is used', () => connections(2));
    const health = async () => (await user.client.ask('GET', '/readyz')).body;
    assert.deepEqual(await health(), { status: 'ok', database: 'ok', redis: 'ok', workers: 'ok' });
    await turn(user, room, 'with Redis');
    assert.match(await redis.command('KEYS', '*'), /pollux:rate:/, 'limits are counted there');
    assert.match(await redis.command('KEYS', '*'), /pollux:notices:/, 'notices are kept there');

    const troubles = {
        flushed: [() => redis.command('FLUSHALL'), () => {}],
        full: [() => redis.command('CONFIG', 'SET', 'maxmemory', '1'), () => redis.command('CONFIG', 'SET', 'maxmemory', '0')],
        paused: [() => redis.command('CLIENT', 'PAUSE', '3000', 'ALL'), () => {}],
        halted: [() => redis.pause(), () => redis.resume()],
        killed: [() => redis.kill(), () => redis.launch()],
    };
    for (const [name, [begin, end]] of Object.entries(troubles)) {
        const running = turn(user, await user.createRoom(), `before it is ${name}`);
        await begin();
        const began = performance.now();
        for (let number = 0; number < 3; ++number) await turn(user, room, `${name} ${number}`);
        // A turn is a dozen requests and 0.4 s of model: far more than this would be Redis waited for again and again.
        assert.ok(performance.now() - began < 30_000, `${name}: three turns took ${performance.now() - began} ms`);
        if (name === 'killed') assert.match((await health()).redis, /^down \(.+\)$/);
        await end();
        await running;
        await until(`Redis is used again after it was ${name}`, () => connections(2));
        await turn(user, room, `after it was ${name}`);
    }
    assert.equal(server.log.match(/reply_failed|request_failed|"level":"error"/g), null, server.log.slice(-2000));
    const { code, seconds } = await server.stop();
    assert.equal(code, 0);
    assert.ok(seconds < 10);
});

test('a process that starts leaves the others with Redis', { timeout: 120_000 }, async () => {
    const cluster = await Cluster.start({ serves: 1, workers: 1, users: 1, env: { AI_MODELS: 'demo' }, postgresSettings: { log_statement: 'all' } });
    for (const node of cluster.nodes) {
        await node.stop();
        await node.start();
    }
    const said = () => cluster.postgres.log.includes('without_redis');
    // On a machine so busy that Redis has not answered within its limit they say so rightly.
    assert.equal(said(), cluster.log.includes('redis_away'));
    await cluster.redis.kill();
    await until('who lost Redis tells the others', said);
});

test('a wrong REDIS_URL is one clear line, without the password', async () => {
    const server = new Server({ env: { ...roomySettings, REDIS_URL: 'redis://:hush@host/name' } });
    await server.launch();
    const { code } = await server.program.end;
    assert.notEqual(code, 0);
    await logged(server, 'REDIS_URL');
    assert.doesNotMatch(server.log, /hush/);
});
