// How fast the pages are, in Debian's Chromium against the real server. Sizes hold in every run; times only with POLLUX_DEEP=1, with three
// times the slack, since other work shares the machine. POLLUX_FIGURES=1 prints what docs/performance.md has.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { World, ask, finished, nothing, until } from './support/pages.mjs';

const isDeep = process.env.POLLUX_DEEP === '1' || process.env.POLLUX_FIGURES === '1';
const slack = process.env.POLLUX_FIGURES === '1' ? 1 : 3;
const timed = { skip: !isDeep && 'only with POLLUX_DEEP=1' };
const KB = 1024;
const MB = 1024 * KB;

let world;
before(async () => (world = await World.start({ env: { AI_MODELS: 'gemini:gemini-flash-latest' } })));
after(() => world?.stop());

function figure(name, value, unit) {
    console.log(`# ${name}: ${Math.round(value * 10) / 10} ${unit}`);
}

// What is measured within a page: frames and long tasks while `act` runs there.
const measureFrames = () => {
    globalThis.__frames = [];
    globalThis.__tasks = [];
    let last = performance.now();
    const step = (now) => {
        globalThis.__frames.push(now - last);
        last = now;
        globalThis.__stepping = requestAnimationFrame(step);
    };
    requestAnimationFrame((now) => {
        last = now;
        requestAnimationFrame(step);
    });
    globalThis.__observer = new PerformanceObserver((list) => globalThis.__tasks.push(...list.getEntries().map(({ duration }) => duration)));
    globalThis.__observer.observe({ type: 'longtask' });
};
const framesOf = (page) =>
    page.evaluate(() => {
        cancelAnimationFrame(globalThis.__stepping);
        globalThis.__observer.disconnect();
        const frames = globalThis.__frames.sort((a, b) => a - b);
        return { count: frames.length, p95: frames[Math.floor(frames.length * 0.95)], longest: frames.at(-1), task: Math.max(0, ...globalThis.__tasks) };
    });

async function withoutCache(page, context) {
    const session = await context.newCDPSession(page);
    await page.evaluate(async () => {
        for (const registration of await navigator.serviceWorker.getRegistrations()) await registration.unregister();
        for (const name of await caches.keys()) await caches.delete(name);
    });
    await session.send('Network.enable');
    await session.send('Network.clearBrowserCache');
    return session;
}

test('the first load of the chat: at most 150 KB of scripts, 20 KB of styles, one font', async () => {
    const { page, context, watch } = await world.browser();
    await world.signUp(page);
    await page.evaluate(() => navigator.serviceWorker.ready);
    const session = await withoutCache(page, context);
    const sizes = new Map();
    const files = new Map();
    session.on('Network.responseReceived', ({ requestId, response, type }) => files.set(requestId, { url: new URL(response.url).pathname, type }));
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
        const file = files.get(requestId);
        if (file?.url.startsWith('/assets/')) sizes.set(file.url, { type: file.type, bytes: encodedDataLength });
    });
    // What the service worker fetches later is not of the first load.
    await page.addInitScript(() => Object.defineProperty(navigator.serviceWorker, 'register', { value: () => new Promise(() => {}) }));
    await page.reload();
    await page.locator('#message').waitFor();
    await watch.fetched(page);
    const sum = (types) => [...sizes.values()].filter(({ type }) => types.includes(type)).reduce((total, { bytes }) => total + bytes, 0);
    const [scripts, styles] = [sum(['Script']), sum(['Stylesheet'])];
    figure('first load of the chat, scripts', scripts / KB, 'KB');
    figure('first load of the chat, styles', styles / KB, 'KB');
    figure('first load of the chat, fonts', sum(['Font']) / KB, 'KB');
    assert.ok(scripts > 30 * KB && scripts <= 150 * KB, `${scripts} bytes of scripts`);
    assert.ok(styles > 5 * KB && styles <= 20 * KB, `${styles} bytes of styles`);
    assert.ok([...sizes.values()].filter(({ type }) => type === 'Font').length <= 1);
    assert.deepEqual(await watch.found(), nothing);
});

