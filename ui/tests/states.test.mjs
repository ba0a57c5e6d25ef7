// What a reply, and a page, say of how it stands: waiting, thinking, fall-back, ends of every kind, sources, new replies, what is at the top of
// the page, a payment on its way.
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

test('a reply that starts again keeps what was there until there is more', async () => {
    const { page, watch } = await world.browser();
    await world.signUp(page);
    const broken = { text: paragraphs(20), chunks: 20, chunk_delay_ms: 60, fault: 'cut', after_chunks: 8 }; // Slow enough that some of it is shown.
    await world.sim.plan({ reset: true, next: [broken, { fault: 'hang', after_chunks: -1 }] });
    await ask(page, 'Write');
    await page.getByText('Started again after a break.').waitFor();
    assert.match(await page.locator('.turn.reply .prose').innerText(), /^Paragraph 0 says something\./);
    assert.equal(await page.locator('.turn.reply .prose').getAttribute('class').then((names) => names.includes('dimmed')), true);
    await page.locator('.send.stop').click();
    await page.getByText('You stopped this reply.').waitFor();
    await world.sim.plan({ reset: true, next: [broken], default: { text: 'Of the second attempt.' } });
    await ask(page, 'Write');
    const reply = await finished(page, 2);
    assert.equal(await reply.locator('.prose').innerText(), 'Of the second attempt.');
    assert.equal(await page.getByText('Started again after a break.').count(), 0);
    assert.deepEqual(await watch.found(), nothing);
});

test('a reply that broke off, was declined or is as long as is allowed says so, also later, and offers what helps', async () => {
    const { page, watch } = await world.browser();
    await world.signUp(page);
    const part = { text: paragraphs(20), chunks: 20, after_chunks: 8 };
    await world.sim.plan({ reset: true, default: { ...part, fault: 'error', error_status: 'INVALID_ARGUMENT' } });
    await ask(page, 'One');
    await finished(page);
    await world.sim.plan({ reset: true, default: { ...part, fault: 'block' } });
    await ask(page, 'Two');
    await finished(page, 2);
    await world.sim.plan({ reset: true, default: { text: 'As long as it gets.', finish: 'MAX_TOKENS' } });
    await ask(page, 'Three');
    await finished(page, 3);
    const [broken, declined, longest] = [0, 1, 2].map((index) => page.locator('.turn.reply').nth(index));
    for (const time of ['at once', 'after a reload']) {
        await broken.getByText('The reply broke off and could not be finished.').waitFor();
        await declined.getByText('The model declined to answer this. Other words may help.').waitFor();
        await longest.getByText('This is the longest reply allowed.').waitFor();
        assert.match(await broken.locator('.prose').innerText(), /^Paragraph 0 says something\./, `what there is of it stays ${time}`);
        assert.equal(await longest.locator('.prose').innerText(), 'As long as it gets.');
        assert.equal(await declined.locator('.row.state').getByRole('button').innerText(), 'Ask a follow-up');
        assert.equal(await longest.locator('.row.state').getByRole('button').count(), 0);
        if (time === 'at once') await page.reload();
    }
    await declined.getByRole('button', { name: 'Ask a follow-up' }).click();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'message');
    await world.sim.plan({ reset: true, default: { text: 'Whole.' } });
    await broken.locator('.row.state').getByRole('button', { name: 'Try again' }).click();
    await broken.locator('.prose', { hasText: 'Whole.' }).waitFor();
    await broken.getByText('The reply broke off and could not be finished.').waitFor({ state: 'detached' });
    assert.equal(await broken.locator('.branch span[aria-hidden]').textContent(), '2 / 2');
    assert.deepEqual(await watch.found(), nothing);
});

test('a reply that came while another chat was open is marked as new, over a reload, until its chat is opened at the question', async () => {
    const { page, watch, context } = await world.browser();
    await world.signUp(page);
    const unread = page.locator('.rail-row').getByRole('img', { name: 'New reply' });
    await world.sim.plan({ reset: true, default: { text: paragraphs(40) } });
    await ask(page, 'To be read now');
    await finished(page);
    const room = /\/chat\/(\d+)/.exec(page.url())[1];
    await page.locator('.rail-new a').click();
    await page.locator('.hello').waitFor();
    assert.equal(await unread.count(), 0);
    // As another device asks.
    const api = await world.api(context);
    await api('POST', `/chatroom/${room}/message/`, { content: 'To be read later' });
    await unread.waitFor();
    await page.reload();
    await unread.waitFor();
    await page.locator('.rail-row a').click();
    await page.locator('.turn.reply').nth(1).waitFor();
    await until('the question at the top', () =>
        page.evaluate(() => Math.abs([...document.querySelectorAll('.turn.user')].at(-1).getBoundingClientRect().top - document.querySelector('.scroll').getBoundingClientRect().top - 16) <= 1),
    );
    await unread.waitFor({ state: 'detached' });
    await page.locator('.rail-new a').click();
    await page.locator('.hello').waitFor();
    await page.reload();
    await page.locator('.rail-row').waitFor();
    assert.equal(await unread.count(), 0, 'what was read stays read');
    assert.deepEqual(await watch.found(), nothing);
});

