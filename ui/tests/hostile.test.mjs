// Hostile texts, as a model, a user or a page that a model cites may write them: no script runs, nothing is asked of another host, nothing
// goes against the policy, and no layout breaks.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { World, ask, finished, nothing, sleep } from './support/pages.mjs';

let world;
before(async () => (world = await World.start()));
after(() => world?.stop());

// `run` is what would be noticed; each text tries to get it run, or to reach evil.example.
const run = 'window.__ran=1;alert(1)';
const elements = [
    `<script>${run}</script>`, `<img src=x onerror="${run}">`, `<svg onload="${run}">`, `<iframe srcdoc="<script>parent.${run}</script>"></iframe>`, `<object data="javascript:${run}"></object>`,
    `<embed src="https://evil.example/a">`, `<a href="javascript:${run}">x</a>`, `<math><mtext><img src onerror=${run}></mtext></math>`, `<style>@import 'https://evil.example/a.css'</style>`, `<body onload=${run}>`,
    `<video src="https://evil.example/v" autoplay onloadstart="${run}"></video>`, `<details open ontoggle="${run}">x</details>`, `<form action="https://evil.example/"><button>go</button></form>`,
    `<link rel=stylesheet href="https://evil.example/a.css">`, `<base href="https://evil.example/">`, `<meta http-equiv=refresh content="0;url=https://evil.example/">`, `<input autofocus onfocus="${run}">`,
    `<noscript><p title="</noscript><img src=x onerror=${run}>"></noscript>`, `<template><script>${run}</script></template>`, `<select><option><img src=x onerror=${run}></select>`,
    `<svg><style><img src="</style><img src=x onerror=${run}>"></svg>`, `<math><mi//xlink:href="data:x,<script>${run}</script>">`, `<isindex type=image src=1 onerror=${run}>`, `<!--><img src=x onerror=${run}>-->`,
    `<div style="position:fixed;inset:0;background:url(https://evil.example/b)">over</div>`, `<p id="message" class="composer">clobber</p>`, `<a id=page name=app>clobber</a>`,
];
const links = [
    `[x](javascript:${run})`, `[x](JaVaScRiPt:${run})`, `[x](java\u0000script:${run})`, `[x](&#106;avascript:${run})`, `[x](data:text/html,<script>${run}</script>)`, `[x](vbscript:msgbox)`, `[x]( javascript:${run})`,
    `[x](<javascript:${run}>)`, `[x](//evil.example/)`, `[x][1]\n\n[1]: javascript:${run}`, `<javascript:${run}>`, `![x](https://evil.example/pixel.png)`, `![x](javascript:${run})`, `![x](data:image/svg+xml,<svg onload=${run}>)`,
    `![" onerror="${run}](https://evil.example/p.png "t\\" onload=\\"${run}")`, `[![x](https://evil.example/p.png)](javascript:${run})`, `[x](https://ok.example/" onmouseover="${run})`, `https://evil.example/"onmouseover="${run}`,
    `[x](blob:https://evil.example/1)`, `[x](file:///etc/passwd)`, `[x](mailto:a@b.example?body=<script>${run}</script>)`, `[\u202Egnp.exe](https://ok.example/)`, `[x](javascript&colon;${run})`, `[x](\tjavascript:${run})`,
];
const codes = [
    `\`<img src=x onerror=${run}>\``, '```html\n<script>' + run + '</script>\n```', '```"><img src=x onerror=' + run + '>\nx\n```', '```js onload=alert(1)\n</code></pre><script>' + run + '</script>\n```', '~~~<svg/onload=' + run + '>\nx\n~~~',
    '    <script>' + run + '</script>', '```\n' + '<b>'.repeat(2000), '```__proto__\nx\n```', '```constructor\nx\n```', '```\u202Ejs\nx\n```', '````\n```\n</div></div></div>\n',
];
const tables = [
    `| <img src=x onerror=${run}> | b |\n|---|---|\n| [x](javascript:${run}) | ![p](https://evil.example/p) |`, `| a |\n|:-:|\n| ${'w'.repeat(4000)} |`, '|' + ' a |'.repeat(120) + '\n|' + '---|'.repeat(120) + '\n|' + ' b |'.repeat(120), '| =cmd() |\n|---|\n| +1+1 |',
];
const formulas = [
    `$\\href{javascript:${run}}{x}$`, `$\\url{javascript:${run}}$`, `$\\includegraphics{https://evil.example/p.png}$`, `$\\htmlStyle{position:fixed;inset:0}{x}$`, `$\\htmlData{a=b}{x}$`, `$\\def\\a{\\a\\a}\\a$`, `$$${'{'.repeat(500)}x${'}'.repeat(500)}$$`,
    `$\\rule{9999em}{9999em}$`, `$\\kern{-9999em}x$`, `$\\text{<img src=x onerror=${run}>}$`, `\\[ \\unknown{<script>${run}</script>} \\]`, `$\\newcommand{\\x}{\\x\\x}\\x$`,
];
const shapes = [
    'w'.repeat(6000), 'https://ok.example/' + 'p'.repeat(3000), '> '.repeat(300) + 'deep', '- '.repeat(200) + 'deep', '*'.repeat(5000), '['.repeat(3000) + ']'.repeat(3000), '`'.repeat(3001), '#'.repeat(50) + ' x', '\u202E reversed \u202C', 'e' + '\u0301'.repeat(400),
    '\u0000\u0001\uE000 1\uE001 \uE0001\uE001', '1. '.repeat(100) + 'x', '| '.repeat(500), '$'.repeat(3000), '<'.repeat(3000), '&'.repeat(3000) + '&lt;script&gt;', '_a'.repeat(2000), '![](' .repeat(1000), '---\n'.repeat(200), '\n'.repeat(500) + 'x',
    '999999999. x', '- [x] '.repeat(60), '\u200B'.repeat(2000) + 'x', '👩‍👩‍👧‍👦'.repeat(300),
];
const texts = [...elements, ...links, ...codes, ...tables, ...formulas, ...shapes];

