// A conversation, by a browser against the server: what arrives, what stays, what survives.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { World, ask, finished, nothing, rested, until } from './support/pages.mjs';

let world;
before(async () => (world = await World.start()));
beforeEach(() => world.sim.plan({ reset: true, default: { text: 'Fine.' } }));
after(() => world?.stop());

const paragraphs = (count) => Array.from({ length: count }, (_, index) => `Paragraph ${index} says **something** of its own.`).join('\n\n');

// Turns that come into view take their own height instead of a guessed one: waits until that is over.
async function still(page) {
    let last = '';
    await until('a page at rest', async () => {
        const now = await page.evaluate(() => [...document.querySelectorAll('.turn')].map((turn) => Math.round(turn.getBoundingClientRect().top)).join());
        const same = now === last;
        last = now;
        return same;
    }, { everyMs: 250 });
}

test('a reply that is reloaded in the middle comes to the same end', async () => {
    const { page, watch } = await world.browser();
    await world.signUp(page);
    const text = paragraphs(30);
    await world.sim.plan({ next: [{ text, duration_ms: 4000 }] });
    await ask(page, 'Write');
    await page.locator('.prose p').nth(3).waitFor();
    await page.reload();
    await page.locator('.send.stop').waitFor();
    const reply = await finished(page);
    assert.equal(await reply.locator('.prose > p').count(), 30);
    assert.deepEqual(await watch.found(), nothing);
});

test('stop ends a reply and says so; try again makes a version, and both can be looked at', async () => {
    const { page } = await world.browser();
    await world.signUp(page);
    await world.sim.plan({ next: [{ text: paragraphs(60), duration_ms: 20_000 }, { text: 'Second version.' }] });
    await ask(page, 'Write');
    await page.locator('.prose p').nth(1).waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('You stopped this reply.').waitFor();
    await page.locator('.row.state .btn', { hasText: 'Try again' }).last().click();
    await page.locator('.turn .prose', { hasText: 'Second version.' }).waitFor();
    await finished(page);
    assert.equal(await page.locator('.branch span[aria-hidden]').textContent(), '2 / 2');
    await page.locator('[aria-label="Previous version"]').click();
    await page.getByText('You stopped this reply.').waitFor();
    assert.equal(await page.locator('.branch span[aria-hidden]').textContent(), '1 / 2');
    await page.getByText('You see an older version.').waitFor();
    await page.locator('[aria-label="Next version"]').click();
    await page.locator('.turn .prose', { hasText: 'Second version.' }).waitFor();
});

test('try again makes one version, however often it is asked before there is an answer', async () => {
    const { page, context, watch } = await world.browser();
    await world.signUp(page);
    await ask(page, 'Write');
    await finished(page);
    const room = Number(/\/chat\/(\d+)/.exec(page.url())[1]);
    const api = await world.api(context);
    const versions = async () => (await api('GET', `/chatroom/${room}/`)).messages.at(-1).variants;
    const keys = [];
    let answer = 'bad';
    let release = () => {};
    const released = new Promise((resolve) => (release = resolve));
    await page.route(/\/retry\/?$/, async (route) => {
        keys.push(route.request().headers()['idempotency-key']);
        if (answer === 'bad') return route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify({ type: 'about:blank', title: 'No', status: 503, detail: 'Not now.', code: 'unavailable' }) });
        await released;
        return route.continue();
    });
    const again = page.locator('.turn.reply').last().getByRole('button', { name: 'Try again' });
    await again.click();
    await page.locator('.toast').waitFor();
    answer = 'late';
    await again.dblclick();
    await page.locator('.turn.reply').last().focus();
    await page.keyboard.press('r');
    await until('it is asked for again', () => keys.length > 1);
    release();
    await page.waitForFunction(() => document.querySelector('.branch span[aria-hidden]')?.textContent === '2 / 2');
    await finished(page);
    assert.equal(keys.length, 2);
    assert.equal(keys[0], keys[1], 'whoever presses again has the same key');
    // A key that is held asks once.
    await page.locator('.turn.reply').last().focus();
    await page.keyboard.down('r');
    await page.waitForFunction(() => document.querySelector('.branch span[aria-hidden]')?.textContent === '3 / 3');
    await finished(page);
    await page.locator('.turn.reply').last().focus();
    await page.keyboard.down('r');
    await page.keyboard.up('r');
    await page.keyboard.press('ArrowLeft');
    await page.waitForFunction(() => document.querySelector('.branch span[aria-hidden]')?.textContent === '2 / 3');
    assert.equal(await versions(), 3);
    assert.equal(keys.length, 3);
    assert.deepEqual(await watch.found(), nothing);
});

