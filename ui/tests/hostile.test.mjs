// Hostile texts, as a model, a user or a page that a model cites may write them: no script runs, nothing is asked of another host, nothing
// goes against the policy, and no layout breaks.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Sim } from '../../tests/e2e/support/sim.mjs';
import { Citing } from './support/citing.mjs';
import { World, ask, finished, nothing, rested, until } from './support/pages.mjs';

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
// The same within every block that Markdown has, where a rule of its own takes over.
const within = [
    (text) => `> ${text}`, (text) => `- ${text}\n- ${text}`, (text) => `1. ${text}`, (text) => `# ${text}`, (text) => `**${text}**`, (text) => `[${text}](https://ok.example/)`, (text) => `- [ ] ${text}`,
    (text) => `${text}\n===`, (text) => `| ${text} |\n|---|\n| ${text} |`, (text) => `~~${text}~~ *${text}*`, (text) => `\\${text}`, (text) => `  ${text}  \n${text}`,
];
const carried = [`<img src=x onerror="${run}">`, `<svg/onload=${run}>`, `[x](javascript:${run})`, `<a href="java&#x09;script:${run}">x</a>`].flatMap((text) => within.map((put) => put(text)));
// Characters that other readers of HTML take for something else, or that change what is seen.
const characters = [
    `<img\u000Csrc=x\u000Conerror=${run}>`, `<img/src=x/onerror=${run}>`, `<IMG SRC=x ONERROR=${run}>`, `<img src=x onerror\u2028=${run}>`, `\uFF1Cscript\uFF1E${run}\uFF1C/script\uFF1E`, `&lt;img src=x onerror=${run}&gt;`,
    `&amp;lt;script&amp;gt;${run}`, `&#60;script&#62;${run}&#60;/script&#62;`, `&#x3C;script>${run}`, `<scr<script>ipt>${run}</scr</script>ipt>`, `<<script>${run}//<</script>`, `<script\u0000>${run}</script>`,
    `\u2066\u2067\u202B mixed \u2069`, `\u061C\u200F<b>\u200E`, `a\uFEFFb\u2060c`, `\uFFFD`, `\uFFFD alone`, `\uFFFE\uFFFF`, `\u{1D173}\u{E0001}\u{E0041}`, `\u115F\u1160\u3164\uFFA0`, `Ã`.repeat(900), `ﷺ`.repeat(200), `\u0E49`.repeat(400),
];
const definitions = [
    `[a]: https://ok.example/ "><img src=x onerror=${run}>"\n\n[a]`, `[a]\n\n[a]: <javascript:${run}>`, `[__proto__]\n\n[__proto__]: javascript:${run}`, `[constructor][constructor]\n\n[constructor]: data:text/html,x`, `[^1]\n\n[^1]: <script>${run}</script>`,
    `![a][b]\n\n[b]: https://evil.example/p.png`, `<https://ok.example/"onclick="${run}>`, `<mailto:"onclick=${run}"@ok.example>`, `www.evil.example/<script>${run}</script>`, `https://ok.example/\u202Efdp.exe`, `https://ok.example/%0d%0aSet-Cookie:a=b`,
    `[x](https://ok.example/?q=%3Cscript%3E${run}%3C/script%3E)`, `[x](https://user:pass@evil.example@ok.example/)`, `[x](https:ok.example)`, `[x](http://[::1]:22/)`, `[x](https://xn--80ak6aa92e.example/)`, `[ok.example](https://evil.example/)`,
];
// Cut by the pieces in which they come: a fence, a table, a formula, an entity that never ends.
const unfinished = [
    '```html\n<script>' + run, '| a | b\n|---', '$\\frac{1}{', '$$\\begin{matrix}', '[x](javascript:', '![x](https://evil.example/p.pn', '**bold *and', '<img src=x onerr', '&#x3', '> > > ```\n<b>', '- ```\n  x\n- y', '1. | a |\n   |---|',
];
const all = [...elements, ...links, ...codes, ...tables, ...formulas, ...shapes, ...carried, ...characters, ...definitions, ...unfinished];
assert.ok(all.length >= 200, `only ${all.length} texts`);
// Every third in each run, all of them with POLLUX_DEEP=1: that takes two minutes.
const isDeep = process.env.POLLUX_DEEP === '1';
const texts = isDeep ? all : all.filter((_, index) => index % 3 === 0);

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

const lastReply = (page) => page.evaluate(() => [...document.querySelectorAll('.turn.reply')].at(-1)?.dataset.key);

