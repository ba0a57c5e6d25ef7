// Servers that speak OpenAI's chat completions: what they are asked, what comes of their answers, beside Gemini and alone.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { CompatibleServer, bytesOf, refusalOf, replyOf } from './support/compatible.mjs';
import { binary, endPrograms, until } from './support/process.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { Sim } from './support/sim.mjs';

after(endPrograms);

const key = 'the-servers-key-0123456789';

let compatible;
let sim;
let server;
let client;
let user;

before(async () => {
    [compatible, sim] = await Promise.all([CompatibleServer.start(), Sim.start()]);
    const env = { ...roomySettings, ...sim.settings(), ...compatible.settings(key), AI_MODELS: 'openai:small,gemini:gemini-flash-latest,openai:large',
        AI_MODEL_LABELS: 'openai:small=Quick|For everyday questions.;openai:large=Thorough', SYSTEM_PROMPT: 'Be kind.' };
    server = await Server.start({ env });
    client = new Client(server);
    user = await User.signUp(client);
    await server.stop();
    // Basic has the first two models alone.
    await new Promise((resolve, reject) => execFile(binary('pollux'), ['plans', 'set', 'basic', 'models=openai:small,gemini:gemini-flash-latest'],
        { cwd: server.folder, env: { PATH: process.env.PATH, ...env } }, (failure, out, complaint) => (failure ? reject(new Error(complaint)) : resolve(out))));
    await server.start();
});
after(() => {
    client?.close();
    compatible?.stop();
});

async function replyTo(content, room) {
    const sent = await user.send(room ?? (await user.createRoom()), content);
    const reader = await user.follow(sent.reply.chatroom, sent.reply.id);
    return { reader, reply: await user.message(sent.reply.chatroom, sent.reply.id) };
}

