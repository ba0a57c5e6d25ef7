// The first model dies under 200 replies: some have no text yet, some have some, some are done. Every reply ends once, none is glued from
// two models, none took more than 4 calls, and each names the model that answered and the one that it was sent to.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { CompatibleServer, refusalOf, replyOf } from './support/compatible.mjs';
import { endPrograms, sleep, until } from './support/process.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { Sim } from './support/sim.mjs';

after(endPrograms);

const replyCount = Number(process.env.POLLUX_REPLIES ?? 200);
const first = 'gemini:gemini-flash-latest';
const second = 'openai:small';
const ofFirst = 'ALPHA '.repeat(40).trim();
const ofSecond = 'BETA '.repeat(40).trim();
const models = { AI_MODELS: `${first},${second},demo` };

async function start(env = {}) {
    const [sim, compatible] = await Promise.all([Sim.start(), CompatibleServer.start()]);
    compatible.answer = replyOf(ofSecond, { everyMs: 10 });
    const server = await Server.start({ env: { ...roomySettings, ...sim.settings(), ...compatible.settings(), ...models, ...env } });
    const client = new Client(server);
    return { sim, compatible, server, client, async end() {
        client.close();
        await server.stop();
        compatible.stop();
        await sim.stop();
    } };
}

async function usersWithRooms(client, roomsEach, count) {
    const users = [];
    // A few at once: so many passwords are checked at a time.
    while (users.length < count / roomsEach) users.push(...(await Promise.all(Array.from({ length: 5 }, () => User.signUp(client)))));
    const places = [];
    for (const user of users) for (let room = 0; room < roomsEach; ++room) places.push({ user, room: await user.createRoom() });
    return places.slice(0, count);
}

const callsOf = async (server) => new Map((await server.rows("select id, calls from messages where role = 'assistant'")).map(({ id, calls }) => [id, JSON.parse(calls ?? '[]')]));

// How many calls each reply took, as its end says in the log: what is kept with the message are the last four.
const madeFor = (server) => new Map(server.log.split('\n').slice(0, -1).filter((line) => line.includes('"reply_ended"')).map((line) => JSON.parse(line)).map(({ message_id: id, calls }) => [id, calls]));

// What must hold of each, whatever happened. `made`: its calls, `atSecond`: those that the second model saw.
function check({ reader, reply, calls, made, atSecond }) {
    assert.ok(['done', 'error'].includes(reader.end));
    assert.ok(made >= 1 && made <= 4, `${made} calls, of which are kept ${JSON.stringify(calls)}`);
    assert.equal(calls.length, made);
    assert.equal(calls.filter(({ model }) => model === second).length, atSecond);
    assert.equal(reply.requested_model, first);
    assert.equal(reply.model, calls.at(-1).model, 'the one that answered is named');
    assert.ok(!(reply.content.includes('ALPHA') && reply.content.includes('BETA')), reply.content);
    const whole = reply.model === first ? ofFirst : ofSecond;
    if (reply.status === 'completed') assert.equal(reply.content, whole);
    else assert.ok(whole.startsWith(reply.content), `${reply.status}: ${reply.content}`);
}

