// Whatever goes wrong with the answers of OpenAI-compatible servers, in the ways of each of five: a reply is whole, made good by another
// call, or fails in a stated way, and nothing of an answer that broke off stays in it.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { OpenAiSim, servers } from './support/openai_sim.mjs';
import { endPrograms, until } from './support/process.mjs';
import { Server, roomySettings } from './support/server.mjs';

after(endPrograms);

const said = 'Grüße, 世界 🎈! '.repeat(12).trim();
const again = 'Said by another call.';

// fault: what the first call for a question meets. What must come of it: the reply, and how many calls it took.
const whole = { status: 'completed', content: said, calls: 1 };
const madeGood = { status: 'completed', content: again, calls: 2 };
const failed = (code) => ({ status: 'failed', content: '', error: code, calls: 1 });
const faults = {
    'no fault': [{}, { ...whole, estimated: false }],
    'cut before the first text': [{ fault: 'cut', after_chunks: 0 }, madeGood],
    'cut after some text': [{ fault: 'cut', after_chunks: 3 }, madeGood],
    'cut at its first byte': [{ cut_at_byte: 1 }, madeGood],
    'cut in the middle of a line': [{ cut_at_byte: 700 }, madeGood],
    'reset after some text': [{ fault: 'reset', after_chunks: 3 }, madeGood],
    'an end without a reason': [{ fault: 'end', after_chunks: 3 }, madeGood],
    'garbage after some text': [{ fault: 'garbage', after_chunks: 2 }, madeGood],
    'an error after some text': [{ fault: 'error', after_chunks: 2 }, madeGood],
    'an event of an error': [{ fault: 'error_event', after_chunks: 2 }, madeGood],
    'an error that is no event': [{ fault: 'bare_error', after_chunks: 1 }, madeGood],
    'an error in old words': [{ fault: 'old_error', after_chunks: 1 }, madeGood],
    'an inner failure': [{ status: 500 }, madeGood],
    'a page of a proxy': [{ status: 502, html: true }, madeGood],
    'too busy': [{ status: 503 }, madeGood],
    'too busy, for a second': [{ status: 503, retry_after_s: 1 }, madeGood],
    'too often': [{ status: 429 }, madeGood],
    'too often, for a second': [{ status: 429, retry_after_s: 1 }, madeGood],
    'too often, for a part of a second': [{ status: 429, retry_after_ms: 600 }, madeGood],
    'a bad question': [{ status: 400 }, failed('upstream_failed')],
    'a wrong key': [{ status: 401 }, failed('upstream_failed')],
    'no right to it': [{ status: 403 }, failed('upstream_failed')],
    'no such model': [{ status: 404 }, failed('upstream_failed')],
    'a field that it does not know': [{ refuse_field: 'stream_options' }, { ...whole, content: undefined, calls: undefined }],
    'no [DONE]': [{ done: false }, whole],
    'no figures': [{ usage: 'never' }, { ...whole, estimated: true }],
    'figures in every chunk': [{ usage: 'each' }, { ...whole, estimated: false }],
    'comments everywhere': [{ comments: 5, comments_between: true }, whole],
    'bytes one by one': [{ pieces: 'bytewise' }, whole],
    'pieces that end inside characters': [{ pieces: 'split_utf8' }, whole],
    'lines that end in CR and LF': [{ line_end: 'crlf' }, whole],
    'lines that end in CR': [{ line_end: 'cr' }, whole],
    'no last blank line': [{ last_blank_line: false }, whole],
    'another type of content': [{ content_type: 'text/plain' }, whole],
    'a whole answer where a stream was asked for': [{ ignores_stream: true }, whole],
    'a reason for the end that nobody knows': [{ finish: 'tired' }, { ...whole, finish_reason: 'other' }],
    'an end by length': [{ finish: 'length' }, { ...whole, finish_reason: 'length' }],
    'a filter': [{ finish: 'content_filter' }, { ...whole, finish_reason: 'blocked' }],
    'a refusal in words': [{ refusal: 'I will not say that.' }, { ...whole, content: 'I will not say that.', finish_reason: 'blocked' }],
    'thoughts in reasoning': [{ thoughts: 'Hm, hm.', thoughts_as: 'reasoning' }, { ...whole, thoughts: 'Hm, hm.' }],
    'thoughts in reasoning_content': [{ thoughts: 'Hm, hm.', thoughts_as: 'reasoning_content' }, { ...whole, thoughts: 'Hm, hm.' }],
};

async function replyTo(user, question) {
    const room = await user.createRoom();
    const sent = await user.sendUntilAccepted(room, question);
    const reader = await user.follow(room, sent.reply.id, { seconds: 60 });
    return { reader, reply: await user.message(room, sent.reply.id) };
}

function check(what, { reader, reply }, calls, expected) {
    const { status, content, finish_reason: finish, error, usage, thoughts } = reply;
    assert.equal(status, expected.status, `${what}: ${JSON.stringify(error)}`);
    if (expected.content !== undefined) assert.equal(content, expected.content, what);
    assert.equal(reader.text, content, `${what}: readers have what is kept`);
    if (expected.calls !== undefined) assert.equal(calls, expected.calls, `${what}: calls at the server`);
    if (expected.error) assert.equal(error.code, expected.error, what);
    if (expected.finish_reason) assert.equal(finish, expected.finish_reason, what);
    if (expected.estimated !== undefined) assert.equal(usage.estimated, expected.estimated, what);
    if (expected.thoughts) assert.equal(thoughts, expected.thoughts, what);
}

describe(`${Object.keys(faults).length} faults`, { concurrency: true }, () => {
    for (const [name, { model }] of Object.entries(servers)) {
        test(`in the ways of ${name}`, { timeout: 120_000 }, async () => {
            const sim = await OpenAiSim.start();
            const usual = { chunk_delay_ms: 2, chunks: 8 };
            // Each question meets its fault once; what is asked again is answered.
            const matching = Object.entries(faults).map(([what, [fault]]) => ({ match: `<${what}>`, ...usual, text: said, ...fault }));
            await sim.plan({ default: { ...usual, text: again }, matching });
            const server = await Server.start({ env: { ...roomySettings, ...sim.settings(name) } });
            const client = new Client(server);
            const users = await Promise.all(Array.from({ length: 6 }, () => User.signUp(client)));
            const found = new Map();
            const queue = Object.keys(faults);
            await Promise.all(users.map(async (user) => {
                for (let what = queue.shift(); what !== undefined; what = queue.shift()) found.set(what, await replyTo(user, `<${what}>`));
            }));
            await until('all calls are over', async () => (await sim.calls()).running === 0);
            const { calls } = await sim.calls();
            for (const [what, [, expected]] of Object.entries(faults)) {
                const ofIt = calls.filter(({ turns, model: asked }) => asked === model && turns.at(-1).text === `<${what}>`).length;
                check(`${name}, ${what}`, found.get(what), ofIt, expected);
            }
            assert.equal((await server.rows('select count(*) as n from jobs'))[0].n, 0);
            client.close();
            await server.stop();
            await sim.stop();
        });
    }
});
