// Two servers and two workers over one PostgreSQL, and no Redis: NOTIFY wakes, reply_parts carry what is being written. Nothing is wrong,
// only a little later than with Redis. Every user's requests go to the two servers in turn, so each resume is on the other one.
// POLLUX_STREAMS=n: how many streams are cut at random (usually 200).
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { Cluster } from './support/cluster.mjs';
import { median, ms } from './support/figures.mjs';
import { ManyStreams, longReply } from './support/many_streams.mjs';
import { endPrograms, sleep, until } from './support/process.mjs';
import { Random } from './support/random.mjs';
import { Sim } from './support/sim.mjs';

const streams = Number(process.env.POLLUX_STREAMS ?? 200);

describe('PostgreSQL alone', () => {
    let sim, cluster;
    const clients = [];

    before(async () => {
        sim = await Sim.start();
        cluster = await Cluster.start({ redis: false, users: 60, env: sim.settings() });
    });
    after(() => {
        endPrograms();
        for (const client of clients) client.close();
    });

    function clientOf(...nodes) {
        let turn = 0;
        const server = { get url() { return nodes[turn++ % nodes.length].url; }, testNumber: () => cluster.testNumber() };
        clients.push(new Client(server));
        return clients.at(-1);
    }
    const zigzag = () => User.signUp(clientOf(...cluster.serves));
    const at = (user, node) => Object.assign(new User(), user, { client: clientOf(cluster.serves[node]) });
    const noPartsLeft = () => until('no parts to be left', async () => (await cluster.rows('select 1 from reply_parts limit 1')).length === 0);

    test('a reply is read on both nodes while it is being written', async () => {
        await sim.plan({ reset: true, default: { text: 'Slowly, wört by wört. '.repeat(20), duration_ms: 4000, chunks: 80 } });
        const user = await zigzag();
        const room = await user.createRoom();
        const { reply } = await user.send(room, 'tell me');
        const readers = [0, 1].map(async (node) => {
            const began = performance.now();
            const stream = await at(user, node).openStream(room, reply.id);
            let deltas = 0, text = '', first;
            for await (const { event, data } of stream.events) {
                if (event !== 'delta') continue;
                text += JSON.parse(data).text;
                if (++deltas > 1) continue;
                first = performance.now() - began;
                const [{ status }] = await cluster.rows(`select status from messages where id = ${reply.id}`);
                assert.equal(status, 'streaming', 'the first delta came only after the end');
            }
            assert.ok(deltas >= 4, `${deltas} deltas`);
            return { text, deltas, first };
        });
        const found = await Promise.all(readers);
        const { content } = await user.message(room, reply.id);
        for (const { text, deltas, first } of found) {
            assert.equal(text, content);
            console.log(`# first delta after ${ms(first)}, ${deltas} deltas`);
        }
        await noPartsLeft(); // One that was on its way at the end may come after it, for a moment.
    });

    test(`${streams} streams with up to 5 cuts, each resume on the other node, and a worker that is killed`, { timeout: 1_800_000 }, async () => {
        const random = Random.announced('postgres alone');
        const { plan, ...said } = longReply(random);
        await sim.plan({ reset: true, default: plan });
        const users = await Promise.all(Array.from({ length: streams > 1000 ? 48 : 20 }, zigzag));
        const reading = new ManyStreams();
        const killing = killInTheMiddle();
        await reading.read({ users, count: streams, random, ...said });
        await killing;
        console.log(`# ${reading}`);
        assert.ok(reading.restarts > 0, 'no stream was hit by the kill');
        await noPartsLeft();

        // At a moment when readers have text of a reply of its own.
        async function killInTheMiddle() {
            await until('some streams to be done', () => reading.done >= streams / 4, { seconds: 1200 });
            await until('parts', async () => (await cluster.rows('select 1 from reply_parts where text_end > 100')).length > 4);
            await cluster.workers[0].kill();
            await cluster.workers[0].start();
        }
    });

    test('workers are woken, far sooner than they look for themselves every 2 seconds', async () => {
        await sim.plan({ reset: true, default: { text: 'ok', chunk_delay_ms: 0 } });
        const user = await zigzag();
        const room = await user.createRoom();
        const waits = [];
        for (let number = 0; number < 20; ++number) {
            const began = performance.now();
            const { reply } = await user.send(room, `message ${number}`);
            const reader = await user.follow(room, reply.id);
            assert.equal(reader.text, 'ok');
            waits.push(performance.now() - began);
        }
        console.log(`# from the send to the end of the reply: ${ms(median(waits))} (median of ${waits.length})`);
        // Without wake-ups each of them waits 1 s on average.
        assert.ok(waits.filter((wait) => wait < 500).length > waits.length / 2, waits.map(ms).join(' '));
    });

    test('a stop sent to one node ends what runs elsewhere', async () => {
        await sim.plan({ reset: true, default: { text: 'A long story. '.repeat(200), duration_ms: 60_000, chunks: 600 } });
        const user = await zigzag();
        for (const node of [0, 1]) {
            const room = await user.createRoom();
            const { reply } = await at(user, 1 - node).send(room, 'tell me');
            const following = at(user, 1 - node).follow(room, reply.id);
            await until('some text', async () => (await cluster.rows(`select 1 from reply_parts where reply_id = ${reply.id} and text_end > 0`)).length > 0);
            const began = performance.now();
            await at(user, node).stop(room, reply.id);
            const reader = await following;
            const took = performance.now() - began;
            console.log(`# stopped after ${ms(took)}`);
            assert.equal(reader.message.status, 'stopped');
            assert.notEqual(reader.text, '');
            assert.ok(took < 5000, ms(took));
        }
        await noPartsLeft();
    });

    test('notices and one\'s own writes cross the nodes', async () => {
        const user = await zigzag();
        const events = await at(user, 1).client.stream('GET', '/events/', { token: user.token });
        const heard = [];
        const hearing = (async () => {
            for await (const event of events.events) heard.push(event);
        })().catch(() => {});
        await sleep(0);
        await until('a notice of a room on the other node', async () => {
            const room = await at(user, 0).createRoom();
            const listed = (await at(user, 1).ask('GET', '/chatroom/')).results.map(({ id }) => id);
            assert.ok(listed.includes(room), 'a list without the room that was just made');
            return heard.some(({ event }) => event === 'room');
        }, { everyMs: 100 });
        events.cut();
        await hearing;
    });

    test('nothing went wrong', () => {
        assert.equal(cluster.log.match(/reply_failed|request_failed/g), null, cluster.log.match(/.*(reply_failed|request_failed).*/g)?.join('\n'));
    });

    test('when every connection to the database broke, readers of notices are told to fetch everything again', async () => {
        const user = await zigzag();
        const events = await at(user, 1).client.stream('GET', '/events/', { token: user.token });
        const heard = [];
        const hearing = (async () => {
            for await (const { event } of events.events) heard.push(event);
        })().catch(() => {});
        await cluster.rows("select count(pg_terminate_backend(pid)) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'");
        await until('the reset', () => heard.includes('reset'));
        events.cut();
        await hearing;
    });

    test('everybody stops when told to', async () => {
        for (const { code, seconds } of await cluster.stop()) {
            assert.equal(code, 0);
            assert.ok(seconds < 10, `${seconds} s`);
        }
        await cluster.end();
    });
});
