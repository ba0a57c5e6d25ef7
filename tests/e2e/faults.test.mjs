// When the model's side goes wrong: every fault plan of the simulator, a few messages each. One reply or one stated failure comes of
// it, never two halves glued together, at most 4 calls, the quota by the table, and nothing that the provider said reaches a user.
// POLLUX_DEEP=1 adds the plans that take more than a minute. POLLUX_FAULT_MESSAGES=n: messages of each plan (usually 1, 3 with POLLUX_DEEP).
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Client, User, readEvents } from './support/client.mjs';
import { endPrograms } from './support/process.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { Sim } from './support/sim.mjs';
import { ReplyReader } from './support/sse.mjs';

const key = 'the-provider-key-0123456789';
const said = 'PROVIDER-SAID-THIS'; // In every error of the simulator.
const messageCount = Number(process.env.POLLUX_FAULT_MESSAGES ?? (process.env.POLLUX_DEEP ? 3 : 1));
const once = { times: 1 };
const always = { times: -1 };

// What must come of it. `text`: 'whole', a 'part' or 'none' of the model's answer. `calls`: how many there must be.
const whole = { status: 'completed', text: 'whole' };
const wholeAfter = (calls) => ({ ...whole, calls });
const failed = (calls, text = 'none') => ({ status: 'failed', text, calls });

