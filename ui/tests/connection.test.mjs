// Tabs, tokens and the network: what a reader sees while connections come and go.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { World, ask, finished, nothing, until } from './support/pages.mjs';

const testMobile = '2015550123';
const testCode = '246810';

let world;
let expiring;
before(async () => {
    world = await World.start({ env: { OTP_TEST_NUMBERS: `+1${testMobile}:${testCode}` } });
    expiring = await beginExpiring();
});
beforeEach(() => world.sim.plan({ reset: true, default: { text: 'Fine.' } }));
after(async () => {
    await expiring?.world.stop();
    await world?.stop();
});

const paragraphs = (count) => Array.from({ length: count }, (_, index) => `Paragraph ${index} says **something** of its own.`).join('\n\n');
const textOf = (page) => page.locator('.turn.reply .prose').last().innerText();

// Streams of a browser by what they are: {events, replies} that are open, and the most that were open at once. The times are the browser's own:
// what it tells of an end may come after what it tells of the next beginning.
async function watchStreams(context) {
    const open = new Map(); // By page and id.
    const seen = { events: 0, replies: 0 };
    const times = [];
    const kindOf = (url) => (/\/events\/?$/.test(new URL(url).pathname) ? 'events' : /\/stream\/?$/.test(new URL(url).pathname) ? 'replies' : null);
    const watch = async (page) => {
        const session = await context.newCDPSession(page);
        session.on('Network.requestWillBeSent', ({ requestId, request, timestamp }) => {
            const kind = kindOf(request.url);
            if (kind === null || request.method !== 'GET') return;
            open.set(requestId, kind);
            ++seen[kind];
            times.push({ at: timestamp, by: 1 });
        });
        const ends = ({ requestId, timestamp }) => {
            const kind = open.get(requestId);
            if (!open.delete(requestId)) return;
            --seen[kind];
            times.push({ at: timestamp, by: -1 });
        };
        session.on('Network.loadingFinished', ends);
        session.on('Network.loadingFailed', ends);
        await session.send('Network.enable');
    };
    context.on('page', (page) => void watch(page));
    for (const page of context.pages()) await watch(page);
    const most = () => {
        let [count, highest] = [0, 0];
        for (const { by } of [...times].sort((a, b) => a.at - b.at || a.by - b.by)) highest = Math.max(highest, (count += by));
        return highest;
    };
    return { seen, most };
}

test('eight tabs of one chat: all live, each of them sends, one stream of notices', async () => {
    const { page, context, watch } = await world.browser();
    const { seen, most } = await watchStreams(context);
    await world.signUp(page);
    await ask(page, 'First');
    await finished(page);
    const tabs = [page];
    while (tabs.length < 8) {
        const tab = await context.newPage();
        await tab.goto(page.url());
        await tab.locator('.turn.reply .acts button').first().waitFor();
        tabs.push(tab);
    }
    for (const [index, tab] of [tabs[7], tabs[3]].entries()) {
        // It stays where it is until it is stopped, in another tab than the one that asked.
        await world.sim.plan({ reset: true, next: [{ text: paragraphs(30), chunks: 30, fault: 'hang', after_chunks: 10 }], default: { text: 'Fine.' } });
        await ask(tab, `Everybody ${index}`);
        for (const other of tabs) await other.locator('.turn.reply').nth(index + 1).locator('.prose p').nth(5).waitFor();
        for (const other of tabs) assert.equal(await other.locator('.rail-row .live').count(), 1, 'the list of each shows that it is written');
        assert.equal(seen.events, 1, 'one stream of notices');
        assert.equal(seen.replies, 1, 'one stream of the reply');
        await tabs[index].locator('.send.stop').click();
        for (const other of tabs) await other.getByText('You stopped this reply.').nth(index).waitFor();
    }
    await until('the same text in all of them', async () => new Set(await Promise.all(tabs.map(textOf))).size === 1);
    assert.ok(most() <= 3, `${most()} streams at once`);
    assert.deepEqual(await watch.found(), nothing);
});