// What a page must not hold in what others have written.
const lookAt = (selector) => (page) =>
    page.evaluate((where) => {
        const wrong = [];
        for (const root of document.querySelectorAll(where)) {
            for (const node of root.querySelectorAll('script, iframe, object, embed, style, link, meta, base, form, video, audio, img, template, noscript')) wrong.push(node.tagName);
            for (const node of root.querySelectorAll('*')) {
                for (const { name, value } of node.attributes) {
                    if (/^on/i.test(name)) wrong.push(`${node.tagName} ${name}`);
                    if ((name === 'href' || name === 'xlink:href') && !/^(https?:\/\/|mailto:|#i-)/i.test(value)) wrong.push(`${node.tagName} ${name}=${value.slice(0, 60)}`);
                    if (name === 'id') wrong.push(`${node.tagName} id=${value}`);
                }
                if (getComputedStyle(node).position === 'fixed') wrong.push(`${node.tagName} is fixed`);
            }
        }
        if (globalThis.__ran) wrong.push('a script ran');
        if (document.documentElement.scrollWidth > innerWidth) wrong.push(`the page is ${document.documentElement.scrollWidth} wide`);
        const scroller = document.querySelector('.scroll');
        if (scroller && scroller.scrollWidth > scroller.clientWidth) wrong.push(`the thread is ${scroller.scrollWidth} of ${scroller.clientWidth} wide`);
        if (!document.querySelector('#message')?.matches('textarea')) wrong.push('the box is gone');
        return wrong;
    }, selector);

test(`${texts.length} hostile replies, thoughts and sources, written piece by piece and read again`, async () => {
    const { page, watch } = await world.browser({ width: 390, height: 844 });
    await world.signUp(page);
    await ask(page, 'Begin');
    await finished(page);
    for (const [index, text] of texts.entries()) {
        await world.sim.plan({ reset: true, default: { text, thoughts: `**${text.slice(0, 300)}**`, citations: true, chunk_delay_ms: 4, chunk_characters: 37 } });
        await ask(page, `Question ${index}`);
        await page.waitForFunction((count) => document.querySelectorAll('.turn.reply').length >= count && !document.querySelector('.send.stop'), Math.min(index + 2, 300), { timeout: 60_000 });
        await sleep(60);
        assert.deepEqual(await lookAt('.turn.reply:last-of-type')(page), [], text.slice(0, 200));
    }
    for (const summary of await page.locator('.turn .think summary').all()) await summary.evaluate((node) => node.click());
    await sleep(1500);
    assert.deepEqual(await lookAt('.turn')(page), []);
    await page.reload();
    await page.locator('.turn.reply .prose').last().waitFor();
    await sleep(1500);
    assert.deepEqual(await lookAt('.turn')(page), []);
    assert.deepEqual(await watch.found(), nothing);
});

test('hostile names of rooms and of the user, and hostile questions', async () => {
    const { page, watch, context } = await world.browser({ width: 390, height: 844 });
    await world.sim.plan({ reset: true, default: { text: 'Fine.' } });
    await world.signUp(page, { name: `<img src=x onerror=${run}>` });
    const api = await world.api(context);
    for (const text of [...elements, ...links].slice(0, 40)) await api('POST', '/chatroom/', { name: text.replace(/[\u0000-\u001f]/g, '').slice(0, 100) });
    await page.reload();
    await page.locator('.hello h1').waitFor();
    await page.locator('.topbar .icon-btn').first().click();
    await page.locator('.rail-row').nth(20).waitFor();
    assert.deepEqual((await lookAt('.rail-row > a > span, .hello h1, .acct')(page)), []);
    await page.locator('.rail-row a').first().click();
    for (const text of [elements[1], links[0], 'w'.repeat(6000), codes[1]]) {
        await ask(page, text);
        await page.waitForFunction(() => !document.querySelector('.send.stop') && document.querySelector('.turn.reply .acts button'));
    }
    assert.deepEqual(await lookAt('.bubble, .room-h')(page), []);
    assert.deepEqual(await watch.found(), nothing);
});
