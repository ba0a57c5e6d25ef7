// Rooms that a model names after their first reply: whatever it says becomes a clean name or none, a user's name always stays, and no reply
// waits for it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { CompatibleServer, refusalOf, replyOf } from './support/compatible.mjs';
import { endPrograms, sleep, until } from './support/process.mjs';
import { Random } from './support/random.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { Sim } from './support/sim.mjs';

after(endPrograms);

const segmenter = new Intl.Segmenter();
const clusters = (text) => [...segmenter.segment(text)].length;
const unseen = /[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\u061c\p{Cc}]/u;

// Ten scripts: a question, and names as models write them; the first is what must come of it.
const scripts = {
    Latin: ['How do I bake sourdough bread?', 'Sourdough for Beginners', '"Sourdough for Beginners"', '**Title:** Sourdough for Beginners.'],
    Cyrillic: ['Как испечь хлеб на закваске?', 'Хлеб на закваске', '«Хлеб на закваске»', 'Название: Хлеб на закваске.'],
    Greek: ['Πώς φτιάχνω προζύμι;', 'Προζύμι για αρχάριους', '«Προζύμι για αρχάριους».', '# Προζύμι για αρχάριους'],
    Han: ['怎么做酸面团?', '初学者的酸面团', '《初学者的酸面团》', '标题：初学者的酸面团。'],
    Kana: ['サワードウはどう作りますか。', '初心者のサワードウ', '「初心者のサワードウ」', 'タイトル：初心者のサワードウ。'],
    Hangul: ['사워도우는 어떻게 만드나요?', '초보자를 위한 사워도우', '“초보자를 위한 사워도우”', '제목: 초보자를 위한 사워도우.'],
    Devanagari: ['खमीर की रोटी कैसे बनाऊँ?', 'शुरुआती लोगों के लिए खमीर', '"शुरुआती लोगों के लिए खमीर"', 'शीर्षक: शुरुआती लोगों के लिए खमीर।'],
    Arabic: ['كيف أخبز الخبز المخمر؟', 'العجين المخمر للمبتدئين', '\u2067العجين المخمر للمبتدئين\u2069', 'عنوان: «العجين المخمر للمبتدئين»'],
    Hebrew: ['איך אופים לחם מחמצת?', 'מחמצת למתחילים', '\u200f"מחמצת למתחילים"\u200f', 'כותרת: מחמצת למתחילים'],
    Thai: ['ทำขนมปังซาวโดว์อย่างไร', 'ซาวโดว์สำหรับผู้เริ่มต้น', '`ซาวโดว์สำหรับผู้เริ่มต้น`', '- ซาวโดว์สำหรับผู้เริ่มต้น'],
};

let compatible;
let sim;
let server;
let client;
let user;

before(async () => {
    [compatible, sim] = await Promise.all([CompatibleServer.start(), Sim.start()]);
    const env = { ...roomySettings, ...sim.settings(), ...compatible.settings(), AI_MODELS: 'gemini:gemini-flash-latest', AI_TITLE_MODEL: 'openai:small' };
    server = await Server.start({ env });
    client = new Client(server);
    user = await User.signUp(client);
});
after(() => {
    client?.close();
    compatible?.stop();
});

const shown = (room, of = user) => of.ask('GET', `/chatroom/${room}/`);
const openTasks = () => server.rows("select count(*) as n from tasks where kind = 'name_room'").then(([{ n }]) => n);

// A room without a name, and its first reply.
async function talk(question, of = user) {
    const room = await of.createRoom({});
    const sent = await of.send(room, question);
    await of.follow(room, sent.reply.id);
    return room;
}

const named = (room, of = user) => until(`a name for ${room}`, async () => {
    const found = await shown(room, of);
    return found.named_by === 'model' && found;
});
const settled = (options) => until('all rooms are named or given up', async () => (await openTasks()) === 0, options);