test('each question that is sent comes to the top once, also below a long reply that is far from there', async () => {
    for (const reducedMotion of ['no-preference', 'reduce']) {
        const { page, context } = await world.browser({ reducedMotion });
        await world.signUp(page);
        await world.sim.plan({ reset: true, default: { text: paragraphs(40) } });
        for (let turn = 1; turn <= 3; ++turn) {
            if (turn > 1) await page.locator('.scroll').evaluate((node) => (node.scrollTop = 0));
            await ask(page, `Question ${turn}`);
            await finished(page, turn);
            await rested(page);
            const place = () => page.evaluate(() => [...document.querySelectorAll('.turn.user')].at(-1).getBoundingClientRect().top - document.querySelector('.scroll').getBoundingClientRect().top);
            await until(`question ${turn} at the top`, async () => Math.abs((await place()) - 16) <= 1).catch(async (failure) => {
                throw new Error(`${failure.message}: it is at ${await place()}`);
            });
        }
        await context.close();
    }
});

test('what is being read does not move while a reply grows past the fold', async () => {
    const { page } = await world.browser();
    await world.signUp(page);
    await world.sim.plan({ next: [{ text: paragraphs(80), duration_ms: 5000 }] });
    await ask(page, 'Write much');
    await page.locator('.prose p').nth(2).waitFor();
    await until('the end of the glide', () => page.evaluate(() => Math.abs(document.querySelector('.turn.user').getBoundingClientRect().top - document.querySelector('.scroll').getBoundingClientRect().top - 16) < 1));
    // Where it stands, at each frame.
    await page.evaluate(() => {
        const places = (globalThis.__places = []);
        const look = () => places.push(Math.round(document.querySelector('.prose > p').getBoundingClientRect().top)) && requestAnimationFrame(look);
        look();
    });
    await finished(page);
    await rested(page);
    const places = await page.evaluate(() => globalThis.__places);
    assert.ok(places.length > 20);
    assert.equal(new Set(places).size, 1, [...new Set(places)].join());
    // The pill leads to the end.
    await page.locator('.jump').click();
    await page.locator('.jump').waitFor({ state: 'detached' });
});

test('a draft survives a reload, and is the chat’s own', async () => {
    const { page } = await world.browser();
    await world.signUp(page);
    await ask(page, 'First');
    await finished(page);
    await page.locator('#message').fill('half a thought');
    await page.reload();
    await page.waitForFunction(() => document.querySelector('#message')?.value === 'half a thought');
    await page.locator('.rail-new a').click();
    await page.waitForFunction(() => document.querySelector('#message')?.value === '');
    await page.goBack();
    await page.waitForFunction(() => document.querySelector('#message')?.value === 'half a thought');
});

test('the last message of the day: the draft comes back, and Pro is offered', async () => {
    const own = await World.start({ env: { BASIC_DAILY_MESSAGES: '1' } });
    try {
        const { page } = await own.browser();
        await own.signUp(page);
        await ask(page, 'The one');
        await finished(page);
        await page.getByText(/Next message in/).waitFor();
        await page.locator('#message').fill('kept');
        await page.keyboard.press('Enter');
        await page.locator('dialog[open]').waitFor();
        assert.match(await page.locator('dialog[open]').textContent(), /Your draft is kept/);
        await page.keyboard.press('Escape');
        assert.equal(await page.locator('#message').inputValue(), 'kept');
        assert.equal(await page.locator('.meter.out').count(), 1);
    } finally {
        await own.stop();
    }
});

