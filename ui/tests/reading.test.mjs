// Where a reader is: over a reload, over a time away, in another language, and with the ears.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { World, ask, finished, nothing, rested, until } from './support/pages.mjs';

let world;
before(async () => (world = await World.start()));
beforeEach(() => world.sim.plan({ reset: true, default: { text: 'Fine.' } }));
after(() => world?.stop());

const roomOf = (page) => /\/chat\/(\d+)/.exec(page.url())[1];
const paragraphs = (count) => Array.from({ length: count }, (_, index) => `Paragraph ${index} says something of its own.`).join('\n\n');

async function fill(api, room, from, to) {
    for (let turn = from; turn < to; ++turn) await api('POST', `/chatroom/${room}/message/?wait=20`, { content: `Question ${turn}` });
}

// Turns that come into view take their own height instead of a guessed one: waits until that is over.
async function still(page) {
    let last = '';
    await until('a page at rest', async () => {
        const now = await page.evaluate(() => [...document.querySelectorAll('.turn')].map((turn) => Math.round(turn.getBoundingClientRect().top)).join());
        const same = now === last && now !== '';
        last = now;
        return same;
    }, { everyMs: 250 });
}

test('a chat that is reloaded stands where it was read', async () => {
    const { page, context, watch } = await world.browser();
    await world.signUp(page);
    await world.sim.plan({ reset: true, default: { text: paragraphs(12) } });
    await ask(page, 'Question 0');
    await finished(page);
    const room = roomOf(page);
    await fill(await world.api(context), room, 1, 30); // More than is fetched at first.
    await page.reload();
    await page.getByText('Question 29', { exact: true }).waitFor();
    await still(page);
    await until('the question that is read', async () => {
        await page.locator('.scroll').evaluate((node) => (node.scrollTop = 0));
        return (await page.getByText('Question 2', { exact: true }).count()) > 0;
    }, { everyMs: 200 });
    await page.getByText('Question 2', { exact: true }).evaluate((node) => node.scrollIntoView({ block: 'start' }));
    await still(page);
    const read = () => page.evaluate(() => {
        const top = document.querySelector('.scroll').getBoundingClientRect().top;
        const turn = [...document.querySelectorAll('.turn')].find((node) => node.getBoundingClientRect().bottom > top);
        return { key: turn.dataset.key, offset: Math.round(turn.getBoundingClientRect().top - top) };
    });
    const before = await read();
    await page.reload();
    await page.locator('.turn.reply .prose p').first().waitFor();
    await still(page);
    const now = await read();
    assert.equal(now.key, before.key);
    assert.ok(Math.abs(now.offset - before.offset) <= 2, `${now.offset} after ${before.offset}`);
    // What was fetched to stand there is not fetched again by whoever scrolls back.
    await page.locator('.scroll').evaluate((node) => (node.scrollTop = 0));
    await rested(page);
    await watch.fetched(page);
    const questions = await page.locator('.turn.user').evaluateAll((turns) => turns.map((turn) => /Question \d+/.exec(turn.textContent)[0]));
    assert.deepEqual(questions, Array.from({ length: 30 }, (_, turn) => `Question ${turn}`));
});

test('a chat that one comes back to stands where it was left, and one that was read to its end since opens there', async () => {
    const { page, context } = await world.browser();
    await world.signUp(page);
    await world.sim.plan({ reset: true, default: { text: paragraphs(12) } });
    await ask(page, 'Question 0');
    await finished(page);
    const room = roomOf(page);
    await fill(await world.api(context), room, 1, 6);
    await page.getByText('Question 5', { exact: true }).waitFor();
    await still(page);
    const top = () => page.locator('.scroll').evaluate((node) => Math.round(node.scrollTop));
    await page.locator('.scroll').evaluate((node) => (node.scrollTop = 700));
    await rested(page);
    assert.equal(await top(), 700);
    await page.locator('.rail-new a').click();
    await page.locator('.hello').waitFor();
    await page.goBack();
    await page.locator('.turn.reply').first().waitFor();
    await rested(page);
    assert.ok(Math.abs((await top()) - 700) <= 2, `${await top()} after 700`);
    // Where it stood at a reload counts for that reload alone.
    await page.reload();
    await page.locator('.turn.reply .prose p').first().waitFor();
    await rested(page);
    assert.ok(Math.abs((await top()) - 700) <= 2, `${await top()} after 700`);
    await page.keyboard.press('End');
    await rested(page);
    const below = () => page.locator('.scroll').evaluate((node) => Math.round(node.scrollHeight - node.clientHeight - node.scrollTop));
    assert.ok((await below()) < 100, `${await below()} below the end`);
    await page.locator('.rail-new a').click();
    await page.locator('.hello').waitFor();
    await page.reload();
    await page.locator('.rail-row a').first().click();
    await page.locator('.turn.reply .prose p').first().waitFor();
    await rested(page);
    assert.ok((await below()) < 100, `${await below()} below what is shown`);
});