test(`${texts.length} hostile replies, thoughts and sources, written piece by piece and read again`, async () => {
    const { page, watch } = await world.browser({ width: 390, height: 844 });
    await world.signUp(page);
    await ask(page, 'Begin');
    await finished(page);
    for (const [index, text] of texts.entries()) {
        await world.sim.plan({ reset: true, default: { text, thoughts: `**${text.slice(0, 300).toWellFormed()}**\n\n${text}`, citations: true, chunk_delay_ms: 4, chunk_characters: 37 } });
        const before = await lastReply(page);
        await ask(page, `Question ${index}`);
        // By its key: of the turns far above, fewer may be in the page than before.
        await page.waitForFunction((key) => [...document.querySelectorAll('.turn.reply')].at(-1)?.dataset.key !== key && !document.querySelector('.send.stop'), before, { timeout: 60_000 });
        await rested(page);
        assert.deepEqual(await lookAt('.turn.reply:last-of-type')(page), [], text.slice(0, 200));
    }
    for (const summary of await page.locator('.turn .think summary').all()) await summary.evaluate((node) => node.click());
    await watch.fetched(page);
    assert.deepEqual(await lookAt('.turn')(page), []);
    await page.reload();
    await page.locator('.turn.reply .prose').last().waitFor();
    await watch.fetched(page);
    assert.deepEqual(await lookAt('.turn')(page), []);
    assert.deepEqual(await watch.found(), nothing);
});

// As names may be: without control characters, and 100 characters long at most.
const nameOf = (text) => [...text.replace(/\p{Cc}/gu, '')].slice(0, 100).join('').toWellFormed().trim();
const every = (count, list) => (isDeep ? list : list.filter((_, index) => index % count === 0));

