// The examples of README.md, as they stand there: in Chromium, in Node, and where fetch is as in React Native.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { endPrograms, temporaryFolder, until } from '../../../tests/e2e/support/process.mjs';
import { Server } from '../../../tests/e2e/support/server.mjs';
import { Pollux, memoryStore } from '../src/index.ts';
import { openBrowser, openTab } from './support/browser.mjs';
import { buildClient, folder } from './support/build.mjs';
import { signIn } from './support/people.mjs';
import { Proxy } from './support/proxy.mjs';

const readme = fs.readFileSync(path.join(folder, 'README.md'), 'utf8');
const mobiles = { page: '+12025550147', node: '+12025550148' };
const code = '135790';
let server;
let proxy;

before(async () => {
    buildClient();
    const numbers = Object.values(mobiles).map((mobile) => `${mobile}:${code}`);
    server = await Server.start({ env: { DEBUG: 'True', RATE_LIMITS: 'off', OTP_TEST_NUMBERS: numbers.join() } });
    proxy = await Proxy.to(server);
    const pollux = new Pollux({ url: server.url });
    for (const mobile of Object.values(mobiles)) await pollux.signUp({ mobile, password: 'a-long-pass-word-7' });
    pollux.close();
});
after(async () => {
    endPrograms();
    await proxy?.close();
});

function example(name) {
    const all = [...readme.matchAll(/```js\n([^]*?)```/g)].map(([, text]) => text);
    const found = all.filter((text) => text.startsWith(`// example: ${name}\n`));
    assert.equal(found.length, 1, name);
    return found[0];
}

// A file beside dist/, where the package finds itself by its name.
function fileOf(name, text) {
    const file = path.join(folder, 'dist', `example_${name}.mjs`);
    fs.writeFileSync(file, text);
    return file;
}

// What it printed. `typed`: [the end of a question, the answer], in their order.
async function run(args, env, typed = []) {
    const child = spawn(process.execPath, args, { cwd: folder, env: { PATH: process.env.PATH, NODE_NO_WARNINGS: '1', ...env } });
    process.once('exit', () => child.kill('SIGKILL'));
    let [printed, said] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => (printed += text));
    child.stderr.setEncoding('utf8').on('data', (text) => {
        said += text;
        if (typed.length > 0 && said.endsWith(typed[0][0])) child.stdin.write(`${typed.shift()[1]}\n`);
    });
    const [status] = await once(child, 'close');
    assert.equal(status, 0, said);
    return printed;
}

test('the example for a page', async () => {
    const { context, close } = await openBrowser();
    try {
        const page = await openTab(context, proxy.url);
        await page.evaluate((mobile) => {
            document.body.innerHTML = `<input id="mobile" value="${mobile}"><p id="reply"></p>`;
        }, mobiles.page);
        await page.addScriptTag({ type: 'module', content: example('browser') });
        await page.waitForFunction(() => document.querySelector('#reply').dataset.status === 'completed', null, { timeout: 60_000 });
        const text = await page.evaluate(() => document.querySelector('#reply').textContent);
        assert.match(text, /coroutine/);
        assert.deepEqual(page.complaints, []);
    } finally {
        await close();
    }
});

test('the example for Node, twice: the second time it is signed in', async () => {
    const file = fileOf('node', example('node').replace('Write a long story', 'Tell me a joke'));
    const env = { POLLUX_URL: proxy.url, TOKEN_FILE: path.join(temporaryFolder(), 'token') };
    const first = await run([file], env, [['number: ', mobiles.node], ['to you: ', code]]);
    assert.match(first, /coroutine/);
    assert.match(first, /\ndemo: ./);
    assert.match(await run([file], env), /coroutine/);
});

test('the example for React Native, on a fetch without a stream of the body', async () => {
    const store = memoryStore();
    const pollux = await signIn(new Pollux({ url: proxy.url, store }));
    pollux.close();
    const stub = fileOf('react_native_stub', `
        import { registerHooks } from 'node:module';
        const stubs = {
            'react-native': 'export const AppState = { addEventListener: (name, listener) => { globalThis.appState = listener; } };',
            'expo-secure-store': \`
                const kept = new Map([['pollux.refresh', process.env.REFRESH]]);
                export const getItemAsync = async (name) => kept.get(name) ?? null;
                export const setItemAsync = async (name, value) => void kept.set(name, value);
                export const deleteItemAsync = async (name) => void kept.delete(name);\`,
        };
        registerHooks({
            resolve(name, context, next) {
                if (!stubs[name]) return next(name, context);
                return { url: 'data:text/javascript,' + encodeURIComponent(stubs[name]), shortCircuit: true };
            },
        });
        // What React Native lacks. Node's own fetch must have been made before that is gone.
        new Response('');
        for (const name of ['BroadcastChannel', 'TextDecoder']) delete globalThis[name];
        const real = globalThis.fetch;
        globalThis.fetch = async (input, init) => {
            const response = await real(input, init);
            const text = await response.text();
            const { status, ok, headers } = response;
            const own = { status, ok, headers, text: async () => text, json: async () => JSON.parse(text), clone: () => own };
            return own;
        };`);
    const file = fileOf('react_native', example('react-native').replace('https://chat.example.com', proxy.url) + `
        const seen = [];
        const stop = await askInNewRoom('Tell me a joke', (snapshot) => {
            seen.push(snapshot);
            globalThis.appState('active');
            if (!snapshot.result) return;
            stop?.();
            console.log(JSON.stringify(snapshot));
            pollux.close();
        });`);
    const before = proxy.asked.length;
    const snapshot = JSON.parse(await run(['--import', pathToFileURL(stub).href, file], { REFRESH: await store.read() }));
    assert.equal(snapshot.text, snapshot.result.message.content);
    assert.match(snapshot.text, /coroutine/);
    const asked = proxy.asked.slice(before).map(({ path }) => path);
    assert.ok(asked.some((path) => path.includes('wait=25')) && !asked.some((path) => /stream|events/.test(path)), asked.join());
    await until('nothing to be open any more', () => proxy.streams === 0);
});
