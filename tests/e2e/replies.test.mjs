// What can be done with a reply: stop, retry, variants, delete its room; and the notices that tell every tab of it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { endPrograms, logged, until } from './support/process.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { Sim } from './support/sim.mjs';
import { ReplyReader } from './support/sse.mjs';

const slow = { text: 'A long story, told slowly. '.repeat(40), duration_ms: 20_000, chunks: 200 };
const quick = { text: 'ok', chunk_delay_ms: 0 };

describe('replies', () => {
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

    async function newRoom(plans = { default: quick }) {
        await sim.plan({ reset: true, ...plans });
        await sim.forget();
        user = await User.signUp(client);
        room = await user.createRoom();
    }

    // Follows a reply until it has some text; `finish()` reads on to the end.
    // A reader whose stream is open; finish() reads it to its end.
    async function openReader(reply) {
        const reader = new ReplyReader();
        const stream = await user.openStream(room, reply);
        reader.connected();
        const events = stream.events[Symbol.asyncIterator]();
        const next = async () => reader.take((await events.next()).value);
        const finish = async () => {
            for (;;) {
                const { value, done } = await events.next();
                if (done) return reader;
                reader.take(value);
            }
        };
        return { reader, next, finish };
    }

    async function followToText(reply) {
        const opened = await openReader(reply);
        while (opened.reader.text === '') await opened.next();
        return opened;
    }

    const callState = async () => (await sim.calls()).calls.at(-1).state;

    test('stop: a reply that is being written ends within a second, keeps its text, and the call is closed', async () => {
        await newRoom({ default: slow });
        const sent = await user.send(room, 'tell me');
        const following = await followToText(sent.reply.id);
        const began = performance.now();
        const stopped = await user.stop(room, sent.reply.id);
        const seconds = (performance.now() - began) / 1000;
        assert.equal(stopped.status, 'stopped');
        assert.ok(seconds <= 1, `it took ${seconds} s`);
        const reader = await following.finish();
        assert.deepEqual([reader.end, reader.message.status, reader.text], ['done', 'stopped', stopped.content]);
        assert.ok(slow.text.startsWith(stopped.content) && stopped.content.length > 0);
        await until('the end of the call', async () => (await callState()) === 'aborted', { seconds: 5 });
        assert.deepEqual(await user.stop(room, sent.reply.id), stopped, 'a second stop changes nothing');
        assert.equal((await user.usage()).used, 1, 'it had begun, so it costs');
        // What was stopped stays in the context.
        await sim.plan({ reset: true, default: quick });
        await user.send(room, 'go on', { wait: 20 });
        assert.deepEqual((await sim.calls()).calls.at(-1).turns.map(({ text }) => text), ['tell me', stopped.content, 'go on']);
    });

    test('stop: a reply that waits is stopped at once and costs nothing; the next one goes on', async () => {
        await newRoom({ default: quick, matching: [{ match: 'first', ...slow }] });
        const first = await user.send(room, 'first');
        const second = await user.send(room, 'second');
        const third = await user.send(room, 'third');
        assert.equal((await user.usage()).used, 3);
        const stopped = await user.stop(room, second.reply.id);
        assert.deepEqual([stopped.status, stopped.content], ['stopped', '']);
        assert.equal((await user.usage()).used, 2);
        assert.equal((await user.follow(room, second.reply.id)).message.status, 'stopped');
        await user.stop(room, first.reply.id);
        assert.equal((await user.follow(room, third.reply.id)).text, 'ok');
        assert.equal((await user.usage()).used, 2);
        const asked = (await sim.calls()).calls.at(-1).turns.map(({ text }) => text);
        assert.ok(!asked.includes('second'), 'a question without a reply is left out');
    });

    test('a reply is found from its request: in the log, and in its message', async () => {
        await newRoom({ default: quick });
        const sends = [['abc-1', 'abc-1', 'abc-1'], ['a client: 7/8', /^[0-9a-f]{16}$/, 'a client: 7/8'], [undefined, /^[0-9a-f]{16}$/, null]];
        for (const [given, ours, clients] of sends) {
            const answer = await user.post(room, 'hello', { headers: given ? { 'X-Request-ID': given } : {} });
            const { message, reply } = answer.body;
            assert.equal((await user.follow(room, reply.id)).text, 'ok');
            const id = answer.headers['x-request-id'];
            assert.match(id, new RegExp(ours));
            const kept = await server.rows(`select request_id, client_request_id from messages where id in (${message.id}, ${reply.id})`);
            assert.deepEqual(kept, Array(2).fill({ request_id: id, client_request_id: clients }));
            const line = JSON.parse(await logged(server, '"reply_ended"', `"message_id":${reply.id},`));
            assert.deepEqual([line.request_id, line.status, line.model, line.calls], [id, 'completed', (await user.message(room, reply.id)).model, 1]);
            await logged(server, '"event":"request"', `"request_id":"${id}"`);
        }
        const [{ calls }] = await server.rows('select calls from messages where calls is not null order by id desc limit 1');
        assert.deepEqual(JSON.parse(calls).map(({ outcome }) => outcome), ['completed']);
        assert.equal('calls' in (await user.messages(room))[1], false, 'no user is shown them');
    });

    test('stop: what is no reply, or not yours, is not found', async () => {
        await newRoom();
        const sent = await user.send(room, 'hello', { wait: 20 });
        const finished = await user.stop(room, sent.reply.id);
        assert.equal(finished.status, 'completed');
        const path = (message) => `/chatroom/${room}/message/${message}/stop/`;
        await user.ask('POST', path(sent.message.id), { expect: 404 });
        await user.ask('POST', path(10 ** 12), { expect: 404 });
        const stranger = await User.signUp(client);
        await stranger.ask('POST', path(sent.reply.id), { expect: 404 });
    });

    test('retry: a new variant that costs a unit; one at a time', async () => {
        await newRoom({ default: slow, next: [{ text: 'first', chunk_delay_ms: 0 }, { text: 'second', chunk_delay_ms: 0 }] });
        const sent = await user.send(room, 'hello', { wait: 20 });
        const retried = await user.retry(room, sent.reply.id);
        assert.deepEqual([retried.reply.variant, retried.reply.reply_to], [2, sent.message.id]);
        assert.equal((await user.follow(room, retried.reply.id)).text, 'second');
        assert.equal((await user.usage()).used, 2);

        const variants = (await user.ask('GET', `/chatroom/${room}/message/${sent.reply.id}/variants/`)).results;
        assert.deepEqual(variants.map(({ content, variant, variants }) => [content, variant, variants]), [['first', 1, 2], ['second', 2, 2]]);
        assert.deepEqual((await user.messages(room)).map(({ content }) => content), ['hello', 'second'], 'the newest good one is shown');

        const third = await user.retry(room, retried.reply.id);
        const answer = await client.ask('POST', `/chatroom/${room}/message/${sent.reply.id}/retry/`, { token: user.token });
        assert.deepEqual([answer.status, answer.body.code], [409, 'reply_running']);
        await followToText(third.reply.id);
        const stopped = await user.stop(room, third.reply.id);
        assert.deepEqual((await user.messages(room)).map(({ content }) => content), ['hello', stopped.content]);
    });

    test('retry: a failed reply, and the one that failed is out of the list', async () => {
        await newRoom({ default: quick, next: [{ status: 403 }] });
        const failed = await user.send(room, 'hello', { wait: 20 });
        assert.deepEqual([failed.reply.status, failed.reply.error.code, failed.reply.content], ['failed', 'upstream_failed', '']);
        assert.equal((await user.usage()).used, 0);
        const again = await user.retry(room, failed.reply.id);
        assert.equal((await user.follow(room, again.reply.id)).text, 'ok');
        assert.deepEqual((await user.messages(room)).map(({ status }) => status), ['completed', 'completed']);
        assert.equal((await user.usage()).used, 1);
    });

    test('a room that is deleted while replies are written: readers are told, calls are closed, waiting units come back', async () => {
        await newRoom({ default: slow });
        const writing = await user.send(room, 'one');
        const waiting = await user.send(room, 'two');
        const following = await followToText(writing.reply.id);
        const waitingReader = await openReader(waiting.reply.id);
        await user.ask('DELETE', `/chatroom/${room}/`, { expect: 204 });
        for (const reader of [await following.finish(), await waitingReader.finish()]) {
            assert.deepEqual([reader.end, reader.error.code], ['error', 'room_deleted']);
        }
        await until('the end of the call', async () => (await callState()) === 'aborted', { seconds: 5 });
        await user.ask('GET', `/chatroom/${room}/`, { expect: 404 });
        await user.message(room, writing.reply.id, { expect: 404 });
        assert.equal((await user.openStream(room, writing.reply.id)).status, 404);
        assert.equal((await user.usage()).used, 1, 'the one that had begun');
        // Nothing of it hinders the next room.
        await sim.plan({ reset: true, default: quick });
        assert.equal((await user.send(await user.createRoom(), 'three', { wait: 20 })).reply.content, 'ok');
    });

    // A tab: GET /events/ until told to stop.
    async function openTab(who, lastId) {
        const headers = lastId ? { 'Last-Event-ID': lastId } : {};
        const stream = await client.stream('GET', '/events/', { token: who.token, headers });
        const tab = { seen: [], isOver: false, close: stream.cut };
        tab.reading = (async () => {
            for await (const event of stream.events) tab.seen.push(event);
            tab.isOver = true;
        })().catch(() => {});
        await until('the first event', () => tab.seen.length > 0);
        return tab;
    }

    const brief = ({ event, data }) => `${event} ${data}`;

    test('events: two tabs see the same, a third that comes back misses nothing', async () => {
        await newRoom({ default: { text: 'ok', duration_ms: 100 } });
        const tabs = [await openTab(user), await openTab(user)];
        const gone = await openTab(user);
        gone.close();
        const stranger = await openTab(await User.signUp(client));

        const sent = await user.send(room, 'hello', { wait: 20 });
        await user.ask('PATCH', `/chatroom/${room}/`, { body: { name: 'renamed' } });
        await user.ask('DELETE', `/chatroom/${room}/`, { expect: 204 });
        const end = ({ event, data }) => event === 'room_deleted' && JSON.parse(data).id === room;
        for (const tab of tabs) await until('the last notice', () => tab.seen.some(end));

        const [one, two] = tabs.map((tab) => tab.seen.slice(1).map(brief));
        assert.deepEqual(one, two);
        assert.deepEqual(tabs[0].seen[0].event, 'ready');
        for (const expected of [
            `message {"id":${sent.message.id},"chatroom":${room}}`,
            `reply {"id":${sent.reply.id},"chatroom":${room},"status":"queued"}`,
            `reply {"id":${sent.reply.id},"chatroom":${room},"status":"streaming"}`,
            `reply {"id":${sent.reply.id},"chatroom":${room},"status":"completed"}`,
            `room {"id":${room}}`,
            'usage {}',
        ]) assert.ok(one.some((line) => line.replace(/"attempt":\d+,/, '') === expected), `${expected} in\n${one.join('\n')}`);

        const back = await openTab(user, gone.seen.at(-1).id);
        await until('what was missed', () => back.seen.some(end));
        assert.deepEqual(back.seen.filter(({ event }) => event !== 'ready').map(brief), one);
        assert.deepEqual(stranger.seen.map(({ event }) => event), ['ready'], 'nobody sees what is not theirs');
        for (const tab of [...tabs, back, stranger]) tab.close();
    });

    test('events: an unknown id is answered with reset; a session that ends takes its tabs along', async () => {
        await newRoom();
        const lost = await openTab(user, 'nonsense-1');
        assert.equal(lost.seen[0].event, 'reset');
        lost.close();

        const tab = await openTab(user);
        await user.ask('POST', '/auth/logout/', { body: {}, expect: 204 });
        await until('the end of the stream', () => tab.isOver, { seconds: 10 });
        assert.equal(tab.seen.at(-1).event, 'session_ended');
        await user.ask('GET', '/user/me/', { expect: 401 });
    });

    test('events: after a restart of the server a known id is unknown', async () => {
        await newRoom();
        const before = await openTab(user);
        await server.kill();
        await before.reading;
        await server.start();
        const afterwards = await openTab(user, before.seen.at(-1).id);
        assert.equal(afterwards.seen[0].event, 'reset');
        afterwards.close();
    });
});
