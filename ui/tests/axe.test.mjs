// axe-core on every page and state: no finding, in both themes, at 390 and 1280, in both directions.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import { World, ask, finished } from './support/pages.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let world;
before(async () => (world = await World.start({ env: { AI_MODELS: 'gemini:gemini-flash-latest,gemini:gemini-pro-latest' } })));
after(() => world?.stop());

const rich = [
    'A paragraph with **bold**, `code`, a [link](https://a.example/) and $a^2$.', '## A heading', '- one\n- two\n  - three', '- [x] done\n- [ ] open', '| a | b |\n|---|--:|\n| 1 | 2 |', '```python\nprint("a long line of code that goes on and on, past the edge of a phone")\n```',
    '> quote', 'نص عربي في رد.', '---', '1. first\n2. second',
].join('\n\n');

async function findings(page, state) {
    // The engine runs in a world of its own: the policy of the page stays as it is.
    const session = await page.context().newCDPSession(page);
    const { frameTree } = await session.send('Page.getFrameTree');
    const { executionContextId } = await session.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id, worldName: 'axe' });
    await session.send('Runtime.evaluate', { contextId: executionContextId, expression: axe });
    const { result } = await session.send('Runtime.evaluate', {
        contextId: executionContextId,
        awaitPromise: true,
        returnByValue: true,
        expression: `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' ' + target.join(' ') + ' ' + failureSummary)))`,
    });
    await session.detach();
    return result.value.map((found) => `${state}: ${found}`);
}

const settled = (page) => page.evaluate(() => Promise.all(document.getAnimations().filter(({ effect }) => effect.getTiming().iterations !== Infinity).map(({ finished }) => finished.catch(() => {}))));

for (const theme of ['light', 'dark'])
    for (const width of [1280, 390])
        for (const language of ['en-US', 'ar'])
            test(`${theme}, ${width} wide, ${language}`, async () => {
                const { page } = await world.browser({ theme, width, height: width === 390 ? 844 : 820, language, touch: width === 390, reducedMotion: 'reduce' });
                const found = [];
                const look = async (state) => {
                    await settled(page);
                    found.push(...(await findings(page, state)));
                };
                await page.goto(world.url);
                await page.locator('#mobile').waitFor();
                await look('sign-in');
                await page.locator('#mobile').fill('1');
                await page.locator('button[type=submit]').click();
                await page.locator('#wrong').waitFor();
                await look('a wrong number');
                await world.signUp(page);
                await look('a new chat');
                await world.sim.plan({ reset: true, next: [{ text: rich, thoughts: '**Looking**\n\nAt it.', first_delay_ms: 1500, fault: 'hang', after_chunks: 8 }] });
                await ask(page, 'Show everything');
                await page.locator('.think-now, .think').first().waitFor();
                await look('thinking');
                await page.locator('.prose ul').first().waitFor();
                // It hangs there: a page that changes under the engine is no finding.
                await look('writing');
                await world.sim.plan({ reset: true, next: [{ text: rich, thoughts: '**Looking**\n\nAt it.', citations: true }] });
                await page.locator('.send.stop').click();
                await page.locator('.reply-body .btn', { hasText: /Try again|حاول/ }).click();
                await page.locator('.prose ol').waitFor();
                await finished(page);
                await page.locator('.code .k, .code .fn').first().waitFor();
                await page.locator('.think summary').first().click();
                await look('a reply');
                await page.locator('.topbar [aria-haspopup=menu]').click();
                await page.locator('.menu').waitFor();
                await look('menu of the chat');
                await page.keyboard.press('Escape');
                await page.locator('.composer [aria-haspopup=listbox]').click();
                await page.locator('.menu').waitFor();
                await look('models');
                await page.keyboard.press('Escape');
                await page.keyboard.press('Control+k');
                await page.locator('dialog[open] input').fill('everyth');
                await page.locator('.hitrow').waitFor();
                await look('search');
                await page.keyboard.press('Escape');
                if (width === 390) {
                    await page.locator('.topbar .icon-btn').first().click();
                    await page.locator('.rail-open .rail').waitFor();
                }
                await page.locator('.acct').click();
                await page.locator('.menu').waitFor();
                await look('account menu');
                await page.locator('.menu-i', { hasText: /Keyboard shortcuts|اختصارات/ }).click();
                await page.locator('dialog[open]').waitFor();
                await look('keys');
                await page.keyboard.press('Escape');
                await world.sim.plan({ reset: true, next: [{ status: 400, message: 'no' }], default: { text: 'Fine.' } });
                await page.goto(`${world.url}/chat/999999`);
                await page.locator('.whole-part').waitFor();
                await look('a chat that is gone');
                await page.goto(`${world.url}/plan/`);
                await page.locator('.plan h2').first().waitFor();
                await look('plan');
                await page.goto(`${world.url}/account/`);
                await page.locator('.chart').waitFor();
                await page.locator('.list li').first().waitFor();
                await look('account');
                await page.locator('.btn.danger').click();
                await page.locator('dialog[open]').waitFor();
                await look('deleting the account');
                await page.goto(`${world.url}/docs/#sendMessage`);
                await page.locator('.doc h1').waitFor();
                await look('API reference');
                await page.goto(`${world.url}/nowhere`);
                await page.locator('.whole').waitFor();
                await look('nothing there');
                assert.deepEqual(found, []);
            });
