// Production settings behind plain http under another name than localhost, as on a network at home: no locks, no clipboard, no service worker,
// no randomUUID. Whoever signs in is a test number with an expiry.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { World, ask, finished, nothing } from './support/pages.mjs';

const host = 'pollux.test';
const mobile = '2015550147';
const code = '135791';
const lastDay = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10);

let world;
before(async () => {
    world = await World.start({
        host,
        env: {
            DEBUG: 'False', RATE_LIMITS: 'on', SECRET_KEY: 'a-secret-of-this-test-that-is-long-enough-7391', ALLOWED_HOSTS: `${host},127.0.0.1`,
            OTP_TEST_NUMBERS: `+1${mobile}:${code}@${lastDay}`, OTP_DELIVERY: 'none',
        },
    });
});
after(() => world?.stop());

test('sign-up, a reply in two tabs, copying, and the refresh token out of reach', async () => {
    const { page, context, watch } = await world.browser();
    await page.goto(world.url);
    assert.deepEqual(
        await page.evaluate(() => [isSecureContext, navigator.locks, navigator.clipboard, navigator.serviceWorker, crypto.randomUUID].map((thing) => thing ?? null)),
        [false, null, null, null, null],
    );
    await page.locator('[role=tab]').nth(1).click();
    await page.locator('.select').selectOption('US');
    await page.locator('#mobile').fill(mobile);
    await page.locator('button[type=submit]').click();
    await page.locator('.otp input').waitFor();
    assert.equal(await page.locator('.note.info').count(), 0, 'no code in the answer');
    await page.locator('.otp input').fill(code);
    await page.locator('#message').waitFor();
    await world.sim.plan({ reset: true, default: { text: 'Plain and **simple**.', chunk_delay_ms: 40, chunk_characters: 3 } });
    await ask(page, 'Over plain http');
    const reply = await finished(page);

    const second = await context.newPage();
    await second.goto(page.url());
    await second.locator('.turn.reply .acts button').first().waitFor();
    await ask(second, 'From the other tab');
    await page.getByText('From the other tab').waitFor();
    await Promise.all([finished(page, 2), finished(second, 2)]);

    // What is copied is seen by pasting it.
    await page.bringToFront();
    await reply.locator('[aria-label="Copy reply"]').click();
    await reply.locator('[aria-label="Copied"]').waitFor();
    await page.locator('#message').focus();
    await page.keyboard.press('Control+v');
    assert.equal(await page.locator('#message').inputValue(), 'Plain and **simple**.');

    const readable = await page.evaluate(() => JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }]));
    assert.doesNotMatch(readable, /v1\.\d|eyJ/);
    const kept = (await context.cookies()).filter(({ name }) => name.includes('refresh'));
    assert.deepEqual(kept.map(({ httpOnly, sameSite }) => ({ httpOnly, sameSite })), [{ httpOnly: true, sameSite: 'Strict' }]);
    await page.locator('#message').fill('');
    await page.reload();
    await page.locator('.turn.reply').nth(1).waitFor();
    assert.deepEqual(await watch.found(), nothing);
});