test('typing waits for nothing that shows replies', async () => {
    const { page, context } = await world.browser();
    await world.signUp(page);
    await withoutCache(page, context);
    await page.addInitScript(() => Object.defineProperty(navigator.serviceWorker, 'register', { value: () => new Promise(() => {}) }));
    const scripts = [];
    page.on('request', (request) => request.resourceType() === 'script' && scripts.push(new URL(request.url()).pathname.replace(/^.*\/([a-z]+)-.*$/, '$1')));
    await page.route(/\/assets\/replies-/, () => {}); // It never comes.
    await page.reload({ waitUntil: 'commit' });
    await page.locator('#message').fill('typed');
    await page.waitForFunction(() => !document.querySelector('.send').disabled);
    assert.deepEqual(scripts.filter((name) => name !== 'theme').slice(0, 2).sort(), ['base', 'chat']);
});

test('ready to type within 1.5 s on a cold cache, with a slow processor and a slow network', timed, async () => {
    const times = [];
    for (let round = 0; round < 3; ++round) {
        const { page, context } = await world.browser();
        await world.signUp(page);
        const session = await withoutCache(page, context);
        await session.send('Network.emulateNetworkConditions', { offline: false, latency: 40, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 });
        await session.send('Emulation.setCPUThrottlingRate', { rate: 4 });
        await page.addInitScript(() => {
            const look = new MutationObserver(() => {
                if (!document.getElementById('message')) return;
                look.disconnect();
                globalThis.__ready = performance.now();
            });
            look.observe(document, { childList: true, subtree: true });
        });
        await page.reload({ waitUntil: 'commit' });
        await page.locator('#message').waitFor();
        await page.keyboard.type('a');
        await page.waitForFunction(() => document.querySelector('#message').value === 'a');
        times.push(await page.evaluate(() => globalThis.__ready));
        await context.close();
    }
    const ready = times.sort((a, b) => a - b)[1];
    figure('ready to type, cold cache, 4x slower processor, 1.6 Mbit/s, 40 ms', ready, 'ms');
    assert.ok(ready <= 1500 * slack, `${ready} ms`);
});

test('a chat of 10,000 messages opens within 500 ms, and scrolls through 1,000 turns', timed, async () => {
    const { page, context } = await world.browser();
    await world.signUp(page);
    await world.sim.plan({ reset: true, default: { text: 'A short answer with **bold** words and `code`, over two sentences. And a list:\n\n- one\n- two', chunk_delay_ms: 0, chunks: 1 } });
    await ask(page, 'Question 0');
    await finished(page);
    const room = Number(/\/chat\/(\d+)/.exec(page.url())[1]);
    const api = await world.api(context);
    await page.goto('about:blank'); // Nobody follows them.
    for (let turn = 1; turn < 5000; ++turn) await api('POST', `/chatroom/${room}/message/?wait=20`, { content: `Question ${turn}: what of it, in a few words?` });
    await page.goto(world.url);
    await page.locator('.rail-row a').waitFor();
    const opened = await page.evaluate(async () => {
        const began = performance.now();
        document.querySelector('.rail-row a').click();
        while (![...document.querySelectorAll('.turn.reply .prose')].at(-1)?.querySelector('li')) await new Promise(requestAnimationFrame);
        await new Promise(requestAnimationFrame);
        return performance.now() - began;
    });
    figure('a chat of 10,000 messages opens', opened, 'ms');
    await page.waitForTimeout(500);
    await page.evaluate(measureFrames);
    const turns = await page.evaluate(async () => {
        const scroller = document.querySelector('.scroll');
        const seen = new Set();
        const end = performance.now() + 240_000;
        while (seen.size < 1000 && performance.now() < end) {
            scroller.scrollTop -= 150;
            await new Promise(requestAnimationFrame);
            for (const turn of document.querySelectorAll('.turn')) seen.add(turn.dataset.key);
        }
        return seen.size;
    });
    const { p95, longest, count } = await framesOf(page);
    figure('scrolling through 1,000 turns, p95 of frames', p95, `ms (${count} frames, the longest ${Math.round(longest)} ms)`);
    assert.ok(turns >= 1000, `${turns} turns`);
    await until('far pages to give way', async () => (await page.locator('.turn').count()) <= 400); // Once nobody scrolls.
    assert.ok(opened <= 500 * slack, `${opened} ms`);
    assert.ok(p95 <= 33 * slack, `${p95} ms`);
});

