// The account: what is changed stays, what is shown is the server's, what cannot be had says so and leaves the rest alone.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { World, ask, failing, finished, nothing, shownAfterMs, tracked, until } from './support/pages.mjs';

let world;
before(async () => (world = await World.start({ env: { BASIC_DAILY_MESSAGES: '5' } })));
beforeEach(() => world.sim.plan({ reset: true, default: { text: 'Fine.' } }));
after(() => world?.stop());

// A minute lies between two codes for one number: it passes in the database.
async function minutePasses() {
    await world.server.stop();
    await world.server.rows('update one_time_codes set created_at = created_at - 60000000');
    await world.server.start();
}

test('the profile, the theme and the language are changed, and are so after a reload', async () => {
    const { page, watch } = await world.browser();
    const mobile = await world.signUp(page);
    await page.goto(`${world.url}/account/`);
    // In groups, and left to right in any language.
    const number = `\u2066+1 ${mobile.slice(0, 3)} ${mobile.slice(3, 6)} ${mobile.slice(6)}\u2069`;
    await page.locator('.page-head .muted', { hasText: `Signed in as ${number}` }).waitFor();
    const save = page.locator('#profile button[type=submit]');
    await page.locator('#a-name').fill('Nadia');
    await page.locator('#a-email').fill('no address');
    await save.click();
    await page.locator('#a-wrong').waitFor();
    assert.equal(await page.locator('#a-email').getAttribute('aria-invalid'), 'true');
    await page.locator('#a-email').fill('nadia@mail.example');
    await page.locator('#a-instructions').fill('é'.repeat(4001));
    assert.match(await page.locator('#a-over').innerText(), /1 character too many/);
    assert.equal(await save.isDisabled(), true, 'what is too long is not sent');
    await page.locator('#a-instructions').fill('Answer briefly.\nIn metric units.');
    assert.equal(await page.locator('#a-count').innerText(), '32 of 4,000 characters. Used in every chat.');
    await save.click();
    await page.locator('.toast', { hasText: 'Saved' }).waitFor();
    assert.equal(await save.isDisabled(), true, 'nothing is left to save');
    await page.getByRole('radio', { name: 'Dark' }).click();
    await page.locator('#a-language').selectOption('ar');
    await page.locator('html[dir=rtl]').waitFor();
    await page.reload();
    await page.locator('#a-name').waitFor();
    await until('the profile', async () => (await page.locator('#a-name').inputValue()) === 'Nadia');
    assert.equal(await page.locator('#a-email').inputValue(), 'nadia@mail.example');
    assert.equal(await page.locator('#a-instructions').inputValue(), 'Answer briefly.\nIn metric units.');
    await page.locator('#usage .chart').waitFor();
    assert.ok((await page.locator('.page-head .muted').innerText()).includes(number));
    assert.deepEqual(await tracked(page), []);
    assert.deepEqual(await page.evaluate(() => [document.documentElement.dataset.theme, document.documentElement.dir, document.documentElement.lang]), ['dark', 'rtl', 'ar']);
    assert.deepEqual(await watch.found(), nothing);
});

test('usage counts what was sent, with the limit as a line and the numbers as a table, and says so when it is nothing', async () => {
    const { page } = await world.browser();
    await world.signUp(page);
    await page.goto(`${world.url}/account/`);
    await page.locator('#usage .chart').waitFor();
    assert.match(await page.locator('#usage .chart').textContent(), /Nothing yet/);
    assert.equal(await page.locator('#usage .chart rect').count(), 0);
    await page.goto(world.url);
    for (const [index, text] of ['One', 'Two'].entries()) {
        await ask(page, text);
        await finished(page, index + 1);
    }
    await page.goto(`${world.url}/account/`);
    await page.locator('#usage .chart rect').waitFor();
    assert.equal(await page.locator('#usage .chart rect').count(), 1);
    assert.match(await page.locator('#usage .price').first().innerText(), /^2\s*of 5 messages$/);
    assert.match(await page.locator('#usage .price').nth(1).innerText(), /^2\s*messages$/);
    await page.getByText(/^Since \w+ 1$/).waitFor();
    assert.match(await page.locator('#usage .cols-3 > div').nth(2).innerText(), /^Tokens this month\s+[1-9]\d*\s+\d+ in, \d+ out$/);
    await page.getByText('Limit of Basic: 5').waitFor();
    assert.equal(await page.locator('#usage .l2').count(), 1);
    // By keys: the rule stands at the last day and tells its number.
    await page.locator('.chart-box').focus();
    await page.keyboard.press('ArrowLeft');
    assert.match(await page.locator('.chart-say').innerText(), /: 2 messages$/);
    await page.keyboard.press('ArrowLeft');
    assert.match(await page.locator('.chart-say').innerText(), /: 0 messages$/);
    await page.getByText('Show as a table').click();
    assert.equal(await page.locator('#usage table tbody tr').count(), 30);
    assert.equal(await page.locator('#usage table tbody td').first().innerText(), '2');
});

