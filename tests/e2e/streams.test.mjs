// Reading replies while they are written: what a reader puts together is the stored reply, whatever was cut; ids; no torn
// characters. ReplyReader (support/sse.mjs) checks every event of every stream.
// POLLUX_STREAMS=n: how many streams are cut at random (usually 500).
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { endPrograms, sleep, until } from './support/process.mjs';
import { Random } from './support/random.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { Sim } from './support/sim.mjs';
import { scripts, sentence } from './support/texts.mjs';

const streams = Number(process.env.POLLUX_STREAMS ?? 500);
const kills = Math.max(2, Math.round(streams / 125));

describe('streams', () => {
    let sim, server, client;

    before(async () => {
        sim = await Sim.start();
        server = await Server.start({ env: { ...roomySettings, ...sim.settings() } });
        client = new Client(server);
    });
    after(() => {
        endPrograms();
        client.close();
    });

    test(`${streams} streams with up to 5 cuts each, and ${kills} kills of the server`, { timeout: 1_200_000 }, async () => {
        const random = Random.announced('streams');
        const text = Object.keys(scripts).map((script) => sentence(random, script, 12)).join('\n');
        const thoughts = sentence(random, 'korean') + sentence(random, 'emoji');
        await sim.plan({ reset: true, default: { text, thoughts, duration_ms: 250, chunks: 40, pieces: 'random', seed: random.below(1000) } });

        const users = await Promise.all(Array.from({ length: 20 }, () => User.signUp(client)));
        let done = 0;
        const seen = { restarts: 0, connections: 0 };
        const readers = users.map((user, index) => readMany(user, index, random.fork()));
        const killing = killNowAndThen(random.fork());
        await Promise.all(readers);
        await killing;
        console.log(`# ${done} streams over ${seen.connections} connections, ${seen.restarts} restarts, ${kills} kills`);
        assert.equal(done, streams);
        assert.ok(seen.restarts > 0, 'no stream was hit by a kill');

        async function readMany(user, index, random) {
            const room = await user.createRoom();
            for (let number = index; number < streams; number += users.length) {
                const sent = await user.sendUntilAccepted(room, `stream ${number}`);
                // At most five cuts, then the reader stays.
                const cuts = Array.from({ length: random.below(6) }, () => random.below(25));
                const reader = await user.follow(room, sent.reply.id, { cutAfter: (connection) => cuts[connection] ?? Infinity });
                assert.equal(reader.end, 'done');
                assert.equal(reader.text, text);
                assert.equal(reader.thoughts, thoughts);
                seen.restarts += reader.restarts;
                seen.connections += reader.connections;
                ++done;
            }
        }

        async function killNowAndThen(random) {
            for (let kill = 0; kill < kills; ++kill) {
                await until('more streams', () => done >= ((kill + 0.5) * streams) / kills, { seconds: 600 });
                await sleep(random.below(200));
                await server.kill();
                await server.start();
            }
        }
    });

    test('a finished reply: start, the text, done; from any id the rest; after its end 204', async () => {
        await sim.plan({ reset: true, default: { text: 'Añ龍😀 end', thoughts: 'hm, é', chunk_delay_ms: 0 } });
        const { user, room, reply } = await finishedReply();
        const events = await eventsFrom(user, room, reply);
        assert.deepEqual(events.map(({ event }) => event), ['start', 'thought', 'delta', 'done']);
        const attempt = JSON.parse(events[0].data).attempt;
        assert.deepEqual(events.map(({ id }) => id), [`${attempt}-0`, `${attempt}-0-6`, `${attempt}-14-6`, `${attempt}-end`]);

        // Cut just before the end: it still comes, alone.
        assert.deepEqual(await eventsFrom(user, room, reply, `${attempt}-14-6`), [events.at(-1)]);
        // Each border between characters.
        const borders = { 0: 'Añ龍😀 end', 1: 'ñ龍😀 end', 3: '龍😀 end', 6: '😀 end', 10: ' end', 13: 'd' };
        for (const [offset, rest] of Object.entries(borders)) {
            const [delta, done] = await eventsFrom(user, room, reply, `${attempt}-${offset}-6`);
            assert.equal(JSON.parse(delta.data).text, rest);
            assert.equal(done.event, 'done');
        }
        // An older attempt, and an offset that the text never had: everything again, said so.
        for (const id of [`${attempt - 1}-4`, `${attempt}-400-6`]) {
            const again = await eventsFrom(user, room, reply, id);
            assert.deepEqual(again.map(({ event }) => event), ['restart', 'thought', 'delta', 'done'], id);
        }
        const over = await user.openStream(room, reply, `${attempt}-end`);
        assert.equal(over.status, 204);
    });

    test('ids that no stream gives are refused', async () => {
        await sim.plan({ reset: true, default: { text: 'Añ龍😀', chunk_delay_ms: 0 } });
        const { user, room, reply } = await finishedReply();
        for (const id of ['x', '-', '1', '1-', '1-2-', '1-x', '01-0', '1-00', '1--1', '1-1.5', '1-0-0-0', 'end', '1-2', '1-4', '9'.repeat(30) + '-0']) {
            const { status, answer } = await user.openStream(room, reply, id);
            assert.deepEqual([id, status, answer?.body.code], [id, 400, 'bad_event_id']);
        }
    });

    test('a stream of somebody else, of a question, of nothing: 404', async () => {
        const { user, room, reply, question } = await finishedReply();
        const other = await User.signUp(client);
        for (const [who, which] of [[other, reply], [user, question], [user, 10 ** 9]]) {
            const { status } = await who.openStream(room, which);
            assert.equal(status, 404);
        }
    });

    test('many readers of one reply see the same, and one who goes away stops nothing', async () => {
        await sim.plan({ reset: true, default: { text: 'one for all '.repeat(60), duration_ms: 700, chunks: 60 } });
        await sim.forget();
        const user = await User.signUp(client);
        const room = await user.createRoom();
        const sent = await user.send(room, 'hello');
        const leaving = await user.openStream(room, sent.reply.id);
        for await (const event of leaving.events) if (event.event === 'delta') break;
        const readers = await Promise.all(Array.from({ length: 30 }, () => user.follow(room, sent.reply.id)));
        for (const reader of readers) assert.equal(reader.text, 'one for all '.repeat(60));
        assert.equal((await sim.calls()).calls.at(-1).state, 'finished');
    });

    test('of more than twenty event streams of a user the oldest end, cleanly', async () => {
        const [user, other] = [await User.signUp(client), await User.signUp(client)];
        const open = async (who) => {
            const stream = await client.stream('GET', '/events/', { token: who.token });
            const tab = { isOver: false, cut: stream.cut };
            await stream.events.next();
            tab.reading = (async () => {
                while (!(await stream.events.next()).done);
                tab.isOver = true;
            })().catch(() => {});
            return tab;
        };
        const stranger = await open(other);
        const tabs = [];
        for (let number = 0; number < 25; ++number) tabs.push(await open(user));
        await until('the end of the oldest', () => tabs.slice(0, 5).every(({ isOver }) => isOver), { seconds: 10 });
        assert.deepEqual(tabs.slice(5).filter(({ isOver }) => isOver), []);
        assert.equal(stranger.isOver, false);
        for (const tab of [...tabs, stranger]) tab.cut();
    });

    test('nobody reads at all: the reply is written all the same', async () => {
        await sim.plan({ reset: true, default: { text: 'unread', duration_ms: 200, chunks: 3 } });
        const user = await User.signUp(client);
        const room = await user.createRoom();
        const sent = await user.send(room, 'hello');
        const reply = await until('the reply', async () => {
            const message = await user.message(room, sent.reply.id);
            return message.status === 'completed' && message;
        });
        assert.equal(reply.content, 'unread');
    });

    test('a reply that was broken off after some text starts again, and says restart', async () => {
        await sim.plan({ reset: true, default: { text: 'the second call' }, next: [{ text: 'the first half of the first call', chunks: 8, fault: 'cut', after_chunks: 4 }] });
        const user = await User.signUp(client);
        const room = await user.createRoom();
        const sent = await user.send(room, 'hello');
        const reader = await user.follow(room, sent.reply.id);
        assert.deepEqual([reader.text, reader.restarts], ['the second call', 1]);
    });

    test('citations come with the stream and with the message', async () => {
        await sim.plan({ reset: true, default: { text: 'Sources are good', citations: true } });
        const user = await User.signUp(client);
        const room = await user.createRoom();
        const reader = await user.follow(room, (await user.send(room, 'hello')).reply.id);
        assert.ok(reader.message.citations.length > 0);
        // A reader who comes when the reply is finished has them from the message alone.
        if (reader.citations) assert.deepEqual(reader.citations, reader.message.citations);
    });

    async function finishedReply() {
        const user = await User.signUp(client);
        const room = await user.createRoom();
        const sent = await user.send(room, 'hello', { wait: 25 });
        assert.equal(sent.reply.status, 'completed');
        return { user, room, reply: sent.reply.id, question: sent.message.id };
    }

    async function eventsFrom(user, room, reply, lastId) {
        const stream = await user.openStream(room, reply, lastId);
        assert.equal(stream.status, 200);
        const events = [];
        for await (const event of stream.events) events.push(event);
        return events;
    }
});
