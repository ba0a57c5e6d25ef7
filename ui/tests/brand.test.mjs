// A server that is somebody's own: name, logo, accents, terms, countries, and nothing for sale. And names of chats that a model gives.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

import { World, ask, finished, nothing } from './support/pages.mjs';

const logo = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8" fill="#7a1f5c"/></svg>';

test('name, logo, accents and terms are the server’s own', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'pollux-brand-'));
    writeFileSync(path.join(folder, 'logo.svg'), logo);
    const world = await World.start({
        env: {
            BRAND_NAME: 'Leda & Söhne', BRAND_ACCENT: '7a1f5c', BRAND_LOGO_FILE: path.join(folder, 'logo.svg'), ALLOWED_COUNTRIES: 'US,44', DEFAULT_COUNTRY_CODE: '44',
            TERMS_URL: 'https://leda.example/terms', PRIVACY_URL: 'https://leda.example/privacy',
        },
    });
    try {
        const served = async (place) => (await fetch(world.server.url + place)).text();
        for (const manifest of ['/manifest.webmanifest', '/manifest.ar.webmanifest']) {
            const { name, short_name: short } = JSON.parse(await served(manifest));
            assert.deepEqual([name, short], ['Leda & Söhne', 'Leda & Söhne'], manifest);
        }
        const shell = await (await fetch(world.server.url, { headers: { Accept: 'text/html' } })).text();
        assert.doesNotMatch(shell, /Pollux/, 'the shell names the brand alone');
        const without = await world.browser({ scripts: false });
        await without.page.goto(world.server.url);
        assert.match(await without.page.locator('noscript p[lang=en]').innerText(), /^Leda & Söhne needs JavaScript/);
        assert.match(await without.page.locator('noscript p[lang=ar]').innerText(), /Leda & Söhne/);
        const { page, watch } = await world.browser();
        await page.goto(world.url);
        await page.locator('[role=tab]').nth(1).click();
        assert.deepEqual(await page.locator('.select option').evaluateAll((options) => options.map(({ value }) => value).filter((value) => !/^(GB|GG|IM|JE)$/.test(value))), ['US']);
        await page.getByRole('link', { name: 'terms' }).waitFor();
        assert.equal(await page.getByRole('link', { name: 'terms' }).getAttribute('href'), 'https://leda.example/terms');
        assert.equal(await page.getByRole('link', { name: 'privacy notice' }).getAttribute('href'), 'https://leda.example/privacy');
        await world.signUp(page);
        assert.match(await page.title(), /Leda & Söhne$/);
        const picture = page.locator('.rail-top .logo img');
        await picture.waitFor();
        assert.ok(await picture.evaluate((image) => image.complete && image.naturalWidth > 0), 'the logo is drawn');
        await page.getByText('Leda & Söhne can be wrong.').waitFor();
        const accent = () => page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--accent').trim().toLowerCase());
        const { brand } = await (await fetch(`${world.server.url}/config/`)).json();
        const isServed = !process.env.POLLUX_PAGES; // Pages that stand in front of the binary have no accents of its.
        if (isServed) assert.equal(await accent(), '#7a1f5c');
        await page.evaluate(() => localStorage.setItem('pollux.theme', 'dark'));
        await page.reload();
        await page.locator('#message').waitFor();
        if (isServed) assert.equal(await accent(), brand.accent_dark);
        await ask(page, 'Who are you');
        const reply = await finished(page);
        assert.equal(await reply.locator('h2').textContent(), 'Leda & Söhne replied');
        assert.deepEqual(await watch.found(), nothing);
    } finally {
        await world.stop();
        rmSync(folder, { recursive: true });
    }
});

test('where nothing is sold, nothing is offered', async () => {
    const world = await World.start({
        env: { DEBUG: 'False', RATE_LIMITS: 'on', SECRET_KEY: 'a-secret-of-this-test-that-is-long-enough-7391', OTP_DELIVERY: 'none', BASIC_DAILY_MESSAGES: '1',
            OTP_TEST_NUMBERS: `+12015550148:135791@${new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10)}` },
    });
    try {
        const { page, watch } = await world.browser();
        await page.goto(world.url);
        await page.locator('[role=tab]').nth(1).click();
        await page.locator('.select').selectOption('US');
        await page.locator('#mobile').fill('2015550148');
        await page.locator('button[type=submit]').click();
        await page.locator('.otp input').fill('135791');
        await page.locator('#message').waitFor();
        await ask(page, 'The one');
        await finished(page);
        await page.locator('.meter.out').waitFor();
        await page.locator('#message').fill('kept');
        await page.keyboard.press('Enter');
        await page.locator('dialog[open]').waitFor();
        assert.doesNotMatch(await page.locator('dialog[open]').innerText(), /Pro/);
        await page.keyboard.press('Escape');
        assert.equal(await page.getByRole('button', { name: /^Get / }).count(), 0);
        await page.goto(`${world.url}/account/`);
        await page.locator('#devices .list li').waitFor();
        assert.equal(await page.getByRole('link', { name: 'See plans' }).count(), 0);
        await page.goto(`${world.url}/plan/`);
        await page.getByText('There is nothing to buy here.').waitFor();
        assert.deepEqual(await page.locator('.plan h2').allInnerTexts(), ['Basic']);
        assert.deepEqual(await watch.found(), nothing);
    } finally {
        await world.stop();
    }
});

test('a name that a model gives appears in its row, which stays where it is', async () => {
    const world = await World.start({ env: { AI_MODELS: 'gemini:gemini-flash-latest', AI_TITLE_MODEL: 'gemini:gemini-flash-latest' } });
    try {
        const { page } = await world.browser();
        await world.signUp(page);
        await world.sim.plan({ reset: true, next: [{ text: 'Fourteen minutes.' }], default: { text: 'Emptying a rain tank' } });
        await ask(page, 'How long does the tank take?');
        await finished(page);
        await page.locator('.rail-row', { hasText: 'Emptying a rain tank' }).waitFor();
        await page.locator('.room-title', { hasText: 'Emptying a rain tank' }).waitFor();
        await page.locator('.rail-new a').click();
        await page.locator('.hello').waitFor();
        await world.sim.plan({ reset: true, next: [{ text: 'By its level.' }], default: { text: 'Flow and level' } });
        await ask(page, 'Why does it flow slower?');
        await finished(page);
        await page.locator('.rail-row', { hasText: 'Flow and level' }).waitFor();
        assert.deepEqual(await page.locator('.rail-row a').allInnerTexts(), ['Flow and level', 'Emptying a rain tank']);
    } finally {
        await world.stop();
    }
});
