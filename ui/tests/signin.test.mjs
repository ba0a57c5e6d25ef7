// The way in, by a browser against the server.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { Program, binary } from '../../tests/e2e/support/process.mjs';
import { World, ask, failing, finished, nothing, tracked, until } from './support/pages.mjs';

let world;
before(async () => (world = await World.start()));
after(() => world?.stop());

let number = 2_020_000_000 + Math.floor(Math.random() * 900_000) * 10;

async function atCode(page, url = world.url) {
    await page.goto(url);
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

test('signing out while the server is away says so, and whoever opens the pages later is not signed in', async () => {
    const { page, context } = await world.browser();
    await world.signUp(page);
    await world.door.shut();
    await page.locator('.acct').click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByText('it will be told as soon as it does').waitFor();
    await page.locator('#mobile').waitFor();
    assert.equal((await context.cookies()).filter(({ name }) => name.includes('refresh')).length, 1, 'the browser still has what signs it in');
    await world.door.open();
    await page.reload();
    await page.locator('#mobile').waitFor();
    await page.waitForFunction(() => localStorage.getItem('pollux.leaving') === null);
    const head = { 'X-Pollux-Client': 'web', 'Content-Type': 'application/json', Origin: world.url };
    assert.equal((await context.request.post(`${world.url}/auth/token/refresh/`, { headers: head, data: {} })).ok(), false);
    await page.reload();
    await page.locator('#mobile').waitFor();
});

test('a tab that signed out while the server was away is signed in with the next one that is', async () => {
    const { page, context, watch } = await world.browser();
    await world.signUp(page);
    await world.door.shut();
    await page.locator('.acct').click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.locator('#mobile').waitFor();
    await world.door.open();
    await page.waitForFunction(() => localStorage.getItem('pollux.leaving') === null);
    const second = await context.newPage();
    await world.signUp(second);
    await page.locator('#message').waitFor();
    assert.deepEqual(await watch.found(), nothing);
});

test('signing out while the server is away reaches it from a device that keeps no mark of it, too', async () => {
    const { page, context } = await world.browser();
    await context.addInitScript(() => {
        const set = Storage.prototype.setItem;
        Storage.prototype.setItem = function (name, text) {
            if (name === 'pollux.leaving') throw new DOMException('Full', 'QuotaExceededError');
            set.call(this, name, text);
        };
    });
    await world.signUp(page);
    await world.door.shut();
    await page.locator('.acct').click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.locator('#mobile').waitFor();
    await world.door.open();
    await until('nothing to sign in with', async () => !(await context.cookies()).some(({ name }) => name.includes('refresh')));
    await page.reload();
    await page.locator('#mobile').waitFor();
});

test('signing out before the server has said who is signed in ends the session all the same', async () => {
    const { page, context, watch } = await world.browser();
    await world.signUp(page);
    let release = () => {};
    const released = new Promise((resolve) => (release = resolve));
    await page.route((url) => url.pathname.startsWith('/auth/token/refresh'), async (route) => {
        await released;
        await route.continue();
    });
    await page.reload();
    await page.locator('.acct').click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.locator('#mobile').waitFor();
    const begunAnew = page.waitForEvent('load');
    const ended = page.waitForResponse((response) => new URL(response.url()).pathname.startsWith('/auth/logout'));
    release();
    assert.equal((await ended).status(), 204);
    await begunAnew;
    await page.locator('#mobile').waitFor();
    assert.equal(await page.evaluate(() => localStorage.getItem('pollux.leaving')), null);
    assert.equal((await context.cookies()).filter(({ name }) => name.includes('refresh')).length, 0);
    await page.reload();
    await page.locator('#mobile').waitFor();
    assert.deepEqual(await watch.found(), nothing);
});

for (const where of ['there', 'in another tab']) test(`a sign-out that is long on its way takes nothing from whoever signs in meanwhile, ${where}`, async () => {
    const known = { mobile: '2015550123', code: '246810' };
    const own = await World.start({ env: { OTP_TEST_NUMBERS: `+1${known.mobile}:${known.code}` } });
    try {
        const { page, context, watch } = await own.browser();
        await own.signUp(page, known);
        let release = () => {};
        const released = new Promise((resolve) => (release = resolve));
        await page.route((url) => url.pathname.startsWith('/auth/logout'), async (route) => {
            await released;
            await route.continue().catch(() => {}); // It may have been cut.
        });
        const cut = page.waitForEvent('requestfailed', (request) => request.url().includes('/auth/logout'));
        await page.locator('.acct').click();
        await page.getByRole('menuitem', { name: 'Sign out' }).click();
        await page.locator('#mobile').waitFor();
        await own.signIn(where === 'there' ? page : await context.newPage(), known.mobile, known.code);
        assert.match((await cut).failure().errorText, /ERR_ABORTED/);
        release();
        assert.equal(await page.getByText('Signed out here').count(), 0);
        await page.reload();
        await page.locator('#message').waitFor();
        assert.equal((await context.cookies()).filter(({ name }) => name.includes('refresh')).length, 1);
        assert.deepEqual(await watch.found(), nothing);
    } finally {
        await own.stop();
    }
});

test('a tab that waits at the form goes on when another one signs in', async () => {
    const { page, context } = await world.browser();
    const other = await context.newPage();
    for (const tab of [page, other]) {
        await tab.goto(`${world.url}/signin`);
        await tab.locator('#mobile').waitFor();
    }
    await world.signUp(page);
    await other.locator('#message').waitFor();
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
    // No other number waits for this one.
    await page.locator('#mobile').fill(String(++number));
    await page.locator('#wrong').waitFor({ state: 'detached' });
    assert.equal((await page.locator('button[type=submit]').textContent()).trim(), 'Send code');
    await page.locator('button[type=submit]').click();
    await page.locator('.otp input').waitFor();
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

test('a number is read as people of its country write it, in digits of any script', async () => {
    const { page } = await world.browser({ language: 'ar' });
    for (const [region, written, mobile] of [
        ['CI', '07 07 12 34 56', '+2250707123456'],
        ['GB', '07911 123456', '+447911123456'],
        ['EG', '٠١٠ ٠١٢٣ ٤٥٦٧', '+201001234567'],
    ]) {
        await page.goto(world.url);
        await page.locator('[role=tab]').nth(1).click();
        assert.deepEqual(await tracked(page), []);
        await page.locator('.select').selectOption(region);
        await page.locator('#mobile').fill(written);
        await page.locator('button[type=submit]').click();
        await page.locator('.otp input').waitFor();
        assert.equal((await page.locator('.in .ltr').first().innerText()).replace(/\s/g, ''), mobile);
        await page.locator('.link-back').click();
    }
});

test('before the server has told how it reads a number, it is shown without the 0 that is dialled at home', async () => {
    const { page } = await world.browser();
    const signedUp = await fetch(`${world.server.url}/auth/signup/`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ mobile: '+447911123499' }) });
    assert.equal(signedUp.ok, true);
    await page.goto(world.url);
    await page.locator('.select').selectOption('GB');
    await page.locator('#mobile').fill('07911 123499');
    await page.locator('button[type=submit]').click();
    await page.locator('.otp input').waitFor();
    assert.equal(await page.locator('.in .ltr').first().innerText(), '+44 791 112 3499');
    await page.locator('.note.info button').click();
    await page.locator('#message').waitFor();
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

    // Whoever is signed in becomes the one it is for; one that counts no more is told, and he stays who he is.
    await world.signUp(other.page, { name: 'Nadia' });
    await other.page.goto(world.url + link);
    await other.page.locator('.toast', { hasText: 'no longer valid' }).waitFor();
    await other.page.locator('.acct', { hasText: 'Nadia' }).waitFor();
    const again = new Program(binary('pollux'), ['createsuperuser', `+1${++number}`, '--password-file', file], { cwd: world.server.folder, env });
    assert.equal((await again.end).code, 0, again.stderr);
    await other.page.goto('about:blank');
    await other.page.goto(world.url + /http:\S+(\/signin#token=\S+)/.exec(again.stdout)[1]);
    await other.page.locator('.acct', { hasText: 'My account' }).waitFor();
    assert.equal(other.page.url(), `${world.url}/`);
});

test('signing in leads to the address that was opened', async () => {
    const { page, watch } = await world.browser();
    await world.signUp(page);
    const begunAnew = page.waitForEvent('load');
    await page.locator('.acct').click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await begunAnew;
    const address = `${world.url}/account/?from=mail#devices`;
    await page.goto(address);
    await page.waitForURL(`${world.url}/signin`);
    await page.locator('[role=tab]').nth(1).click();
    await page.locator('.select').selectOption('US');
    await page.locator('#mobile').fill(world.nextMobile());
    await page.locator('button[type=submit]').click();
    await page.locator('.otp input').waitFor();
    await page.reload();
    await page.locator('.note.info button').click();
    await page.locator('#devices .list li').first().waitFor();
    assert.equal(page.url(), address);
    assert.deepEqual(await watch.found(), nothing);
});

test('an expired code is told as a wrong one is, and a new one leads on', async () => {
    const own = await World.start();
    try {
        const { page } = await own.browser();
        await page.clock.install();
        await atCode(page, own.url);
        // Its five minutes, and the minute until the next one, pass while the server is stopped.
        await own.server.stop();
        await own.server.rows('update one_time_codes set expires_at = created_at - 1, created_at = created_at - 600000000');
        await own.server.start();
        await page.locator('.note.info button').click();
        assert.equal(await page.locator('#wrong').textContent(), 'That code is wrong or no longer valid. Check it, or ask for a new one.');
        assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-label')), '6-digit code');
        const old = await page.locator('.note.info b').textContent();
        const again = page.locator('.otp ~ .row button');
        assert.equal(await again.isDisabled(), true);
        await page.clock.fastForward(60_000);
        await page.waitForFunction(() => !document.querySelector('.otp ~ .row button').disabled);
        await again.click();
        await page.waitForFunction((code) => document.querySelector('.note.info b').textContent !== code, old);
        await page.locator('.note.info button').click();
        await page.locator('#message').waitFor();
    } finally {
        await own.stop();
    }
});

test('after three wrong codes the right one counts no more, and says no more than they did', async () => {
    const { page } = await world.browser();
    await atCode(page);
    const right = await page.locator('.note.info b').textContent();
    for (const guess of ['111111', '222222', '333333'].map((code) => (code === right ? '444444' : code))) {
        await page.locator('.otp input').fill(guess);
        await page.locator('#wrong').waitFor();
        await page.waitForFunction(() => !document.querySelector('.otp input').readOnly);
    }
    await page.locator('.note.info button').click();
    await page.locator('#wrong').waitFor();
    assert.match(await page.locator('#wrong').textContent(), /ask for a new one/i);
});

test('a password is asked for only where one suffices to sign in', async () => {
    const own = await World.start({ env: { PASSWORD_LOGIN: 'True' } });
    try {
        const { page, watch } = await own.browser();
        await page.goto(own.url);
        await page.locator('[role=tab]').nth(1).click();
        await page.locator('.select').selectOption('US');
        const mobile = own.nextMobile();
        await page.locator('#mobile').fill(mobile);
        await page.locator('#password').fill('short');
        await page.locator('button[type=submit]').click();
        assert.match(await page.locator('#wrong').textContent(), /at least 8/i);
        await page.locator('#password').fill('nine tanks of rain');
        await page.locator('button[type=submit]').click();
        await page.locator('.note.info button').click();
        await page.locator('#message').waitFor();
        await page.locator('.acct').click();
        await page.getByRole('menuitem', { name: 'Sign out' }).click();
        await page.locator('#mobile').waitFor();
        assert.equal(await page.locator('#password').count(), 0, 'the code is the first way');
        await page.getByText('Sign in with a password').click();
        await page.locator('.select').selectOption('US');
        await page.locator('#mobile').fill(mobile);
        await page.locator('#password').fill('nine tanks of snow');
        await page.locator('button[type=submit]').click();
        assert.equal(await page.locator('#wrong').textContent(), 'The number or the password is wrong.');
        // Whose passwords were tried too often waits, in words of his own; his code does not, and nobody else.
        const submit = page.locator('button[type=submit]');
        const refused = await failing(page, '/auth/login', { status: 429, code: 'too_many_guesses', headers: { 'Retry-After': '600' } });
        await page.locator('#mobile').fill(own.nextMobile());
        await submit.click();
        await page.locator('#wrong', { hasText: 'Too many wrong passwords. Sign in with a code, or try again in 10 min.' }).waitFor();
        assert.match(await submit.textContent(), /Try again in (?:10:00|9:\d\d)/);
        assert.equal(await submit.isDisabled(), true);
        await page.getByRole('button', { name: 'Sign in with a code' }).click();
        assert.equal((await submit.textContent()).trim(), 'Send code');
        assert.equal(await submit.isDisabled(), false);
        assert.equal(await page.locator('#wrong').count(), 0);
        await page.getByRole('button', { name: 'Sign in with a password' }).click();
        assert.equal(await submit.isDisabled(), true);
        await refused.mend();
        await page.locator('#mobile').fill(mobile);
        await page.locator('#password').fill('nine tanks of rain');
        await page.locator('button[type=submit]').click();
        await page.locator('#message').waitFor();
        assert.deepEqual(await watch.found(), nothing);
    } finally {
        await own.stop();
    }
    const { page } = await world.browser();
    await page.goto(world.url);
    await page.locator('[role=tab]').nth(1).click();
    await page.locator('#name').waitFor();
    assert.equal(await page.locator('#password').count(), 0);
});

test('a log-in link opens once, leaves nothing in the address, and says when it is no longer valid', async () => {
    const own = await World.start();
    try {
        const file = path.join(own.server.folder, 'password');
        writeFileSync(file, 'a password of the first admin', { mode: 0o600 });
        const mobile = `+1${own.nextMobile()}`;
        await own.server.stop();
        const command = new Program(binary('pollux'), ['createsuperuser', mobile, '--dev', '--password-file', file], { cwd: own.server.folder, env: { PATH: process.env.PATH, ...own.server.env } });
        const { code } = await command.end;
        assert.equal(code, 0, command.stderr);
        const [, token] = /(?:#token=|"token":")([^\s"]+)/.exec(command.stdout);
        const hash = `#token=${token}`;
        await own.server.start();
        const { page, watch } = await own.browser();
        await page.goto(`${own.url}/signin${hash}`);
        await page.locator('#message').waitFor();
        assert.equal(page.url(), `${own.url}/`);
        const second = await own.browser();
        await second.page.goto(`${own.url}/signin${hash}`);
        await second.page.getByText('This log-in link is no longer valid. Sign in with a code.').waitFor();
        assert.equal(new URL(second.page.url()).hash, '');
        assert.deepEqual(await watch.found(), nothing);
    } finally {
        await own.stop();
    }
});
