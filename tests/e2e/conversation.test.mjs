// Long conversations in ten scripts, with a model whose answer comes byte by byte: what is stored is what was streamed is what the model
// wrote, and the model was told the newest turns that fit.
// POLLUX_TURNS=n: turns of a conversation (usually 200).
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Client, User, readEvents } from './support/client.mjs';
import { endPrograms } from './support/process.mjs';
import { Random } from './support/random.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { Sim } from './support/sim.mjs';
import { ReplyReader } from './support/sse.mjs';
import { echo, scripts, sentence } from './support/texts.mjs';

const turns = Number(process.env.POLLUX_TURNS ?? 200);
const contextTokens = 5000;

// The estimate of src/ai/tokens.cpp: four ASCII letters a token, two characters of two bytes, one of three, half of four; other
// ASCII characters count twice.
function tokens(text) {
    let quarters = 0;
    for (const character of text) {
        const bytes = Buffer.byteLength(character);
        quarters += bytes === 1 ? (/[A-Za-z0-9 ]/.test(character) ? 1 : 2) : [2, 4, 8][bytes - 2];
    }
    return Math.ceil(quarters / 4);
}

// The newest exchanges that fit together with the question.
function expectedTurns(past, question) {
    let left = contextTokens - tokens(question);
    const chosen = [{ role: 'user', text: question }];
    for (const exchange of [...past].reverse()) {
        left -= tokens(exchange.question) + tokens(exchange.reply);
        if (left < 0) break;
        chosen.unshift({ role: 'user', text: exchange.question }, { role: 'model', text: exchange.reply });
    }
    return chosen;
}

describe('conversations', { concurrency: 10 }, () => {
    let sim, server, client;
    const random = Random.announced('conversations');

    before(async () => {
        sim = await Sim.start();
        await sim.plan({ default: { pieces: 'bytewise', chunk_delay_ms: 0, chunks: 3 } });
        server = await Server.start({ env: { ...roomySettings, ...sim.settings(), CONTEXT_TOKENS: String(contextTokens) } });
        client = new Client(server);
    });
    after(() => {
        endPrograms();
        client.close();
    });

    for (const script of Object.keys(scripts)) test(`${turns} turns in ${script}`, () => converse(script, random.fork()));

    async function converse(script, random) {
        const user = await User.signUp(client);
        const room = await user.createRoom({});
        const past = [];
        for (let turn = 0; turn < turns; turn += 2) {
            const question = `${script} ${turn}: ${sentence(random, script)}`;
            const reader = turn % 4 === 0 ? await sendAndStream(user, room, question) : await sendThenStream(user, room, question);
            assert.equal(reader.end, 'done');
            past.push({ question, reply: reader.text });
        }
        await checkStored(user, room, past);
        await checkWhatTheModelSaw(script, past);
    }

    async function sendAndStream(user, room, content) {
        const reader = new ReplyReader();
        const stream = await client.stream('POST', `/chatroom/${room}/message/`, { token: user.token, body: { content } });
        assert.equal(stream.status, 201);
        await readEvents(stream, reader);
        assert.equal(reader.accepted.message.content, content);
        return reader;
    }

    async function sendThenStream(user, room, content) {
        const sent = await user.send(room, content);
        assert.equal(sent.message.content, content);
        return user.follow(room, sent.reply.id);
    }

    async function checkStored(user, room, past) {
        const stored = (await user.messages(room)).map(({ role, status, content }) => ({ role, status, content }));
        const expected = past.flatMap(({ question, reply }) => [
            { role: 'user', status: 'completed', content: question },
            { role: 'assistant', status: 'completed', content: reply },
        ]);
        assert.deepEqual(stored, expected);
    }

    async function checkWhatTheModelSaw(script, past) {
        const calls = (await sim.history()).filter((call) => call.turns.at(-1).text.startsWith(`${script} `));
        assert.equal(calls.length, past.length, 'one call a reply');
        let cut = 0;
        calls.forEach((call, index) => {
            const seen = call.turns.map(({ role, text }) => ({ role, text }));
            const expected = expectedTurns(past.slice(0, index), past[index].question);
            assert.deepEqual(seen, expected, `call ${index}`);
            seen.forEach(({ role }, place) => assert.equal(role, place % 2 === 0 ? 'user' : 'model'));
            assert.equal(past[index].reply, echo(seen, call.system), `reply ${index}`);
            if (seen.length < 2 * index + 1) ++cut;
        });
        if (turns >= 200) assert.ok(cut > 0, 'the conversation never outgrew the context: the test says nothing about cutting');
    }
});
