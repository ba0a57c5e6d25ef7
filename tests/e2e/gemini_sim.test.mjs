// The Gemini simulator stands in for Google in most tests, so what it refuses must be what Google refuses.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { endPrograms } from './support/process.mjs';
import { Sim } from './support/sim.mjs';

after(endPrograms);

const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
let sim;
before(async () => (sim = await Sim.start()));

async function generate(parts, { model = 'gemini-flash-latest', method = 'generateContent' } = {}) {
    const response = await fetch(`${sim.url}/v1beta/models/${model}:${method}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'x-goog-api-key': 'any' },
        body: JSON.stringify({ contents: [{ role: 'user', parts }] }),
    });
    return { status: response.status, body: await response.json() };
}

test('a model that is not listed is not found, whatever its name looks like', async () => {
    const listed = await (await fetch(`${sim.url}/v1beta/models?key=any`)).json();
    const names = listed.models.map(({ name }) => name.replace('models/', ''));
    assert.ok(names.length >= 4);
    for (const model of names) assert.equal((await generate([{ text: 'hi' }], { model })).status, 200, model);
    for (const model of ['gemini-nonsense', 'gemini-3.8-flash-x', 'gemini-2.5-flash', 'gemma-', 'gpt-4', `${names[0]} `]) {
        for (const method of ['generateContent', 'streamGenerateContent', 'countTokens']) {
            const answer = await generate([{ text: 'hi' }], { model: encodeURIComponent(model), method });
            assert.equal(answer.status, 404, `${model}:${method}`);
            assert.equal(answer.body.error.status, 'NOT_FOUND');
        }
        assert.equal((await fetch(`${sim.url}/v1beta/models/${encodeURIComponent(model)}?key=any`)).status, 404, model);
    }
});

test('pictures and files arrive, in both spellings', async () => {
    for (const [part, file] of [
        [{ inlineData: { mimeType: 'image/png', data: pixel } }, { mime_type: 'image/png', bytes: 70 }],
        [{ inline_data: { mime_type: 'image/jpeg', data: 'AAAA' } }, { mime_type: 'image/jpeg', bytes: 3 }],
        [{ inlineData: { mimeType: 'text/plain', data: 'aGk' } }, { mime_type: 'text/plain', bytes: 2 }],
        [{ fileData: { mimeType: 'application/pdf', fileUri: 'https://example.com/files/a' } }, { mime_type: 'application/pdf', uri: 'https://example.com/files/a' }],
        [{ file_data: { file_uri: 'https://example.com/files/b' } }, { mime_type: '', uri: 'https://example.com/files/b' }],
    ]) {
        await sim.forget();
        const answer = await generate([{ text: 'What is on it?' }, part]);
        assert.equal(answer.status, 200, JSON.stringify(answer.body));
        const { turns } = (await sim.calls()).calls.at(-1);
        assert.deepEqual(turns, [{ role: 'user', text: 'What is on it?', signatures: [], files: [file] }]);
        assert.ok(answer.body.candidates[0].content.parts[0].text.includes(file.uri ?? `${file.bytes} bytes`));
        assert.ok(answer.body.usageMetadata.promptTokenCount > 250);
    }
});

test('what Google cannot read is refused', async () => {
    for (const part of [
        { inlineData: { mimeType: 'image/png', data: 'not base64!' } },
        { inlineData: { mimeType: 'image/png', data: '' } },
        { inlineData: { mimeType: 'application/x-msdownload', data: pixel } },
        { inlineData: { data: pixel } },
        { inlineData: 'image' },
        { fileData: { mimeType: 'image/png' } },
        { text: 'both', inlineData: { mimeType: 'image/png', data: pixel } },
        { picture: pixel },
        {},
        'text',
    ]) {
        const answer = await generate([{ text: 'x' }, part]);
        assert.equal(answer.status, 400, JSON.stringify(part));
        assert.equal(answer.body.error.status, 'INVALID_ARGUMENT');
    }
});