test('what another device says while a message is on its way is there once it has come', async () => {
    const { page, context } = await world.browser();
    await world.signUp(page);
    await ask(page, 'First');
    await finished(page);
    const room = /\/chat\/(\d+)/.exec(page.url())[1];
    const api = await world.api(context);
    let release = () => {};
    const released = new Promise((resolve) => (release = resolve));
    await page.route((url) => /\/message\/?$/.test(url.pathname), async (route) => {
        const response = await route.fetch();
        await released;
        await route.fulfill({ response });
    });
    const told = []; // When the chat had changed last, by each list.
    page.on('response', async (response) => {
        if (/\/chatroom\/?$/.test(new URL(response.url()).pathname)) told.push(Date.parse((await response.json().catch(() => null))?.results?.[0]?.updated_at));
    });
    await ask(page, 'From here');
    await page.locator('.bubble.pending').waitFor();
    const { message } = await api('POST', `/chatroom/${room}/message/?wait=20`, { content: 'From elsewhere' });
    await until('the notice of it, after which the list is fetched anew', () => told.some((at) => at >= Date.parse(message.created_at)));
    release();
    await page.getByText('From elsewhere', { exact: true }).waitFor();
    await finished(page, 3);
    assert.equal(await page.locator('.turn').count(), 6);
});

test('without the network a message waits and is sent once', async () => {
    const { page, context } = await world.browser();
    await world.signUp(page);
    await ask(page, 'Before');
    await finished(page);
    await context.setOffline(true);
    await page.getByText('You are offline.').waitFor();
    await ask(page, 'While away');
    await page.locator('.bubble.pending').waitFor();
    assert.equal(await page.getByText('Waits for the connection').count(), 1, 'that is told at once');
    await context.setOffline(false);
    await finished(page, 2);
    const room = Number(/\/chat\/(\d+)/.exec(page.url())[1]);
    const api = await world.api(context);
    const { messages } = await api('GET', `/chatroom/${room}/`);
    assert.deepEqual(messages.filter(({ role }) => role === 'user').map(({ content }) => content), ['Before', 'While away']);
});

test('what was sent while there is no network goes out of every chat, wherever the reader is by then', async () => {
    const { page, context } = await world.browser();
    await world.signUp(page);
    for (const text of ['Chat A', 'Chat B']) {
        await page.locator('.rail-new a').click();
        await ask(page, text);
        await finished(page);
    }
    const [b, a] = await Promise.all([0, 1].map((row) => page.locator('.rail-row > a').nth(row).getAttribute('href')));
    await page.locator(`.rail-row > a[href="${a}"]`).click();
    await page.locator('.turn.reply .acts button').first().waitFor();
    await context.setOffline(true);
    await page.getByText('You are offline.').waitFor();
    await ask(page, 'From A');
    await page.locator('.bubble.pending').waitFor();
    await page.locator('.rail-new a').click();
    await page.locator('.hello').waitFor();
    await ask(page, 'From a new chat');
    await page.locator('.bubble.pending', { hasText: 'From a new chat' }).waitFor();
    await page.locator(`.rail-row > a[href="${b}"]`).click();
    await page.locator('.bubble', { hasText: 'Chat B' }).waitFor();
    await context.setOffline(false);
    await until('the new chat in the list', async () => (await page.locator('.rail-row').count()) === 3);
    assert.equal(new URL(page.url()).pathname, b, 'the reader stays where he is');
    await page.locator(`.rail-row > a[href="${a}"]`).click();
    await finished(page, 2);
    assert.deepEqual(await page.locator('.turn.user .bubble').allInnerTexts(), ['Chat A', 'From A']);
    await page.locator('.rail-row > a').filter({ hasText: 'From a new chat' }).click();
    await finished(page, 1);
    await page.locator('.rail-new a').click();
    await page.locator('.hello').waitFor();
    assert.equal(await page.locator('#message').inputValue(), '');
});

