// What goes wrong with streams of OpenAI-compatible servers: each fault is what it says, seen by OpenAI's own client or byte by byte.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { endPrograms, until } from '../e2e/support/process.mjs';
import { OpenAI, OpenAiSim, refusal, servers } from './support/sims.mjs';

after(endPrograms);

let sim;
before(async () => (sim = await OpenAiSim.start()));
beforeEach(async () => {
    await sim.plan({ reset: true, default: { chunk_delay_ms: 0 } });
    await sim.forget();
});

const messages = [{ role: 'user', content: 'Hello' }];

async function streamed(server, request = {}) {
    const chunks = [];
    for await (const chunk of await sim.client(server).chat.completions.create({ stream: true, model: servers[server].model, messages, ...request })) chunks.push(chunk);
    return chunks;
}
const textOf = (chunks) => chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');

// The bytes of a stream as far as they came: {status, type, bytes, failed}.
async function raw(server, request = {}) {
    const { model, root } = servers[server];
    const response = await fetch(`${sim.url}${root}/chat/completions`, { method: 'POST', headers: { authorization: 'Bearer any' }, body: JSON.stringify({ model, messages, stream: true, ...request }) });
    const pieces = [];
    let failed = false;
    try {
        for await (const piece of response.body) pieces.push(piece);
    } catch {
        failed = true;
    }
    return { status: response.status, type: response.headers.get('content-type'), headers: response.headers, bytes: Buffer.concat(pieces), failed };
}

for (const server of Object.keys(servers)) {
    test(`${server}: a stream is cut at any byte`, async () => {
        await sim.plan({ default: { chunk_delay_ms: 0, text: 'Grüße, 世界', chunks: 2 } });
        const whole = (await raw(server)).bytes.length;
        for (const byte of [0, 1, 5, Math.floor(whole / 3), Math.floor(whole / 2), whole - 1]) {
            await sim.plan({ next: [{ chunk_delay_ms: 0, text: 'Grüße, 世界', chunks: 2, cut_at_byte: byte }] });
            const answer = await raw(server);
            assert.deepEqual([answer.bytes.length, answer.failed], [byte, true]);
        }
        assert.ok((await sim.calls()).calls.slice(1).every(({ state }) => state === 'broken'));
    });
}

test('the connection ends in the middle, with and without a word', async () => {
    for (const fault of ['cut', 'reset']) {
        await sim.plan({ next: [{ fault, after_chunks: 2 }] });
        assert.equal((await raw('ollama')).failed, true);
    }
});

test('a stream that ends without a reason, and one without [DONE]', async () => {
    await sim.plan({ next: [{ fault: 'end', after_chunks: 3 }, { done: false }] });
    const ended = await raw('vllm');
    assert.ok(!ended.failed && !/finish_reason":"stop|DONE/.test(ended.bytes.toString()));
    const chunks = await streamed('vllm');
    assert.equal(chunks.at(-1).choices[0].finish_reason, 'stop');
});

test('usage: never, always, and in each chunk as it grows', async () => {
    const asked = { stream_options: { include_usage: true } };
    await sim.plan({ next: [{ usage: 'never' }, { usage: 'always' }, { usage: 'each', text: 'x'.repeat(400), chunks: 4 }] });
    assert.ok((await streamed('vllm', asked)).every(({ usage }) => !usage));
    assert.ok((await streamed('vllm')).at(-1).usage.total_tokens > 0);
    const figures = (await streamed('vllm')).map(({ usage }) => usage.completion_tokens);
    assert.deepEqual([figures.at(0), figures.at(-1)], [0, 100]);
    assert.deepEqual(figures, figures.toSorted((a, b) => a - b));
});

test('comments before the first chunk and between chunks are no events', async () => {
    await sim.plan({ next: [{ comments: 5, comments_between: true, first_delay_ms: 30, text: 'Hello there' }, {}] });
    const answer = await raw('openrouter');
    assert.ok(answer.bytes.toString().startsWith(': OPENROUTER PROCESSING\n\n'.repeat(5) + 'data: '));
    assert.ok(answer.headers.get('x-generation-id').startsWith('gen-'));
    const usual = (await raw('openrouter')).bytes.toString();
    assert.equal(usual.split(': OPENROUTER PROCESSING').length - 1, 2);
    await sim.plan({ next: [{ comments: 5, comments_between: true, text: 'Hello there' }] });
    assert.equal(textOf(await streamed('ollama')), 'Hello there');
});

