// What a paid plan goes through, with Stripe behind it, on a server whose model is the demo's and which takes passwords.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { ask, finished, rested } from './pages.mjs';

export async function statesOfPlans(walk) {
    const { page, texts, show } = walk;
    const { other: world, shop, folder } = walk.worlds;
    await page.goto(world.url);
    await page.locator('.in .btn.ghost').click();
    await page.locator('#password').waitFor();
    await show('password');
    await page.locator('[role=tab]').nth(1).click();
    await page.locator('.select').selectOption('US');
    await page.locator('#mobile').fill(world.nextMobile());
    await page.locator('#password').fill('short');
    await page.locator('button[type=submit]').click();
    await page.locator('#wrong').waitFor();
    await show('password-wrong');
    await page.locator('#password').fill('nine tanks of rain');
    await page.locator('button[type=submit]').click();
    await page.locator('.note.info button').click();
    await page.locator('#message').waitFor();
    await page.locator('.banner.info').waitFor();
    await show('demo-model');

    await ask(page, texts.others[0]);
    await page.locator('.turn.reply').waitFor();
    await ask(page, texts.others[1]);
    await page.locator('.composer-bar .btn.small').waitFor();
    await rested(page);
    await show('countdown');
    await page.locator('.composer-bar .btn.small').click();
    await page.locator('#message').fill('');
    await finished(page);
    await showNewVersion(walk, folder);

    // Bought, but the money has not come; it takes longer; it has come.
    await page.goto(`${world.url}/plan/`);
    await page.locator('.plan .btn.star').click();
    await page.waitForURL(/\/c\/pay\//);
    const session = /\/c\/pay\/([^/?#]+)/.exec(page.url())[1];
    await shop.act(session, 'pay_later_incomplete');
    await page.goto(`${world.url}/plan/?session_id=${session}`);
    await page.locator('.note.info').waitFor();
    await show('plan-confirming');
    await page.clock.fastForward(40_000);
    await page.locator('.note .btn').waitFor();
    await show('plan-late');
    await shop.act(session, 'async_succeed');
    await page.locator('.note.good').waitFor();

    // Cancelled, taken back, and a payment that failed.
    await page.locator('.set .btn').first().click();
    await page.locator('dialog[open]').waitFor();
    await rested(page);
    await show('plan-cancel');
    await page.locator('dialog[open] .danger').click();
    await page.locator('.toast').hover();
    await rested(page);
    await show('plan-cancelled');
    await page.goto(world.url);
    await page.locator('.banner button').click();
    await page.locator('.banner.info', { has: page.locator('button') }).waitFor({ state: 'detached' });
    const { subscription } = (await shop.sim.ask('objects', { id: session })).objects[0];
    await shop.sim.tell('subscription', { subscription, set: { status: 'past_due' } });
    await page.locator('.banner.warn').waitFor();
    await rested(page);
    await show('payment-failed');
    await page.goto(`${world.url}/plan/`);
    await page.locator('.note.warn').waitFor();
    await show('plan-past-due');
}

// Another build takes the place of the pages, and goes again: the next look begins with what was.
async function showNewVersion({ page, show }, folder) {
    const file = path.join(folder, 'index.html');
    const files = [file, `${file}.br`, `${file}.gz`].map((name) => [name, readFileSync(name)]);
    writeFileSync(file, files[0][1].toString().replace(/(name="build" content=")[^"]+/, '$1another'));
    for (const [name] of files.slice(1)) rmSync(name);
    await page.clock.fastForward('00:02:00');
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await page.locator('.banner .link').waitFor();
    await rested(page);
    await show('new-version');
    for (const [name, bytes] of files) writeFileSync(name, bytes);
}