test('a connection that is lost: a tag at the reply after two seconds, a banner after fifteen, and neither once it is back', async () => {
    const { page } = await world.browser();
    await page.clock.install();
    await world.signUp(page);
    await world.sim.plan({ reset: true, next: [{ text: paragraphs(20), chunks: 20, chunk_delay_ms: 5, fault: 'hang', after_chunks: 8 }], default: { text: 'Fine.' } });
    await ask(page, 'Write');
    await page.locator('.prose p').nth(3).waitFor();
    // From here on the page's time passes only as it is told to.
    await page.clock.pauseAt(await page.evaluate(() => Date.now() + 1000));
    const streams = [/\/events\/?$/, /\/stream\/?$/].map((path) => page.waitForEvent('requestfailed', (request) => path.test(new URL(request.url()).pathname)));
    await world.door.shut();
    await Promise.all(streams);
    const [tag, banner] = [page.locator('.reply-body > .tag', { hasText: 'Reconnecting' }), page.locator('.banner', { hasText: 'The connection is lost. Trying again.' })];
    await page.clock.runFor(1000);
    assert.deepEqual([await tag.count(), await banner.count()], [0, 0], 'nobody sees it at once');
    await page.clock.runFor(3000);
    await tag.waitFor();
    await page.clock.runFor(8000);
    assert.equal(await banner.count(), 0);
    await page.clock.runFor(6000);
    await banner.waitFor();
    assert.equal(await page.locator('.banner').count(), 1);
    assert.match(await page.locator('.prose').innerText(), /^Paragraph 0 says something\./, 'what was there stays');
    await world.door.open();
    await page.clock.resume();
    await banner.waitFor({ state: 'detached' });
    await tag.waitFor({ state: 'detached' });
    await page.locator('.send.stop').click();
    await page.getByText('You stopped this reply.').waitFor();
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

test('payments: one that is declined or late buys nothing yet, one that failed and a plan that ends are told, and lead to what mends them', async () => {
    const shop = await Shop.open();
    const own = await World.start({ env: { ...shop.settings } });
    try {
        await shop.deliverTo(own.server);
        const { page } = await own.browser();
        await page.clock.install();
        await own.signUp(page);
        const current = page.locator('.plan', { has: page.getByText('Current plan', { exact: true }) }).locator('h2');
        await page.goto(`${own.url}/plan/`);
        await page.locator('.plan .btn.star').click();
        await page.waitForURL(/\/c\/pay\//);
        const session = /\/c\/pay\/([^/?#]+)/.exec(page.url())[1];
        await page.getByRole('button', { name: 'Decline' }).click();
        await page.getByText(/declined/i).first().waitFor();
        await page.goto(`${own.url}/plan/`);
        await page.locator('.plan .btn.star').waitFor();
        assert.equal(await current.innerText(), 'Basic');
        assert.equal(await page.locator('.note').count(), 0, 'nothing was bought, and nothing is said to be');
        // The order stands and the money has not come: the page waits, says that it takes long, and goes on by itself.
        await shop.act(session, 'pay_later_incomplete');
        await page.goto(`${own.url}/plan/?session_id=${session}`);
        await page.getByText('Your payment is being confirmed. This page goes on by itself.').waitFor();
        assert.equal(await current.innerText(), 'Basic');
        await page.clock.fastForward(40_000);
        await page.getByText('The payment is still on its way. You can go on chatting; the plan starts when it arrives.').waitFor();
        assert.equal(await page.locator('.note a').getAttribute('href'), '/');
        await shop.act(session, 'async_succeed');
        await page.getByText('You are on Pro.', { exact: true }).waitFor();
        assert.equal(await current.innerText(), 'Pro');
        assert.equal(new URL(page.url()).search, '', 'it is said once: not after a reload');
        await page.goto(own.url);
        await page.locator('#message').waitFor();
        const [{ subscription }] = (await shop.sim.ask('objects', { id: session })).objects;
        await shop.sim.tell('subscription', { subscription, set: { status: 'past_due' } });
        await page.locator('.banner.warn', { hasText: 'The last payment failed.' }).waitFor();
        await page.goto(`${own.url}/plan/`);
        await page.locator('.note.warn', { hasText: 'The last payment failed.' }).waitFor();
        await page.locator('.note.warn button').click();
        await page.waitForURL(/\/p\/session\//);
        await shop.sim.tell('subscription', { subscription, set: { status: 'active' } });
        await page.goto(own.url);
        await until('no banner', async () => (await page.locator('.banner').count()) === 0);
        await shop.sim.tell('subscription', { subscription, set: { cancel_at_period_end: true } });
        await page.locator('.banner.info', { hasText: /Pro ends on/ }).waitFor();
        await page.locator('.banner button', { hasText: 'Keep Pro' }).click();
        await page.locator('.banner').waitFor({ state: 'detached' });
    } finally {
        await own.stop();
        await shop.sim.stop();
    }
});
