// OpenAI's own client against the simulator, in the ways of each server: what differs from the package's types is named here, server by
// server, and is what these servers really send.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import { endPrograms } from '../e2e/support/process.mjs';
import { OpenAI, OpenAiSim, refusal, servers } from './support/sims.mjs';
import { complaintsOf, types } from './support/types.mjs';

after(endPrograms);

let sim;
before(async () => (sim = await OpenAiSim.start()));
beforeEach(async () => {
    await sim.plan({ reset: true, default: { chunk_delay_ms: 0 } });
    await sim.forget();
});

const messages = [{ role: 'system', content: 'Be short.' }, { role: 'user', content: 'Hello, wörld' }];

// What a server says that OpenAI does not, and what it leaves out, in chunks and in whole answers.
const differences = {
    ollama: [/logprobs is missing$/, /message\.refusal is missing$/, /(delta|message)\.reasoning is unknown$/],
    llamacpp: [/logprobs is missing$/, /message\.refusal is missing$/, /\.timings is unknown$/, /(delta|message)\.reasoning_content is unknown$/],
    vllm: [/\.stop_reason is unknown$/, /(delta|message)\.reasoning_content is unknown$/],
    openrouter: [/\.provider is unknown$/, /native_finish_reason is unknown$/, /usage\.(cost|is_byok) is unknown$/, /(delta|message)\.reasoning is unknown$/],
    gemini: [/logprobs is missing$/, /message\.refusal is missing$/, /finish_reason is missing$/, /(delta|message)\.reasoning is unknown$/],
};
const complaints = (server, answer, type) => complaintsOf(answer, type).filter((one) => !differences[server].some((pattern) => pattern.test(one)));

async function streamed(client, request) {
    const chunks = [];
    for await (const chunk of await client.chat.completions.create({ stream: true, messages, ...request })) chunks.push(chunk);
    return chunks;
}
const textOf = (chunks, field = 'content') => chunks.map(({ choices }) => choices[0]?.delta[field] ?? '').join('');
const finishes = (chunks) => chunks.map(({ choices }) => choices[0]?.finish_reason).filter(Boolean);

for (const [server, { model }] of Object.entries(servers)) {
    describe(server, () => {
        test('a whole answer', async () => {
            await sim.plan({ next: [{ text: 'One **answer**', thoughts: 'Hm.' }] });
            const answer = await sim.client(server).chat.completions.create({ model, messages });
            assert.deepEqual(complaints(server, answer, types.completion), []);
            assert.deepEqual([answer.choices[0].message.content, answer.choices[0].finish_reason, answer.model], ['One **answer**', 'stop', model]);
            const { message } = answer.choices[0];
            assert.equal(message.reasoning_content ?? message.reasoning, 'Hm.');
            assert.ok(answer.usage.prompt_tokens > 0 && answer.usage.completion_tokens > 0);
        });

        test('a streamed answer', async () => {
            await sim.plan({ next: [{ text: 'Ein Äpfelchen und noch eins. '.repeat(10), thoughts: 'Hm, hm. '.repeat(20) }] });
            const chunks = await streamed(sim.client(server), { model, stream_options: { include_usage: true } });
            for (const chunk of chunks) assert.deepEqual(complaints(server, chunk, types.chunk), []);
            assert.equal(textOf(chunks), 'Ein Äpfelchen und noch eins. '.repeat(10));
            assert.equal(textOf(chunks, 'reasoning_content') || textOf(chunks, 'reasoning'), 'Hm, hm. '.repeat(20));
            assert.deepEqual(finishes(chunks), ['stop']);
            assert.equal(new Set(chunks.map(({ id, created }) => `${id} ${created}`)).size, 1);
            assert.equal(chunks.filter(({ usage }) => usage).length, 1);
            assert.ok(chunks.at(-1).usage.total_tokens > 50);
        });

        test('usage comes only when it is asked for, but for OpenRouter', async () => {
            const chunks = await streamed(sim.client(server), { model });
            assert.equal(chunks.filter(({ usage }) => usage).length, server === 'openrouter' ? 1 : 0);
        });

        test('refusals are what the client throws for them', async () => {
            for (const [status, kind] of [[400, OpenAI.BadRequestError], [401, OpenAI.AuthenticationError], [403, OpenAI.PermissionDeniedError], [404, OpenAI.NotFoundError], [429, OpenAI.RateLimitError], [500, OpenAI.InternalServerError], [503, OpenAI.InternalServerError]]) {
                await sim.plan({ next: [{ status, message: 'Not now.', retry_after_s: 7 }] });
                const failure = await refusal(sim.client(server).chat.completions.create({ model, messages, stream: true }));
                assert.ok(failure instanceof kind, `${status}: ${failure}`);
                assert.equal(failure.status, status);
                assert.equal(failure.headers.get('retry-after'), '7');
                // Google's error stands in a list, in which the client does not look.
                if (server !== 'gemini') assert.match(failure.message, /Not now\./);
            }
        });

        test('an unknown model is not found', async () => {
            const other = await OpenAiSim.start(['--server', server]);
            const asked = other.client(server).chat.completions.create({ model: 'no-such-model', messages });
            if (server === 'llamacpp') assert.equal((await asked).model, 'no-such-model'); // It has one model, whatever it is called.
            else assert.ok((await refusal(asked)) instanceof OpenAI.NotFoundError);
            await other.stop();
        });

        test('an error in the stream ends it', async () => {
            for (const fault of ['error', 'error_event']) {
                await sim.plan({ next: [{ fault, after_chunks: 2, message: 'It broke.' }] });
                const failure = await refusal(streamed(sim.client(server), { model }));
                assert.ok(failure instanceof OpenAI.APIError, `${fault}: ${failure}`);
            }
        });

        test('models are listed', async () => {
            const other = await OpenAiSim.start(['--server', server, '--model', 'one-more']);
            const { data } = await other.client(server).models.list();
            const ids = data.map(({ id }) => id.replace('models/', ''));
            assert.deepEqual(ids, [...Object.values(servers).map((one) => one.model), 'one-more']);
            const left = { openrouter: /(object|owned_by) is missing$|(name|context_length) is unknown$/, gemini: /created is missing$/, llamacpp: /meta is unknown$/, vllm: /(root|parent|max_model_len) is unknown$/, ollama: /^$/ }[server];
            for (const one of data) assert.deepEqual(complaintsOf(one, types.model).filter((complaint) => !left.test(complaint)), []);
            assert.equal((await other.client(server).models.retrieve('one-more')).id.replace('models/', ''), 'one-more');
            await other.stop();
        });
    });
}

