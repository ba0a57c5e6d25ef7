// How a process ends, by itself or not. SIGTERM: nothing that was accepted is dropped, the process ends within 30 s, and what it
// could not finish goes on at once in the next one; readers go on where they were. A crash: replies go on at once, a reply that
// takes the process down with it is given up in the end. A pause longer than a lease: one reply all the same.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { Client, User, onlyBroken } from './support/client.mjs';
import { ms, percentile } from './support/figures.mjs';
import { endPrograms, sleep, until } from './support/process.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { Sim } from './support/sim.mjs';

const endMax = 30; // Seconds from SIGTERM to the end.

describe('stops and crashes', { concurrency: true }, () => {
    let sim;

    before(async () => {
        sim = await Sim.start();
        await sim.plan({
            default: { text: 'short and good', duration_ms: 200 },
            matching: [
                { match: 'long one', times: -1, text: 'This takes its time. '.repeat(100), duration_ms: 60_000, chunks: 300 },
                { match: 'late one', times: 1, text: 'This ends late.', duration_ms: 25_000, chunks: 25 },
                { match: 'late one', times: -1, text: 'This ends late.', duration_ms: 500 },
                { match: 'medium one', times: -1, text: 'This ends before the process does.', duration_ms: 3000, chunks: 30 },
            ],
        });
    });
    after(endPrograms);

    const start = () => Server.start({ env: { ...roomySettings, ...sim.settings() } });

    // Sends until told to stop, each with its key until it is accepted; returns what was accepted.
    async function sendOnAndOn(user, room, isOver) {
        const accepted = [];
        for (let number = 0; !isOver(); ++number) {
            const content = `message ${number} of room ${room}`;
            const { message, reply } = await user.sendUntilAccepted(room, content, { key: randomUUID(), seconds: 120 });
            accepted.push({ content, question: message.id, reply: reply.id });
            await sleep(30);
        }
        return accepted;
    }

    test('SIGTERM under load, with readers: a stop and a start lose nothing', { timeout: 120_000 }, async () => {
        const server = await start();
        const client = new Client(server);
        const users = await Promise.all(Array.from({ length: 8 }, () => User.signUp(client)));
        const rooms = await Promise.all(users.map((user) => user.createRoom()));
        let isOver = false;
        const sending = users.map((user, index) => sendOnAndOn(user, rooms[index], () => isOver));
        // Readers that were there before, and are still there afterwards.
        const others = await Promise.all(users.slice(0, 4).map((user) => user.createRoom()));
        const medium = await Promise.all(users.slice(0, 4).map((user, index) => user.sendUntilAccepted(others[index], 'the medium one')));
        const reading = medium.map(({ reply }, index) => users[index].follow(others[index], reply.id, { seconds: 100 }));

        await sleep(700);
        const stopped = await server.stop();
        assert.deepEqual([stopped.code, stopped.signal], [0, null]);
        assert.ok(stopped.seconds <= endMax, `it took ${stopped.seconds} s`);
        const open = await server.rows('select state, lost, lease_owner from jobs');
        assert.ok(open.every(({ state, lost, lease_owner }) => state !== 'running' && lost === 0 && lease_owner === null), JSON.stringify(open));
        await server.start();
        await sleep(300);
        isOver = true;
        const accepted = await Promise.all(sending);

        for (const reader of await Promise.all(reading)) assert.equal(reader.text, 'This ends before the process does.');
        for (const [index, list] of accepted.entries()) {
            const messages = await until('all replies', async () => {
                const all = await users[index].messages(rooms[index]);
                return all.every(({ status }) => status === 'completed') && all;
            }, { seconds: 60, everyMs: 100 });
            const expected = list.flatMap(({ content }) => [content, 'short and good']);
            assert.deepEqual(messages.map(({ content }) => content), expected);
        }
        client.close();
        assert.equal((await server.stop()).code, 0);
        assert.deepEqual(await server.rows('select * from jobs'), []);
    });

    test('SIGTERM: replies longer than the patience are handed back, uncounted, and start again at once', { timeout: 120_000 }, async () => {
        const server = await start();
        const client = new Client(server);
        const user = await User.signUp(client);
        const rooms = [await user.createRoom(), await user.createRoom()];
        const sent = await Promise.all(rooms.map((room) => user.sendUntilAccepted(room, 'the long one')));
        const waiting = await user.sendUntilAccepted(rooms[0], 'and one that waits for it');
        const reader = user.follow(rooms[0], sent[0].reply.id, { seconds: 110 }).catch((failure) => failure);
        await until('some text', async () => (await sim.calls()).running >= 2);
        const before = (await sim.history()).filter((call) => call.turns.at(-1).text === 'the long one').length;

        const stopped = await server.stop();
        assert.deepEqual([stopped.code, stopped.signal], [0, null]);
        assert.ok(stopped.seconds <= endMax, `it took ${stopped.seconds} s`);
        const open = await server.rows('select message_id, state, lost, calls, lease_owner from jobs order by message_id');
        assert.deepEqual(open.map(({ message_id }) => message_id), [sent[0].reply.id, sent[1].reply.id, waiting.reply.id].sort((a, b) => a - b));
        for (const job of open) assert.deepEqual([job.lost, job.calls, job.lease_owner, job.state === 'running'], [0, 0, null, false], JSON.stringify(job));

        await sim.plan({ matching: [], default: { text: 'short and good', duration_ms: 200 } });
        const ready = await server.start().then(() => performance.now());
        await until('both calls again', async () => {
            const calls = (await sim.history()).filter((call) => call.turns.at(-1).text === 'the long one').length;
            return calls >= before + 2;
        }, { seconds: 20 });
        const seconds = (performance.now() - ready) / 1000;
        assert.ok(seconds <= 5, `the replies went on ${seconds} s after the start`);
        for (const [index, { reply }] of sent.entries()) await user.stop(rooms[index], reply.id);
        const end = await reader;
        assert.deepEqual([end.end, end.message?.status], ['done', 'stopped'], end.message);
        assert.equal((await user.follow(rooms[0], waiting.reply.id)).text, 'short and good');
        client.close();
        await server.stop();
    });

    test('SIGTERM while idle: it ends at once; requests that come meanwhile get an answer or a closed door', { timeout: 60_000 }, async () => {
        const server = await start();
        const client = new Client(server);
        const user = await User.signUp(client);
        const tab = await client.stream('GET', '/events/', { token: user.token });
        const idle = server.stop();
        for (let tries = 0; tries < 50; ++tries) {
            const answer = await user.client.ask('GET', '/user/me/', { token: user.token }).catch(onlyBroken);
            assert.ok(!answer || answer.status === 200 || answer.status === 503, `${answer?.status}`);
        }
        const events = [];
        for await (const event of tab.events) events.push(event);
        const stopped = await idle;
        assert.equal(stopped.code, 0);
        assert.ok(stopped.seconds < 5, `it took ${stopped.seconds} s`);
        client.close();
    });

    test('SIGTERM: a second signal while it waits ends it at once', { timeout: 60_000 }, async () => {
        const server = await start();
        const client = new Client(server);
        const user = await User.signUp(client);
        const room = await user.createRoom();
        await user.send(room, 'the long one');
        await sim.asked('the long one');
        const stopping = server.stop();
        await until('that it stops', () => server.log.includes('"stopping"'), { everyMs: 5 });
        await sleep(200);
        server.program.child.kill('SIGTERM');
        const stopped = await stopping;
        assert.ok(stopped.seconds < 10, `it took ${stopped.seconds} s`);
        client.close();
    });

    const callsFor = async (text) => (await sim.history()).filter((call) => call.turns.at(-1)?.text === text);

    test('a crash: what was being written goes on as soon as the next process is there', { timeout: 60_000 }, async () => {
        const server = await start();
        const client = new Client(server);
        const users = await Promise.all(Array.from({ length: 5 }, () => User.signUp(client)));
        const sent = await Promise.all(users.map(async (user, index) => {
            const room = await user.createRoom();
            return { user, room, content: `the medium one of a crash ${index}`, ...(await user.send(room, `the medium one of a crash ${index}`)) };
        }));
        for (const { content } of sent) await until('the call', async () => (await callsFor(content)).length === 1);
        await server.kill();
        await server.start();
        const ready = performance.now();
        for (const { content } of sent) await until('the second call', async () => (await callsFor(content)).length === 2);
        const seconds = (performance.now() - ready) / 1000;
        assert.ok(seconds <= 5, `${seconds} s`); // A second is promised; the machine may be busy.
        for (const { user, room, reply } of sent) assert.equal((await user.follow(room, reply.id)).text, 'This ends before the process does.');
        client.close();
        await server.stop();
    });

    test('a reply that takes its process down eight times fails, costs nothing, and can be tried again', { timeout: 120_000 }, async () => {
        const server = await start();
        const client = new Client(server);
        const [user, other] = [await User.signUp(client), await User.signUp(client)];
        const [room, otherRoom] = [await user.createRoom(), await other.createRoom()];
        const content = 'the medium one that kills';
        const sent = await user.sendUntilAccepted(room, content);
        const bystanders = [];
        for (let death = 1; death <= 8; ++death) {
            await until(`call ${death}`, async () => (await callsFor(content)).length === death, { seconds: 40, everyMs: 5 });
            bystanders.push(await other.sendUntilAccepted(otherRoom, `bystander ${death}`));
            await server.kill();
            await server.start();
        }
        const reader = await user.follow(room, sent.reply.id);
        assert.deepEqual([reader.end, reader.message.status, reader.error.code], ['error', 'failed', 'worker_lost']);
        assert.equal((await user.usage()).used, 0);
        for (const { reply } of bystanders) assert.equal((await other.follow(otherRoom, reply.id)).text, 'short and good');
        const again = await user.retry(room, sent.reply.id);
        assert.equal((await user.follow(room, again.reply.id)).text, 'This ends before the process does.');
        assert.equal((await user.usage()).used, 1);
        client.close();
        await server.stop();
    });

    test('a process that sleeps longer than its leases writes each reply once', { timeout: 120_000 }, async () => {
        const server = await start();
        const client = new Client(server);
        const user = await User.signUp(client);
        const rooms = [await user.createRoom(), await user.createRoom()];
        const sent = await Promise.all(rooms.map((room, index) => user.send(room, `the medium one that sleeps ${index}`)));
        const waiting = await user.send(rooms[0], 'next');
        // Its call is still going on when the process wakes.
        const other = await User.signUp(client);
        const otherRoom = await other.createRoom();
        const late = await other.send(otherRoom, 'the late one that sleeps');
        for (const words of ['the medium one that sleeps 0', 'the medium one that sleeps 1', 'the late one that sleeps']) {
            await until('the calls', async () => (await callsFor(words)).length === 1);
        }
        server.program.child.kill('SIGSTOP');
        await sleep(22_000); // A lease lasts 20 s.
        server.program.child.kill('SIGCONT');
        for (const [index, { reply }] of sent.entries()) {
            assert.equal((await user.follow(rooms[index], reply.id)).text, 'This ends before the process does.');
        }
        assert.equal((await user.follow(rooms[0], waiting.reply.id)).text, 'short and good');
        assert.equal((await other.follow(otherRoom, late.reply.id)).text, 'This ends late.');
        assert.deepEqual([(await user.messages(rooms[0])).length, (await user.messages(rooms[1])).length], [4, 2]);
        assert.equal((await other.messages(otherRoom)).length, 2);
        assert.deepEqual([(await user.usage()).used, (await other.usage()).used], [3, 1]);
        console.log(`# ${server.log.split('"reply_lease_lost"').length - 1} of 3 leases were lost`);
        client.close();
        assert.equal((await server.stop()).code, 0);
        assert.deepEqual(await server.rows('select * from jobs'), []);
        const doubled = await server.rows("select reply_to from messages where role = 'assistant' group by reply_to having count(*) > 1");
        assert.deepEqual(doubled, []);
    });

    test('a reply that was lost three times waits for the others, and then runs alone', { timeout: 120_000 }, async () => {
        const server = await start();
        const client = new Client(server);
        const [suspect, busy] = [await User.signUp(client), await User.signUp(client)];
        const others = await Promise.all(Array.from({ length: 4 }, () => User.signUp(client)));
        const rooms = await Promise.all(others.map((user) => user.createRoom()));
        const startDelays = async (words) => {
            const delays = [];
            await Promise.all(others.map(async (user, index) => {
                for (let round = 0; round < 5; ++round) {
                    const content = `${words} ${index} ${round}`;
                    const { reply } = await user.send(rooms[index], content);
                    const acceptedAt = Date.now() / 1000;
                    assert.equal((await user.follow(rooms[index], reply.id)).text, 'short and good');
                    const [call] = await callsFor(content);
                    delays.push(Math.max(0, call.started_at - acceptedAt) * 1000);
                }
            }));
            return delays;
        };
        const before = await startDelays('before');

        const [suspectRoom, busyRoom] = [await suspect.createRoom(), await busy.createRoom()];
        const content = 'the medium one under suspicion';
        const sent = await suspect.send(suspectRoom, content);
        let longOne;
        for (let death = 1; death <= 3; ++death) {
            await until(`call ${death}`, async () => (await callsFor(content)).length === death, { everyMs: 5 });
            // Begun before the last death, so that it is there first when the next process looks around.
            if (death === 3) {
                longOne = await busy.sendUntilAccepted(busyRoom, 'the long one of somebody else');
                await until('its call', async () => (await callsFor('the long one of somebody else')).length === 1, { everyMs: 5 });
            }
            await server.kill();
            await server.start();
        }
        await until('the long one again', async () => (await callsFor('the long one of somebody else')).length === 2, { everyMs: 5 });
        const meanwhile = await startDelays('meanwhile');
        assert.equal((await callsFor(content)).length, 3, 'it waits as long as anybody else has work');
        const shown = (delays) => `${ms(percentile(delays, 50))} (p99 ${ms(percentile(delays, 99))})`;
        console.log(`# from the send to the call: ${shown(before)} before, ${shown(meanwhile)} while a reply is under suspicion`);

        await busy.stop(busyRoom, longOne.reply.id);
        await until('its turn', async () => (await callsFor(content)).length === 4, { everyMs: 5 });
        const waiting = await Promise.all(others.map((user, index) => user.send(rooms[index], `afterwards ${index}`)));
        assert.equal((await suspect.follow(suspectRoom, sent.reply.id)).text, 'This ends before the process does.');
        for (const [index, { reply }] of waiting.entries()) assert.equal((await others[index].follow(rooms[index], reply.id)).text, 'short and good');
        const calls = await sim.history();
        const alone = calls.filter((call) => call.turns.at(-1).text === content).at(-1);
        for (const [index] of others.entries()) {
            const call = calls.find(({ turns }) => turns.at(-1).text === `afterwards ${index}`);
            assert.ok(call.started_at >= alone.ended_at, `${call.started_at} is before ${alone.ended_at}: it did not run alone`);
        }
        assert.deepEqual([(await suspect.messages(suspectRoom)).length, (await suspect.usage()).used], [2, 1]);
        client.close();
        assert.equal((await server.stop()).code, 0);
    });
});
