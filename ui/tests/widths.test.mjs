// Narrow, enlarged, in forced colours and on paper: nothing is cut, nothing scrolls sideways but code and tables. The narrowest of each
// language in every run, all of them with POLLUX_DEEP=1.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { World, ask, finished, nothing } from './support/pages.mjs';

let world;
before(async () => (world = await World.start({ env: { AI_MODELS: 'gemini:gemini-flash-latest,gemini:gemini-pro-latest' } })));
after(() => world?.stop());

const rich = [
    'A paragraph with **bold**, `code`, a [link](https://a.example/) and $a^2$.', '## A heading', '- one\n- two\n  - three', '- [x] done\n- [ ] open',
    '| a | b | c | d | e | f |\n|---|--:|---|---|---|---|\n| ' + Array(6).fill('wide words here').join(' | ') + ' |',
    '```python\nprint("a long line of code that goes on and on, past the edge of a phone")\n```', 'https://hydraulics.example/handbook/' + 'outlets-'.repeat(20),
    '$$\\int_0^1 x^2 + y^2 + z^2 + a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p\\,dx$$', '> quote', 'نص عربي في رد.',
].join('\n\n');

// What reaches out of the page, and controls that are cut by its edges.
const tooWide = (page) =>
    page.evaluate(() => {
        const wrong = [];
        if (document.documentElement.scrollWidth > innerWidth) wrong.push(`the page is ${document.documentElement.scrollWidth} of ${innerWidth} wide`);
        const scrolls = (node) => {
            for (let at = node.parentElement; at; at = at.parentElement) if (/auto|scroll|hidden|clip/.test(getComputedStyle(at).overflowX) && !at.matches('.scroll, .page, body, html')) return true;
            return false;
        };
        for (const node of document.querySelectorAll('button, a, input, textarea, select, h1, h2, h3, p, li, .turn, .panel, .plan, .dialog')) {
            if (!node.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) || node.closest('.sr, .skip') || scrolls(node)) continue;
            const { left, right, width } = node.getBoundingClientRect();
            if (width > 0 && (left < -1 || right > innerWidth + 1)) wrong.push(`${node.tagName}.${node.className} ${Math.round(left)} to ${Math.round(right)}: ${node.textContent.trim().slice(0, 30)}`);
        }
        for (const node of document.querySelectorAll('.scroll, .rail, .rail-acts, .rail-scroll')) if (node.scrollWidth > node.clientWidth) wrong.push(`.${node.className} scrolls sideways: ${node.scrollWidth} of ${node.clientWidth}`);
        return wrong;
    });

// Every page and state that a reader comes by.
async function tour(page, look) {
    await page.goto(world.url);
    await page.locator('#mobile').waitFor();
    await look('sign-in');
    await page.locator('[role=tab]').nth(1).click();
    await look('create account');
    await world.signUp(page, { name: 'Wilhelmina-Alexandra von Hohenstein-Württemberg' });
    await look('a new chat');
    await world.sim.plan({ reset: true, default: { text: rich, thoughts: '**Looking**\n\nAt it.', citations: true } });
    await ask(page, 'Show everything, with a-very-long-word-that-has-no-place-to-break-anywhere-at-all-and-goes-on');
    await finished(page);
    await page.locator('.katex').first().waitFor();
    await page.locator('.think summary').click();
    await look('a reply');
    await page.locator('#message').fill('A draft that is long enough to need more lines than one. '.repeat(12));
    await look('a long draft');
    await page.locator('#message').fill('');
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
    await page.locator('.hitrow, dialog .empty').first().waitFor();
    await look('search');
    await page.keyboard.press('Escape');
    if (await page.locator('.topbar .only-phone').first().isVisible()) {
        await page.locator('.topbar .icon-btn').first().click();
        await page.locator('.rail-open .rail').waitFor();
    }
    await look('the list');
    await page.locator('.acct').click();
    await page.locator('.menu').waitFor();
    await look('account menu');
    for (const [where, what] of [['plan', '.plan h2'], ['account', '.list li'], ['docs', '.doc h1'], ['nowhere', '.whole']]) {
        await page.goto(`${world.url}/${where}`);
        await page.locator(what).first().waitFor();
        await look(where);
    }
}

const isDeep = process.env.POLLUX_DEEP === '1';
const everyRun = ['360 px', '1280 px at 400 %, Arabic'];
for (const [name, options] of [
    ['360 px', { width: 360, height: 740, touch: true }],
    ['360 px, Arabic', { width: 360, height: 740, touch: true, language: 'ar' }],
    ['1280 px at 400 %', { width: 320, height: 256 }],
    ['1280 px at 400 %, Arabic', { width: 320, height: 256, language: 'ar' }],
    ['768 px', { width: 768, height: 1024, touch: true }],
    ['1280 px', { width: 1280, height: 820 }],
])
    test(`${name}: every page without sideways scrolling`, { skip: !isDeep && !everyRun.includes(name) && 'only with POLLUX_DEEP=1' }, async () => {
        const { page, watch } = await world.browser({ ...options, reducedMotion: 'reduce' });
        const found = [];
        await tour(page, async (state) => found.push(...(await tooWide(page)).map((what) => `${state}: ${what}`)));
        assert.deepEqual(found, []);
        assert.deepEqual(await watch.found(), nothing);
    });