test('what arrives is echoed and logged', async () => {
    const answer = await sim.client('ollama').chat.completions.create({ model: 'llama3.2', messages: [...messages, { role: 'assistant', content: 'Hi.' }, { role: 'user', content: [{ type: 'text', text: 'And this?' }, { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] }], temperature: 0.5 });
    assert.match(answer.choices[0].message.content, /\*\*Echo\*\* of turn 3 .*\n\n> And this\?\n> image\/png 3 bytes/);
    const [call] = (await sim.calls()).calls;
    assert.deepEqual([call.model, call.key, call.status, call.state, call.request.temperature], ['llama3.2', 'any', 200, 'finished', 0.5]);
    assert.deepEqual(call.turns.map(({ role, text }) => [role, text]), [['system', 'Be short.'], ['user', 'Hello, wörld'], ['assistant', 'Hi.'], ['user', 'And this?']]);
});

test('a request that is no request is refused as OpenAI does it', async () => {
    const post = async (body) => (await fetch(`${sim.url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(body) })).status;
    const model = 'llama3.2';
    assert.equal(await post({ model, messages }), 200);
    for (const body of [
        [],
        { messages },
        { model },
        { model, messages: [] },
        { model, messages: [{ role: 'model', content: 'x' }] },
        { model, messages: [{ role: 'user' }] },
        { model, messages: [{ role: 'user', content: 7 }] },
        { model, messages: [{ role: 'user', content: [{ type: 'file' }] }] },
        { model, messages: [{ role: 'user', content: 'x', parts: [] }] },
        { model, messages: [{ role: 'system', content: 'x' }] },
        { model, messages, temprature: 1 },
        { model, messages, temperature: 'hot' },
        { model, messages, max_tokens: 1.5 },
        { model, messages, stream: 'yes' },
        { model, messages, stream_options: { include_usage: true } },
    ]) {
        assert.equal(await post(body), 400, JSON.stringify(body));
    }
});

test('keys: one is the right one, and two servers want any', async () => {
    const locked = await OpenAiSim.start(['--key', 'right']);
    assert.ok((await refusal(locked.client('ollama').chat.completions.create({ model: 'llama3.2', messages }))) instanceof OpenAI.AuthenticationError);
    assert.ok((await locked.client('ollama', { apiKey: 'right' }).chat.completions.create({ model: 'llama3.2', messages })).id);
    await locked.stop();
    for (const [server, { model, root }] of Object.entries(servers)) {
        const { status } = await fetch(`${sim.url}${root}/chat/completions`, { method: 'POST', body: JSON.stringify({ model, messages }) });
        assert.equal(status, server === 'openrouter' || server === 'gemini' ? 401 : 200, server);
    }
});
