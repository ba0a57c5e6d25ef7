// From the last message of the day over the demo checkout to Pro, and back to the draft.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { World, ask, failing, finished, rested, shownAfterMs } from './support/pages.mjs';

let world;
before(async () => (world = await World.start({ env: { BASIC_DAILY_MESSAGES: '1' } })));
after(() => world?.stop());

test('limit reached, demo checkout, Pro at once, and back to the draft', async () => {
    const { page, watch } = await world.browser();
    await world.signUp(page);
    await ask(page, 'The one');
    await finished(page);
    await page.locator('#message').fill('kept over the payment');
    await page.locator('#message').press('Enter');
    assert.match(await page.locator('dialog[open] .ticks').innerText(), /^1,000 messages a day/);
    await page.locator('dialog[open] .btn.star').click();
    await page.locator('.plan .btn.star').waitFor();
    // Whoever comes back meets what he has read no second time.
    await page.goBack();
    await page.locator('#message').waitFor();
    await rested(page);
    assert.equal(await page.locator('dialog[open]').count(), 0);
    await page.goForward();
    await page.locator('.plan .btn.star').click();
    await page.waitForURL(/\/demo\/checkout\//);
    assert.match(await page.textContent('body'), /demo/i);
    await page.getByRole('button', { name: /^Pay\b/ }).first().click();
    await page.waitForURL(`${world.url}/plan/**`);
    await page.locator('.note.good').waitFor();
    await page.locator('.note.good .btn').click();
    await page.locator('.turn.reply').waitFor();
    assert.equal(await page.locator('#message').inputValue(), 'kept over the payment');
    await page.waitForFunction(() => !document.querySelector('.send')?.disabled);
    await page.locator('#message').press('Enter');
    await finished(page, 2);
    assert.equal(await page.locator('.turn.reply').count(), 2);
    // Whoever has it is not offered it, whichever answer comes first.
    let goOn;
    const gate = new Promise((resolve) => (goOn = resolve));
    await page.route(/\/user\/(?:usage|me)\/?(?:\?|$)/, async (route) => {
        await gate;
        await route.continue();
    });
    const plans = page.waitForResponse(/\/plans\/?$/);
    await page.reload();
    await plans;
    await rested(page);
    goOn();
    await page.locator('.quota').waitFor();
    await page.locator('.acct .tag', { hasText: 'Pro' }).waitFor();
    assert.equal(await page.locator('.buy').count(), 0);
    assert.deepEqual(watch.errors, []);
});

test('whoever has a subscription already is led to where it is changed', async () => {
    const { page } = await world.browser();
    await world.signUp(page);
    await page.route(/\/subscription\/checkout\/?$/, (route) =>
        route.fulfill({
            status: 409,
            contentType: 'application/problem+json',
            body: JSON.stringify({ type: 'about:blank', title: 'Conflict', status: 409, code: 'already_subscribed', detail: 'There is one.', portal_url: `${world.url}/docs/?of=portal`, request_id: 'r1' }),
        }),
    );
    await page.goto(`${world.url}/plan/`);
    await page.locator('.plan .btn.star').click();
    await page.waitForURL(/of=portal/);
});

test('a plan that was bought is cancelled after asking, and taken back', async () => {
    const { page } = await world.browser();
    await world.signUp(page);
    await page.goto(`${world.url}/plan/`);
    await page.locator('.plan .btn.star').click();
    await page.getByRole('button', { name: /^Pay\b/ }).first().click();
    await page.locator('.note.good').waitFor();
    // A limit that is far above is told in words, since its line would press the bars flat.
    await page.goto(`${world.url}/account/`);
    await page.getByText(/^Limit of Pro: [\d,]+ a day, above what is drawn$/).waitFor();
    assert.equal(await page.locator('#usage .l2').count(), 0);
    await page.locator('#plan .hint', { hasText: 'Renews on' }).waitFor();
    await page.goto(`${world.url}/plan/`);
    await page.getByRole('button', { name: 'Cancel Pro' }).click();
    assert.match(await page.locator('dialog[open]').textContent(), /It stays until/);
    await page.locator('dialog[open] .danger').click();
    await page.locator('.set', { hasText: 'Ends on' }).waitFor();
    await page.locator('.set').getByRole('button', { name: 'Keep Pro' }).click();
    await page.locator('.set', { hasText: 'Renews on' }).waitFor();
});

test('what back brings again as it was is not busy any more, and knows what is so by now', async () => {
    const { page } = await world.browser();
    await world.signUp(page);
    await page.goto(`${world.url}/plan/`);
    // Left for the page of the payment, which never comes in its place.
    const checkout = /\/demo\/checkout\//;
    await page.route(checkout, (route) => route.fulfill({ status: 204 }));
    const buy = page.locator('.plan .btn.star');
    const restore = () => page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
    const asksStanding = () => page.waitForRequest(/\/subscription\/status\b/);
    for (let time = 0; time < 2; ++time) {
        const left = page.waitForResponse(checkout);
        await buy.click();
        await left;
        assert.equal(await buy.isDisabled(), true);
        const asked = asksStanding();
        await restore();
        await asked;
        assert.equal(await buy.isDisabled(), false);
    }
    // The chat, too, whose banner leads to where a payment is mended.
    await page.goto(world.url);
    await page.locator('.quota').waitFor();
    await rested(page);
    const asked = asksStanding();
    await restore();
    await asked;
});

test('what of it does not load says so, and leaves the rest of the page alone', async () => {
    const { page } = await world.browser();
    await world.signUp(page);
    const [usage, status] = [await failing(page, '/user/usage'), await failing(page, '/subscription/status')];
    await page.goto(`${world.url}/plan/`);
    await page.locator('.plan h2', { hasText: 'Pro' }).waitFor();
    await page.locator('.note.bad', { hasText: 'Usage could not be loaded.' }).waitFor();
    assert.ok((await page.locator('.note.bad').innerText()).includes(usage.request));
    const payment = page.locator('.panel', { hasText: 'Plan and payment could not be loaded.' });
    await payment.waitFor();
    assert.ok((await payment.innerText()).includes(status.request));
    await usage.mend();
    await status.mend();
    await page.locator('.note.bad').getByRole('button', { name: 'Try again' }).click();
    await page.locator('.page-head .muted').waitFor();
    await payment.getByRole('button', { name: 'Try again' }).click();
    await payment.waitFor({ state: 'detached' });
    let goOn;
    const gate = new Promise((resolve) => (goOn = resolve));
    await page.route(/\/plans\/?$/, async (route) => {
        await gate;
        await route.continue();
    });
    await page.reload();
    assert.equal(await shownAfterMs(page.locator('.late')), 301);
    goOn();
    await page.locator('.plan h2', { hasText: 'Pro' }).waitFor();
});
