// The pages as an app: installable, and open without the network; what is kept for that is never an answer of the API.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { World, ask, finished, nothing, until } from './support/pages.mjs';

let world;
before(async () => (world = await World.start()));
after(() => world?.stop());

const keptFiles = (page) =>
    page.evaluate(async () => {
        const names = [];
        for (const name of await caches.keys()) for (const request of await (await caches.open(name)).keys()) names.push(new URL(request.url).pathname);
        return names;
    });

test('a browser finds nothing against installing it', async () => {
    const { page, context, watch } = await world.browser({ profile: true });
    await page.goto(world.url);
    await page.locator('#mobile').waitFor();
    const session = await context.newCDPSession(page);
    const { errors, data } = await session.send('Page.getAppManifest');
    assert.deepEqual(errors, []);
    const manifest = JSON.parse(data);
    assert.equal(manifest.name, 'Pollux');
    for (const { src, sizes } of manifest.icons) {
        const size = await page.evaluate(async (url) => {
            const bitmap = await createImageBitmap(await (await fetch(url)).blob());
            return `${bitmap.width}x${bitmap.height}`;
        }, src);
        assert.equal(size, sizes);
    }
    await page.getByRole('button', { name: 'العربية' }).click();
    await page.locator('html[lang=ar] link[rel=manifest][href="/manifest.ar.webmanifest"]').waitFor({ state: 'attached' });
    const arabic = JSON.parse((await session.send('Page.getAppManifest')).data);
    assert.deepEqual([arabic.id, arabic.lang, arabic.dir], [manifest.id, 'ar', 'rtl']);
    assert.equal(arabic.shortcuts.length, manifest.shortcuts.length);
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
    assert.deepEqual(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito'), []);
    assert.deepEqual(await watch.found(), nothing);
});

test('the list and the open chat are asked for before anything is drawn', async () => {
    const { page, context } = await world.browser({ language: 'ar' });
    await context.route(/\/sw\.js$/, (route) => route.abort()); // What it keeps does not go by here.
    await world.signUp(page);
    await ask(page, 'One');
    await finished(page);
    const room = new URL(page.url()).pathname.split('/')[2];
    // Nothing is drawn without words, and those do not come before both are asked for.
    let release = () => {};
    const released = new Promise((resolve) => (release = resolve));
    const asked = Promise.all(['/chatroom', `/chatroom/${room}`].map((path) => page.waitForRequest((request) => new URL(request.url()).pathname.replace(/\/$/, '') === path)));
    await context.route(/\/assets\/ar-/, async (route) => {
        await released;
        await route.continue();
    });
    const reloaded = page.reload();
    await asked;
    assert.equal(await page.locator('#page > *').count(), 0);
    release();
    await reloaded;
    await page.locator('.turn.reply .acts button').first().waitFor();
});

test('the shell opens without the network, says what it needs, and goes on by itself', async () => {
    const { page } = await world.browser();
    await world.signUp(page);
    await ask(page, 'Keep this');
    await finished(page);
    await page.evaluate(() => navigator.serviceWorker.ready);
    await until('the files of every page', async () => (await keptFiles(page)).some((name) => name.includes('/docs-')));
    await page.locator('#message').fill('half a thought');
    await world.door.shut();
    await page.reload();
    await page.getByText('The server cannot be reached.').waitFor();
    await world.door.open();
    await page.locator('.turn.reply .prose', { hasText: 'Keep this' }).waitFor();
    assert.equal(await page.locator('#message').inputValue(), 'half a thought');
    const kept = await keptFiles(page);
    assert.deepEqual(kept.filter((name) => name !== '/' && !name.startsWith('/assets/')), []);
});

test('the shell opens without the network in Arabic, too, before anybody has chosen it', async () => {
    const { page } = await world.browser();
    await world.signUp(page);
    await page.evaluate(() => navigator.serviceWorker.ready);
    await until('the files of every page', async () => (await keptFiles(page)).some((name) => /\/ar-/.test(name)));
    await world.door.shut();
    try {
        await page.locator('.acct').click();
        await page.getByRole('menuitemradio', { name: 'العربية' }).click();
        await page.waitForFunction(() => document.documentElement.dir === 'rtl');
        await page.reload();
        await page.locator('main.whole h1, main.whole b').first().waitFor();
        assert.equal(await page.evaluate(() => document.documentElement.lang), 'ar');
    } finally {
        await world.door.open();
    }
});

test('offline in the middle of the pages: what is open stays, what is not says so', async () => {
    const { page, context } = await world.browser();
    await world.signUp(page);
    await ask(page, 'One');
    await finished(page);
    const first = page.url();
    await page.locator('.rail-new a').click();
    await ask(page, 'Two');
    await finished(page);
    await page.reload();
    await page.locator('.turn.reply .acts button').first().waitFor();
    await context.setOffline(true);
    await page.getByText('You are offline.').waitFor();
    await page.locator(`.rail-row a[href="${new URL(first).pathname}"]`).click();
    await page.locator('.whole-part', { hasText: 'The server cannot be reached.' }).waitFor();
    await page.goBack();
    await page.locator('.turn.reply .prose', { hasText: 'Two' }).waitFor();
    await page.goForward();
    await context.setOffline(false);
    await page.locator('.turn.reply .prose', { hasText: 'One' }).waitFor();
});
