// The daily quota: exact under a crowd of sends, also with kills; settled once by how a reply ends; a new day at midnight.
// POLLUX_QUOTA_ROUNDS=n: rounds of the crowd (usually 5).
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { Client, User, onlyBroken } from './support/client.mjs';
import { endPrograms, sleep, until } from './support/process.mjs';
import { Random } from './support/random.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { Sim } from './support/sim.mjs';
import { noFaketime, skewed } from './support/skew.mjs';

const rounds = Number(process.env.POLLUX_QUOTA_ROUNDS ?? 5);
const quota = 50;
const sends = 200;
const roomCount = 40;

describe('quota', () => {
    let sim, server, client;

    before(async () => {
        sim = await Sim.start();
        server = await Server.start({ env: { ...roomySettings, ...sim.settings(), BASIC_DAILY_MESSAGES: String(quota) } });
        client = new Client(server);
    });
    after(() => {
        endPrograms();
        client.close();
    });

    test(`${rounds} times ${sends} sends at once over ${roomCount} rooms with ${quota} left: exactly ${quota} are accepted`, { timeout: 300_000 }, async () => {
        const random = Random.announced('quota');
        await sim.plan({ reset: true, default: { text: 'ok', duration_ms: 20 } });
        let kills = 0;
        for (let round = 0; round < rounds; ++round) {
            const user = await User.signUp(client);
            const rooms = await Promise.all(Array.from({ length: roomCount }, () => user.createRoom()));
            let answered = 0;
            const sending = Array.from({ length: sends }, async (_, number) => {
                const answer = await sendUntilAnswered(user, rooms[number % roomCount], `round ${round} send ${number}`);
                ++answered;
                return answer;
            });
            if (round % 2 === 1) {
                const moment = random.below(sends / 2);
                await until('answers', () => answered >= moment, { everyMs: 1 });
                await server.kill();
                await server.start();
                ++kills;
            }
            const answers = await Promise.all(sending);
            const outcomes = {};
            for (const { status, body } of answers) outcomes[body.code ?? status] = (outcomes[body.code ?? status] ?? 0) + 1;
            assert.equal(outcomes[201], quota, JSON.stringify(outcomes));
            assert.equal(answers.filter(({ status }) => status === 429).length, sends - quota, JSON.stringify(outcomes));
            await checkEnd(user, rooms);
        }
        console.log(`# ${rounds} rounds, ${kills} with a kill`);
    });

    // A full queue is not the end of the quota: whoever is told so comes back.
    async function sendUntilAnswered(user, room, content) {
        const key = randomUUID();
        for (;;) {
            const answer = await user.post(room, content, { key }).catch(onlyBroken);
            const isTemporary = !answer || answer.status === 503 || ['queue_full', 'room_busy'].includes(answer.body.code);
            if (!isTemporary) return answer;
            await sleep(20);
        }
    }

    async function checkEnd(user, rooms) {
        const messages = await until('all replies', async () => {
            const all = (await Promise.all(rooms.map((room) => user.messages(room)))).flat();
            return all.every(({ status }) => status === 'completed') && all;
        }, { seconds: 60, everyMs: 100 });
        assert.equal(messages.filter(({ role }) => role === 'user').length, quota, 'questions');
        assert.equal(messages.filter(({ role }) => role === 'assistant').length, quota, 'replies');
        const { used, remaining, limit } = await user.usage();
        assert.deepEqual({ used, remaining, limit }, { used: quota, remaining: 0, limit: quota });
    }

    test('what a reply costs depends on how it ends, and is settled once', async () => {
        const user = await User.signUp(client);
        const room = await user.createRoom();
        const slow = { text: 'slow words '.repeat(50), duration_ms: 20_000, chunks: 200 };
        await sim.plan({
            reset: true,
            default: { text: 'ok', chunk_delay_ms: 0 },
            matching: [
                { match: 'blocked', fault: 'block' },
                { match: 'refused', status: 403 },
                { match: 'half', text: 'one two three four five six', chunks: 6, fault: 'error', after_chunks: 3, times: -1, status: 200 },
                { match: 'stopped early', ...slow },
                { match: 'stopped late', ...slow },
                { match: 'deleted', ...slow },
            ],
        });
        let expected = 0;
        const costs = async (units, what) => {
            expected += units;
            assert.equal((await user.usage()).used, expected, what);
        };
        const send = (content, wait) => user.send(room, content, { wait });
        const end = (sent) => user.follow(room, sent.reply.id);

        assert.equal((await send('completed', 20)).reply.status, 'completed');
        await costs(1, 'completed');
        assert.equal((await send('blocked', 20)).reply.finish_reason, 'blocked');
        await costs(1, 'blocked by the model');
        assert.equal((await send('refused', 20)).reply.status, 'failed');
        await costs(0, 'failed without text');
        const half = await end(await send('half'));
        assert.deepEqual([half.message.status, half.text.length > 0], ['failed', true]);
        await costs(1, 'failed after text');

        const writing = await send('stopped early');
        await costs(1, 'taken by the send');
        await sim.asked('stopped early');
        const waiting = await send('waits');
        await costs(1, 'taken by the send');
        await user.stop(room, waiting.reply.id);
        await user.stop(room, waiting.reply.id);
        await costs(-1, 'stopped while queued, once');
        await user.stop(room, writing.reply.id);
        await user.stop(room, writing.reply.id);
        await costs(0, 'stopped after the call began');

        const doomed = await user.createRoom();
        await user.send(doomed, 'deleted');
        await user.send(doomed, 'deleted while queued');
        await sim.asked('deleted');
        await costs(2, 'taken by the sends');
        await user.ask('DELETE', `/chatroom/${doomed}/`, { expect: 204 });
        await costs(-1, 'deleted: the one that had begun stays paid');

        const days = (await user.ask('GET', '/user/usage/?days=2')).days;
        assert.equal(days.reduce((sum, day) => sum + day.used, 0), expected);
    });

    test('a refused send takes nothing', async () => {
        const user = await User.signUp(client);
        const room = await user.createRoom();
        await user.post(room, '');
        await user.post(room + 1000, 'x');
        await user.post(room, 'x'.repeat(32_001));
        assert.equal((await user.usage()).used, 0);
    });

    // libfaketime runs the clock of that one process: 150 s before midnight at the start, and 20 times as fast as ours.
    test('midnight: yesterday’s units stay yesterday’s, today’s begin again', { skip: noFaketime, timeout: 120_000 }, async () => {
        await sim.plan({ reset: true, default: { text: 'ok', chunk_delay_ms: 0 } });
        const clock = { ...skewed('@2031-03-01 23:57:30 x20'), TZ: 'UTC' };
        const night = await Server.start({ env: { ...roomySettings, ...sim.settings(), BASIC_DAILY_MESSAGES: '5', ...clock } });
        const owls = new Client(night);
        const user = await User.signUp(owls);
        const room = await user.createRoom();
        for (let number = 0; number < 5; ++number) await user.sendUntilAccepted(room, `evening ${number}`);
        const refused = await user.post(room, 'one too many');
        assert.deepEqual([refused.status, refused.body.code], [429, 'daily_limit_reached']);
        const untilMidnight = Number(refused.headers['retry-after']);
        assert.ok(untilMidnight >= 0 && untilMidnight <= 150, String(untilMidnight));
        const first = await until('the new day', async () => {
            const answer = await user.post(room, 'good morning');
            return answer.status === 201 && answer.body;
        }, { seconds: 30, everyMs: 5 });
        assert.equal(first.usage.used, 1);
        for (let number = 0; number < 4; ++number) await user.sendUntilAccepted(room, `morning ${number}`);
        assert.equal((await user.post(room, 'one too many')).body.code, 'daily_limit_reached');
        const days = (await user.ask('GET', '/user/usage/?days=2')).days;
        assert.deepEqual(days.map(({ used }) => used), [5, 5]);
        owls.close();
        await night.kill();
    });
});