test('eight tabs of eight chats that are written at once: three streams at most, and each chat comes to its end', async () => {
    const { page, context } = await world.browser();
    const { most } = await watchStreams(context);
    await world.signUp(page);
    await world.sim.plan({ reset: true, default: { text: paragraphs(12), duration_ms: 2500 } });
    const tabs = [page];
    while (tabs.length < 8) {
        const tab = await context.newPage();
        await tab.goto(world.url);
        await tab.locator('#message').waitFor();
        tabs.push(tab);
    }
    for (const [index, tab] of tabs.entries()) await ask(tab, `Chat ${index}`);
    for (const tab of tabs) {
        await finished(tab);
        assert.equal(await tab.locator('.turn.reply .prose > p').count(), 12);
    }
    assert.ok(most() <= 3, `${most()} streams at once`);
    assert.equal(new Set(tabs.map((tab) => tab.url())).size, 8);
    // The list of each has them all, and none is called running any more.
    for (const tab of tabs) await until('a list at rest', async () => (await tab.locator('.rail-row').count()) === 8 && (await tab.locator('.rail-row .live').count()) === 0);
});

test('the network is cut in the middle of a reply and comes back: the text stays, a tag tells, and the reply comes to its end', async () => {
    const { page, context, watch } = await world.browser();
    await world.signUp(page);
    await world.sim.plan({ reset: true, next: [{ text: paragraphs(60), duration_ms: 20_000 }], default: { text: 'Fine.' } });
    await ask(page, 'Write');
    await page.locator('.prose p').nth(5).waitFor();
    await context.setOffline(true);
    await world.cut();
    await page.getByText('You are offline.').waitFor();
    const before = await page.locator('.prose > p').count();
    await page.locator('.reply-body > .tag', { hasText: 'Reconnecting' }).waitFor();
    assert.ok((await page.locator('.prose > p').count()) >= before, 'what was there stays');
    await context.setOffline(false);
    await page.getByText('You are offline.').waitFor({ state: 'detached' });
    const reply = await finished(page);
    assert.equal(await reply.locator('.prose > p').count(), 60);
    assert.equal(await page.locator('.reply-body > .tag').count(), 0);
    assert.deepEqual(watch.errors, []);
});

test('a device that is signed out from another one says so, keeps its draft, and goes on after signing in', async () => {
    const [here, there] = [await world.browser(), await world.browser()];
    await world.signUp(here.page, { mobile: testMobile, code: testCode });
    await ask(here.page, 'Of both');
    await finished(here.page);
    await world.signIn(there.page, testMobile, testCode);
    await there.page.goto(here.page.url());
    await there.page.locator('.turn.reply .acts button').first().waitFor();
    await there.page.locator('#message').fill('half a thought');

    await here.page.goto(`${world.url}/account/`);
    await here.page.locator('#devices .list li').nth(1).waitFor();
    await here.page.locator('#devices .list li').nth(1).getByRole('button').click();
    await there.page.getByText('This device was signed out. Your draft is kept.').waitFor();
    assert.equal(await there.page.locator('#message').inputValue(), 'half a thought');
    assert.equal(await there.page.locator('.turn.reply').count(), 1, 'what was open stays readable');
    await until('a list without it', async () => (await here.page.locator('#devices .list li').count()) === 1);

    // What is written after it is no less his.
    await there.page.locator('#message').fill('half a thought, and more');
    const room = there.page.url();
    await there.page.locator('.banner a').click();
    await world.signIn(there.page, testMobile, testCode);
    await there.page.waitForFunction(() => document.querySelector('#message')?.value === 'half a thought, and more');
    assert.equal(there.page.url(), room, 'where it was');
    await there.context.clearCookies();
    await there.page.reload();
    await there.page.locator('#mobile').waitFor();
    await world.signIn(there.page, testMobile, testCode);
    await there.page.locator('.turn.reply .acts button').first().waitFor();
    assert.equal(there.page.url(), room, 'also by one who comes without a session');
});