test('errors in other clothes', async () => {
    await sim.plan({ next: [{ fault: 'old_error', after_chunks: 1, message: 'It broke.' }, { fault: 'bare_error', after_chunks: 1 }, { fault: 'garbage', after_chunks: 1 }, { status: 502, html: true }, { status: 429, error_type: 'tokens', error_code: 'rate_limit_exceeded', retry_after_ms: 50 }] });
    assert.ok((await raw('vllm')).bytes.toString().includes('data: {"object":"error","message":"It broke.","type":"InternalServerError","param":null,"code":500}\n\ndata: [DONE]\n\n'));
    assert.match((await raw('vllm')).bytes.toString(), /\n\{\n {2}"error":\{\n/);
    assert.ok((await raw('vllm')).bytes.includes(Buffer.from([0xff, 0xfe])));
    const page = await raw('vllm');
    assert.deepEqual([page.status, page.type], [502, 'text/html']);
    const limited = await refusal(sim.client('ollama').chat.completions.create({ model: servers.ollama.model, messages }));
    assert.deepEqual([limited.code, limited.type, limited.headers.get('retry-after-ms')], ['rate_limit_exceeded', 'tokens', '50']);
});

test('bytes that are no UTF-8, and a line without an end', async () => {
    await sim.plan({ next: [{ fault: 'bad_utf8', after_chunks: 1 }, { fault: 'long_line', line_bytes: 3 * 1024 * 1024 }] });
    const { bytes } = await raw('llamacpp');
    assert.ok(bytes.includes(Buffer.from([0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80])));
    assert.ok(bytes.toString().includes('"finish_reason":"stop"'));
    const long = (await raw('ollama')).bytes;
    assert.ok(long.length > 3 * 1024 * 1024 && !long.subarray(-1024 * 1024).includes('\n'));
});

test('a stream of another content type, and a whole answer where a stream was asked for', async () => {
    await sim.plan({ next: [{ content_type: 'text/plain' }, { ignores_stream: true, text: 'All at once' }] });
    assert.equal((await raw('vllm')).type, 'text/plain');
    const whole = await raw('vllm');
    assert.equal(JSON.parse(whole.bytes).choices[0].message.content, 'All at once');
});

test('refusals, calls of tools, and reasons for the end that nobody knows', async () => {
    for (const server of Object.keys(servers)) {
        await sim.plan({ next: [{ refusal: 'I will not say that.' }, { tool_call: 'look_up', text: 'Let me see.' }, { finish: 'tired' }, { finish: '' }] });
        const refused = await streamed(server);
        assert.equal(refused.map(({ choices }) => choices[0]?.delta.refusal ?? '').join(''), 'I will not say that.', server);
        const called = await streamed(server);
        assert.deepEqual([called.find(({ choices }) => choices[0]?.delta.tool_calls)?.choices[0].delta.tool_calls[0].function.name, called.map(({ choices }) => choices[0]?.finish_reason).find(Boolean)], ['look_up', 'tool_calls'], server);
        assert.equal((await streamed(server)).map(({ choices }) => choices[0]?.finish_reason).find(Boolean), 'tired', server);
        assert.equal((await streamed(server)).map(({ choices }) => choices[0]?.finish_reason).find(Boolean), undefined, server);
    }
});

test('a server that does not know a field refuses it', async () => {
    await sim.plan({ default: { refuse_field: 'stream_options', chunk_delay_ms: 0 } });
    const failure = await refusal(streamed('llamacpp', { stream_options: { include_usage: true } }));
    assert.ok(failure instanceof OpenAI.BadRequestError);
    assert.match(failure.message, /stream_options/);
    assert.ok((await streamed('llamacpp')).length > 2);
});

test('a plan may choose the server, the field of thoughts and the ends of lines', async () => {
    await sim.plan({ next: [{ server: 'openrouter', thoughts: 'Hm.', thoughts_as: 'reasoning_content', line_end: 'crlf', pieces: 'bytewise' }] });
    const chunks = await streamed('ollama');
    assert.equal(chunks[0].provider, 'Simulated');
    assert.equal(chunks[0].choices[0].delta.reasoning_content, 'Hm.');
});

test('who goes is noticed, and a hung call is his', async () => {
    await sim.plan({ next: [{ fault: 'hang', after_chunks: -1 }, { fault: 'hang', after_chunks: 1 }] });
    for (let call = 0; call < 2; ++call) {
        await assert.rejects(async () => {
            const stream = await sim.client('ollama').chat.completions.create({ stream: true, model: servers.ollama.model, messages }, { signal: AbortSignal.timeout(150) });
            for await (const chunk of stream) assert.ok(chunk.id);
            throw new Error('the stream was left');
        });
    }
    await until('both calls were aborted', async () => (await sim.calls()).aborted === 2);
});

test('plans by the text that is asked, and words that are unknown', async () => {
    await sim.plan({ matching: [{ match: 'second', text: 'for the second' }], next: [{ text: 'the next' }] });
    assert.equal(textOf(await streamed('ollama', { messages: [{ role: 'user', content: 'the second one' }] })), 'for the second');
    assert.equal(textOf(await streamed('ollama')), 'the next');
    for (const plan of [{ next: [{ falt: 'cut' }] }, { next: [{ fault: 'explode' }] }, { next: [{ server: 'hal' }] }, { next: [{ citations: true }] }, { default: [] }]) {
        await assert.rejects(sim.plan(plan), JSON.stringify(plan));
    }
    assert.match(textOf(await streamed('ollama')), /Echo/);
});
