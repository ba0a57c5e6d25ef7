// What must be exact over many processes: the daily quota, an Idempotency-Key, a refresh token, ended sessions, a
// worker that stood still, the order of a room. Two servers behind HAProxy, two workers, PostgreSQL and Redis.
// POLLUX_QUOTA_ROUNDS, POLLUX_REFRESH_ROUNDS: rounds (usually 3). POLLUX_KEYS: keys (6).
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { Client, User, onlyBroken } from './support/client.mjs';
import { Cluster, Node } from './support/cluster.mjs';
import { endPrograms, sleep, until } from './support/process.mjs';
import { Random } from './support/random.mjs';
import { Sim } from './support/sim.mjs';

const quotaRounds = Number(process.env.POLLUX_QUOTA_ROUNDS ?? 3);
const refreshRounds = Number(process.env.POLLUX_REFRESH_ROUNDS ?? 3);
const keys = Number(process.env.POLLUX_KEYS ?? 6);
const standsStillSeconds = process.env.POLLUX_DEEP ? 40 : 22; // A lease is 20.
const quota = 50;

describe('nodes', () => {
    let sim, cluster, client, nodes;

    before(async () => {
        sim = await Sim.start();
        await sim.plan({ default: { text: 'ok', duration_ms: 20 } });
        const env = { ...sim.settings(), BASIC_DAILY_MESSAGES: String(quota) };
        cluster = await Cluster.start({ users: 20 + keys + quotaRounds + refreshRounds, env });
        client = new Client(cluster);
        nodes = cluster.serves.map((node) => new Client(node)); // Past HAProxy.
    });
    after(() => {
        endPrograms();
        for (const one of [client, ...nodes]) one.close();
    });

    const at = (node, user) => Object.assign(Object.create(User.prototype), user, { client: nodes[node] });

    async function sendUntilAnswered(user, room, content) {
        const key = randomUUID();
        for (;;) {
            const answer = await user.post(room, content, { key }).catch(onlyBroken);
            const isTemporary = !answer || answer.status === 503 || answer.status === 502 || ['queue_full', 'room_busy'].includes(answer.body?.code);
            if (!isTemporary) return answer;
            await sleep(20);
        }
    }

    test(`${quotaRounds} times 200 sends at once over 40 rooms and all nodes with ${quota} left: exactly ${quota} are accepted`, { timeout: 300_000 }, async () => {
        const random = Random.announced('nodes');
        for (let round = 0; round < quotaRounds; ++round) {
            const user = await User.signUp(client);
            const rooms = await Promise.all(Array.from({ length: 40 }, () => user.createRoom()));
            let answered = 0;
            const sending = Promise.all(Array.from({ length: 200 }, async (_, number) => {
                const answer = await sendUntilAnswered(user, rooms[number % rooms.length], `round ${round} send ${number}`);
                ++answered;
                return answer;
            }));
            if (round % 2 === 1) {
                await until('answers', () => answered >= random.below(100), { everyMs: 1 });
                for (const victim of [random.pick(cluster.serves), random.pick(cluster.workers)]) {
                    await victim.kill();
                    await victim.start();
                }
            }
            const outcomes = {};
            for (const { status, body } of await sending) outcomes[body.code ?? status] = (outcomes[body.code ?? status] ?? 0) + 1;
            assert.deepEqual(outcomes, { 201: quota, daily_limit_reached: 200 - quota });
            const messages = await until('all replies', async () => {
                const all = (await Promise.all(rooms.map((room) => user.messages(room)))).flat();
                return all.every(({ status }) => status === 'completed') && all;
            }, { seconds: 60, everyMs: 200 });
            assert.equal(messages.length, 2 * quota);
            assert.equal((await user.usage()).used, quota);
        }
    });

    test(`${keys} keys, each sent 50 times at once over two nodes, one of which is killed now and then: each has one effect`, { timeout: 600_000 }, async () => {
        for (let number = 0; number < keys; ++number) {
            const user = await User.signUp(client);
            const room = await user.createRoom();
            const key = randomUUID();
            const sends = Array.from({ length: 50 }, (_, index) => at(index % 2, user).sendUntilAccepted(room, `key ${number}`, { key }));
            if (number % 2 === 1) {
                await Promise.race(sends);
                await cluster.serves[0].kill();
                await cluster.serves[0].start();
            }
            const ids = new Set((await Promise.all(sends)).map(({ message, reply }) => `${message.id}:${reply.id}`));
            assert.equal(ids.size, 1, [...ids].join(' '));
            assert.equal((await user.messages(room)).length, 2);
            assert.equal((await user.usage()).used, 1);
        }
    });

    test(`${refreshRounds} times 50 parallel refreshes of one token over two nodes: one child`, async () => {
        for (let round = 0; round < refreshRounds; ++round) {
            const user = await User.signUp(client);
            const ask = (number) => nodes[number % 2].ask('POST', '/auth/token/refresh/', { body: { refresh: user.refresh } });
            const answers = await Promise.all(Array.from({ length: 50 }, (_, number) => ask(number)));
            assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200], JSON.stringify(answers.find(({ status }) => status !== 200)?.body));
            const children = new Set(answers.map(({ body }) => body.refresh));
            assert.equal(children.size, 1);
            const [child] = children;
            assert.equal((await nodes[round % 2].ask('POST', '/auth/token/refresh/', { body: { refresh: child } })).status, 200, 'nobody is locked out');
        }
    });

    test('a session that ends on one node is refused on every node within 5 s, and its streams close', async () => {
        await sim.plan({ default: { duration_ms: 30_000, chunks: 300 } });
        const user = await User.signUp(client);
        const room = await at(1, user).createRoom();
        const sent = await at(1, user).send(room, 'a long one');
        const stream = await at(1, user).openStream(room, sent.reply.id);
        const reading = (async () => {
            for await (const event of stream.events) assert.notEqual(event.event, 'done', JSON.stringify(event));
        })().catch(onlyBroken);
        await nodes[0].ask('POST', '/auth/logout/', { body: { refresh: user.refresh }, token: user.token });
        const began = performance.now();
        await until('a refusal', async () => (await nodes[1].ask('GET', '/user/me/', { token: user.token })).status === 401, { seconds: 5 });
        console.log(`# refused on the other node after ${Math.round(performance.now() - began)} ms`);
        await reading;
        assert.equal((await nodes[1].ask('POST', '/auth/token/refresh/', { body: { refresh: user.refresh } })).status, 401);
        await sim.plan({ default: { text: 'ok', duration_ms: 20 } });
    });

    test('an ancestor of a token that is shown again ends the family everywhere', async () => {
        const user = await User.signUp(client);
        const refresh = async (node, token) => nodes[node].ask('POST', '/auth/token/refresh/', { body: { refresh: token } });
        const second = (await refresh(0, user.refresh)).body;
        const third = (await refresh(1, second.refresh)).body;
        assert.equal((await refresh(0, user.refresh)).status, 401, 'two generations old');
        assert.equal((await refresh(1, third.refresh)).status, 401, 'the newest one of an ended family');
        await until('access is refused', async () => (await nodes[1].ask('GET', '/user/me/', { token: third.access })).status === 401, { seconds: 5 });
    });

    test(`workers that stood still for ${standsStillSeconds} s are refused when they wake`, { timeout: 120_000 }, async () => {
        const users = await Promise.all(Array.from({ length: 8 }, () => User.signUp(client)));
        const rooms = await Promise.all(users.map((user) => user.createRoom()));
        const calls = async () => (await sim.history()).filter(({ turns }) => turns.at(-1)?.text === 'who writes this?');
        await sim.plan({ default: { text: 'of the first call', duration_ms: 3000, chunks: 10 } });
        const sent = await Promise.all(users.map((user, index) => user.send(rooms[index], 'who writes this?')));
        await until('calls', async () => (await calls()).length === users.length);
        // Which of them it is nobody tells, so all stand still and another one comes. The model says the rest to those who do not listen.
        const paused = cluster.workers;
        const began = performance.now();
        for (const worker of paused) worker.pause();
        await sim.plan({ default: { text: 'of the second call', duration_ms: 20 } });
        cluster.workers = [await new Node('worker', cluster.env).start()];
        const written = () => Promise.all(users.map((user, index) => user.message(rooms[index], sent[index].reply.id)));
        await until('the replies', async () => (await written()).every(({ status }) => status === 'completed'), { seconds: 40, everyMs: 100 });
        await sleep(Math.max(0, 1000 * standsStillSeconds - (performance.now() - began)));
        for (const worker of paused) worker.resume();
        // What they have to say they say now, and are refused; a renewal that is faster spares some of them the attempt.
        const refused = () => paused.map(({ log }) => log.match(/reply_refused/g)?.length ?? 0).reduce((sum, count) => sum + count);
        await until('a refusal', () => refused() > 0);
        for (const worker of paused) assert.equal((await worker.stop()).code, 0);
        console.log(`# ${refused()} of ${users.length} late writes were refused, the others not tried`);
        const replies = await cluster.rows(`select content, status from messages where reply_to in (${sent.map(({ message }) => message.id)})`);
        assert.deepEqual(replies, users.map(() => ({ content: 'of the second call', status: 'completed' })));
        assert.deepEqual([...new Set((await written()).map(({ content }) => content))], ['of the second call']);
        for (const user of users) assert.equal((await user.usage()).used, 1);
        assert.equal((await calls()).length, 2 * users.length);
        await sim.plan({ default: { text: 'ok', duration_ms: 20 } });
    });

    test('replies of a room keep the order of their messages, whoever writes them', async () => {
        const user = await User.signUp(client);
        const rooms = await Promise.all([1, 2, 3].map(() => user.createRoom()));
        const asked = await Promise.all(rooms.map(async (room) => {
            const replies = [];
            for (let number = 0; number < 8; ++number) replies.push((await user.sendUntilAccepted(room, `message ${number}`)).reply.id);
            return replies;
        }));
        for (const [index, room] of rooms.entries()) {
            for (const reply of asked[index]) await user.follow(room, reply);
        }
        const rows = await cluster.rows(`select room_id as room, id, completed_at as at from messages where role = 'assistant' and room_id in (${rooms}) order by room_id, id`);
        for (let index = 1; index < rows.length; ++index) {
            if (rows[index].room === rows[index - 1].room) assert.ok(rows[index].at > rows[index - 1].at, JSON.stringify(rows));
        }
    });
});