test('while a reply of 20,000 characters streams: no long task, no slow frames, and what is read does not move', timed, async () => {
    const { page } = await world.browser();
    await world.signUp(page);
    const block = ['## Part', 'A paragraph with **bold** words, `code`, a [link](https://a.example/) and more of them, long enough to wrap on a page.', '- one\n- two\n- three', '```python\nfor line in lines:\n    print(line.strip())\n```', '| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |'].join('\n\n');
    let text = '';
    while (text.length < 20_000) text += `${block}\n\n`;
    await world.sim.plan({ reset: true, next: [{ text: text.slice(0, 20_000), duration_ms: 12_000, chunk_characters: 24 }] });
    await ask(page, 'Write much');
    await page.locator('.prose p').first().waitFor();
    await page.waitForTimeout(600); // The glide is over.
    const place = () => page.evaluate(() => document.querySelector('.prose > p').getBoundingClientRect().top);
    const first = await place();
    await page.evaluate(measureFrames);
    const places = new Set();
    while (await page.locator('.send.stop').count()) {
        places.add(Math.round((await place()) - first));
        await page.waitForTimeout(200);
    }
    const { p95, longest, task } = await framesOf(page);
    await finished(page);
    figure('a reply of 20,000 characters, p95 of frames', p95, `ms (the longest ${Math.round(longest)} ms)`);
    figure('a reply of 20,000 characters, longest task', task, 'ms (0: none over 50)');
    figure('a reply of 20,000 characters, what is read moves by', Math.max(...[...places].map(Math.abs)), 'px');
    assert.deepEqual([...places], [0]);
    assert.ok(task <= 100 * slack, `${task} ms`);
    assert.ok(p95 <= 33 * slack, `${p95} ms`);
});

test('the heap grows by at most 20 MB over 200 replies in one chat', timed, async () => {
    const { page, context } = await world.browser();
    await world.signUp(page);
    await world.sim.plan({ reset: true, default: { text: Array.from({ length: 12 }, (_, index) => `Paragraph ${index} says **something** of its own, in one sentence or two.`).join('\n\n'), chunk_delay_ms: 2 } });
    await ask(page, 'Question 0');
    await finished(page);
    const session = await context.newCDPSession(page);
    const heap = async () => {
        await session.send('HeapProfiler.collectGarbage');
        await session.send('HeapProfiler.collectGarbage');
        return (await session.send('Runtime.getHeapUsage')).usedSize;
    };
    const before = await heap();
    for (let turn = 1; turn <= 200; ++turn) {
        await ask(page, `Question ${turn}`);
        await page.locator('.bubble', { hasText: new RegExp(`^Question ${turn}\\s*$`) }).waitFor();
        await page.waitForFunction(() => !document.querySelector('.send.stop') && document.querySelectorAll('.bubble.pending').length === 0);
        await until('the reply', () => page.evaluate(() => [...document.querySelectorAll('.turn')].at(-1)?.matches('.reply') && [...document.querySelectorAll('.turn.reply .prose')].at(-1)?.querySelectorAll('p').length === 12));
    }
    const grown = (await heap()) - before;
    figure('200 replies in one chat, the heap grows by', grown / MB, 'MB');
    assert.ok(grown <= 20 * MB, `${grown} bytes`);
});
