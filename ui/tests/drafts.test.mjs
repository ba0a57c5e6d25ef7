// What is typed and what was sent and not yet received: over a reload, in several tabs, and when its chat is gone.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { World, ask, failing, finished, nothing, until } from './support/pages.mjs';

let world;
before(async () => (world = await World.start({ env: { AI_MODELS: 'gemini:gemini-flash-latest,gemini:gemini-pro-latest' } })));
beforeEach(() => world.sim.plan({ reset: true, default: { text: 'Fine.' } }));
after(() => world?.stop());

const isRooms = ({ pathname }) => /^\/chatroom\/?$/.test(pathname);
const isMessage = ({ pathname }) => /^\/chatroom\/\d+\/message\/?$/.test(pathname);
const roomOf = (page) => Number(/\/chat\/(\d+)/.exec(page.url())[1]);
const box = (page) => page.locator('#message').inputValue();
const shows = (page, text) => page.waitForFunction((wanted) => document.querySelector('#message')?.value === wanted, text);
const newChat = async (page) => {
    await page.locator('.rail-new a').click();
    await page.locator('.hello').waitFor();
};

// What was asked in a chat, as the server has it.
async function questions(api, room) {
    const { messages } = await api('GET', `/chatroom/${room}/`);
    return messages.filter(({ role }) => role === 'user').map(({ content }) => content);
}

// POSTs to there come to nothing, as without a connection to the server; notices go on, so no connection that comes back has them sent.
// `arrives`: the first one has its effect, and only its answer is lost.
async function lose(page, where, { arrives = false } = {}) {
    let isFirst = arrives;
    const handler = async (route) => {
        if (route.request().method() !== 'POST') return route.continue();
        if (isFirst) await route.fetch();
        isFirst = false;
        return route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad gateway</h1>' });
    };
    await page.route(where, handler);
    return () => page.unroute(where, handler);
}

// A page in which the server has said who is signed in.
async function known(page) {
    await page.locator('.acct .tag').waitFor();
}

test('a first message that is on its way stays out of the next new chat, and is sent once, over a reload too', async () => {
    const { page, context, watch } = await world.browser();
    await world.signUp(page);
    const api = await world.api(context);
    let isHeld = true;
    // The server has it, and its answer never comes.
    await page.route(isMessage, async (route) => {
        if (!isHeld) return route.continue();
        await route.fetch();
    });
    await ask(page, 'First');
    await page.waitForURL(/\/chat\/\d+$/);
    const room = roomOf(page);
    await until('the server to have it', async () => (await questions(api, room)).length === 1);
    await newChat(page);
    assert.equal(await box(page), '');
    await page.goBack();
    await page.locator('.bubble', { hasText: 'First' }).first().waitFor();
    isHeld = false;
    await page.reload();
    await finished(page);
    await until('one question', async () => (await page.locator('.turn.user').count()) === 1);
    assert.equal(await box(page), '');
    await until('nothing kept', () => page.evaluate(() => Object.keys(localStorage).every((name) => !name.includes('draft'))));
    assert.deepEqual(await questions(api, room), ['First']);
    assert.equal((await api('GET', '/chatroom/')).results.length, 1);
    assert.deepEqual(await watch.found(), nothing);
});

test('what was sent before a reload is sent once and what was typed since is in the box', async () => {
    const { page, context } = await world.browser();
    await world.signUp(page);
    const api = await world.api(context);
    await ask(page, 'Before');
    await finished(page);
    const room = roomOf(page);
    const mend = await lose(page, isMessage, { arrives: true });
    await ask(page, 'A');
    await page.getByText('Waits for the connection').waitFor();
    await ask(page, 'B');
    await page.locator('.bubble.pending', { hasText: 'B' }).waitFor();
    await page.locator('#message').fill('C');
    await mend();
    await page.reload();
    await shows(page, 'C');
    await finished(page, 3);
    await until('three questions', async () => (await page.locator('.turn.user').count()) === 3);
    assert.deepEqual(await questions(api, room), ['Before', 'A', 'B']);
    assert.equal(await box(page), 'C');
});

test('two tabs have a draft each, and neither takes what the other one sends', async () => {
    const { page, context, watch } = await world.browser();
    await world.signUp(page);
    const api = await world.api(context);
    const mend = await lose(page, isRooms);
    await ask(page, 'Of the first tab');
    await page.getByText('Waits for the connection').waitFor();
    await newChat(page);
    await page.locator('#message').fill('A long draft');
    const second = await context.newPage();
    await second.goto(world.url);
    await known(second);
    await ask(second, 'hi');
    await finished(second);
    await newChat(second);
    assert.equal(await box(second), '');
    await mend();
    await page.reload();
    await shows(page, 'A long draft');
    await until('both chats', async () => (await page.locator('.rail-row').count()) === 2);
    await until('nothing on its way', async () => !(await page.evaluate(() => JSON.stringify({ ...localStorage }).includes('Of the first tab'))));
    const { results } = await api('GET', '/chatroom/');
    assert.deepEqual((await Promise.all(results.map(({ id }) => questions(api, id)))).flat().sort(), ['Of the first tab', 'hi']);
    assert.equal(await box(second), '');
    assert.deepEqual(await watch.found(), nothing);
});