describe('a room without a name', () => {
    for (const [script, [question, name, ...ways]] of Object.entries(scripts)) {
        test(`is named in its own script: ${script}`, async () => {
            for (const said of [name, ...ways]) {
                compatible.next.push(replyOf(said));
                const found = await named(await talk(question));
                assert.equal(found.name, name, `of ${JSON.stringify(said)}`);
                const { body } = compatible.calls.at(-1);
                assert.equal(body.messages[1].content, question);
                assert.ok(body.messages[2].content.includes(question.slice(0, 10)), 'the reply is an echo of the question');
                assert.match(body.messages[0].content, /at most six words/);
                assert.match(body.messages[3].content, /at most six words/);
                assert.equal(body.messages.length, 4);
            }
        });
    }

    test('keeps the name of its first message where the model says nothing of use', async () => {
        const forty = Array.from({ length: 40 }, (_, index) => `word${index}`).join(' ');
        const said = ['', ' ', '""', '***', '。', '\u202e\u200f', '```\n```', forty, 'x'.repeat(50_000)];
        compatible.answer = (response, call) => replyOf(said[Number(call.body.messages[1].content.split(' ').at(-1))])(response, call);
        await Promise.all(said.map(async (_, number) => {
            const room = await talk(`Nothing comes of ${number}`);
            await until('it is given up', async () => (await server.rows(`select count(*) as n from tasks where kind = 'name_room' and subject = '${room}'`))[0].n === 0, { seconds: 90 });
            const { name, named_by } = await shown(room);
            assert.deepEqual([name, named_by], [`Nothing comes of ${number}`, 'message'], JSON.stringify(said[number].slice(0, 50)));
        }));
        compatible.answer = replyOf('A name');
    });

    test('gets a name that can be shown, whatever is said', async () => {
        const sentence = 'This conversation is about how to bake sourdough bread at home together with children';
        for (const said of [sentence, `${'👨‍👩‍👧‍👦'.repeat(20)}`, `\u202e${'é'.repeat(100)}`, 'Here is one:\n\n- "A name"\n- "Another"', '[A name](https://example.com/)']) {
            compatible.next.push(replyOf(said));
            const { name } = await named(await talk('whatever'));
            assert.ok(clusters(name) <= 60 && clusters(name) > 0, name);
            assert.ok(!unseen.test(name) && name.trim() === name, JSON.stringify(name));
        }
    });

    test('is named once, and all tabs are told', async () => {
        const stream = await client.stream('GET', '/events/', { token: user.token });
        const told = [];
        const listening = (async () => {
            try {
                for await (const { event, data } of stream.events) told.push({ event, ...JSON.parse(data) });
            } catch {
                // It is cut below.
            }
        })();
        compatible.calls.length = 0;
        compatible.next.push(replyOf('Told to all'));
        const room = await talk('told?');
        await named(room);
        const before = compatible.calls.length;
        await until('the notice', () => told.some(({ event, id }) => event === 'room' && id === room));
        const sent = await user.send(room, 'and again');
        await user.follow(room, sent.reply.id);
        await settled();
        assert.equal(compatible.calls.length, before);
        assert.equal((await user.rooms()).find(({ id }) => id === room).name, 'Told to all', 'the list has it too');
        stream.cut();
        await listening;
    });
});

describe('a name of its user', () => {
    test('is never changed', async () => {
        const room = await user.createRoom({ name: 'Mine' });
        const sent = await user.send(room, 'hello');
        await user.follow(room, sent.reply.id);
        await settled();
        assert.deepEqual([(await shown(room)).name, (await shown(room)).named_by], ['Mine', 'user']);
    });

    test('stays, whenever it is given while a model thinks of another', async () => {
        const random = Random.announced('names given while a model thinks');
        compatible.answer = replyOf('The model says so', { everyMs: 20 });
        await Promise.all(Array.from({ length: 40 }, async (_, number) => {
            const room = await user.createRoom({});
            const sent = await user.sendUntilAccepted(room, `race ${number}`);
            const delay = Math.floor(random.fraction() * 900);
            const renaming = sleep(delay).then(() => user.ask('PATCH', `/chatroom/${room}/`, { body: { name: `Mine ${number}` } }));
            await user.follow(room, sent.reply.id);
            await renaming;
            await until(`${room} is left alone`, async () => (await server.rows(`select count(*) as n from tasks where kind = 'name_room' and subject = '${room}'`))[0].n === 0);
            assert.deepEqual([(await shown(room)).name, (await shown(room)).named_by], [`Mine ${number}`, 'user'], `renamed after ${delay} ms`);
        }));
    });
});