const plans = {
    // Odd, and yet right.
    'CRLF': [{ line_end: 'crlf' }, wholeAfter(1)],
    'CR': [{ line_end: 'cr' }, wholeAfter(1)],
    'byte by byte': [{ pieces: 'bytewise' }, wholeAfter(1)],
    'characters split': [{ pieces: 'split_utf8' }, wholeAfter(1)],
    'random pieces': [{ pieces: 'random', line_end: 'crlf' }, wholeAfter(1)],
    'no last blank line': [{ last_blank_line: false }, wholeAfter(1)],
    'no usage': [{ usage: false }, wholeAfter(1)],
    'no signature': [{ signature: false }, wholeAfter(1)],
    'thoughts': [{ thoughts: 'Let me think… 🤔' }, wholeAfter(1)],
    'citations': [{ citations: true }, wholeAfter(1)],
    'one chunk': [{ chunks: 1 }, wholeAfter(1)],
    'very many chunks': [{ chunk_characters: 1, chunk_delay_ms: 0 }, wholeAfter(1)],
    'late head': [{ delay_ms: 1200 }, wholeAfter(1)],
    'late first chunk': [{ first_delay_ms: 1200 }, wholeAfter(1)],
    'two hops': [{ hops: 2 }, wholeAfter(2)],
    'four hops': [{ hops: 4 }, wholeAfter(4)],
    'a megabyte': [{ text: 'Mega 龍 ', text_bytes: 900_000, chunks: 60, chunk_delay_ms: 0 }, wholeAfter(1)],

    // The model ended it for a reason.
    'too long': [{ finish: 'MAX_TOKENS' }, { ...whole, calls: 1, finish: 'length' }],
    'blocked at the end': [{ finish: 'SAFETY' }, { ...whole, calls: 1, finish: 'blocked' }],
    'blocked before the first word': [{ fault: 'block', after_chunks: 0 }, { status: 'completed', text: 'none', calls: 1, finish: 'blocked' }],
    'blocked in the middle': [{ fault: 'block', after_chunks: 2 }, { status: 'completed', text: 'part', calls: 1, finish: 'blocked' }],

    'finish OTHER': [{ finish: 'OTHER' }, { ...whole, calls: 1, finish: 'other' }],
    'finish MALFORMED_RESPONSE': [{ finish: 'MALFORMED_RESPONSE' }, { ...whole, calls: 1, finish: 'other' }],
    'a finish nobody knows': [{ finish: 'BRAND_NEW_REASON' }, { ...whole, calls: 1, finish: 'other' }],

    // It goes wrong once, and then it goes well.
    '429 and RetryInfo': [{ ...once, status: 429, retry_delay: '0.8s' }, wholeAfter(2)],
    '429 and Retry-After': [{ ...once, status: 429, retry_after_s: 1 }, wholeAfter(2)],
    '429, come back later': [{ ...once, status: 429, retry_delay: '2.6s' }, wholeAfter(2)],
    '500': [{ ...once, status: 500 }, wholeAfter(2)],
    '502 as a page': [{ ...once, status: 502, html: true }, wholeAfter(2)],
    '503': [{ ...once, status: 503 }, wholeAfter(2)],
    '504': [{ ...once, status: 504 }, wholeAfter(2)],
    'cut before the first chunk': [{ ...once, fault: 'cut', after_chunks: 0 }, wholeAfter(2)],
    'cut in the middle': [{ ...once, fault: 'cut', after_chunks: 2 }, wholeAfter(2)],
    'cut after the last chunk, without an end': [{ ...once, fault: 'end', after_chunks: -1, finish: '' }, wholeAfter(2)],
    'cut within a line': [{ ...once, cut_at_byte: 300 }, wholeAfter(2)],
    'cut within the first line': [{ ...once, cut_at_byte: 10 }, wholeAfter(2)],
    'reset before the first chunk': [{ ...once, fault: 'reset', after_chunks: 0 }, wholeAfter(2)],
    'reset in the middle': [{ ...once, fault: 'reset', after_chunks: 2 }, wholeAfter(2)],
    'an end in the middle': [{ ...once, fault: 'end', after_chunks: 2 }, wholeAfter(2)],
    'an empty answer': [{ ...once, fault: 'end', after_chunks: 0 }, wholeAfter(2)],
    'garbage at once': [{ ...once, fault: 'garbage', after_chunks: 0 }, wholeAfter(2)],
    'garbage in the middle': [{ ...once, fault: 'garbage', after_chunks: 2 }, wholeAfter(2)],
    'an error in the stream': [{ ...once, fault: 'error', after_chunks: 2 }, wholeAfter(2)],
    'a bare error in the stream': [{ ...once, fault: 'bare_error', after_chunks: 2 }, wholeAfter(2)],
    'a hop that breaks': [{ ...once, hops: 2, fault: 'cut', after_chunks: 1 }, whole],

    // It goes wrong for good.
    'wrong key': [{ ...always, status: 400, reason: 'API_KEY_INVALID' }, failed(1)],
    'forbidden': [{ ...always, status: 403 }, failed(1)],
    'unknown model': [{ ...always, status: 404 }, failed(1)],
    'a page instead of an answer': [{ ...always, status: 404, html: true }, failed(1)],
    'the day is used up': [{ ...always, status: 429, quota_id: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier' }, failed(1)],
    'come back in an hour': [{ ...always, status: 429, retry_delay: '3600s' }, failed(1)],
    '503 for ever': [{ ...always, status: 503 }, failed(4)],
    'cut for ever': [{ ...always, fault: 'cut', after_chunks: 2 }, failed(4, 'part')],
    'reset for ever': [{ ...always, fault: 'reset', after_chunks: 0 }, failed(4)],
    'garbage for ever': [{ ...always, fault: 'garbage', after_chunks: 1 }, failed(4, 'part')],
    'empty for ever': [{ ...always, fault: 'end', after_chunks: 0 }, failed(4)],
};

const largePlans = {
    '10 MB': [{ ...always, text: 'large ', text_bytes: 10_485_760, chunks: 100, chunk_delay_ms: 0 }, { status: 'completed', text: 'part', calls: 1, finish: 'length' }],
    'an event of 3 MB': [{ ...always, text: 'large ', text_bytes: 3_145_728, chunks: 1, chunk_delay_ms: 0 }, { ...failed(1), code: 'reply_too_large' }],
};

const longPlans = {
    'silence before the head': [{ ...once, fault: 'hang', after_chunks: -1 }, wholeAfter(2)],
    'silence in the middle': [{ ...once, fault: 'hang', after_chunks: 2 }, wholeAfter(2)],
};

const answer = (mark) => `**Answer** to ${mark}: ${'some words, 龍, é, 😀; '.repeat(8)}and that is the end of ${mark}.`;

// Keeps all that a user could see.
class WatchingReader extends ReplyReader {
    seen = [];

    take(event) {
        this.seen.push(event.data);
        super.take(event);
    }
}

describe('faults', () => {
    let sim, server, client;

    before(async () => {
        sim = await Sim.start();
        server = await Server.start({ env: { ...roomySettings, ...sim.settings(key), WORKER_CONCURRENCY: '256' } });
        client = new Client(server);
    });
    after(() => {
        endPrograms();
        client.close();
    });

    function forbiddenWords() {
        const { host } = new URL(sim.url);
        return [said, key, host, 'googleapis', 'generativelanguage', 'RESOURCE_EXHAUSTED', 'UNAVAILABLE', 'INVALID_ARGUMENT', 'API_KEY', '<html'];
    }

    async function play([name, [plan, expected]], number, messages) {
        const user = await User.signUp(client);
        const marks = Array.from({ length: messages }, (_, index) => `plan-${number}-message-${index}.`);
        const texts = marks.map((mark) => plan.text ?? answer(mark));
        await sim.plan({
            default: { text: 'no plan matched', chunk_delay_ms: 0 },
            matching: marks.flatMap((mark, index) => {
                const good = { name: mark, match: mark, chunk_delay_ms: 5, chunks: 5, times: -1, text: texts[index] };
                return [{ ...good, message: said, times: -1, ...plan }, good];
            }),
        });
        const outcomes = await Promise.all(marks.map((mark, index) => oneMessage(user, mark, texts[index], plan, expected, name)));
        const paid = outcomes.filter(({ status, content }) => status !== 'failed' || content !== '').length;
        assert.equal((await user.usage()).used, paid, `${name}: the quota`);
        const shown = JSON.stringify([await user.rooms(), await user.usage()]);
        for (const word of forbiddenWords()) assert.ok(!shown.includes(word), `${name}: ${word} in ${shown}`);
    }

    async function oneMessage(user, mark, text, plan, expected, name) {
        const room = await user.createRoom();
        const reader = new WatchingReader();
        const options = { token: user.token, body: { content: `${mark} please` }, seconds: 600 };
        await readEvents(await client.stream('POST', `/chatroom/${room}/message/`, options), reader);
        const { message } = reader;
        const why = `${name}: ${message?.status} ${message?.finish_reason} ${JSON.stringify(message?.error)} "${message?.content.slice(0, 300)}"`;
        assert.equal(reader.end, message.status === 'failed' ? 'error' : 'done', why);
        if (expected.status) assert.equal(message.status, expected.status, why);
        else assert.ok(['completed', 'failed'].includes(message.status), why);
        if (message.status === 'failed') assert.equal(message.error.code, expected.code ?? 'upstream_failed', why);
        else assert.equal(message.error, null, why);
        if (expected.finish) assert.equal(message.finish_reason, expected.finish, why);

        const all = plan.text_bytes ? text.repeat(Math.ceil(plan.text_bytes / Buffer.byteLength(text))) : text;
        if (expected.text === 'whole') assert.ok(message.content === all, why);
        if (expected.text === 'none') assert.equal(message.content, '', why);
        if (expected.text === 'part') assert.ok(message.content.length > 0 && message.content.length < all.length && all.startsWith(message.content), why);

        const stored = await user.message(room, message.id);
        assert.deepEqual(stored, message, `${name}: the same as was streamed`);
        assert.equal((await user.messages(room)).length, 2, name);
        const seen = [...reader.seen, JSON.stringify(stored)].join('\n');
        for (const word of forbiddenWords()) assert.ok(!seen.includes(word), `${name}: ${word} in ${seen.slice(0, 2000)}`);

        const calls = (await sim.history()).filter((call) => call.turns.at(-1)?.text.startsWith(mark)).length;
        assert.ok(calls <= 4, `${name}: ${calls} calls`);
        if (expected.calls) assert.equal(calls, expected.calls, `${name}: calls`);
        return message;
    }

    async function playAll(entries, firstNumber, messages) {
        const results = await Promise.allSettled(entries.map((entry, index) => play(entry, firstNumber + index, messages)));
        const failures = results.filter(({ status }) => status === 'rejected').map(({ reason }) => reason.message);
        assert.equal(failures.length, 0, failures.join('\n'));
    }

    test(`${Object.keys(plans).length} plans x ${messageCount} messages`, { timeout: 1_200_000 }, () => playAll(Object.entries(plans), 100, messageCount));

    test('10 MB from the model', { timeout: 100_000 }, () => playAll(Object.entries(largePlans), 300, 1));

    test('silence of the model', { timeout: 600_000, skip: process.env.POLLUX_DEEP !== '1' }, () => playAll(Object.entries(longPlans), 400, Math.min(messageCount, 2))); // A third would wait.

    test('a model that refuses to think is asked again without, and from then on', async () => {
        const user = await User.signUp(client);
        const room = await user.createRoom();
        await sim.plan({ reset: true, default: { text: 'ok', thoughts: 'hm', refuse_thoughts: true } });
        assert.equal((await user.send(room, 'one', { wait: 20 })).reply.content, 'ok');
        await sim.forget();
        assert.equal((await user.send(room, 'two', { wait: 20 })).reply.content, 'ok');
        assert.equal((await sim.calls()).total, 1);
    });

    test('nothing of the key or of the provider’s words is in the log', () => {
        for (const word of [key, said, new URL(sim.url).host]) assert.ok(!server.log.includes(word), word);
    });
});