test('a question whose answer is lost stands once', async () => {
    const { page, watch } = await world.browser();
    await world.signUp(page);
    await ask(page, 'Before');
    await finished(page);
    // The first attempt comes through and its answer does not; the second one waits until the page has the question from the server.
    let attempts = 0;
    let goOn;
    const isRead = new Promise((resolve) => (goOn = resolve));
    await page.route(/\/message\/?$/, async (route) => {
        if (++attempts === 1) {
            await route.fetch();
            await world.cut();
            return route.abort();
        }
        await isRead;
        return route.continue();
    });
    await ask(page, 'Once');
    await until('the question as the server has it', async () => (await page.locator('.turn.user').count()) === 3);
    goOn();
    await until('one question', async () => (await page.locator('.turn.user').count()) === 2);
    await finished(page, 2);
    assert.deepEqual(await page.locator('.turn').evaluateAll((turns) => turns.map((turn) => (turn.matches('.user') ? 'question' : 'reply'))), ['question', 'reply', 'question', 'reply']);
    assert.ok(attempts >= 2);
    assert.deepEqual(watch.errors, []);
});

test('the server is killed and started again in the middle of a reply', async () => {
    const own = await World.start();
    try {
        const { page } = await own.browser();
        await own.signUp(page);
        await own.sim.plan({ default: { text: paragraphs(40), duration_ms: 3000 } });
        await ask(page, 'Write');
        await page.locator('.prose p').nth(2).waitFor();
        await own.server.kill();
        await page.locator('.reply-body > .tag', { hasText: 'Reconnecting' }).waitFor();
        assert.ok((await page.locator('.prose p').count()) >= 3, 'the text stays');
        await own.server.start();
        const reply = await finished(page);
        assert.equal(await reply.locator('.prose > p').count(), 40);
    } finally {
        await own.stop();
    }
});

test('two tabs show one reply, and a message of one is in the other', async () => {
    const { page, context, watch } = await world.browser();
    await world.signUp(page);
    await ask(page, 'First');
    await finished(page);
    const second = await context.newPage();
    await second.goto(page.url());
    await second.locator('.turn.reply .acts button').first().waitFor();
    await world.sim.plan({ next: [{ text: paragraphs(20), duration_ms: 3000 }] });
    await ask(page, 'Both of you');
    await second.getByText('Both of you').waitFor();
    await second.locator('.send.stop').waitFor();
    await finished(page, 2);
    await finished(second, 2);
    const texts = await Promise.all([page, second].map((tab) => tab.locator('.turn.reply .prose').last().innerText()));
    assert.equal(texts[0], texts[1]);
    assert.deepEqual(await watch.found(), nothing);
});

test('a reply that failed before any text says that it was not counted', async () => {
    const { page } = await world.browser();
    await world.signUp(page);
    await world.sim.plan({ reset: true, default: { status: 400, message: 'no' } });
    await ask(page, 'Fail');
    await page.getByText('The reply could not be written. It was not counted.').waitFor();
    await world.sim.plan({ reset: true, default: { text: 'Now it works.' } });
    await page.locator('.reply-body .btn', { hasText: 'Try again' }).click();
    await page.locator('.turn .prose', { hasText: 'Now it works.' }).waitFor();
});