test('what a tab that is closed has left goes on in the next one', async () => {
    const { page, context } = await world.browser();
    await world.signUp(page);
    const api = await world.api(context);
    await ask(page, 'Before');
    await finished(page);
    const room = roomOf(page);
    await lose(page, isMessage);
    await ask(page, 'Sent');
    await page.getByText('Waits for the connection').waitFor();
    await newChat(page);
    await page.locator('#message').fill('A long draft');
    const next = await context.newPage();
    await next.goto(`${world.url}/account/`);
    await page.close();
    await until('a tab that is gone', () => next.evaluate(async () => (await navigator.locks.query()).held.filter(({ name }) => name.startsWith('pollux tab ')).length === 1));
    await next.goto(world.url);
    await shows(next, 'A long draft');
    await until('it to be sent', async () => (await questions(api, room)).length === 2);
    assert.deepEqual(await questions(api, room), ['Before', 'Sent']);
});

test('what a tab has sent without a network and was closed with goes out from one that stays open, once there is one', async () => {
    const { page, context } = await world.browser();
    await world.signUp(page);
    const api = await world.api(context);
    await ask(page, 'Before');
    await finished(page);
    const room = roomOf(page);
    const stays = await context.newPage();
    await stays.goto(page.url());
    await known(stays);
    await context.setOffline(true);
    await stays.getByText('You are offline.').waitFor();
    await ask(page, 'Sent');
    await page.getByText('Waits for the connection').waitFor();
    await page.close();
    await until('a tab that is gone', () => stays.evaluate(async () => (await navigator.locks.query()).held.filter(({ name }) => name.startsWith('pollux tab ')).length === 1));
    await context.setOffline(false);
    await until('it to be sent', async () => (await questions(api, room)).length === 2);
    await finished(stays, 2);
    assert.deepEqual(await questions(api, room), ['Before', 'Sent']);
});

test('what a tab that is closed has left goes out from another one as soon as it is looked at', async () => {
    const { page, context } = await world.browser();
    await world.signUp(page);
    const api = await world.api(context);
    await ask(page, 'Before');
    await finished(page);
    const room = roomOf(page);
    await newChat(page);
    const closed = await context.newPage();
    await closed.goto(`${world.url}/chat/${room}`);
    await known(closed);
    await lose(closed, isMessage);
    await ask(closed, 'Sent');
    await closed.getByText('Waits for the connection').waitFor();
    await closed.close();
    await until('a tab that is gone', () => page.evaluate(async () => (await navigator.locks.query()).held.filter(({ name }) => name.startsWith('pollux tab ')).length === 1));
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await until('it to be sent', async () => (await questions(api, room)).length === 2);
    await until('nothing on its way', async () => !(await page.evaluate(() => JSON.stringify({ ...localStorage }).includes('Sent'))));
    assert.deepEqual(await questions(api, room), ['Before', 'Sent']);
});

test('a new chat has the model that was chosen when its answer was lost, and a key that the server refuses is not used again', async () => {
    const { page, context } = await world.browser();
    await world.signUp(page);
    const api = await world.api(context);
    await page.locator('.composer .tool').click();
    await page.getByRole('option', { name: /pro/i }).click();
    const mend = await lose(page, isRooms, { arrives: true });
    await ask(page, 'First');
    await page.getByText('Waits for the connection').waitFor();
    await mend();
    await page.reload();
    await finished(page);
    const { results } = await api('GET', '/chatroom/');
    assert.deepEqual(results.map(({ model }) => model), ['gemini:gemini-pro-latest']);
    assert.deepEqual(await questions(api, results[0].id), ['First']);

    const keys = [];
    page.on('request', (request) => isMessage(new URL(request.url())) && keys.push(request.headers()['idempotency-key']));
    const refusing = await failing(page, `/chatroom/${results[0].id}/message`, { status: 422, code: 'idempotency_key_reused', detail: 'That key is taken.' });
    await ask(page, 'Second');
    await page.getByText('That key is taken.').waitFor();
    assert.equal(await box(page), 'Second');
    await refusing.mend();
    await page.locator('#message').press('Enter');
    await finished(page, 2);
    assert.equal(keys.length, 2);
    assert.notEqual(keys[0], keys[1]);
});

test('a chat that is deleted elsewhere leaves what was not received of it to a new one', async () => {
    const { page, context } = await world.browser();
    await world.signUp(page);
    const api = await world.api(context);
    await ask(page, 'First');
    await finished(page);
    await lose(page, isMessage);
    await ask(page, 'Sent');
    await page.getByText('Waits for the connection').waitFor();
    await page.locator('#message').fill('half a thought');
    await api('DELETE', `/chatroom/${roomOf(page)}/`);
    await page.locator('.hello').waitFor();
    assert.equal(await box(page), 'Sent\n\nhalf a thought');
    await page.reload();
    await shows(page, 'Sent\n\nhalf a thought');
});

test('a suggestion stands above what was typed', async () => {
    const { page } = await world.browser();
    await world.signUp(page);
    const suggestions = page.locator('.sugg button');
    await suggestions.nth(0).click();
    const first = await box(page);
    await suggestions.nth(3).click();
    assert.doesNotMatch(await box(page), /\n/, 'one takes the place of the other');
    await page.locator('#message').fill('my own words');
    await suggestions.nth(0).click();
    assert.equal(await box(page), `${first}\n\nmy own words`);
    await suggestions.nth(2).click();
    assert.match(await box(page), /:\n\nmy own words$/);
});
