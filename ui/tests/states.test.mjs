// What a reply, and a page, say of how it stands: waiting, thinking, fall-back, sources, what is at the top of the page.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';

import { Shop } from '../../tests/e2e/support/shop.mjs';
import { World, ask, finished, nothing, until } from './support/pages.mjs';

const dist = path.join(import.meta.dirname, '../dist');

let world;
before(async () => (world = await World.start({ env: { AI_MODELS: 'gemini:gemini-flash-latest,gemini:gemini-pro-latest' } })));
beforeEach(() => world.sim.plan({ reset: true, default: { text: 'Fine.' } }));
after(() => world?.stop());

const paragraphs = (count) => Array.from({ length: count }, (_, index) => `Paragraph ${index} says something.`).join('\n\n');

test('a reply waits for the one before it, and can be taken back', async () => {
    const { page, watch } = await world.browser();
    await world.signUp(page);
    await world.sim.plan({ reset: true, next: [{ text: paragraphs(40), fault: 'hang', after_chunks: 3 }], default: { text: 'Fine.' } });
    await ask(page, 'The first');
    await page.locator('.prose p').first().waitFor();
    await ask(page, 'The second');
    await page.getByText('Waits for the reply before it').waitFor();
    await page.locator('.row.state', { hasText: 'Waits' }).getByRole('button', { name: 'Remove' }).click();
    await page.getByText('Removed before it was asked. It was not counted.').waitFor();
    await page.locator('.send.stop').click();
    await page.getByText('You stopped this reply.').waitFor();
    assert.deepEqual(await watch.found(), nothing);
});

test('a busy model: the wait is told with its time, and then the next model answers and is named', async () => {
    const { page } = await world.browser();
    await world.signUp(page);
    // Two calls of the first model are refused; the second one answers.
    await world.sim.plan({ reset: true, next: [{ status: 429, retry_delay: '6s' }, { status: 503, message: 'overloaded' }], default: { text: 'By the other one.' } });
    await ask(page, 'Who is there');
    await page.getByText(/The model is busy\. Trying again|The model does not answer\. Trying again/).waitFor();
    const reply = await finished(page);
    assert.equal(await reply.locator('.prose').innerText(), 'By the other one.');
    assert.match(await reply.innerText(), /was busy; .+ answered\./);
});

test('thinking is told while it goes on, and how long it took', async () => {
    const { page } = await world.browser();
    await world.signUp(page);
    const thoughts = '**Measuring the flow**\n\nFirst the level.\n\n**Comparing outlets**\n\nThen the size.';
    await world.sim.plan({ reset: true, next: [{ text: 'About 14 minutes.', thoughts, fault: 'hang', after_chunks: 2 }], default: { text: 'About 14 minutes.', thoughts } });
    await ask(page, 'How long');
    await page.locator('.think summary', { hasText: /Thinking, \d+ s/ }).waitFor();
    assert.equal(await page.locator('.think-line').innerText(), 'Comparing outlets');
    await page.locator('.send.stop').click();
    await page.getByText('You stopped this reply.').waitFor();
    await page.locator('.reply-body .btn', { hasText: 'Try again' }).click();
    await page.locator('.prose', { hasText: 'About 14 minutes.' }).waitFor();
    const reply = await finished(page);
    const label = await reply.locator('.think summary').innerText();
    assert.match(label, /^Thought for \d+ seconds?$/);
    await page.reload();
    await page.locator('.think summary').waitFor();
    assert.match(await page.locator('.think summary').innerText(), /^Thought/);
    await page.locator('.think summary').click();
    await page.locator('.thoughts', { hasText: 'Then the size.' }).waitFor();
    await page.locator('.think-text .btn').click();
    await page.locator('.thoughts').waitFor({ state: 'detached' });
});