test('a reply far back that was written once more stays, whatever comes at the end', async () => {
    const { page, context } = await world.browser();
    await world.signUp(page);
    await ask(page, 'Question 0');
    await finished(page);
    const room = roomOf(page);
    const api = await world.api(context);
    await fill(api, room, 1, 30); // More than is fetched at first.
    const oldest = (await api('GET', `/chatroom/${room}/?limit=100`)).messages.find(({ role }) => role === 'assistant');
    await world.sim.plan({ reset: true, default: { text: 'Written once more.' } });
    const { reply } = await api('POST', `/chatroom/${room}/message/${oldest.id}/retry/`, {});
    await until('it', async () => (await api('GET', `/chatroom/${room}/message/${reply.id}/`)).status === 'completed');
    await page.reload();
    await page.getByText('Question 29', { exact: true }).waitFor();
    await until('the question that is far back', async () => {
        await page.locator('.scroll').evaluate((node) => (node.scrollTop = 0));
        return (await page.getByText('Question 0', { exact: true }).count()) > 0 && (await page.getByText('Written once more.').count()) === 1;
    }, { everyMs: 200 });
    await fill(api, room, 30, 31);
    await page.getByText('Question 30', { exact: true }).waitFor({ state: 'attached' });
    await rested(page);
    assert.equal(await page.locator('.turn.reply').count(), 31);
    assert.equal(await page.getByText('Written once more.').count(), 2);
});

test('a chat that is opened by its address opens at its last question if that is unread, and is read then', async () => {
    const { page, context } = await world.browser();
    await world.signUp(page);
    await ask(page, 'Question 0');
    await finished(page);
    const room = roomOf(page);
    await page.locator('.rail-new a').click();
    await page.locator('.hello').waitFor();
    await world.sim.plan({ reset: true, default: { text: paragraphs(40) } });
    await fill(await world.api(context), room, 1, 2);
    await page.locator('.rail-row .unread').waitFor();
    // The chat's own answer comes before that of the list.
    let list = () => {};
    const isShown = new Promise((resolve) => (list = resolve));
    await page.route((url) => /\/chatroom\/?$/.test(url.pathname), async (route) => {
        await isShown;
        await route.continue();
    });
    await page.goto(`${world.url}/chat/${room}`);
    const question = page.locator('.turn.user', { hasText: 'Question 1' });
    await question.waitFor();
    await still(page);
    const top = await question.evaluate((node) => node.getBoundingClientRect().top - node.closest('.scroll').getBoundingClientRect().top);
    assert.ok(Math.abs(top - 16) <= 2, `its last question is ${top} px below the top`);
    list();
    await page.locator('.rail-row').waitFor();
    await page.locator('.rail-new a').click();
    await page.locator('.hello').waitFor();
    assert.equal(await page.locator('.rail-row .unread').count(), 0);
});

test('a banner that comes or goes leaves what is read where it is: in the middle, at the beginning, in a chat that fits', async () => {
    const { page, context } = await world.browser();
    await world.signUp(page);
    const topOf = (text) => page.locator('.thread').getByText(text, { exact: true }).evaluate((node) => node.getBoundingClientRect().top);
    const scrollTo = (share) => page.locator('.scroll').evaluate((node, part) => (node.scrollTop = node.scrollHeight * part), share);
    const offline = page.getByText('You are offline.');
    const turn = async (isOffline) => {
        await context.setOffline(isOffline);
        await offline.waitFor({ state: isOffline ? 'attached' : 'detached' });
        await still(page);
    };
    await ask(page, 'Short');
    await finished(page);
    await page.reload();
    await page.locator('.thread').getByText('Fine.', { exact: true }).waitFor();
    await still(page);
    const short = await topOf('Fine.');
    await turn(true);
    assert.ok(Math.abs((await topOf('Fine.')) - short) <= 1, 'a chat that fits stays');
    await turn(false);
    assert.ok(Math.abs((await topOf('Fine.')) - short) <= 1, 'and stays when it goes');

    await world.sim.plan({ reset: true, default: { text: paragraphs(80) } });
    await ask(page, 'Long');
    await finished(page, 2);
    await scrollTo(0.5);
    await still(page);
    const text = 'Paragraph 40 says something of its own.';
    const middle = await topOf(text);
    await turn(true);
    assert.ok(Math.abs((await topOf(text)) - middle) <= 1, 'the middle stays');
    await turn(false);
    assert.ok(Math.abs((await topOf(text)) - middle) <= 1, 'and stays when it goes');
    await turn(true);
    await scrollTo(0);
    await still(page);
    const first = await topOf('Short');
    await turn(false);
    assert.ok(Math.abs((await topOf('Short')) - first) <= 1, 'the beginning stays');
});