test('a long room opens at its end and loads what is older above, without moving what is read', async () => {
    const { page, context } = await world.browser();
    await world.signUp(page);
    await ask(page, 'Question 0');
    await finished(page);
    const room = Number(/\/chat\/(\d+)/.exec(page.url())[1]);
    const api = await world.api(context);
    for (let turn = 1; turn < 60; ++turn) await api('POST', `/chatroom/${room}/message/?wait=20`, { content: `Question ${turn}` });
    await page.reload();
    await page.getByText('Question 59', { exact: true }).waitFor();
    assert.ok((await page.locator('.turn').count()) <= 50);
    const scroller = page.locator('.scroll');
    await scroller.evaluate((node) => (node.scrollTop = 2200));
    await still(page);
    const watched = await page.evaluate(() => {
        const top = document.querySelector('.scroll').getBoundingClientRect().top;
        const turn = [...document.querySelectorAll('.turn')].find((node) => node.getBoundingClientRect().top >= top);
        return { key: turn.dataset.key, top: turn.getBoundingClientRect().top };
    });
    // Nearer than 1,200 px to the top: the page before is asked for.
    const by = await scroller.evaluate((node) => {
        const before = node.scrollTop;
        node.scrollTop = 1100;
        return before - node.scrollTop;
    });
    await until('the page before', async () => (await page.locator('.turn').count()) > 50);
    await still(page);
    const top = await page.evaluate((key) => document.querySelector(`[data-key="${key}"]`).getBoundingClientRect().top, watched.key);
    assert.ok(Math.abs(top - watched.top - by) <= 1, `${top} after ${watched.top}, scrolled by ${by}`);
});

test('keys: search, new chat, list, turns, copy, again, help', async () => {
    const { page, context } = await world.browser();
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await world.signUp(page);
    await ask(page, 'Find the lighthouse');
    await finished(page);
    await page.keyboard.press('Control+k');
    await page.locator('dialog[open] input').waitFor();
    await page.keyboard.type('lighth');
    await page.locator('.hitrow mark').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
    await page.keyboard.press('Control+b');
    assert.equal(await page.locator('.rail').isVisible(), false);
    await page.keyboard.press('Control+b');
    await page.locator('.rail').waitFor();
    await page.keyboard.press('Alt+ArrowUp');
    await page.waitForFunction(() => document.activeElement?.classList.contains('turn'));
    await page.locator('.turn.reply').last().focus();
    await page.keyboard.press('c');
    await page.getByText('Copied', { exact: true }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'Fine.');
    await world.sim.plan({ next: [{ text: 'Again.' }] });
    await page.keyboard.press('r');
    await page.locator('.turn .prose', { hasText: 'Again.' }).waitFor();
    await page.evaluate(() => document.activeElement?.blur());
    await page.keyboard.press('?');
    await page.getByText('Keyboard shortcuts').first().waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+Shift+O');
    await page.locator('.hello').waitFor();
    await page.evaluate(() => document.activeElement?.blur());
    await page.keyboard.press('h');
    assert.equal(await page.locator('#message').inputValue(), 'h');
});

test('chats are renamed in place, pinned, and deleted after asking', async () => {
    const { page } = await world.browser();
    await world.signUp(page);
    await ask(page, 'To be renamed');
    await finished(page);
    const row = page.locator('.rail-row').first();
    await row.hover();
    await row.locator('.rail-more').click();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    await page.keyboard.type('Better name');
    await page.keyboard.press('Enter');
    await page.locator('.room-title', { hasText: 'Better name' }).waitFor();
    await row.hover();
    await row.locator('.rail-more').click();
    await page.getByRole('menuitem', { name: 'Pin' }).click();
    await page.locator('.rail-h', { hasText: 'Pinned' }).waitFor();
    await row.hover();
    await row.locator('.rail-more').click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    assert.match(await page.locator('dialog[open]').textContent(), /Better name/);
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Keep');
    await page.locator('dialog[open] .danger').click();
    await page.locator('.hello').waitFor();
    assert.equal(await page.locator('.rail-row').count(), 0);
});

test('whoever goes on while a chat is being deleted stays where he has gone', async () => {
    const { page } = await world.browser();
    await world.signUp(page);
    await ask(page, 'The one that stays');
    await finished(page);
    const stays = page.url();
    await page.locator('.rail-new a').click();
    await page.locator('.hello').waitFor();
    await ask(page, 'The one that goes');
    await finished(page);
    let goOn;
    const gate = new Promise((resolve) => (goOn = resolve));
    await page.route(/\/chatroom\/\d+\/?$/, async (route) => {
        if (route.request().method() === 'DELETE') await gate;
        await route.continue();
    });
    const row = page.locator('.rail-row', { hasText: 'The one that goes' });
    await row.hover();
    await row.locator('.rail-more').click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.locator('dialog[open] .danger').click();
    await page.locator('.rail-row a', { hasText: 'The one that stays' }).click();
    await page.waitForURL(stays);
    goOn();
    await row.waitFor({ state: 'detached' });
    await rested(page);
    assert.equal(page.url(), stays);
});

