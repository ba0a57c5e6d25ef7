// Where a reader is: over a reload, over a time away, in another language, and with the ears.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { World, ask, finished, nothing, until } from './support/pages.mjs';

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
    const { page, context } = await world.browser();
    await world.signUp(page);
    await world.sim.plan({ reset: true, default: { text: paragraphs(12) } });
    await ask(page, 'Question 0');
    await finished(page);
    const room = roomOf(page);
    await fill(await world.api(context), room, 1, 12);
    await page.reload();
    await page.getByText('Question 11', { exact: true }).waitFor();
    await still(page);
    await page.locator('.scroll').evaluate((node) => (node.scrollTop = node.scrollHeight * 0.5));
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
