// The way in, by a browser against the server.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { Program, binary } from '../../tests/e2e/support/process.mjs';
import { World, ask, finished, nothing } from './support/pages.mjs';

let world;
before(async () => (world = await World.start()));
after(() => world?.stop());

let number = 2_020_000_000 + Math.floor(Math.random() * 900_000) * 10;

async function atCode(page) {
    await page.goto(world.url);
    await page.locator('[role=tab]').nth(1).click();
    await page.locator('.select').selectOption('US');
    await page.locator('#mobile').fill(String(++number));
    await page.locator('button[type=submit]').click();
    await page.locator('.otp input').waitFor();
}

test('from sign-up to the first streamed reply', async () => {
    const { page, watch, context } = await world.browser();
    await world.signUp(page, { name: 'Nadia' });
    assert.match(await page.locator('h1').textContent(), /Nadia/);
    await world.sim.plan({ next: [{ text: 'The **tank** empties in 14 minutes.', chunk_characters: 8 }] });
    await ask(page, 'How long does it take?');
    const reply = await finished(page);
    assert.equal(await reply.locator('.prose strong').textContent(), 'tank');
    assert.match(page.url(), /\/chat\/\d+$/);

    // Neither script nor store has the refresh token, and a reload needs nobody's hand.
    const readable = await page.evaluate(() => JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }]));
    assert.doesNotMatch(readable, /v1\.\d|refresh|eyJ/);
    const kept = (await context.cookies()).filter(({ name }) => name.includes('refresh'));
    assert.deepEqual(kept.map(({ httpOnly, sameSite }) => ({ httpOnly, sameSite })), [{ httpOnly: true, sameSite: 'Strict' }]);
    await page.reload();
    await page.locator('.turn.reply .prose strong').waitFor();
    assert.deepEqual(await watch.found(), nothing);
});

test('a wrong code is told under the boxes, which keep the focus, and the right one still counts', async () => {
    const { page } = await world.browser();
    await atCode(page);
    const right = await page.locator('.note.info b').textContent();
    await page.keyboard.type(right === '000000' ? '000001' : '000000');
    assert.match(await page.locator('#wrong').textContent(), /wrong or no longer valid/);
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-label')), '6-digit code');
    // As a paste brings it, with the spaces of a message.
    await page.locator('.otp input').evaluate((input, code) => {
        input.value = ` ${code.slice(0, 3)} ${code.slice(3)} `;
        input.dispatchEvent(new InputEvent('input', { bubbles: true }));
    }, right);
    await page.locator('#message').waitFor();
});

test('what was begun survives a reload', async () => {
    const { page } = await world.browser();
    await atCode(page);
    await page.reload();
    await page.locator('.otp input').waitFor();
    await page.locator('.note.info button').click();
    await page.locator('#message').waitFor();
});

test('a new code must wait: the button counts down, and the number can be changed', async () => {
    const { page } = await world.browser();
    await atCode(page);
    const again = page.locator('.otp ~ .row button');
    assert.match(await again.textContent(), /New code in (?:0:[0-5]\d|1:00)/);
    assert.equal(await again.isDisabled(), true);
    await page.locator('.link-back').click();
    await page.locator('[role=tab]').nth(1).click();
    await page.locator('.select').selectOption('US');
    await page.locator('#mobile').fill(String(number));
    await page.locator('button[type=submit]').click();
    await page.locator('#wrong').waitFor();
    assert.match(await page.locator('button[type=submit]').textContent(), /Send again in (?:0:[0-5]\d|1:00)/);
    assert.equal(await page.locator('button[type=submit]').isDisabled(), true);
});

test('a number that is none is told at its field', async () => {
    const { page } = await world.browser();
    await page.goto(world.url);
    await page.locator('.select').selectOption('US');
    await page.locator('#mobile').fill('12');
    await page.locator('button[type=submit]').click();
    assert.match(await page.locator('#wrong').textContent(), /digits|number/);
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'mobile');
});

test('an unknown number leads to a new account, a known one to signing in', async () => {
    const { page } = await world.browser();
    await page.goto(world.url);
    await page.locator('.select').selectOption('US');
    await page.locator('#mobile').fill(String(++number));
    await page.locator('button[type=submit]').click();
    await page.locator('#wrong').waitFor();
    assert.equal(await page.locator('[role=tab]').nth(1).getAttribute('aria-selected'), 'true');
    assert.match(await page.locator('#wrong').textContent(), /no account/);
});

test('the link that createsuperuser prints signs in, once, and its token is not kept in the address', async () => {
    const file = path.join(world.server.folder, 'password');
    writeFileSync(file, 'seven green lanterns\n');
    const env = { PATH: process.env.PATH, ...world.server.env };
    const command = new Program(binary('pollux'), ['createsuperuser', `+1${++number}`, '--password-file', file], { cwd: world.server.folder, env });
    assert.equal((await command.end).code, 0, command.stderr);
    const [, link] = /http:\S+(\/signin#token=\S+)/.exec(command.stdout);
    const { page, watch } = await world.browser();
    await page.goto(world.url + link);
    await page.locator('#message').waitFor();
    assert.equal(page.url(), `${world.url}/`);
    await page.reload();
    await page.locator('#message').waitFor();
    assert.deepEqual(await watch.found(), nothing);

    const other = await world.browser();
    await other.page.goto(world.url + link);
    await other.page.locator('.note.bad').waitFor();
    assert.equal(other.page.url(), `${world.url}/signin`);
});