test('another page begins at its top with the focus on its heading; where back leads is left to the browser', async () => {
    const { page } = await world.browser({ width: 390, height: 700 });
    await world.signUp(page);
    await page.goto(`${world.url}/account/`);
    await page.locator('#devices .list li').waitFor();
    await page.locator('#usage .chart').waitFor();
    const top = () => page.evaluate(() => scrollY);
    const focused = () => page.evaluate(() => document.activeElement?.matches('h1') && document.activeElement.textContent);
    assert.equal(await focused(), false, 'who arrives by the address has the focus where a browser puts it');
    const plans = page.getByRole('link', { name: 'See plans' });
    await plans.scrollIntoViewIfNeeded();
    assert.ok((await top()) > 0);
    await plans.click();
    await until('the heading to have the focus', async () => (await focused()) === 'Plan');
    assert.equal(await top(), 0);
    await page.goBack();
    await page.locator('#devices .list li').waitFor();
    assert.equal(await focused(), false);
    await page.getByText('Back to chat').click();
    await until('the box to have the focus', () => page.evaluate(() => document.activeElement?.id === 'message'));
});

test('what did not load says so, offers to try again, and leaves the other panels alone', async () => {
    const { page } = await world.browser();
    await world.signUp(page, { name: 'Nadia' });
    await page.locator('.acct').click();
    await page.getByRole('menuitem', { name: 'Account' }).click();
    await page.locator('#devices .list li').waitFor();
    await page.getByRole('switch').click();
    await page.getByText('Back to chat').click();
    await page.locator('#message').waitFor();
    await page.locator('.acct').click();
    assert.equal(await page.getByRole('menuitemcheckbox', { name: 'Follow the reply' }).getAttribute('aria-checked'), 'true', 'what is chosen there counts here at once');
    await page.keyboard.press('Escape');
    await world.door.shut();
    await page.locator('.acct').click();
    await page.getByRole('menuitem', { name: 'Account' }).click();
    await page.getByText('Devices could not be loaded.').waitFor();
    await page.getByText('Usage could not be loaded.').waitFor();
    await page.getByText('Plan and payment could not be loaded.').waitFor();
    assert.equal(await page.locator('#a-name').inputValue(), 'Nadia');
    await world.door.open();
    await page.locator('#devices').getByRole('button', { name: 'Try again' }).click();
    await page.locator('#devices .list li').waitFor();
    assert.equal(await page.getByText('Usage could not be loaded.').count(), 1, 'the other panel is asked for by its own button');
    await page.locator('#usage').getByRole('button', { name: 'Try again' }).click();
    await page.locator('#usage .chart').waitFor();

    // A refusal, and what waits: a shape after a moment, and the request for operators.
    await page.locator('#plan').getByRole('button', { name: 'Try again' }).click();
    await page.locator('#plan .label', { hasText: 'Plan: Basic' }).waitFor();
    const refused = await failing(page, '/subscription/status');
    let goOn;
    const gate = new Promise((resolve) => (goOn = resolve));
    await page.route(/\/user\/usage\b/, async (route) => {
        await gate;
        await route.continue();
    });
    await page.reload();
    await page.locator('#plan', { hasText: refused.request }).waitFor();
    assert.equal(await shownAfterMs(page.locator('#usage .late')), 301);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    assert.equal(await shownAfterMs(page.locator('#usage .late')), 301);
    goOn();
    await page.locator('#usage .chart').waitFor();
    await refused.mend();
    await page.locator('#plan').getByRole('button', { name: 'Try again' }).click();
    await page.locator('#plan .label', { hasText: 'Plan: Basic' }).waitFor();
});

