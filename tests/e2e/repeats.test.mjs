// What client libraries do by themselves when a stream is cut: they repeat the request, with the last id they have seen in Last-Event-ID
// or, where headers cannot be set, in ?lastEventId=. It never costs, doubles or corrupts.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';

import { Client, User, readEvents } from './support/client.mjs';
import { endPrograms } from './support/process.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { Sim } from './support/sim.mjs';
import { ReplyReader } from './support/sse.mjs';

const text = 'Twelve slow words that are told one by one, and thirteen more behind them.';

describe('repeats of a client library', () => {
    let sim, server, client, user, room;

    before(async () => {
        sim = await Sim.start();
        server = await Server.start({ env: { ...roomySettings, ...sim.settings() } });
        client = new Client(server);
    });
    after(() => {
        endPrograms();
        client.close();
    });
    beforeEach(async () => {
        await sim.plan({ reset: true, default: { text, duration_ms: 800, chunks: 16 } });
        user = await User.signUp(client);
        room = await user.createRoom();
    });

    // One try of the library: a POST with all that it had the first time, and the last id.
    async function post(reader, content, { key, eventsMax = Infinity, lastId = reader.lastId, byQuery = false } = {}) {
        const headers = { ...(key ? { 'Idempotency-Key': key } : {}), ...(lastId && !byQuery ? { 'Last-Event-ID': lastId } : {}) };
        const query = lastId && byQuery ? `?lastEventId=${encodeURIComponent(lastId)}` : '';
        const stream = await client.stream('POST', `/chatroom/${room}/message/${query}`, { token: user.token, body: { content }, headers });
        if (stream.events) await readEvents(stream, reader, eventsMax);
        return stream;
    }

    async function assertSentOnce(content, count = 1) {
        const asked = (await user.messages(room)).filter(({ role }) => role === 'user');
        assert.deepEqual(asked.map((message) => message.content), Array(count).fill(content));
        assert.equal((await user.usage()).used, count);
    }

    for (const [name, withKey] of [['with a key', true], ['without a key', false]]) {
        test(`cut after every event, ${name}: one question, one unit, the whole text once`, async () => {
            const key = withKey ? randomUUID() : undefined;
            const reader = new ReplyReader();
            while (!reader.end) await post(reader, 'hello', { key, eventsMax: reader.connections % 2 ? 2 : 1, byQuery: reader.connections % 3 === 2 });
            assert.equal(reader.text, text);
            assert.ok(reader.connections > 3);
            assert.ok(reader.restarts <= 1, 'at most for a reader that had seen nothing of the text');
            assert.equal((await post(new ReplyReader(), 'hello', { key, lastId: reader.lastId })).answer.status, 204);
            await assertSentOnce('hello');
        });
    }

    test('a new key for each try does not make a second question', async () => {
        const reader = new ReplyReader();
        await post(reader, 'hello', { key: randomUUID(), eventsMax: 3 });
        await post(reader, 'hello', { key: randomUUID() });
        assert.equal(reader.text, text);
        await assertSentOnce('hello');
    });

    test('the same message sent twice on purpose: who goes on with one of them does not get the other one\'s text behind it', async () => {
        const first = new ReplyReader();
        await post(first, 'hello', { eventsMax: 4 });
        await sim.plan({ default: { text: 'Another answer altogether, and longer than the first one was, in all likelihood.', duration_ms: 100, chunks: 3 } });
        const second = new ReplyReader();
        await post(second, 'hello', { lastId: null });
        await post(first, 'hello');
        assert.equal(second.text, second.message.content);
        assert.equal(first.text, first.message.content);
        await assertSentOnce('hello', 2);
    });

    test('an id that no send of this room gave is refused; with a new key it is a new message', async () => {
        const { answer } = await post(new ReplyReader(), 'hello', { lastId: '1-5' });
        assert.deepEqual([answer.status, answer.body.code], [400, 'bad_event_id']);
        await assertSentOnce('hello', 0);
        const reader = new ReplyReader();
        await post(reader, 'hello', { lastId: '1-5', key: randomUUID() });
        assert.equal(reader.text, text);
        await assertSentOnce('hello');
        for (const junk of ['junk', '1-2-3-4']) assert.equal((await post(new ReplyReader(), 'hello', { lastId: junk })).answer.status, 400);
        assert.equal((await client.stream('POST', '/chatroom/999999/message/', { token: user.token, body: { content: 'x' }, headers: { 'Last-Event-ID': '1-1' } })).status, 404);
    });

    test('?lastEventId= is Last-Event-ID, and the header is newer', async () => {
        const { reply } = await user.send(room, 'hello', { wait: 20 });
        const path = `/chatroom/${room}/message/${reply.id}/stream/`;
        const get = (query, headers = {}) => client.stream('GET', path + query, { token: user.token, headers });
        assert.equal((await get('?lastEventId=1-end')).status, 204);
        assert.equal((await get('?lastEventId=1-0', { 'Last-Event-ID': '1-end' })).status, 204);
        assert.equal((await get('?lastEventId=junk')).answer.body.code, 'bad_event_id');
        const events = [];
        for await (const { event, id } of (await get('?lastEventId=1-6')).events) events.push(`${event} ${id}`);
        assert.deepEqual(events, [`delta 1-${text.length}`, 'done 1-end']);
        const whole = [];
        for await (const { event } of (await get('?lastEventId=')).events) whole.push(event);
        assert.equal(whole[0], 'start');
    });

    test('?lastEventId= of /events/ goes on as well', async () => {
        const open = async (query) => {
            const stream = await client.stream('GET', `/events/${query}`, { token: user.token });
            const first = (await stream.events.next()).value;
            stream.cut();
            return first;
        };
        const { event, id } = await open('');
        assert.equal(event, 'ready');
        assert.equal((await open(`?lastEventId=${encodeURIComponent(id)}`)).event, 'ready');
        assert.equal((await open('?lastEventId=unknown')).event, 'reset');
    });
});