test('at 400 % a message can be written, sent and read', async () => {
    const { page } = await world.browser({ width: 320, height: 256 });
    await world.signUp(page);
    await world.sim.plan({ reset: true, default: { text: 'A short reply.' } });
    await ask(page, 'Short');
    const reply = await finished(page);
    const box = await page.locator('.composer').boundingBox();
    assert.ok(box.y >= 0 && box.y + box.height <= 256, 'the box is on the page');
    const scroller = await page.locator('.scroll').boundingBox();
    assert.ok(scroller.height >= 60, `${scroller.height} px are left to read in`);
    await reply.locator('.prose').scrollIntoViewIfNeeded();
});

test('on a phone the account menu shows its end, and a question of more than 12 lines is folded', async () => {
    const { page } = await world.browser({ width: 360, height: 480, touch: true });
    await world.signUp(page);
    await page.locator('.topbar .icon-btn').first().click();
    await page.locator('.rail-open .rail').waitFor();
    await page.locator('.acct').click();
    const end = page.getByRole('menuitem', { name: 'Sign out' });
    await end.waitFor();
    const [menu, box] = [await page.locator('.menu').boundingBox(), await end.boundingBox()];
    assert.ok(box.y >= menu.y && box.y + box.height <= menu.y + menu.height, `it stands from ${box.y} on in a menu from ${menu.y} to ${menu.y + menu.height}`);
    assert.ok(menu.y >= 0 && menu.y + menu.height <= 480);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.locator('.rail-open').waitFor({ state: 'detached' });
    const lines = (count) => Array.from({ length: count }, (_, index) => `Line ${index}`).join('\n');
    await world.sim.plan({ reset: true, default: { text: 'Fine.' } });
    await ask(page, lines(12));
    await finished(page);
    await ask(page, lines(13));
    await finished(page, 2);
    assert.deepEqual(await page.locator('.turn.user').evaluateAll((turns) => turns.map((turn) => turn.querySelector('[aria-expanded]')?.textContent ?? '')), ['', 'Show all 13 lines']);
});

for (const theme of ['light', 'dark'])
    test(`forced colours, ${theme}: edges, states and the focus are seen`, async () => {
        const { page } = await world.browser({ theme, forcedColors: 'active' });
        await world.signUp(page);
        await world.sim.plan({ reset: true, next: [{ text: 'One. '.repeat(200), duration_ms: 4000 }], default: { text: rich } });
        await ask(page, 'Write');
        await page.locator('.rail-row .live').waitFor();
        const seen = await page.evaluate(() => {
            const colours = ['Canvas', 'CanvasText'].map((name) => {
                const probe = document.createElement('i');
                probe.style.color = name;
                document.body.append(probe);
                const { color } = getComputedStyle(probe);
                probe.remove();
                return color;
            });
            const [canvas] = colours;
            const edge = (selector) => {
                const style = getComputedStyle(document.querySelector(selector));
                return parseFloat(style.borderTopWidth) >= 1 && style.borderTopColor !== canvas;
            };
            const text = (selector) => getComputedStyle(document.querySelector(selector)).color !== canvas;
            return {
                edges: ['.composer', '.send', '.bubble', '.rail-new .btn', '.rail-row .live'].filter((selector) => !edge(selector)),
                texts: ['.bubble', '.prose', '.rail-row a', '.composer .tool'].filter((selector) => !text(selector)),
            };
        });
        assert.deepEqual(seen, { edges: [], texts: [] });
        await finished(page);
        await page.locator('.topbar .icon-btn').last().focus();
        await page.keyboard.press('Tab');
        assert.equal(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle !== 'none'), true);
    });

test('on paper: the whole chat in black on white, nothing of what is around it', async () => {
    const { page } = await world.browser({ theme: 'dark' });
    await world.signUp(page);
    await world.sim.plan({ reset: true, default: { text: Array.from({ length: 60 }, (_, index) => `Paragraph ${index}.`).join('\n\n') } });
    await ask(page, 'Write much');
    await finished(page);
    await page.emulateMedia({ media: 'print' });
    const seen = await page.evaluate(() => {
        const last = [...document.querySelectorAll('.prose > p')].at(-1).getBoundingClientRect();
        const light = (color) => color.match(/\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3;
        return {
            around: ['.rail', '.topbar', '.dock', '.acts'].filter((selector) => document.querySelector(selector)?.checkVisibility()),
            cut: last.bottom > document.documentElement.scrollHeight,
            ink: light(getComputedStyle(document.querySelector('.prose')).color),
            ground: light(getComputedStyle(document.body).backgroundColor),
        };
    });
    assert.deepEqual({ ...seen, ink: seen.ink < 60, ground: seen.ground > 240 }, { around: [], cut: false, ink: true, ground: true });
});
