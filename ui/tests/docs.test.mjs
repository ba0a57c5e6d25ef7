// The reference of the API: readable by everybody, complete, and it answers.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { World, ask, failing, finished, nothing, until } from './support/pages.mjs';

let world;
before(async () => (world = await World.start({ env: { BASIC_DAILY_MESSAGES: '50' } })));
beforeEach(() => world.sim.plan({ reset: true, default: { text: 'Fine.' } }));
after(() => world?.stop());

const openCall = async (page, id) => {
    await page.goto(`${world.url}/docs/#${id}`);
    await page.locator('.doc h1').waitFor();
};

test('signed out, every call of the document can be read, found, and copied as a program', async () => {
    const { page, watch, context } = await world.browser();
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const document_ = await (await fetch(`${world.server.url}/openapi.json`)).json();
    const ids = Object.values(document_.paths).flatMap((entry) => Object.values(entry).map(({ operationId }) => operationId)).filter((id) => id !== undefined);
    await page.goto(`${world.url}/docs/`);
    await page.locator('.rail a.rail-i').first().waitFor();
    const listed = await page.locator('.rail a.rail-i').evaluateAll((links) => links.map(({ hash }) => hash.slice(1)));
    assert.deepEqual(listed.toSorted(), ids.toSorted());
    const without = []; // Errors that the page has no advice for.
    for (const id of listed) {
        await page.evaluate((hash) => (location.hash = hash), id);
        await page.locator(`.rail a[href="#${id}"][aria-current=page]`).waitFor();
        assert.match(await page.locator('.doc .path').innerText(), /^(GET|POST|PUT|PATCH|DELETE)\s*\//, id);
        without.push(...(await page.locator('.doc section td').evaluateAll((cells) => cells.filter((cell) => cell.textContent.trim() === '').map((cell) => cell.parentElement.textContent))));
    }
    assert.deepEqual([...new Set(without)], []);

    await page.keyboard.press('/');
    await page.keyboard.type('retry reply');
    await until('what was searched', async () => (await page.locator('.rail a.rail-i').count()) < listed.length);
    await openCall(page, 'sendMessage');
    for (const language of ['curl', 'JavaScript', 'Python']) {
        await page.getByRole('tab', { name: language }).click();
        await page.locator('.code-tabs .icon-btn').click();
        const copied = await page.evaluate(() => navigator.clipboard.readText());
        assert.ok(copied.includes(`${world.url}/chatroom/`), copied);
    }
    await page.getByText('Sign in to try this call.').waitFor();
    assert.deepEqual(await watch.found(), nothing);

    // What the server says when it does not give the document, and to whom to show it.
    const refused = await failing(page, '/openapi.json', { status: 429, code: 'rate_limited', headers: { 'Retry-After': '20' } });
    await page.reload();
    const failure = page.locator('.empty', { hasText: 'The description of the API could not be loaded.' });
    await failure.waitFor();
    assert.match(await failure.innerText(), /Try again in 20 s/);
    assert.ok((await failure.innerText()).includes(refused.request));
    await refused.mend();
    await failure.getByRole('button', { name: 'Try again' }).click();
    await page.locator('.doc h1').waitFor();

    // From there to signing in, and back to the call.
    await page.locator('.doc-side').getByRole('link', { name: 'Sign in' }).click();
    await page.locator('[role=tab]').nth(1).click();
    await page.locator('.select').selectOption('US');
    await page.locator('#mobile').fill(world.nextMobile());
    await page.locator('button[type=submit]').click();
    await page.locator('.note.info button').click();
    await page.locator('.doc h1').waitFor();
    assert.equal(page.url(), `${world.url}/docs/#sendMessage`);
});

test('a call is tried as the person who is signed in: JSON, a stream event by event, and what it costs', async () => {
    const { page, watch, context } = await world.browser();
    await world.signUp(page);
    await ask(page, 'A chat to send to');
    await finished(page);
    const room = /\/chat\/(\d+)/.exec(page.url())[1];
    await openCall(page, 'listRooms');
    await page.locator('.doc-side .btn.primary').click();
    await page.locator('.try-answer .tag.good', { hasText: '200' }).waitFor();
    assert.ok((await page.locator('.try-answer pre').innerText()).includes(`"id": ${room}`));

    await openCall(page, 'sendMessage');
    await page.getByText('Uses 1 of your 49 messages left.').waitFor();
    await page.locator('#try-room').fill(room);
    await page.locator('#try-body').fill('{"content": "Event by event"}');
    await page.locator('#try-as').selectOption('stream');
    const text = Array.from({ length: 30 }, (_, index) => `Sentence ${index}.`).join(' ');
    await world.sim.plan({ reset: true, next: [{ text, fault: 'hang', after_chunks: 4 }], default: { text: 'Fine.' } });
    await page.locator('.doc-side .btn.primary').click();
    const answer = page.locator('.try-answer pre');
    await until('the first events', async () => /event: delta/.test(await answer.innerText().catch(() => '')));
    assert.doesNotMatch(await answer.innerText(), /event: done/, 'it is shown while it goes on');
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.locator('.doc-side .btn.primary').waitFor();

    await page.locator('#try-body').fill('{"content": ');
    await page.locator('.doc-side .btn.primary').click();
    await page.getByText('The body is not JSON.').waitFor();
    await page.locator('#try-body').fill('{"content": ""}');
    await page.locator('.doc-side .btn.primary').click();
    await page.locator('.try-answer .tag.bad', { hasText: '422' }).waitFor();
    assert.deepEqual(await watch.found(), nothing);
    const api = await world.api(context);
    assert.equal((await api('GET', `/chatroom/${room}/`)).messages.filter(({ role }) => role === 'user').length, 2);
});

test('the call that is opened is seen in the list', async () => {
    const { page } = await world.browser();
    await page.goto(`${world.url}/docs/`);
    const entries = page.locator('.rail a.rail-i');
    await entries.first().waitFor();
    const ids = await entries.evaluateAll((links) => links.map(({ hash }) => hash.slice(1)));
    const isSeen = async (id) => {
        await page.locator(`.rail a[href="#${id}"][aria-current=page]`).waitFor();
        return page.locator('.rail-scroll').evaluate((list) => {
            const [view, own] = [list, list.querySelector('[aria-current]')].map((node) => node.getBoundingClientRect());
            return scrollY === 0 && own.top >= Math.max(0, view.top) && own.bottom <= Math.min(innerHeight, view.bottom);
        });
    };
    await page.goto('about:blank');
    await openCall(page, ids.at(-1));
    assert.equal(await isSeen(ids.at(-1)), true);
    await page.evaluate((id) => (location.hash = id), ids[0]);
    assert.equal(await isSeen(ids[0]), true);
});

test('what is tried ends with its call', async () => {
    const { page } = await world.browser();
    await world.signUp(page);
    await openCall(page, 'streamEvents');
    await page.locator('.doc-side .btn.primary').click();
    await page.locator('.try-answer .tag.good', { hasText: '200' }).waitFor();
    const ended = page.waitForEvent('requestfailed', (request) => /\/events\/?$/.test(new URL(request.url()).pathname));
    await page.evaluate(() => (location.hash = 'listRooms'));
    await ended;
});

test('a call that deletes asks first', async () => {
    const { page, context } = await world.browser();
    await world.signUp(page);
    await ask(page, 'To be deleted');
    await finished(page);
    const room = /\/chat\/(\d+)/.exec(page.url())[1];
    const api = await world.api(context);
    await openCall(page, 'deleteRoom');
    await page.locator('#try-room').fill(room);
    await page.locator('.doc-side .btn.primary').click();
    await page.locator('dialog[open]').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
    assert.equal((await api('GET', '/chatroom/')).results.length, 1);
    await page.locator('.doc-side .btn.primary').click();
    await page.locator('dialog[open] .danger').click();
    await page.locator('.try-answer .tag.good', { hasText: '204' }).waitFor();
    assert.equal((await api('GET', '/chatroom/')).results.length, 0);
});