test('a long time away leaves no gap: what came meanwhile is there, and what was before is loaded above it', async () => {
    const { page, context } = await world.browser();
    await world.signUp(page);
    await ask(page, 'Question 0');
    await finished(page);
    const room = roomOf(page);
    const api = await world.api(context);
    await context.setOffline(true);
    await world.cut();
    await page.getByText('You are offline.').waitFor();
    await fill(api, room, 1, 40); // More than a page of messages.
    await context.setOffline(false);
    await page.getByText('Question 39', { exact: true }).waitFor();
    const seen = new Set();
    await until('the first question', async () => {
        await page.locator('.scroll').evaluate((node) => (node.scrollTop = 0));
        for (const text of await page.locator('.turn.user .bubble').allTextContents()) seen.add(text.trim());
        return seen.has('Question 0');
    }, { everyMs: 200 });
    await still(page);
    const questions = await page.locator('.turn.user .bubble').allTextContents();
    assert.deepEqual(questions.map((text) => text.trim()), Array.from({ length: 40 }, (_, index) => `Question ${index}`));
});

test('right to left: the page is mirrored, what is written by others runs its own way, and arrows follow the eye', async () => {
    const { page, watch } = await world.browser({ language: 'ar' });
    await world.signUp(page);
    assert.deepEqual(await page.evaluate(() => [document.documentElement.dir, document.documentElement.lang]), ['rtl', 'ar']);
    const [rail, main] = [await page.locator('.rail').boundingBox(), await page.locator('.main').boundingBox()];
    assert.ok(rail.x > main.x, 'the list is on the right');
    await world.sim.plan({ reset: true, next: [{ text: 'نص عربي طويل بما يكفي.\n\nAnd a paragraph in English.\n\n```python\nprint(1)\n```' }, { text: 'النسخة الثانية.' }], default: { text: 'نعم.' } });
    await ask(page, 'كم يستغرق تفريغ الخزان؟');
    const reply = await finished(page);
    await reply.locator('.code').waitFor();
    const directions = await reply.locator('.prose').evaluate((node) => [...node.querySelectorAll(':scope > p, .code pre')].map((block) => getComputedStyle(block).direction));
    assert.deepEqual(directions, ['rtl', 'ltr', 'ltr']);
    // In a focused turn "before" is on the right.
    await reply.getByRole('button', { name: 'حاول مجددًا' }).first().click();
    await page.locator('.turn .prose', { hasText: 'النسخة الثانية.' }).waitFor();
    await finished(page);
    await page.locator('.turn.reply').last().focus();
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(() => document.querySelector('.branch span[aria-hidden]')?.textContent === '1 / 2');
    await page.keyboard.press('ArrowLeft');
    await page.waitForFunction(() => document.querySelector('.branch span[aria-hidden]')?.textContent === '2 / 2');
    assert.deepEqual(await watch.found(), nothing);
});

// This browser has no voices of its own, so a device that has some is stood in for: what it is told to say is written down.
const voices = () => {
    const device = new EventTarget();
    const voice = (name, lang, localService) => ({ name, lang, localService, default: false, voiceURI: name });
    Object.assign(device, {
        said: [], queue: [], paused: false,
        getVoices: () => [voice('Far', 'en-US', false), voice('Near', 'en-GB', true), voice('Qarib', 'ar-SA', true)],
        speak: (utterance) => device.queue.push(utterance),
        cancel: () => device.queue.splice(0),
        pause: () => (device.paused = true),
        resume: () => (device.paused = false),
        // The next text is said to its end, word by word.
        say() {
            const utterance = device.queue.shift();
            device.said.push(`${utterance.voice.name}: ${utterance.text}`);
            for (const { index } of utterance.text.matchAll(/\S+/g)) utterance.dispatchEvent(Object.assign(new Event('boundary'), { name: 'word', charIndex: index }));
            const marked = [...(CSS.highlights.get('aloud') ?? [])].map(String);
            utterance.dispatchEvent(new Event('end'));
            return marked;
        },
    });
    Object.defineProperty(globalThis, 'speechSynthesis', { value: device });
    globalThis.SpeechSynthesisUtterance = class extends EventTarget {
        constructor(text) {
            super();
            this.text = text;
        }
    };
};