test('what the chat needs of the account and does not get is told, and asked for again by itself', async () => {
    const { page } = await world.browser();
    await world.signUp(page);
    await page.locator('.composer .tool').waitFor();
    const refused = await failing(page, '/models');
    await page.reload();
    const toast = page.locator('.toast', { hasText: 'The models could not be loaded.' });
    await toast.waitFor();
    assert.ok((await toast.innerText()).includes(refused.request));
    await page.locator('.quota').waitFor();
    assert.equal(await page.locator('.composer .tool').count(), 0);
    await refused.mend();
    await page.locator('.composer .tool').waitFor();
});

test('an account is deleted after a code, and everything of it is gone', async () => {
    const { page } = await world.browser();
    const mobile = await world.signUp(page, { name: 'Gone Soon' });
    await ask(page, 'Of me');
    await finished(page);
    await page.locator('#message').fill('a draft');
    await page.goto(`${world.url}/account/`);
    await page.locator('#data .btn.danger').click();
    await minutePasses();
    await page.getByRole('button', { name: 'Send code' }).click();
    await page.locator('#delete-code').fill('000000');
    await page.getByRole('button', { name: 'Delete for good' }).click();
    await page.locator('#delete-wrong').waitFor();
    // As a message has it, and as an Arabic keyboard writes it.
    const sent = await page.locator('dialog .note.info b').textContent();
    const written = [...sent].map((digit) => String.fromCodePoint(0x660 + Number(digit)));
    await page.locator('#delete-code').fill(`${written.slice(0, 3).join('')} ${written.slice(3).join('')}`);
    // The server has taken the code and then has no time: it is not asked for the code again.
    const away = await failing(page, '/user/me');
    const refused = page.waitForResponse((response) => response.status() === 503 && response.request().method() === 'DELETE');
    await page.getByRole('button', { name: 'Delete for good' }).click();
    await refused;
    await page.locator('#delete-wrong').waitFor();
    await away.mend();
    await page.getByRole('button', { name: 'Delete for good' }).click();
    await page.waitForURL(`${world.url}/signin`);
    await page.locator('#mobile').waitFor();
    assert.deepEqual(await page.evaluate(() => Object.keys(localStorage).filter((name) => /draft|seen/.test(name))), []);
    await page.locator('.select').selectOption('US');
    await page.locator('#mobile').fill(mobile);
    await page.locator('button[type=submit]').click();
    await page.locator('#wrong').waitFor();
    assert.match(await page.locator('#wrong').textContent(), /no account/);
});

test('signing out of all others leaves this device alone signed in', async () => {
    const [here, there] = [await world.browser(), await world.browser()];
    const mobile = await world.signUp(here.page);
    await there.page.goto(world.url);
    await there.page.locator('.select').selectOption('US');
    await there.page.locator('#mobile').fill(mobile);
    await minutePasses();
    await there.page.locator('button[type=submit]').click();
    await there.page.locator('.note.info button').click();
    await there.page.locator('#message').waitFor();
    await ask(there.page, 'Where one was');
    await finished(there.page);
    const room = there.page.url();
    await here.page.goto(`${world.url}/account/`);
    await here.page.getByRole('button', { name: 'Sign out all others' }).click();
    await there.page.getByText('This device was signed out. Your draft is kept.').waitFor();
    await until('one device', async () => (await here.page.locator('#devices .list li').count()) === 1);
    await here.page.locator('#devices .tag.good', { hasText: 'This device' }).waitFor();

    // Signing in again leads back to the chat that the banner stood over.
    await there.page.locator('.banner').getByRole('link', { name: 'Sign in' }).click();
    await there.page.locator('.select').selectOption('US');
    await there.page.locator('#mobile').fill(mobile);
    await minutePasses();
    await there.page.locator('button[type=submit]').click();
    await there.page.locator('.note.info button').click();
    await there.page.locator('.turn.reply', { hasText: 'Fine.' }).waitFor();
    assert.equal(there.page.url(), room);
});
