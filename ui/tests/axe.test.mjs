// axe-core on every page and state: no finding, in both themes, at 390 and 1280, in both directions. A walk takes minutes: every run has the one
// that differs most from what people who change the pages have before them, and all eight are walked with POLLUX_DEEP=1.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import { rested } from './support/pages.mjs';
import { Worlds, walk } from './support/states.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const isDeep = process.env.POLLUX_DEEP === '1';
const everyRun = 'dark 390 ar';

let worlds;
before(async () => (worlds = await Worlds.open()));
after(() => worlds?.close());

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

for (const theme of ['light', 'dark'])
    for (const width of [1280, 390])
        for (const language of ['en', 'ar'])
            test(`${theme}, ${width} wide, ${language}`, { skip: !isDeep && everyRun !== `${theme} ${width} ${language}` && 'only with POLLUX_DEEP=1' }, async () => {
                const isPhone = width === 390;
                const { page, context } = await worlds.browser({ theme, width, height: isPhone ? 844 : 820, language, touch: isPhone, reducedMotion: 'reduce' });
                const found = [];
                const states = new Set();
                await walk(worlds, page, {
                    language,
                    isPhone,
                    show: async (state) => {
                        await rested(page);
                        found.push(...(await findings(page, state)));
                        states.add(state);
                    },
                });
                await context.close();
                assert.deepEqual(found, []);
                assert.equal(states.size, isPhone ? 65 : 62); // A phone has the list, empty and full, and the reference's as pages of their own.
            });
