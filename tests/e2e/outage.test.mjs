// The model is out. The queue takes what it may hold, then sends get 503 `busy`; when the model is back, the queue drains no faster
// than MODEL_CALLS_PER_MINUTE and MODEL_CONCURRENCY allow, and every message that was accepted has its one reply.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { Cluster } from './support/cluster.mjs';
import { endPrograms, sleep, until } from './support/process.mjs';
import { Sim } from './support/sim.mjs';
import { ReplyReader } from './support/sse.mjs';

const isDeep = process.env.POLLUX_DEEP === '1';
after(endPrograms);

const secondsOut = Number(process.env.POLLUX_OUTAGE_SECONDS ?? 12);
const queueMax = Number(process.env.POLLUX_OUTAGE_QUEUE ?? 120);
const callsPerSecond = 10;
const callsAtOnce = 4; // Of one process.
const userCount = 12;
const gaugeSeconds = 2.5; // Several processes count the queue again every 2 s.

// The most of these times (seconds, rising) that lie in any window of `seconds`.
function mostIn(times, seconds) {
    let most = 0;
    for (let first = 0, last = 0; last < times.length; ++last) {
        while (times[last] - times[first] >= seconds) ++first;
        most = Math.max(most, last - first + 1);
    }
    return most;
}

// Sends all the time, each message to a room that has few, and notes what was answered.
async function send(user, notes) {
    const rooms = [];
    for (let room = 0; room < 5; ++room) rooms.push(await user.createRoom());
    for (let number = 0; !notes.isOver; ++number) {
        const answer = await user.post(rooms[number % rooms.length], `message ${number}`);
        if (answer.status === 201) notes.accepted.push({ user, room: rooms[number % rooms.length], reply: answer.body.reply.id, at: Date.now() / 1000 });
        else notes.refused.push(answer);
        await sleep(150);
    }
}

// Every server tells why a reply waits, and until when, with the message and on its stream.
async function isToldEverywhere(cluster, accepted) {
    for (const node of cluster.serves) {
        const here = new Client(node);
        const { user, room, reply, waiting } = await until(`a reply that waits for the model, at ${node.url}`, async () => {
            for (const one of accepted.slice(0, 40)) {
                const user = Object.assign(Object.create(one.user), { client: here });
                const { waiting } = await user.message(one.room, one.reply);
                if (waiting?.reason === 'model_unavailable') return { ...one, user, waiting };
            }
            return null;
        });
        assert.ok(Math.abs(Date.parse(waiting.retry_at) - Date.now()) < 600_000, `retry_at is ${waiting.retry_at}`);
        const reader = new ReplyReader();
        const stream = await user.openStream(room, reply, null);
        reader.connected();
        for await (const event of stream.events) {
            reader.take(event);
            if (reader.waited.includes('model_unavailable')) break;
        }
        assert.ok(reader.waited.includes('model_unavailable'), `the stream told ${reader.waited}`);
        stream.cut();
        here.close();
    }
}

async function outage({ redis, processesOfCap }) {
    const sim = await Sim.start();
    const env = {
        ...sim.settings(),
        QUEUE_MAX: String(queueMax),
        MODEL_CALLS_PER_MINUTE: String(callsPerSecond * 60),
        MODEL_CONCURRENCY: String(callsAtOnce),
    };
    const cluster = await Cluster.start({ users: userCount, redis, env });
    const client = new Client(cluster);
    const users = await Promise.all(Array.from({ length: userCount }, () => User.signUp(client)));
    await sim.plan({ default: { status: 503, message: 'The model is overloaded.' } });

    const notes = { accepted: [], refused: [], isOver: false };
    const sending = Promise.all(users.map((user) => send(user, notes)));
    let longest = 0;
    const queued = async () => (await cluster.rows('select count(*)::int as open from jobs'))[0].open;
    const isBusy = ({ status, body }) => status === 503 && body.code === 'busy';
    await until('a full queue', () => notes.refused.some(isBusy), { seconds: 60 });
    await isToldEverywhere(cluster, notes.accepted);
    for (const end = Date.now() + secondsOut * 1000; Date.now() < end; await sleep(200)) longest = Math.max(longest, await queued());
    notes.isOver = true;
    await sending;
    const outCalls = (await sim.history()).length;

    for (const { status, headers, body } of notes.refused) {
        if (isBusy({ status, body })) assert.match(headers['retry-after'], /^\d+$/);
        else assert.ok(['room_busy', 'queue_full'].includes(body.code), JSON.stringify(body));
    }
    const between = mostIn(notes.accepted.map(({ at }) => at), gaugeSeconds);
    assert.ok(longest <= queueMax + between, `${longest} replies waited; ${between} were accepted between two counts`);

    await sim.plan({ default: { text: 'Back again.', duration_ms: 300, chunks: 3 } });
    const began = performance.now();
    await until('an empty queue', async () => (await queued()) === 0, { seconds: 300, everyMs: 100 });
    const seconds = (performance.now() - began) / 1000;

    const calls = await sim.history();
    const times = calls.map(({ started_at }) => started_at).sort((left, right) => left - right);
    const cap = callsPerSecond * processesOfCap;
    // On a busy machine calls that were let go one after another may arrive together: but for a deep run a second more belongs to each window.
    const late = isDeep ? 0 : 1;
    for (const window of [1, 2, 5, 10, 30]) {
        const most = mostIn(times, window);
        // A pace of `cap` a second, and a burst of one second's worth.
        assert.ok(most <= cap * (window + late) + cap, `${most} calls within ${window} s`);
    }
    const { running_max } = await sim.calls(Number.MAX_SAFE_INTEGER);
    assert.ok(running_max <= callsAtOnce * cluster.workers.length, `${running_max} calls at once`);

    const replies = await cluster.rows("select reply_to, status, count(*)::int as count from messages where role = 'assistant' group by reply_to, status");
    const unanswered = await cluster.rows("select id, error_code, calls from messages where role = 'assistant' and status <> 'completed'");
    assert.deepEqual(unanswered, [], 'each reply arrives');
    assert.equal(replies.length, notes.accepted.length, 'what was accepted has a reply, and nothing else has');
    assert.deepEqual(replies.filter(({ status, count }) => status !== 'completed' || count !== 1), []);
    for (const { user, room, reply } of notes.accepted) assert.equal((await user.message(room, reply)).content, 'Back again.');
    const busy = notes.refused.filter(isBusy).length;
    console.log(
        `# ${redis ? 'with Redis' : 'PostgreSQL alone'}: ${notes.accepted.length} accepted, ${busy} told busy, at most ${longest} in a queue of ${queueMax}; ` +
            `${outCalls} calls while the model was out; drained in ${seconds.toFixed(1)} s, at most ${mostIn(times, 1)} calls in a second and ` +
            `${mostIn(times, 10)} in ten (cap ${cap} a second), ${running_max} at once`,
    );
    client.close();
    await cluster.stop();
    await cluster.end();
}

test('two servers and two workers with Redis: the cap holds over all', { timeout: 600_000 }, () => outage({ redis: true, processesOfCap: 1 }));

test('PostgreSQL alone: the cap holds for each process', { timeout: 600_000 }, () => outage({ redis: false, processesOfCap: 2 }));
