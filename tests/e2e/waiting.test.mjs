// Why a reply waits is told within a second of its cause, to readers on both nodes, in the message and on the stream; and it ends.
// POLLUX_DEEP=1: the second decides, too.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { Cluster } from './support/cluster.mjs';
import { endPrograms, until } from './support/process.mjs';
import { Sim } from './support/sim.mjs';

after(endPrograms);

const slackMs = process.env.POLLUX_DEEP === '1' ? 0 : 10_000; // Of a machine that is busy with something else.
const toldWithinMs = 1_000 + slackMs;

let sim;
let cluster;
let clients;
let user;

before(async () => {
    sim = await Sim.start();
    cluster = await Cluster.start({ serves: 2, workers: 1, users: 8, redis: false, env: { ...sim.settings(), MODEL_CALLS_PER_MINUTE: 'off' } });
    clients = cluster.serves.map((node) => new Client(node));
    user = await User.signUp(new Client(cluster));
});
after(() => clients?.forEach((client) => client.close()));

const at = (client) => Object.assign(Object.create(Object.getPrototypeOf(user)), user, { client });

// Reads a reply's stream on one node to its end, with the time of each event.
function listen(client, room, reply) {
    const events = [];
    const done = (async () => {
        const stream = await at(client).openStream(room, reply, null);
        for await (const { event, data } of stream.events) events.push({ event, at: Date.now(), body: JSON.parse(data) });
    })();
    return { events, done };
}

// Sends, listens on both nodes, and returns what they were told.
async function watch(content) {
    const room = await user.createRoom();
    const sent = await user.send(room, content);
    const readers = clients.map((client) => listen(client, room, sent.reply.id));
    return { room, reply: sent.reply.id, readers };
}

// The last call of the simulator for this question has ended then.
const endedAt = async (content) => {
    const call = await until(`a call for ${content}`, async () => (await sim.calls()).calls.find(({ turns, state }) => turns.at(-1)?.text === content && state !== 'running'));
    return call.ended_at * 1000;
};

for (const [reason, plan] of [
    ['rate_limited', { status: 429, retry_after_s: 5 }],
    ['model_unavailable', { status: 503, retry_after_s: 5 }],
]) {
    test(`a reply that waits because of ${reason} says so on both nodes within a second, and then comes`, { timeout: 60_000 }, async () => {
        const question = `why ${reason}`;
        await sim.plan({ default: { text: 'Here it is.' }, matching: [{ match: question, ...plan }], reset: true });
        const { room, reply, readers } = await watch(question);
        const cause = await endedAt(question);
        for (const { events } of readers) {
            const told = await until('the event', () => events.find(({ event, body }) => event === 'waiting' && body.reason === reason), { everyMs: 5 });
            assert.ok(told.at - cause <= toldWithinMs, `told after ${told.at - cause} ms`);
            const afterMs = Date.parse(told.body.retry_at) - cause;
            assert.ok(afterMs > 4_500 && afterMs < 7_500 + slackMs, `retry_at lies ${afterMs} ms after the cause`);
        }
        for (const client of clients) {
            const { waiting, status } = await at(client).message(room, reply);
            assert.deepEqual([status, waiting.reason], ['queued', reason]);
        }
        const asked = await user.client.ask('GET', `/chatroom/${room}/message/${reply}/`, { token: user.token });
        assert.equal(asked.body.waiting.reason, reason);
        await Promise.all(readers.map(({ done }) => done));
        for (const { events } of readers) {
            const told = events.map(({ event }) => event);
            assert.equal(told.at(-1), 'done');
            assert.ok(told.lastIndexOf('waiting') < Math.max(told.indexOf('start'), told.indexOf('restart'), told.indexOf('delta')), `${told}`);
        }
        const over = await user.message(room, reply);
        assert.deepEqual([over.status, over.content, over.waiting], ['completed', 'Here it is.', null]);
    });
}

test('a reply whose model fails without saying until when says so on both nodes within a second too', { timeout: 60_000 }, async () => {
    const question = 'why, without a word';
    await sim.plan({ default: { text: 'Here it is.' }, matching: [{ match: question, status: 503, times: 2 }], reset: true });
    const { room, reply, readers } = await watch(question);
    await Promise.all(readers.map(({ done }) => done));
    // The second wait, of one to two seconds: the first one may be over before somebody far away has heard of it.
    const [, second] = (await sim.calls()).calls.filter(({ turns }) => turns.at(-1)?.text === question);
    const cause = second.ended_at * 1000;
    for (const { events } of readers) {
        const told = events.findLast(({ event, body }) => event === 'waiting' && body.reason === 'model_unavailable');
        assert.ok(told?.at >= cause, `${events.map(({ event }) => event)}`);
        assert.ok(told.at - cause <= toldWithinMs, `told after ${told.at - cause} ms`);
        assert.ok(Date.parse(told.body.retry_at) - cause <= 2_500 + slackMs, `retry_at is ${told.body.retry_at}`);
        assert.equal(events.at(-1).event, 'done');
        assert.ok(events.indexOf(told) < events.findIndex(({ event }) => event === 'delta'), `${events.map(({ event }) => event)}`);
    }
    const over = await user.message(room, reply);
    assert.deepEqual([over.status, over.content, over.waiting], ['completed', 'Here it is.', null]);
});

describe('a reply that waits for its turn', () => {
    test('says so on both nodes at once, until its turn comes', { timeout: 60_000 }, async () => {
        await sim.plan({ default: { text: 'ok' }, matching: [{ match: 'slow one', text: 'slow '.repeat(20), duration_ms: 3_000 }], reset: true });
        const room = await user.createRoom();
        await user.send(room, 'slow one');
        const before = Date.now();
        const sent = await user.send(room, 'behind it');
        assert.equal(sent.reply.waiting.reason, 'queue');
        const readers = clients.map((client) => listen(client, room, sent.reply.id));
        for (const { events } of readers) {
            const told = await until('the event', () => events.find(({ event }) => event === 'waiting'), { everyMs: 5 });
            assert.equal(told.body.reason, 'queue');
            assert.equal(told.body.retry_at, null);
            assert.ok(told.at - before <= toldWithinMs, `told after ${told.at - before} ms`);
        }
        await Promise.all(readers.map(({ done }) => done));
        assert.equal((await user.message(room, sent.reply.id)).content, 'ok');
    });
});

test('a reply that its user stops while it waits ends at once, and waits no more', { timeout: 60_000 }, async () => {
    await sim.plan({ default: { text: 'ok' }, matching: [{ match: 'never mind', status: 503, retry_after_s: 120 }], reset: true });
    const { room, reply, readers } = await watch('never mind');
    await until('it waits', async () => (await user.message(room, reply)).waiting?.retry_at);
    await user.stop(room, reply);
    await Promise.all(readers.map(({ done }) => done));
    const { status, waiting } = await user.message(room, reply);
    assert.deepEqual([status, waiting], ['stopped', null]);
});

test('a reply under an outage of its model arrives once the model is back', { timeout: 120_000 }, async () => {
    await sim.plan({ default: { status: 503 }, reset: true });
    const { room, reply, readers } = await watch('are you there?');
    await until('both are told', () => readers.every(({ events }) => events.some(({ event }) => event === 'waiting')), { seconds: 60 });
    await sim.plan({ default: { text: 'I am back.' }, reset: true });
    await Promise.all(readers.map(({ done }) => done));
    const { status, content } = await user.message(room, reply);
    assert.deepEqual([status, content], ['completed', 'I am back.']);
});