describe('a compatible server', () => {
    test('is asked what every server knows, and its reply is streamed and kept', async () => {
        compatible.calls.length = 0;
        const room = await user.createRoom();
        await replyTo('first', room);
        compatible.next.push(replyOf('Zwei é🎈'));
        const { reader, reply } = await replyTo('second', room);
        assert.equal(reply.content, 'Zwei é🎈');
        assert.equal(reader.text, reply.content);
        assert.deepEqual([reply.model, reply.requested_model, reply.finish_reason], ['openai:small', 'openai:small', 'stop']);
        assert.deepEqual(reply.usage, { prompt_tokens: 5, completion_tokens: 7, thought_tokens: 0, estimated: false });
        const { body, headers, path } = compatible.calls.at(-1);
        assert.equal(path, '/v1/chat/completions');
        assert.equal(headers.authorization, `Bearer ${key}`);
        assert.deepEqual(body, {
            model: 'small',
            messages: [
                { role: 'system', content: 'Be kind.' },
                { role: 'user', content: 'first' },
                { role: 'assistant', content: 'Hello from a compatible server.' },
                { role: 'user', content: 'second' },
            ],
            stream: true,
            stream_options: { include_usage: true },
        });
    });

    test('stands beside Gemini: each room has the model that it chose', async () => {
        const room = await user.createRoom({ name: 'of Gemini', model: 'gemini:gemini-flash-latest' });
        const { reply } = await replyTo('hello Gemini', room);
        assert.equal(reply.model, 'gemini:gemini-flash-latest');
        assert.ok((await sim.calls()).calls.some(({ turns }) => turns.at(-1)?.text === 'hello Gemini'));
    });

    test('that does not count is counted for, and says so', async () => {
        compatible.next.push(replyOf('Hello there, this is not counted.', { usage: null }));
        const { usage } = (await replyTo('uncounted')).reply;
        assert.equal(usage.estimated, true);
        assert.ok(usage.completion_tokens > 4 && usage.completion_tokens < 40, JSON.stringify(usage));
        assert.ok(usage.prompt_tokens > 2, JSON.stringify(usage));
    });

    test('that sends no [DONE] has sent a whole reply all the same', async () => {
        compatible.next.push(replyOf('Without the last word.', { done: false }));
        assert.equal((await replyTo('no DONE')).reply.content, 'Without the last word.');
    });

    test('shows its thoughts under either name', async () => {
        const chunk = (delta, finish = null) => `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
        for (const name of ['reasoning_content', 'reasoning']) {
            compatible.next.push(bytesOf(': OPENROUTER PROCESSING\n\n', chunk({ [name]: 'Hm. ' }), chunk({ content: 'Yes.' }), chunk({}, 'stop'), 'data: [DONE]\n\n'));
            const { reply, reader } = await replyTo(name);
            assert.deepEqual([reply.thoughts, reply.content], ['Hm. ', 'Yes.']);
            assert.equal(reader.thoughts, 'Hm. ');
        }
    });

    test('that refuses in words has its words shown, and the exchange is left out of what follows', async () => {
        const room = await user.createRoom();
        compatible.next.push(bytesOf('data: {"choices":[{"index":0,"delta":{"content":null,"refusal":"I will not."},"finish_reason":"stop"}]}\n\n', 'data: [DONE]\n\n'));
        const { reply } = await replyTo('something bad', room);
        assert.deepEqual([reply.status, reply.content, reply.finish_reason], ['completed', 'I will not.', 'blocked']);
        await replyTo('something good', room);
        assert.deepEqual(compatible.calls.at(-1).body.messages.map(({ content }) => content), ['Be kind.', 'something good']);
    });

    test('that breaks off is asked again, and nothing is glued together', async () => {
        compatible.next.push(bytesOf('data: {"choices":[{"index":0,"delta":{"content":"Half a "}}]}\n\n'));
        compatible.next.push(bytesOf('data: {"choices":[{"index":0,"delta":{"content":"Half again "}}]}\n\n', 'data: {"error":{"message":"PROVIDER-SAID-THIS","code":502}}\n\n'));
        compatible.next.push(replyOf('A whole one.'));
        const { reply, reader } = await replyTo('broken off');
        assert.equal(reply.content, 'A whole one.');
        assert.ok(reader.restarts >= 1);
        assert.ok(!server.log.includes('PROVIDER-SAID-THIS'), 'what a provider says is not logged');
        assert.ok(!server.log.includes(key), 'nor is the key');
    });

    test('that knows no stream_options is asked without them from then on', async () => {
        const refuse = refusalOf(400, { message: 'Unrecognized request argument supplied: stream_options', type: 'invalid_request_error', code: null });
        const other = await CompatibleServer.start();
        other.answer = (response, call) => ('stream_options' in call.body ? refuse : replyOf('Without figures.', { usage: null }))(response, call);
        const elsewhere = await Server.start({ env: { ...roomySettings, ...other.settings(), AI_MODELS: 'openai:small' } });
        const itsClient = new Client(elsewhere);
        const itsUser = await User.signUp(itsClient);
        for (let count = 0; count < 2; ++count) {
            const sent = await itsUser.send(await itsUser.createRoom(), 'hello');
            await itsUser.follow(sent.reply.chatroom, sent.reply.id);
            const reply = await itsUser.message(sent.reply.chatroom, sent.reply.id);
            assert.equal(reply.content, 'Without figures.');
            assert.equal(reply.usage.estimated, true);
        }
        assert.deepEqual(other.calls.map(({ body }) => 'stream_options' in body), [true, false, false]);
        assert.ok(other.calls.every(({ headers }) => headers.authorization === undefined), 'there is no key to send');
        itsClient.close();
        await elsewhere.stop();
        other.stop();
    });
});

describe('the list of models', () => {
    test('has what the plan allows, the default first, each with a label and a line', async () => {
        const { results, next } = await user.ask('GET', '/models/');
        assert.equal(next, null);
        assert.deepEqual(results, [
            { id: 'openai:small', label: 'Quick', line: 'For everyday questions.', is_default: true, allowed: true },
            { id: 'gemini:gemini-flash-latest', label: 'gemini-flash-latest', line: 'Google Gemini.', is_default: false, allowed: true },
        ]);
    });

    test('has those of other plans too, for who asks for all', async () => {
        const { results } = await user.ask('GET', '/models/?all=true');
        assert.deepEqual(results.map(({ id, allowed }) => [id, allowed]), [['openai:small', true], ['gemini:gemini-flash-latest', true], ['openai:large', false]]);
        assert.deepEqual(results[2], { id: 'openai:large', label: 'Thorough', line: '', is_default: false, allowed: false });
        assert.deepEqual((await user.ask('GET', '/models/?all=false')).results.length, 2);
        await user.ask('GET', '/models/?all=perhaps', { expect: 422 });
    });

    test('tells what a room may have', async () => {
        await user.ask('POST', '/chatroom/', { body: { name: 'x', model: 'openai:large' }, expect: 422 });
    });
});

describe('doctor', () => {
    const doctor = (env) => new Promise((resolve) => execFile(binary('pollux'), ['doctor'], { cwd: server.folder, env: { PATH: process.env.PATH, ...server.env, ...env } }, (_, out) => resolve(out)));

    test('says which models a server lists', async () => {
        const out = await doctor({ AI_MODELS: 'openai:small,openai:unknown' });
        assert.match(out, /Compatible server: it lists small\./);
        assert.match(out, /Compatible server: does not know unknown; it is not among the 2 that are listed\./);
        assert.ok(!out.includes(key));
    });

    test('names the setting in which a model stands that nobody knows', async () => {
        const advice = (out) => out.match(/does not know typo;.*\n.*/)?.[0];
        assert.match(advice(await doctor({ AI_MODELS: 'openai:small,openai:typo' })), /in AI_MODELS\./);
        assert.match(advice(await doctor({ AI_MODELS: 'openai:small', AI_TITLE_MODEL: 'openai:typo' })), /in AI_TITLE_MODEL\./);
    });

    test('says that nobody answers', async () => {
        const out = await doctor({ AI_MODELS: 'openai:small', AI_BASE_URL: 'http://127.0.0.1:9/v1' });
        assert.match(out, /Compatible server: cannot be reached/);
    });
});

test('every model called is one that stands in the log of calls', async () => {
    await until('no call is open', () => compatible.calls.every(({ closedAt }) => closedAt));
    const kept = (await server.rows('select calls from messages where calls is not null')).flatMap(({ calls }) => JSON.parse(calls));
    const ofThisServer = kept.filter(({ model }) => model === 'openai:small');
    assert.equal(ofThisServer.length, compatible.calls.length);
});