test('a model that dies under many replies is stood in for by the next one', { timeout: 300_000 }, async () => {
    const { sim, compatible, server, client, end } = await start();
    await sim.plan({ default: { text: ofFirst, first_delay_ms: 300, duration_ms: 900, chunks: 12 } });
    const places = await usersWithRooms(client, 2, replyCount);
    const following = [];
    let shown = 0; // Readers that have text of the first model.
    const sendAll = (async () => {
        for (const { user, room } of places) {
            const sent = await user.sendUntilAccepted(room, `question in ${room}`);
            following.push((async () => {
                const reader = await user.follow(room, sent.reply.id, { seconds: 120 });
                if (reader.text.startsWith('ALPHA')) ++shown;
                return { reader, user, room, id: sent.reply.id };
            })());
            await sleep(8);
        }
    })();
    // The moment at which some are done, some have text, some have none, and some are not sent.
    await until('the first replies of the first model', () => shown >= replyCount / 8, { seconds: 120, everyMs: 5 });
    await sim.program.signal('SIGKILL');
    await sendAll;

    const ended = await Promise.all(following);
    const calls = await callsOf(server);
    // The log comes by a pipe of its own, after the end that readers see.
    const made = await until('each end in the log', () => {
        const found = madeFor(server);
        return found.size >= replyCount && found;
    });
    const seenBySecond = (room) => compatible.calls.filter(({ body }) => body.messages.at(-1).content === `question in ${room}`).length;
    const replies = await Promise.all(ended.map(async (one) => ({
        ...one, reply: await one.user.message(one.room, one.id), calls: calls.get(one.id), made: made.get(one.id), atSecond: seenBySecond(one.room),
    })));
    replies.forEach(check);

    const count = (condition) => replies.filter(condition).length;
    const died = ({ calls }) => calls.some(({ model, outcome }) => model === first && outcome === 'unavailable');
    assert.ok(count(({ reply }) => reply.model === first && reply.status === 'completed') > 0, 'some were done before');
    assert.ok(count((one) => died(one) && one.calls.some(({ model, first_text_at }) => model === first && first_text_at)) > 0, 'some had text');
    assert.ok(count((one) => died(one) && one.calls.every(({ model, first_text_at }) => model === second || !first_text_at)) > 0, 'some had none');
    assert.equal(count(({ reply }) => reply.status === 'completed'), replies.length, 'the next model is up: all arrive');
    assert.ok(count(({ reply }) => reply.model === second) > 0);
    assert.ok(compatible.calls.length > 0);
    assert.equal((await server.rows('select count(*) as n from jobs'))[0].n, 0);
    const used = await server.rows('select sum(used) as n from usage_days');
    assert.equal(used[0].n, replies.length, 'each costs one unit, whoever wrote it');
    await end();
});

test('where both are dead a reply fails after four calls and costs nothing, and never comes from the demo', { timeout: 120_000 }, async () => {
    const { sim, compatible, client, server, end } = await start();
    await sim.plan({ default: { status: 503 } });
    compatible.answer = refusalOf(500, { message: 'x', type: 'server_error' });
    const user = await User.signUp(client);
    const room = await user.createRoom();
    const sent = await user.send(room, 'anybody there?');
    const reader = await user.follow(room, sent.reply.id, { seconds: 90 });
    const reply = await user.message(room, sent.reply.id);
    assert.equal(reader.end, 'error');
    assert.deepEqual([reply.status, reply.content, reply.error.code], ['failed', '', 'upstream_failed']);
    const calls = (await callsOf(server)).get(reply.id);
    assert.deepEqual(calls.map(({ model }) => model), [first, first, second, second]);
    assert.equal((await user.usage()).used, 0);
    await end();
});

test('who chose the demo gets the demo, and a reader is told whose text comes', { timeout: 120_000 }, async () => {
    const { sim, client, end } = await start({ DEMO_TOKENS_PER_SECOND: '0' });
    const user = await User.signUp(client);
    const demo = await user.createRoom({ name: 'demo', model: 'demo' });
    const ofDemo = await user.send(demo, 'hello', { wait: 20 });
    assert.equal((await user.message(demo, ofDemo.reply.id)).model, 'demo');

    await sim.plan({ default: { status: 404 } });
    const room = await user.createRoom();
    const sent = await user.send(room, 'hello');
    const named = [];
    const stream = await user.openStream(room, sent.reply.id, null);
    for await (const { event, data } of stream.events) {
        if (event === 'start' || event === 'restart') named.push(JSON.parse(data).model);
        if (event === 'done') break;
    }
    assert.equal(named.at(-1), second);
    await end();
});