describe('replies', () => {
    test('do not wait for titles, even where their model hangs', async () => {
        const seconds = async (answer) => {
            compatible.answer = answer;
            const of = await User.signUp(client);
            const all = [];
            for (let count = 0; count < 25; ++count) {
                const room = await of.createRoom({});
                const began = performance.now();
                const sent = await of.send(room, 'hello');
                await of.follow(room, sent.reply.id);
                all.push((performance.now() - began) / 1000);
            }
            return all.sort((left, right) => left - right)[12];
        };
        await sim.plan({ default: { text: 'quick', chunks: 1, chunk_delay_ms: 0, first_delay_ms: 0 }, reset: true });
        const quick = await seconds(replyOf('A name'));
        const hung = [];
        const hangs = await seconds((response) => void hung.push(response));
        compatible.answer = replyOf('A name');
        hung.forEach((response) => response.destroy());
        assert.ok(hangs <= quick * 1.5 + 0.1, `${hangs} s beside a model that hangs, ${quick} s beside one that does not`);
        await settled({ seconds: 90 });
    });

    test('come first: while one waits for its model, rooms are not named', async () => {
        const other = await CompatibleServer.start();
        const only = await Server.start({ env: { ...roomySettings, ...sim.settings(), ...other.settings(), AI_MODELS: 'gemini:gemini-flash-latest', AI_TITLE_MODEL: 'openai:small' } });
        const itsClient = new Client(only);
        const [waiting, talking] = await Promise.all([User.signUp(itsClient), User.signUp(itsClient)]);
        await sim.plan({ default: { text: 'ok' }, matching: [{ match: 'will wait', status: 429, retry_after_s: 4 }], reset: true });
        const put = await waiting.send(await waiting.createRoom({}), 'will wait');
        await until('it waits', async () => (await waiting.message(put.reply.chatroom, put.reply.id)).waiting?.reason === 'rate_limited');
        const room = await talk('hello', talking);
        await waiting.follow(put.reply.chatroom, put.reply.id);
        const { completed_at: over } = await waiting.message(put.reply.chatroom, put.reply.id);
        await until('a name', async () => (await shown(room, talking)).named_by === 'model');
        assert.ok(other.calls.every(({ at }) => at >= Date.parse(over) - 3_000), 'no title was asked for while a reply waited');
        itsClient.close();
        await only.stop();
        other.stop();
    });
});

test('a model that refuses to name raises no alarm', async () => {
    compatible.answer = refusalOf(401, { message: 'x', code: 'invalid_api_key' });
    const room = await talk('refused');
    await settled();
    assert.equal((await shown(room)).name, 'refused');
    assert.equal((await server.rows("select count(*) as n from tasks where state = 'dead'"))[0].n, 0);
    compatible.answer = replyOf('A name');
});

test('the demo names rooms too, and off is off', async () => {
    for (const [setting, by] of [['demo', 'model'], ['off', 'message']]) {
        const demo = await Server.start({ env: { ...roomySettings, AI_MODELS: 'demo', AI_TITLE_MODEL: setting, DEMO_TOKENS_PER_SECOND: '0' } });
        const itsClient = new Client(demo);
        const its = await User.signUp(itsClient);
        const room = await talk('please tell me, how does a sail boat go against the wind?', its);
        if (by === 'model') assert.equal((await named(room, its)).name, 'Please tell me how does a');
        else assert.equal((await demo.rows("select count(*) as n from tasks where kind = 'name_room'"))[0].n, 0);
        assert.equal((await shown(room, its)).named_by, by);
        itsClient.close();
        await demo.stop();
    }
});