test('a name that is being typed is left alone by one that comes meanwhile', async () => {
    const { page, context } = await world.browser();
    await world.signUp(page);
    await ask(page, 'To be renamed');
    await finished(page);
    const api = await world.api(context);
    const room = /\/chat\/(\d+)/.exec(page.url())[1];
    await page.locator('.room-title').click();
    await page.locator('.room-edit').fill('Half a na');
    await api('PATCH', `/chatroom/${room}/`, { name: 'From elsewhere' });
    await page.locator('.rail-row', { hasText: 'From elsewhere' }).waitFor();
    assert.equal(await page.locator('.room-edit').inputValue(), 'Half a na');
    await page.locator('.room-edit').press('Enter');
    await page.locator('.rail-row', { hasText: 'Half a na' }).waitFor();
});

test('a version that failed leaves the one before, which is counted as what it is', async () => {
    const { page, context } = await world.browser();
    await world.signUp(page);
    await world.sim.plan({ reset: true, default: { text: 'The good one.' } });
    await ask(page, 'Twice');
    await finished(page);
    const api = await world.api(context);
    const room = /\/chat\/(\d+)/.exec(page.url())[1];
    const reply = (await api('GET', `/chatroom/${room}/`)).messages.at(-1);
    await world.sim.plan({ reset: true, default: { status: 400, message: 'No.' } });
    const { reply: other } = await api('POST', `/chatroom/${room}/message/${reply.id}/retry/`, {});
    await until('its failure', async () => (await api('GET', `/chatroom/${room}/message/${other.id}/`)).status === 'failed');
    await world.sim.plan({ reset: true, default: { text: 'Fine.' } });
    await page.reload();
    await page.getByText('The good one.').waitFor();
    const { variant, variants } = (await api('GET', `/chatroom/${room}/`)).messages.at(-1);
    assert.deepEqual([variant, variants], [1, 2]);
    await page.locator('.branch', { hasText: '1 / 2' }).waitFor();
    await page.locator('.branch button').last().click();
    await page.locator('.branch', { hasText: '2 / 2' }).waitFor();
    await page.locator('.branch button').first().click();
    await page.locator('.branch', { hasText: '1 / 2' }).waitFor();
    await page.getByText('The good one.').waitFor();
});

test('what was of today is of yesterday from midnight on, and the greeting goes with the hour, in a page that stays open', async () => {
    const { page } = await world.browser();
    await page.clock.install();
    await world.signUp(page);
    await ask(page, 'Of today');
    await finished(page);
    await page.locator('.rail-h', { hasText: 'Today' }).waitFor();
    await page.locator('.rail-new a').click();
    await page.locator('.hello h1').waitFor();
    await world.door.shut(); // Nothing but the clock tells it.
    try {
        const forwardTo = async (hour) => {
            const ms = await page.evaluate((wanted) => {
                const now = new Date();
                const today = new Date(now.getFullYear(), now.getMonth(), now.getDate(), wanted).getTime();
                return (today > now.getTime() ? today : new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1, wanted).getTime()) - now.getTime();
            }, hour);
            await page.clock.fastForward(ms + 1000);
        };
        await forwardTo(0);
        await page.locator('.rail-h', { hasText: 'Yesterday' }).waitFor();
        assert.equal(await page.locator('.rail-h', { hasText: 'Today' }).count(), 0);
        await forwardTo(9);
        await page.locator('.hello h1', { hasText: 'Good morning' }).waitFor();
        await forwardTo(13);
        await page.locator('.hello h1', { hasText: 'Good afternoon' }).waitFor();
    } finally {
        await world.door.open();
    }
});
