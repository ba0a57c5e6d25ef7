// What the box does where a message may not go out as it is: too many at once, too long, no room for a chat.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { World, ask, finished, nothing, until } from './support/pages.mjs';

let world;
before(async () => (world = await World.start({ env: { RATE_LIMITS: 'on', RATE_RULES: 'send=1/25' } })));
beforeEach(() => world.sim.plan({ reset: true, default: { text: 'Fine.' } }));
after(() => world?.stop());

// The first message, which is all that a user may send for a while.
async function first(page, url = world.url) {
    await page.goto(url);
    await ask(page, 'First');
    await page.locator('.turn.reply').waitFor();
}

const questions = (page) => page.locator('.turn.user .bubble:not(.pending)').allInnerTexts();

test('a short limit counts down in the box, and the message goes out by itself, once', async () => {
    const { page, watch, context } = await world.browser();
    await world.signUp(page);
    await first(page);
    await ask(page, 'Second');
    await page.getByText(/^Sends in \d+ s$/).waitFor();
    assert.equal(await page.locator('#message').inputValue(), 'Second', 'the text is in the box meanwhile');
    await finished(page, 2);
    assert.deepEqual(await questions(page), ['First', 'Second']);
    assert.equal(await page.locator('#message').inputValue(), '');
    const api = await world.api(context);
    const room = /\/chat\/(\d+)/.exec(page.url())[1];
    assert.equal((await api('GET', `/chatroom/${room}/`)).messages.length, 4);
    assert.deepEqual(await watch.found(), nothing);
});

test('what counts down can be kept back', async () => {
    const { page } = await world.browser();
    await world.signUp(page);
    await first(page);
    await ask(page, 'Second');
    await page.getByText(/^Sends in \d+ s$/).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText(/^Sends in/).waitFor({ state: 'detached' });
    assert.equal(await page.locator('#message').inputValue(), 'Second');
    assert.deepEqual(await questions(page), ['First']);
});

test('a long limit is told, and nothing is sent behind the writer’s back', async () => {
    const own = await World.start({ env: { RATE_LIMITS: 'on', RATE_RULES: 'send=1/600' } });
    try {
        const { page } = await own.browser();
        await own.signUp(page);
        await first(page, own.url);
        await ask(page, 'Second');
        await page.getByText(/^You can send again in \d+ min\.$/).waitFor();
        assert.equal(await page.locator('#message').inputValue(), 'Second');
        await page.reload();
        await page.waitForFunction(() => document.querySelector('#message')?.value === 'Second');
    } finally {
        await own.stop();
    }
});

test('a text that is too long says by how much, and goes out once it is not', async () => {
    const { page, context } = await world.browser();
    await world.signUp(page);
    const api = await world.api(context);
    const { results } = await api('GET', '/plans/');
    const most = results.find(({ name }) => name === 'basic').limits.message_characters_max;
    const text = '\u{1F9ED}' + 'a'.repeat(most + 11); // The server counts characters, not halves of them.
    await page.locator('#message').fill(text);
    await page.getByText('12 over', { exact: true }).waitFor();
    assert.equal(await page.locator('#message').getAttribute('aria-invalid'), 'true');
    assert.equal(await page.locator('.send').isDisabled(), true);
    await page.locator('#message').fill(text.slice(0, -12));
    await until('a box that is right', async () => (await page.locator('.over').count()) === 0);
    await page.locator('#message').press('Enter');
    await finished(page);
    await page.getByRole('button', { name: /^Show all [\d,]+ lines$/ }).click();
    assert.equal((await page.locator('.bubble [dir=auto]').innerText()).length, most + 1);
    await page.getByRole('button', { name: 'Show less' }).click();
});

test('a message that a proxy refuses comes back into the box, and holds up nothing behind it', async () => {
    const { page, watch } = await world.browser();
    await world.signUp(page);
    await ask(page, 'First');
    await finished(page);
    const message = (url) => /\/chatroom\/\d+\/message\/?$/.test(url.pathname);
    let refused = 0;
    await page.route(message, (route) => (++refused, route.fulfill({ status: 403, contentType: 'text/html', body: '<h1>Forbidden</h1>' })));
    await ask(page, 'Second');
    await page.locator('.composer').getByText('The server answered 403').waitFor();
    assert.equal(await page.locator('#message').inputValue(), 'Second');
    assert.equal(await page.locator('.turn.user').count(), 1);
    await page.reload();
    await page.waitForFunction(() => document.querySelector('#message')?.value === 'Second');
    await page.locator('.acct .tag').waitFor();
    assert.equal(refused, 1, 'it does not go out by itself');
    await page.unroute(message);
    await ask(page, 'Third');
    await finished(page, 2);
    assert.deepEqual(await questions(page), ['First', 'Third']);
    assert.deepEqual(await watch.found(), nothing);
});

test('a message that a proxy keeps from the server goes out by itself once it can, and can be taken back meanwhile', async () => {
    const { page, watch, context } = await world.browser();
    await world.signUp(page);
    const message = (url) => /\/chatroom\/\d+\/message\/?$/.test(url.pathname);
    let refused = 0;
    // Notices go on, so no connection that comes back tells when to try again.
    await page.route(message, (route) => (++refused, route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad gateway</h1>' })));
    await ask(page, 'First');
    await page.locator('.turn.user', { hasText: 'Waits for the connection' }).getByRole('button', { name: 'Remove' }).click();
    assert.equal(await page.locator('#message').inputValue(), 'First');
    assert.equal(await page.locator('.turn.user').count(), 0);
    const before = refused;
    await page.locator('#message').press('Enter');
    await page.getByText('Waits for the connection').waitFor();
    await until('it was tried again by itself', () => refused > before + 1);
    await page.unroute(message);
    await finished(page);
    assert.deepEqual(await questions(page), ['First']);
    const api = await world.api(context);
    assert.equal((await api('GET', `/chatroom/${/\/chat\/(\d+)/.exec(page.url())[1]}/`)).messages.length, 2);
    assert.deepEqual(await watch.found(), nothing);
});