test('what is written before the server has said who is signed in goes on where his draft ends, and to nobody else', async () => {
    const { page } = await world.browser();
    await world.signUp(page);
    await page.locator('#message').fill('One');
    let release = () => {};
    const released = new Promise((resolve) => (release = resolve));
    await page.route((url) => url.pathname.startsWith('/auth/token/refresh'), async (route) => {
        await released;
        await route.continue();
    });
    await page.reload();
    await page.waitForFunction(() => document.querySelector('#message')?.value === 'One');
    await page.locator('#message').fill('One, two');
    release();
    await page.locator('.acct .tag').waitFor();
    await page.reload();
    await page.waitForFunction(() => document.querySelector('#message')?.value === 'One, two');
    assert.equal(await page.evaluate(() => Object.keys(localStorage).filter((name) => name.includes('draft')).length), 1);
    const begunAnew = page.waitForEvent('load');
    await page.locator('.acct').click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await begunAnew;
    await page.unrouteAll({ behavior: 'wait' });
    // Somebody else at this device, who opens the chat before the server has said that nobody is signed in.
    let known = () => {};
    const isKnown = new Promise((resolve) => (known = resolve));
    await page.route((url) => url.pathname.startsWith('/auth/token/refresh'), async (route) => {
        await isKnown;
        await route.continue();
    });
    await page.goto(`${world.url}/`);
    await page.locator('#message').fill('Of somebody else');
    known();
    await page.locator('#mobile').waitFor();
    assert.equal(await page.evaluate(() => JSON.stringify({ ...localStorage }).includes('Of somebody else')), false);
});

// Tokens of one minute, and a reply that lasts longer: begun before the other tests of this file, and looked at after them.
async function beginExpiring() {
    const own = await World.start({ env: { ACCESS_TOKEN_MINUTES: '1' } });
    const { page, context, watch } = await own.browser({ stays: true });
    const refreshes = [];
    let token = null;
    context.on('request', (request) => {
        if (request.url().includes('/auth/token/refresh')) refreshes.push(Date.now());
        token ??= request.headers().authorization ?? null;
    });
    await own.signUp(page);
    await own.sim.plan({ reset: true, next: [{ text: paragraphs(600), duration_ms: 600_000 }], default: { text: 'Fine.' } });
    await ask(page, 'Longer than a token lives');
    await page.locator('.prose p').first().waitFor();
    return { world: own, page, watch, refreshes, token };
}

test('a token that expires in the middle of a reply is renewed without a word', async () => {
    const { world: own, page, watch, refreshes, token } = expiring;
    // The stream itself is let live. What needs a token after its end needs a new one: a connection that breaks off, and the next question.
    await until('the first token to expire', async () => (await fetch(`${own.server.url}/user/me/`, { headers: { Authorization: token } })).status === 401, { seconds: 120, everyMs: 500 });
    assert.equal(await page.locator('.send.stop').count(), 1, 'the reply is still being written');
    await own.cut();
    const shown = await page.locator('.prose > p').count();
    await page.waitForFunction((count) => document.querySelectorAll('.prose > p').length > count + 3, shown);
    assert.ok(refreshes.length > 1, 'a new token was fetched'); // The first one of all was for the page that had just been opened.
    await page.locator('.send.stop').click();
    await page.getByText('You stopped this reply.').waitFor();
    const words = await page.locator('.turn.reply .prose > p').allInnerTexts();
    assert.ok(words.length > shown + 3);
    for (const [index, text] of words.slice(0, -1).entries()) assert.equal(text, `Paragraph ${index} says something of its own.`);
    await ask(page, 'And on');
    await finished(page, 2);
    assert.equal(page.url().includes('signin'), false);
    assert.deepEqual(watch.errors, []);
});