test('a reply is read aloud by a voice of this device, block by block, with the word marked', async () => {
    const { page, context, watch } = await world.browser();
    await context.addInitScript(voices);
    await world.signUp(page);
    await world.sim.plan({ reset: true, default: { text: 'The **tank** empties.\n\n```python\nprint(1)\n```\n\n- One outlet\n- مخرج آخر' } });
    await ask(page, 'Say it');
    const reply = await finished(page);
    await reply.locator('.code').waitFor();
    await reply.getByRole('button', { name: 'Read aloud' }).click();
    assert.deepEqual(await page.evaluate(() => speechSynthesis.say()), ['empties.']);
    await reply.getByRole('button', { name: 'Pause' }).click();
    assert.equal(await page.evaluate(() => speechSynthesis.paused), true);
    await reply.getByRole('button', { name: 'Go on' }).click();
    assert.deepEqual(await page.evaluate(() => [speechSynthesis.say(), speechSynthesis.paused]), [['outlet'], false]);
    await page.evaluate(() => speechSynthesis.say());
    await reply.getByRole('button', { name: 'Pause' }).waitFor({ state: 'detached' });
    assert.deepEqual(await page.evaluate(() => speechSynthesis.said), ['Near: The tank empties.', 'Near: One outlet', 'Qarib: مخرج آخر']);
    assert.equal(await page.evaluate(() => CSS.highlights.has('aloud')), false);
    // Stopped in the middle, nothing more is said.
    await reply.getByRole('button', { name: 'Read aloud' }).click();
    await reply.getByRole('button', { name: 'Stop reading' }).first().click();
    assert.equal(await page.evaluate(() => speechSynthesis.queue.length), 0);
    assert.deepEqual(await watch.found(), nothing);
});

test('a device without a voice is offered none', async () => {
    const { page } = await world.browser();
    await world.signUp(page);
    await ask(page, 'Say it');
    const reply = await finished(page);
    const voices_ = await page.evaluate(() => speechSynthesis.getVoices().filter(({ localService }) => localService).length);
    assert.equal(await reply.getByRole('button', { name: 'Read aloud' }).count(), voices_ > 0 ? 1 : 0);
});

test('a reply is readable as it was written while what shows it cannot be had, and is shown once it can', async () => {
    const { page } = await world.browser();
    // A service worker would have it.
    await page.addInitScript(() => Object.defineProperty(navigator.serviceWorker, 'register', { value: () => new Promise(() => {}) }));
    let refused = 0;
    const isRenderer = /\/assets\/replies-[^/]*\.js$/;
    await page.route(isRenderer, (route) => (++refused, route.abort()));
    await world.signUp(page);
    await world.sim.plan({ reset: true, default: { text: 'The **tank** empties.\n\n'.repeat(40), chunk_characters: 30, chunk_delay_ms: 20, fault: 'hang', after_chunks: 20, thoughts: 'About *water*.' } });
    await ask(page, 'Write');
    await page.locator('.prose.is-live', { hasText: 'The **tank** empties.' }).waitFor();
    assert.ok(refused > 0);
    await page.unroute(isRenderer);
    await world.cut();
    const reply = page.locator('.turn.reply .prose.is-live');
    await reply.locator('strong').first().waitFor();
    assert.equal(await page.locator('.prose.as-written').count(), 0);
    assert.equal((await reply.innerText()).includes('**tank**'), false);
    await page.locator('.send.stop').click();
    await page.getByText('You stopped this reply.').waitFor();
});

test('a table is copied as its cells were written: without the numbers of sources, a formula once', async () => {
    const { page, context, watch } = await world.browser();
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await world.signUp(page);
    // The source ends at the first space.
    await world.sim.plan({ reset: true, default: { text: '|Minutes|Why|\n|-|-|\n|42 |$x^2$ litres|\n|7 |a, b|', citations: true } });
    await ask(page, 'How long');
    const reply = await finished(page);
    await reply.locator('td a.cite').first().waitFor();
    await reply.locator('td .katex').waitFor();
    await reply.getByRole('button', { name: 'Copy as CSV' }).click();
    await reply.getByRole('button', { name: 'Copied' }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'Minutes,Why\r\n42,x^2 litres\r\n7,"a, b"\r\n');
    assert.deepEqual(await watch.found(), nothing);
});
