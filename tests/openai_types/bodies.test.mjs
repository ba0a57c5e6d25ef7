// What Pollux asks compatible servers, held to the types of OpenAI's own client: each body that it sends is given to the TypeScript compiler
// as a value of the client's type. Bodies that are wrong in one place are refused, else this would show nothing.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';

import { Client, User } from '../e2e/support/client.mjs';
import { CompatibleServer, replyOf } from '../e2e/support/compatible.mjs';
import { endPrograms, until } from '../e2e/support/process.mjs';
import { Server, roomySettings } from '../e2e/support/server.mjs';

after(endPrograms);

const here = path.dirname(fileURLToPath(import.meta.url));
const probe = path.join(here, 'node_modules', 'body_to_check.ts'); // Where the compiler finds the client.
after(() => fs.rmSync(probe, { force: true }));

// What the compiler has against each of these values: one program for all, a line each.
function complaints(bodies) {
    const head = "import type { ChatCompletionCreateParamsStreaming as Body } from 'openai/resources/chat/completions';\n";
    const literal = (body) => JSON.stringify(body).replaceAll('\u2028', '\\u2028'); // It would end the line.
    fs.writeFileSync(probe, head + bodies.map((body, index) => `export const body${index}: Body = ${literal(body)};\n`).join(''));
    const options = { noEmit: true, strict: true, skipLibCheck: true, target: ts.ScriptTarget.ES2022, lib: ['lib.es2022.d.ts'], module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, types: [] };
    const program = ts.createProgram([probe], options);
    const source = program.getSourceFile(probe);
    const found = bodies.map(() => []);
    for (const { messageText, file, start } of [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]) {
        const line = file.getLineAndCharacterOfPosition(start).line;
        assert.ok(line > 0, ts.flattenDiagnosticMessageText(messageText, ' ')); // The client's types are not there.
        found[line - 1].push(ts.flattenDiagnosticMessageText(messageText, ' '));
    }
    return found;
}

let compatible;

before(async () => {
    compatible = await CompatibleServer.start();
    const server = await Server.start({ env: { ...roomySettings, ...compatible.settings('a-key'), AI_MODELS: 'openai:small,openai:large', AI_TITLE_MODEL: 'openai:large' } });
    const client = new Client(server);
    const user = await User.signUp(client);
    const room = await user.createRoom({ system_prompt: 'Speak "Latin".\n' });
    for (const said of ['hello', 'é🎈 \\ " \u2028', 'x'.repeat(5_000)]) {
        const sent = await user.send(room, said);
        await user.follow(room, sent.reply.id);
    }
    await until('the room is named', async () => (await user.ask('GET', `/chatroom/${room}/`)).named_by === 'model');
    compatible.answer = replyOf('Without figures.', { usage: null });
    const sent = await user.send(room, 'uncounted');
    await user.follow(room, sent.reply.id);
    client.close();
    await server.stop();
});
after(() => compatible?.stop());

test('every body is of the type that the client gives its own, and one that is wrong in one place is not', () => {
    assert.equal(compatible.calls.length, 5);
    const [{ body }] = compatible.calls;
    const wrong = {
        'a role that is none': { ...body, messages: [{ role: 'model', content: 'x' }] },
        'a content that is none': { ...body, messages: [{ role: 'user', content: 7 }] },
        'no model': { ...body, model: undefined },
        'no stream': { ...body, stream: false },
        'a field that is not known': { ...body, streem: true },
        'an option that is not known': { ...body, stream_options: { include_use: true } },
    };
    const found = complaints([...compatible.calls.map((call) => call.body), ...Object.values(wrong)]);
    assert.deepEqual(found.slice(0, 5), [[], [], [], [], []]);
    Object.keys(wrong).forEach((what, index) => assert.notDeepEqual(found[5 + index], [], what));
});

test('the client asks the same of the same server, in the same words', async () => {
    const { default: OpenAI } = await import('openai');
    const [{ body: ours, path: ourPath }] = compatible.calls;
    const client = new OpenAI({ apiKey: 'a-key', baseURL: compatible.url, maxRetries: 0 });
    const stream = await client.chat.completions.create(ours);
    for await (const chunk of stream) assert.ok(chunk.object);
    const theirs = compatible.calls.at(-1);
    assert.deepEqual(theirs.body, ours);
    assert.equal(theirs.path, ourPath);
    assert.equal(theirs.headers.authorization, compatible.calls[0].headers.authorization);
});
