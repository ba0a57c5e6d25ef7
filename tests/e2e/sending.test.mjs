// Ways to send and to get the reply, repeats with the same Idempotency-Key, and the order of a room's replies.
// POLLUX_KEYS=n: how many keys are each sent 50 times at once (usually 20).
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { Client, User, onlyBroken, readEvents } from './support/client.mjs';
import { endPrograms, sleep, until } from './support/process.mjs';
import { Random } from './support/random.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { Sim } from './support/sim.mjs';
import { ReplyReader } from './support/sse.mjs';

const keys = Number(process.env.POLLUX_KEYS ?? 20);

describe('sending', () => {
    let sim, server, client, user;
    let answered = 0;

    before(async () => {
        sim = await Sim.start();
        server = await Server.start({ env: { ...roomySettings, ...sim.settings() } });
        client = new Client(server);
        user = await User.signUp(client);
    });
    after(() => {
        endPrograms();
        client.close();
    });

    test('with Accept: text/event-stream the reply comes inline, and a repeat follows the same reply', async () => {
        await sim.plan({ reset: true, default: { text: 'Inline, and slowly enough.', duration_ms: 400, chunks: 6 } });
        const room = await user.createRoom();
        const key = randomUUID();
        const send = async () => {
            const headers = { 'Idempotency-Key': key };
            const stream = await client.stream('POST', `/chatroom/${room}/message/`, { token: user.token, body: { content: 'hello' }, headers });
            assert.equal(stream.status, 201);
            assert.equal(stream.headers['x-accel-buffering'], 'no');
            const reader = new ReplyReader();
            await readEvents(stream, reader);
            return { reader, isRepeat: stream.headers['idempotent-replayed'] === 'true' };
        };
        const first = send();
        await sleep(100);
        const [one, other] = [await first, await send()];
        assert.deepEqual([one.isRepeat, other.isRepeat], [false, true]);
        assert.equal(one.reader.accepted.reply.status, 'queued');
        assert.equal(one.reader.text, 'Inline, and slowly enough.');
        assert.deepEqual(other.reader.message, one.reader.message);
        assert.equal(other.reader.accepted.reply.id, one.reader.accepted.reply.id);
        assert.equal((await user.messages(room)).length, 2);
    });

    test('a refusal is a problem document, not a stream', async () => {
        const options = { token: user.token, body: { content: '' } };
        const empty = await client.stream('POST', `/chatroom/${await user.createRoom()}/message/`, options);
        assert.deepEqual([empty.status, empty.answer.body.errors[0].field], [422, 'content']);
        const nowhere = await client.stream('POST', '/chatroom/999999/message/', { token: user.token, body: { content: 'x' } });
        assert.equal(nowhere.status, 404);
    });

    test('?wait= answers with the finished reply, or with what there is when the time is over', async () => {
        await sim.plan({ reset: true, default: { text: 'Done.', duration_ms: 300 }, matching: [{ match: 'slow', text: 'Late.', delay_ms: 2500 }] });
        const room = await user.createRoom();
        const quick = await user.send(room, 'quick', { wait: 20 });
        assert.deepEqual([quick.reply.status, quick.reply.content], ['completed', 'Done.']);
        const began = performance.now();
        const slow = await user.send(room, 'slow', { wait: 1 });
        assert.ok(performance.now() - began > 900, 'it waited');
        assert.ok(['queued', 'streaming'].includes(slow.reply.status));
        assert.equal((await user.follow(room, slow.reply.id)).text, 'Late.');
        const none = await user.send(room, 'quick', { wait: 0 });
        assert.equal(none.reply.status, 'queued');
        for (const wait of [26, -1, 'x', '1.5', '']) {
            const answer = await user.post(room, 'quick', { wait });
            assert.deepEqual([wait, answer.status], [wait, 422]);
        }
    });

    test('a key stands for one request: another body is refused, a refusal is not kept', async () => {
        await sim.plan({ reset: true, default: { text: 'ok', chunk_delay_ms: 0 } });
        const room = await user.createRoom();
        const key = randomUUID();
        const first = await user.send(room, 'one', { key });
        const other = await user.post(room, 'two', { key });
        assert.deepEqual([other.status, other.body.code], [422, 'idempotency_key_reused']);
        const again = await user.post(room, 'one', { key });
        assert.equal(again.headers['idempotent-replayed'], 'true');
        assert.deepEqual([again.status, again.body.message, again.body.reply.id], [201, first.message, first.reply.id]);

        const refused = randomUUID();
        assert.equal((await user.post(room, '', { key: refused })).status, 422);
        assert.equal((await user.post(room, 'now it is right', { key: refused })).status, 201);

        for (const bad of ['', 'x'.repeat(256)]) assert.equal((await user.post(room, 'one', { headers: { 'Idempotency-Key': bad } })).status, 400);
        const stranger = await User.signUp(client);
        const theirs = await stranger.post(await stranger.createRoom(), 'one', { key });
        assert.deepEqual([theirs.status, theirs.headers['idempotent-replayed']], [201, undefined], 'keys belong to their user');
    });

    test('a key of a room and of a retry', async () => {
        const key = randomUUID();
        const make = () => client.ask('POST', '/chatroom/', { token: user.token, body: { name: 'once' }, headers: { 'Idempotency-Key': key } });
        const [one, two] = [await make(), await make()];
        assert.deepEqual([one.status, two.status, two.body.id, two.headers['idempotent-replayed']], [201, 201, one.body.id, 'true']);

        const sent = await user.send(one.body.id, 'hello', { wait: 20 });
        const path = `/chatroom/${one.body.id}/message/${sent.reply.id}/retry/`;
        const headers = { 'Idempotency-Key': randomUUID() };
        const retries = [await client.ask('POST', path, { token: user.token, headers }), await client.ask('POST', path, { token: user.token, headers })];
        assert.deepEqual(retries.map(({ status, body }) => [status, body.reply?.id]), Array(2).fill([201, retries[0].body.reply.id]));
    });

    test(`${keys} keys, each sent 50 times at once, with kills of the server: each has one effect`, { timeout: 300_000 }, async () => {
        await sim.plan({ reset: true, default: { text: 'ok, and not too fast', duration_ms: 300, chunks: 4 } });
        const random = Random.announced('keys');
        const users = await Promise.all(Array.from({ length: 5 }, () => User.signUp(client)));
        const before = (await sim.calls()).total;
        let killings = 0;
        answered = 0;
        const effects = [];
        for (let number = 0; number < keys; number += users.length) {
            const rounds = users.map((user, index) => storm(user, `key ${number + index}`));
            if (number % 10 === 0) {
                const moment = answered + random.below(150);
                await until('answers', () => answered >= moment, { everyMs: 1 });
                await server.kill();
                await server.start();
                ++killings;
            }
            effects.push(...(await Promise.all(rounds)));
        }
        assert.equal(effects.length, Math.ceil(keys / 5) * 5);
        for (const { user, room, ids } of effects) {
            assert.equal(ids.size, 1, [...ids].join(' '));
            assert.equal((await user.messages(room)).length, 2);
        }
        for (const user of users) assert.equal((await user.usage()).used, effects.length / users.length);
        const calls = (await sim.calls()).total - before;
        console.log(`# ${effects.length} keys x 50, ${killings} kills, ${calls} calls of the model`);
        assert.ok(calls <= effects.length * (1 + killings));
    });

    async function storm(user, content) {
        const room = await user.createRoom().catch(onlyBroken) ?? await createDespiteKill(user);
        const key = randomUUID();
        const answers = await Promise.all(Array.from({ length: 50 }, async () => {
            const answer = await user.sendUntilAccepted(room, content, { key });
            ++answered;
            return answer;
        }));
        await user.follow(room, answers[0].reply.id);
        return { user, room, ids: new Set(answers.map(({ message, reply }) => `${message.id}:${reply.id}`)) };
    }

    async function createDespiteKill(user) {
        for (;;) {
            const room = await user.createRoom({ name: 'again' }).catch(onlyBroken);
            if (room) return room;
            await sleep(20);
        }
    }

    test('20 rooms x 50 sends of 4 users: every room keeps its order', { timeout: 300_000 }, async () => {
        await sim.plan({ reset: true, default: { text: 'ok', chunk_delay_ms: 0 } });
        await sim.forget();
        const users = await Promise.all(Array.from({ length: 4 }, () => User.signUp(client)));
        const rooms = await Promise.all(users.flatMap((user) => Array.from({ length: 5 }, async () => ({ user, room: await user.createRoom() }))));
        await Promise.all(rooms.map(async ({ user, room }) => {
            for (let number = 0; number < 50; ++number) await user.sendUntilAccepted(room, `${room}/${number}`, { seconds: 200 });
        }));
        let inversions = 0;
        for (const { user, room } of rooms) {
            const replies = await finishedReplies(user, room, 50);
            const ends = replies.map(({ completed_at }) => Date.parse(completed_at));
            inversions += ends.filter((end, index) => index > 0 && end < ends[index - 1]).length;
        }
        const calls = (await sim.calls()).calls.map((call) => call.turns.at(-1).text);
        for (const { room } of rooms) {
            const asked = calls.filter((text) => text.startsWith(`${room}/`)).map((text) => Number(text.split('/')[1]));
            assert.deepEqual(asked, Array.from({ length: 50 }, (_, number) => number), `the calls of room ${room}`);
        }
        assert.equal(inversions, 0);
    });

    test('the eleventh waiting message of a room is refused, and no unit is taken', async () => {
        await sim.plan({ reset: true, default: { text: 'ok', chunk_delay_ms: 0 }, matching: [{ match: 'first', text: 'ok', delay_ms: 1500 }] });
        const user = await User.signUp(client);
        const room = await user.createRoom();
        await user.send(room, 'first');
        const answers = [];
        for (let number = 0; number < 12; ++number) answers.push(await user.post(room, `waits ${number}`));
        assert.deepEqual(answers.map(({ status }) => status), [...Array(10).fill(201), 429, 429]);
        assert.equal(answers.at(-1).body.code, 'room_busy');
        assert.equal((await user.usage()).used, 11);
        const listed = (await finishedReplies(user, room, 11)).map(({ content }) => content);
        assert.deepEqual(listed, Array(11).fill('ok'));
        const roles = (await user.messages(room)).map(({ role }) => role);
        assert.deepEqual(roles, Array(11).fill(['user', 'assistant']).flat(), 'm1 r1 m2 r2');
    });

    async function finishedReplies(user, room, count) {
        for (;;) {
            const replies = (await user.messages(room)).filter(({ role }) => role === 'assistant');
            assert.equal(replies.length, count);
            if (replies.every(({ status }) => status === 'completed')) return replies;
            assert.ok(replies.every(({ status }) => ['completed', 'queued', 'streaming'].includes(status)));
            await sleep(50);
        }
    }
});