test('hostile names of rooms and of the user, and hostile questions', async () => {
    const { page, watch, context } = await world.browser({ width: 390, height: 844 });
    await world.sim.plan({ reset: true, default: { text: 'Fine.' } });
    await world.signUp(page, { name: `<img src=x onerror=${run}>` });
    const api = await world.api(context);
    const names = [...new Set(texts.map(nameOf))].filter((name) => name !== '');
    const refused = [];
    for (const name of names) await api('POST', '/chatroom/', { name }).catch((failure) => refused.push(failure.message));
    for (const why of refused) assert.match(why, / 422 /);
    assert.ok(refused.length < names.length / 10, refused.join('\n'));
    await page.reload();
    await page.locator('.hello h1').waitFor();
    await page.locator('.topbar .icon-btn').first().click();
    // The list goes on as long as there are more.
    const rows = page.locator('.rail-row');
    await until('the whole list', async () => {
        await rows.last().scrollIntoViewIfNeeded();
        return (await rows.count()) === names.length - refused.length;
    });
    assert.deepEqual((await lookAt('.rail-row > a > span, .hello h1, .acct')(page)), []);
    // Some of them as the name at the top, in the title, and in the question before it is deleted.
    const rooms = [];
    for (let cursor = ''; cursor !== null; ) {
        const { results, next } = await api('GET', `/chatroom/?limit=50${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
        rooms.push(...results);
        cursor = next;
    }
    for (const { id } of every(8, rooms)) {
        await page.goto(`${world.url}/chat/${id}`);
        await page.locator('.room-title').waitFor();
        await page.locator('.topbar [aria-haspopup=menu]').click();
        await page.locator('.menu-i.danger').click();
        await page.locator('dialog[open]').waitFor();
        assert.deepEqual(await lookAt('dialog p, dialog h2, .room-h')(page), []);
        await page.keyboard.press('Escape');
    }
    for (const name of every(10, names)) {
        const told = await api('PATCH', '/user/me/', { name }).catch((failure) => failure);
        if (told instanceof Error) {
            assert.match(told.message, / 422 /);
            continue;
        }
        await page.goto(world.url);
        await page.locator('.acct .tag').waitFor({ state: 'attached' });
        assert.deepEqual(await lookAt('.hello h1, .acct')(page), [], name);
    }
    await page.goto(`${world.url}/account/`);
    await page.locator('.list li').first().waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
    await page.goto(`${world.url}/chat/${rooms[0].id}`);
    await page.locator('.room-title').waitFor();
    for (const text of [elements[1], links[0], 'w'.repeat(6000), codes[1]]) {
        await ask(page, text);
        await page.waitForFunction(() => !document.querySelector('.send.stop') && document.querySelector('.turn.reply .acts button'));
    }
    assert.deepEqual(await lookAt('.bubble, .room-h')(page), []);
    assert.deepEqual(await watch.found(), nothing);
});

test('hostile errors, searches and addresses', async () => {
    const { page, watch } = await world.browser({ width: 390, height: 844 });
    await world.signUp(page);
    // What a model says of an error is shown nowhere.
    for (const [index, text] of [elements[1], links[0], 'w'.repeat(3000)].entries()) {
        await world.sim.plan({ reset: true, default: { status: 400, message: text, reason: text.slice(0, 60) } });
        await ask(page, `Question ${index}`);
        await page.waitForFunction((count) => document.querySelectorAll('.turn.reply .note.bad').length >= count && !document.querySelector('.send.stop'), index + 1);
    }
    assert.deepEqual(await lookAt('.turn')(page), []);
    // What the server says of one is: something before it may answer in its place, which here is the browser.
    let problem = {};
    const refuse = (address) =>
        page.route(address, (route) => route.fulfill({ status: 409, contentType: 'application/problem+json', body: JSON.stringify({ status: 409, code: 'refused', title: 'Refused', ...problem }) }));
    await refuse(/\/message\/?$/);
    for (const text of texts) {
        problem = { detail: text };
        await ask(page, 'Refused');
        // Some of them are nothing that can be seen.
        await page.locator('.bad-text').waitFor({ state: 'attached' }).catch((failure) => assert.fail(`${JSON.stringify(text.slice(0, 200))}: ${failure.message}`));
        assert.equal(await page.locator('#message').inputValue(), 'Refused', 'what was refused is in the box');
        assert.deepEqual(await lookAt('.composer-say')(page), [], text.slice(0, 200));
        await page.locator('#message').fill('');
        await page.locator('.bad-text').waitFor({ state: 'detached' });
    }
    // Searching for them, and finding nothing.
    await page.keyboard.press('Control+k');
    for (const text of elements.slice(0, 8)) {
        await page.locator('dialog[open] input').fill(text.slice(0, 100));
        await page.locator('dialog[open] .empty, dialog[open] .hitrow').first().waitFor();
        assert.deepEqual(await lookAt('dialog[open] .empty, dialog[open] .hitrow')(page), []);
    }
    await page.keyboard.press('Escape');
    // A panel that did not load shows the reason and the request id.
    await refuse(/\/auth\/sessions/);
    const word = 'w'.repeat(300);
    for (const text of [...every(25, texts), word]) {
        problem = { detail: text, request_id: text };
        await page.goto(`${world.url}/account/`);
        await page.locator('#devices .empty button').first().waitFor();
        assert.deepEqual((await lookAt('#devices .empty')(page)).filter((what) => what !== 'the box is gone'), [], text.slice(0, 200));
    }
    // A toast, too: over the account, whose box of a chat is elsewhere.
    await refuse(/\/user\/me\/?$/);
    for (const text of [elements[1], links[0], word]) {
        problem = { detail: text };
        await page.locator('#a-name').fill(`Name of ${text.length}`);
        await page.locator('#profile button[type=submit]').click();
        await page.locator('.toast', { hasText: text.slice(0, 20) }).waitFor();
        assert.deepEqual((await lookAt('.toast')(page)).filter((what) => what !== 'the box is gone'), [], text.slice(0, 200));
        assert.equal(await page.locator('.toast').last().evaluate((node) => node.scrollWidth <= node.clientWidth), true, 'a toast holds its text');
    }
    await page.unrouteAll();
    // An address that holds a script is an address that is not there.
    for (const where of ['/chat/<script>', '/%3Cimg%20src=x%20onerror=alert(1)%3E', '/docs/#<img src=x onerror=alert(1)>', `/signin#token=<script>${run}</script>`]) {
        await page.goto(world.url + where);
        await page.locator('h1').first().waitFor();
    }
    assert.equal(await page.evaluate(() => globalThis.__ran), undefined);
    assert.deepEqual(await watch.found(), nothing);
});

test('hostile addresses and titles of sources', async () => {
    const sim = await Sim.start();
    const citing = await Citing.before(sim);
    const own = await World.start({ env: { GEMINI_BASE_URL: citing.url } });
    try {
        const { page, watch } = await own.browser({ width: 390, height: 844 });
        await own.signUp(page);
        await sim.plan({ reset: true, default: { text: 'It takes about 14 minutes.', citations: true } });
        const sources = [
            { uri: `javascript:${run}`, title: 'A page' }, { uri: `data:text/html,<script>${run}</script>`, title: 'A page' }, { uri: ' javascript:alert(1)', title: 'A page' },
            { uri: 'https://ok.example/"onmouseover="' + run, title: '"><img src=x onerror=' + run + '>' }, { uri: 'https://ok.example/<script>' + run + '</script>', title: '<script>' + run + '</script>' },
            { uri: 'https://ok.example/' + 'p'.repeat(1500), title: 'w'.repeat(1500) }, { uri: '//evil.example/', title: '\u202Egnp.exe' }, { uri: 'https://user:secret@evil.example@ok.example/', title: '![x](https://evil.example/p.png)' },
            { uri: 'vbscript:msgbox', title: '[x](javascript:alert(1))' }, { uri: 'https://ok.example/\uE0001\uE001', title: '\uE0001\uE001' }, { uri: 'blob:https://evil.example/1', title: ' ' }, { uri: 'x', title: `<svg onload=${run}>` },
        ];
        for (const [index, source] of sources.entries()) {
            citing.source = source;
            await ask(page, `Question ${index}`);
            await finished(page, index + 1);
            await rested(page);
            assert.deepEqual(await lookAt('.turn')(page), [], JSON.stringify(source));
            const number = page.locator('.turn.reply').last().locator('a.cite[href]').first();
            if ((await number.count()) === 0) continue;
            await number.hover();
            await page.locator('.src-card').waitFor();
            assert.deepEqual(await lookAt('.src-card')(page), []);
            await page.mouse.move(1, 1);
            await page.locator('.src-card').waitFor({ state: 'detached' });
        }
        assert.ok((await page.locator('.turn.reply a.source').count()) >= 4, 'sources that are pages are shown');
        await page.reload();
        await page.locator('.turn.reply .prose').last().waitFor();
        await rested(page);
        assert.deepEqual(await lookAt('.turn')(page), []);
        assert.deepEqual(await watch.found(), nothing);
    } finally {
        await own.stop();
        await sim.stop();
    }
});