test('sources: numbers in the text with a card by pointer, key and tap, and a list', async () => {
    const { page, watch } = await world.browser();
    await world.signUp(page);
    await world.sim.plan({ reset: true, default: { text: 'It takes about 14 minutes, and less with a wider outlet.', citations: true } });
    await ask(page, 'How long');
    const reply = await finished(page);
    const number = reply.locator('.prose a.cite').first();
    await number.waitFor();
    await number.hover();
    await page.locator('.src-card:popover-open').waitFor();
    assert.match(await page.locator('.src-card').innerText(), /\S/);
    await page.mouse.move(5, 400);
    await page.locator('.src-card').waitFor({ state: 'detached' });
    await page.keyboard.press('Alt+ArrowUp');
    await number.focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Shift+Tab');
    await page.locator('.src-card').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.src-card').waitFor({ state: 'detached' });
    assert.ok((await reply.locator('.source').count()) >= 1);
    const touch = await world.browser({ width: 390, height: 844, touch: true });
    await world.signUp(touch.page);
    await ask(touch.page, 'How long');
    await finished(touch.page);
    await touch.page.locator('.prose a.cite').first().tap();
    await touch.page.locator('.src-card').waitFor();
    assert.equal(touch.context.pages().length, 1, 'the first tap opens no page');
    assert.deepEqual(await watch.found(), nothing);
});

test('the demo model says at the top of the page that it is one', async () => {
    const own = await World.start({ env: { AI_MODELS: 'demo', GEMINI_API_KEY: '' } });
    try {
        const { page } = await own.browser();
        await own.signUp(page);
        await page.locator('.banner.info', { hasText: 'Demo model' }).waitFor();
        assert.equal(await page.locator('.banner').count(), 1);
    } finally {
        await own.stop();
    }
});

test('a newer build is told, and never loaded by itself', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'pollux-dist-'));
    cpSync(dist, folder, { recursive: true });
    const own = await World.start({ folder });
    try {
        const { page } = await own.browser();
        await page.clock.install();
        await own.signUp(page);
        await page.locator('#message').fill('in the middle of a thought');
        const file = path.join(folder, 'index.html');
        const shell = readFileSync(file, 'utf8');
        writeFileSync(file, shell.replace(/(name="build" content=")[^"]+/, '$1another'));
        for (const packed of ['.br', '.gz']) rmSync(file + packed);
        await page.clock.fastForward('00:02:00');
        await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
        await page.getByText('A new version is ready.').waitFor();
        assert.equal(await page.locator('#message').inputValue(), 'in the middle of a thought');
        await page.locator('.banner button').click();
        await page.waitForFunction(() => document.querySelector('meta[name="build"]').content === 'another');
        await page.waitForFunction(() => document.querySelector('#message')?.value === 'in the middle of a thought');
    } finally {
        await own.stop();
        rmSync(folder, { recursive: true });
    }
});

test('a payment that failed and a plan that ends are told, and lead to what mends them', async () => {
    const shop = await Shop.open();
    const own = await World.start({ env: { ...shop.settings } });
    try {
        await shop.deliverTo(own.server);
        const { page } = await own.browser();
        await own.signUp(page);
        await page.goto(`${own.url}/plan/`);
        await page.locator('.plan .btn.star').click();
        await page.waitForURL(/\/c\/pay\//);
        await page.getByRole('button', { name: /^Pay\b/ }).first().click();
        await page.waitForURL(`${own.url}/plan/**`);
        await page.locator('.note.good').waitFor();
        await page.goto(own.url);
        await page.locator('#message').waitFor();
        const [subscription] = await shop.objects('subscription');
        await shop.sim.tell('subscription', { subscription: subscription.id, set: { status: 'past_due' } });
        await page.locator('.banner.warn', { hasText: 'The last payment failed.' }).waitFor();
        await page.goto(`${own.url}/plan/`);
        await page.locator('.note.warn', { hasText: 'The last payment failed.' }).waitFor();
        await page.locator('.note.warn button').click();
        await page.waitForURL(/\/p\/session\//);
        await shop.sim.tell('subscription', { subscription: subscription.id, set: { status: 'active' } });
        await page.goto(own.url);
        await until('no banner', async () => (await page.locator('.banner').count()) === 0);
        await shop.sim.tell('subscription', { subscription: subscription.id, set: { cancel_at_period_end: true } });
        await page.locator('.banner.info', { hasText: /Pro ends on/ }).waitFor();
        await page.locator('.banner button', { hasText: 'Keep Pro' }).click();
        await page.locator('.banner').waitFor({ state: 'detached' });
    } finally {
        await own.stop();
        await shop.sim.stop();
    }
});
