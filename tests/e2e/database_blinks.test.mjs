// PostgreSQL is killed again and again while users send, wait for replies (?wait=) and follow streams. What COMMIT has answered is 201
// whatever fails later; a 503 means that nothing was done, or says that the outcome is not known, and then the key tells. No stream is
// cut, and every text is whole. POLLUX_BLINKS=n: how often (usually 6, 50 with POLLUX_DEEP).
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { Client, User, readEvents } from './support/client.mjs';
import { Cluster } from './support/cluster.mjs';
import { endPrograms, sleep, until } from './support/process.mjs';
import { Sim } from './support/sim.mjs';
import { ReplyReader } from './support/sse.mjs';

const blinks = Number(process.env.POLLUX_BLINKS ?? (process.env.POLLUX_DEEP ? 50 : 6));
const userCount = 8;

describe('PostgreSQL blinks', () => {
    let sim, cluster, node, users, isOver = false;
    const answers = []; // Of sends: {user, room, content, key, status, code}
    const readers = [];

    before(async () => {
        sim = await Sim.start();
        await sim.plan({ default: { text: 'word '.repeat(200), duration_ms: 1500, chunks: 40 } });
        cluster = await Cluster.start({ env: sim.settings(), serves: 1, workers: 0, users: userCount, redis: false });
        node = cluster.serves[0];

        const client = new Client({ get url() { return node.url; }, testNumber: () => cluster.testNumber() });
        users = await Promise.all(Array.from({ length: userCount }, async () => {
            const user = await User.signUp(client);
            return { user, room: await user.createRoom() };
        }));
    });
    after(endPrograms);

    function note(one, content, key, { status, body }) {
        answers.push({ ...one, content, key, status, code: body?.code });
        if (status === 503) assert.ok(['storage_unavailable', 'outcome_unknown'].includes(body.code), body.code);
        else if (status !== 429) assert.equal(status, 201, JSON.stringify(body));
    }

    async function waitForReplies(one) {
        for (let number = 0; !isOver; ++number) {
            const key = randomUUID();
            const content = `wait ${number}`;
            const answer = await one.user.post(one.room, content, { key, wait: number % 2 ? 5 : 1 });
            note(one, content, key, answer);
            if (answer.status !== 201) await sleep(100);
        }
    }

    async function followStreams(one) {
        for (let number = 0; !isOver; ++number) {
            const key = randomUUID();
            const content = `stream ${number}`;
            const headers = { 'Idempotency-Key': key };
            const path = `/chatroom/${one.room}/message/`;
            const stream = await one.user.client.stream('POST', path, { token: one.user.token, body: { content }, headers });
            note(one, content, key, stream.answer ?? stream);
            if (!stream.events) {
                await sleep(100);
                continue;
            }
            const reader = new ReplyReader();
            readers.push(reader);
            await readEvents(stream, reader); // Throws where the connection is cut.
            assert.ok(reader.end, 'the stream ended without its end');
        }
    }

    test('what was committed is answered as that, and no stream is cut', { timeout: (120 + 20 * blinks) * 1000 }, async () => {
        const chatting = Promise.all(users.map((one, number) => (number % 2 ? waitForReplies : followStreams)(one)));
        chatting.catch(() => (isOver = true));
        for (let blink = 0; blink < blinks && !isOver; ++blink) {
            const before = answers.filter(({ status }) => status === 201).length;
            await until('sends', () => isOver || answers.filter(({ status }) => status === 201).length > before + 4, { seconds: 60 });
            await sleep(Math.random() * 1000);
            await cluster.postgres.kill();
            await sleep(Math.random() * 2000);
            await cluster.postgres.launch();
        }
        isOver = true;
        await chatting;

        // Every text is what the model said; an attempt that was lost began again.
        assert.ok(readers.length > 0);
        for (const reader of readers) {
            assert.equal(reader.end, 'done');
            assert.equal(reader.text, reader.message.content);
        }

        const rows = await cluster.rows("select room_id as room, content, count(*)::int as count from messages where role = 'user' group by 1, 2");
        const kept = new Map(rows.map(({ room, content, count }) => [`${room} ${content}`, count]));
        const count = ({ room, content }) => kept.get(`${room} ${content}`) ?? 0;
        for (const answer of answers) {
            if (answer.status === 201) assert.equal(count(answer), 1, `${answer.content} was answered 201`);
            if (answer.code === 'storage_unavailable') assert.equal(count(answer), 0, `${answer.content} was refused, and stands there`);
        }
        const unknown = answers.filter(({ code }) => code === 'outcome_unknown');
        for (const { user, room, content, key } of unknown) await user.sendUntilAccepted(room, content, { key });
        const again = await cluster.rows("select room_id as room, content from messages where role = 'user' group by 1, 2 having count(*) > 1");
        assert.deepEqual(again, []);
        const codes = [...new Set(answers.map(({ status, code }) => code ?? status))].map((what) => `${what}: ${answers.filter(({ status, code }) => (code ?? status) === what).length}`);
        console.log(`# ${codes.join(', ')}; ${readers.length} streams, ${readers.reduce((sum, { restarts }) => sum + restarts, 0)} restarts`);
    });

    test('every stream has its line in the log', async () => {
        const isOfSend = (line) => line.includes('"event":"request"') && line.includes('"route":"/chatroom/{room}/message/"') && /"status":201\b/.test(line);
        const accepted = answers.filter(({ status }) => status === 201).length;
        await until('the lines', () => node.log.split('\n').filter(isOfSend).length >= accepted, { seconds: 10 });
    });
});
