// The client in Chromium against the real server: cuts, tabs, leaders that go, the pages' cookie, and plain http without locks.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { endPrograms, until } from '../../../tests/e2e/support/process.mjs';
import { Random } from '../../../tests/e2e/support/random.mjs';
import { Server } from '../../../tests/e2e/support/server.mjs';
import { Pollux, memoryStore } from '../src/index.ts';
import { openBrowser, openTab } from './support/browser.mjs';
import { buildClient } from './support/build.mjs';
import { cutsOf, question, signIn } from './support/people.mjs';
import { Proxy } from './support/proxy.mjs';
import { readReplies } from './support/reading.mjs';

const isDeep = process.env.POLLUX_DEEP === '1';
const replies = isDeep ? 500 : 36;
const origins = isDeep ? 10 : 6; // Each has six connections of its own, of which two read replies.
const plainHost = 'pollux.test'; // Plain http, and no loopback name: no locks, no cookies of secure contexts.

let server;
let browser;
const proxies = [];

before(async () => {
    buildClient();
    server = await Server.start();
    browser = await openBrowser({ hosts: [plainHost] });
});
after(async () => {
    endPrograms();
    await browser?.close();
    for (const proxy of proxies) await proxy.close();
});

async function newProxy() {
    const proxy = await Proxy.to(server);
    proxies.push(proxy);
    return proxy;
}

// The refresh token of a new user, for pages that keep it in a store.
async function newUser() {
    const store = memoryStore();
    const pollux = await signIn(new Pollux({ url: server.url, store }));
    pollux.close();
    return store.read();
}

// Makes `window.pollux` in a page: with the cookie, or with a refresh token that all tabs of the origin share in localStorage.
async function start(page, { refresh, cookie = false, ...options } = {}) {
    return page.evaluate(
        async ({ refresh, cookie, options }) => {
            if (refresh) localStorage.setItem('refresh', refresh);
            const write = (token) => (token === null ? localStorage.removeItem('refresh') : localStorage.setItem('refresh', token));
            const store = { read: () => localStorage.getItem('refresh'), write };
            window.pollux = new window.client.Pollux({ cookie, ...(cookie ? {} : { store }), ...options });
            window.notices = [];
            window.sessions = [];
            window.pollux.on('session', (session) => window.sessions.push(session));
            window.pollux.on('notice', (notice) => window.notices.push(notice));
            await window.pollux.start();
            return window.pollux.session;
        },
        { refresh, cookie, options },
    );
}

// A tab of a user, following nothing yet.
async function userTab(proxy, options, url = proxy.url) {
    const page = await openTab(browser.context, url);
    await start(page, options);
    return page;
}

const ask = (page, content) =>
    page.evaluate(async (content) => {
        const room = await window.pollux.createRoom();
        const { reply } = await window.pollux.send(room.id, content);
        return { room: room.id, reply: reply.id };
    }, content);

// Follows a reply in a page: its text is put together from the pieces alone.
const follow = (page, { room, reply }) =>
    page.evaluate(
        ({ room, reply }) => {
            const it = { text: '', restarts: 0, wrong: [], end: null, connection: null };
            (window.followed ??= {})[reply] = it;
            window.pollux.follow(room, reply, (update) => {
                if (update.type === 'connection') it.connection = update.connection.state;
                if (update.type === 'restart') ++it.restarts;
                if (update.type === 'start' || update.type === 'restart') it.text = '';
                if (update.type === 'delta') {
                    if (update.offset !== new TextEncoder().encode(it.text).length) it.wrong.push(`${update.offset} at ${it.text.length}`);
                    it.text += update.text;
                }
                if (update.type === 'end' || update.type === 'refused') it.end = update.message?.content ?? update.error?.code ?? 'gone';
            });
        },
        { room, reply },
    );

const followed = (page, { reply }) => page.evaluate((reply) => window.followed[reply], reply);
const leads = (page) => page.evaluate(() => window.pollux.leads);
const leadersOf = async (pages) => (await Promise.all(pages.map(leads))).filter(Boolean).length;
const noticed = (page, { reply }) =>
    page.evaluate((reply) => window.notices.some(({ name, data }) => name === 'reply' && data.id === reply), reply);
const stop = (page, { room, reply }) => page.evaluate(({ room, reply }) => window.pollux.stop(room, reply), { room, reply });
const close = (...pages) => Promise.all(pages.map((page) => page.close()));

async function endsEqual(pages, it) {
    for (const page of pages) {
        const { text, end, restarts, wrong } = await until('the end', async () => {
            const now = await followed(page, it);
            return now.end !== null && now;
        }, { seconds: 60 });
        assert.equal(text, end);
        assert.notEqual(text, '');
        assert.deepEqual({ restarts, wrong }, { restarts: 0, wrong: [] });
    }
}

test(`${replies} replies cut 0 to 5 times each have the text that is stored`, async () => {
    const random = Random.announced('cuts');
    const all = await Promise.all(
        Array.from({ length: origins }, async (_, number) => {
            const own = random.fork();
            const proxy = await newProxy();
            const page = await openTab(browser.context, proxy.url);
            await start(page, { refresh: await newUser() });
            await page.exposeFunction('plan', (reply) => void proxy.cuts.set(reply, cutsOf(own)));
            const questions = Array.from({ length: Math.ceil(replies / origins) }, (_, i) => question(own, number * 1000 + i));
            // Two at once, in one room each: as many streams as a browser may have.
            const halves = [questions.filter((_, i) => i % 2), questions.filter((_, i) => !(i % 2))];
            const read = await page.evaluate(
                async ({ halves, source }) => {
                    const readReplies = new Function(`return ${source}`)();
                    const one = async (questions) => {
                        const room = await window.pollux.createRoom();
                        return readReplies(window.pollux, room.id, questions, window.plan);
                    };
                    return Promise.all(halves.map(one));
                },
                { halves, source: readReplies.toString() },
            );
            assert.ok(proxy.streamsMost <= 3, `${proxy.streamsMost} streams at once`);
            assert.deepEqual(page.complaints, []);
            await close(page);
            return { read, cuts: proxy.cutCount };
        }),
    );
    const read = all.flatMap(({ read }) => read);
    const cuts = all.reduce((sum, { cuts }) => sum + cuts, 0);
    assert.deepEqual(read.flatMap(({ wrong }) => wrong), []);
    assert.equal(read.reduce((sum, { restarts }) => sum + restarts, 0), 0);
    console.log(`# ${cuts} cuts in ${replies} replies`);
    assert.ok(cuts > replies, 'so few cuts test little');
});

for (const [way, host] of [['locks', '127.0.0.1'], ['an election, on plain http without locks', plainHost]]) {
    describe(`tabs with ${way}`, () => {
        for (const count of [2, 8]) {
            test(`${count} of them show a reply over one stream, beside one of notices`, async () => {
                const proxy = await newProxy();
                const url = `http://${host}:${proxy.port}`;
                const refresh = await newUser();
                const pages = [await userTab(proxy, { refresh }, url)];
                assert.equal(await pages[0].evaluate(() => navigator.locks !== undefined), host === '127.0.0.1');
                while (pages.length < count) pages.push(await userTab(proxy, {}, url));
                await until('one leader', async () => (await leadersOf(pages)) === 1);
                const it = await ask(pages[0], 'Write something long, in detail');
                for (const page of pages) await follow(page, it);
                for (const page of pages) await until('text in each tab', async () => (await followed(page, it)).text.length > 200);
                // Sends still go out, from each of them.
                await Promise.all(pages.map((page) => page.evaluate(() => window.pollux.get('/user/me'))));
                assert.ok(proxy.streamsMost <= 2, `${proxy.streamsMost} streams at once`);
                assert.equal(await leadersOf(pages), 1);
                await stop(pages[1], it);
                await endsEqual(pages, it);
                for (const page of pages) await until('the notice', () => noticed(page, it));
                const refreshes = proxy.asked.filter(({ path }) => path.startsWith('/auth/token/refresh'));
                assert.equal(refreshes.length, 1, 'one refresh for all tabs');
                assert.deepEqual(pages.flatMap(({ complaints }) => complaints), []);
                await close(...pages);
            });
        }

        test('the next one takes over when the leader is closed, without a gap or a doubled piece', async () => {
            const proxy = await newProxy();
            const url = `http://${host}:${proxy.port}`;
            const refresh = await newUser();
            const pages = [await userTab(proxy, { refresh }, url), await userTab(proxy, {}, url), await userTab(proxy, {}, url)];
            await until('one leader', async () => (await leadersOf(pages)) === 1);
            const it = await ask(pages[0], 'Write something long, in detail');
            for (const page of pages) await follow(page, it);
            while (pages.length > 1) {
                for (const page of pages) {
                    const before = (await followed(page, it)).text.length;
                    await until('more text in each tab', async () => (await followed(page, it)).text.length > before + 100);
                }
                const leading = await Promise.all(pages.map(leads));
                const [leader] = pages.splice(leading.indexOf(true), 1);
                await leader.close();
                await until('the next leader', async () => (await leadersOf(pages)) === 1, { seconds: 30 });
            }
            const { text } = await followed(pages[0], it);
            await until('text by the last tab', async () => (await followed(pages[0], it)).text.length > text.length);
            await stop(pages[0], it);
            await endsEqual(pages, it);
            await close(...pages);
        });

        // Both ways share all but the lock, and it takes its time.
        const skip = !isDeep && way !== 'locks' && 'only with POLLUX_DEEP=1';
        test('the next one takes over when the leader hangs', { skip }, async () => {
            const proxy = await newProxy();
            const url = `http://${host}:${proxy.port}`;
            const refresh = await newUser();
            const pages = [await userTab(proxy, { refresh }, url), await userTab(proxy, {}, url)];
            await until('one leader', async () => (await leadersOf(pages)) === 1);
            const leading = await Promise.all(pages.map(leads));
            const [leader, other] = leading[0] ? pages : [pages[1], pages[0]];
            const it = await ask(other, 'Write something long, in detail');
            await follow(other, it);
            await until('text', async () => (await followed(other, it)).text.length > 100);
            // Busy for as long as it takes: it answers nobody, and passes nothing on.
            const hang = leader.evaluate(() => {
                for (const end = Date.now() + 20_000; Date.now() < end;);
            });
            const { text } = await followed(other, it);
            await until('the other to lead', () => leads(other), { seconds: 18 });
            await until('more text', async () => (await followed(other, it)).text.length > text.length + 100);
            await stop(other, it);
            await endsEqual([other], it);
            await hang;
            await until('one leader again', async () => (await leadersOf(pages)) === 1);
            await close(...pages);
        });
    });
}

describe("the pages' cookie", () => {
    test('keeps the refresh token out of reach, over reloads, tabs and sign-out', async () => {
        const proxy = await newProxy();
        const page = await openTab(browser.context, proxy.url);
        assert.equal(await start(page, { cookie: true }), null);
        const mobile = `+1${2_900_000_000 + Math.floor(Math.random() * 90_000_000)}`;
        const answer = await page.evaluate(async (mobile) => {
            await window.pollux.signUp({ mobile, password: 'a-long-pass-word-7' });
            const { otp } = await window.pollux.sendCode({ mobile, purpose: 'login' });
            return window.pollux.verifyCode({ mobile, purpose: 'login', code: otp });
        }, mobile);
        assert.equal(answer.refresh, undefined);
        const reach = await page.evaluate(() => JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }]));
        assert.doesNotMatch(reach, /v1\./);

        await page.reload();
        await page.waitForFunction(() => window.client !== undefined);
        const session = await start(page, { cookie: true });
        assert.equal(session.user, answer.user.id);
        const second = await openTab(browser.context, proxy.url);
        const before = proxy.asked.length;
        assert.deepEqual(await start(second, { cookie: true }), session);
        assert.deepEqual(proxy.asked.slice(before).filter(({ path }) => path.startsWith('/auth/')), [], 'the first tab gives it its token');

        await second.evaluate(() => window.pollux.signOut());
        await until('the first tab to be signed out', () => page.evaluate(() => window.pollux.session === null));
        await page.reload();
        await page.waitForFunction(() => window.client !== undefined);
        assert.equal(await start(page, { cookie: true }), null);
        await close(page, second);
    });

    test('lets a page that was open over night go on without a word', async () => {
        const proxy = await newProxy();
        const page = await openTab(browser.context, proxy.url);
        // The clock of the page is this test's: nine hours pass while nothing of it runs.
        await page.clock.install();
        await start(page, { cookie: true });
        const mobile = `+1${2_900_000_000 + Math.floor(Math.random() * 90_000_000)}`;
        await page.evaluate(async (mobile) => {
            await window.pollux.signUp({ mobile, password: 'a-long-pass-word-7' });
            const { otp } = await window.pollux.sendCode({ mobile, purpose: 'login' });
            await window.pollux.verifyCode({ mobile, purpose: 'login', code: otp });
        }, mobile);
        await until('notices', () => page.evaluate(() => window.notices.length > 0));
        proxy.cutAll();
        await page.clock.fastForward('09:00:00');
        await page.evaluate(() => window.dispatchEvent(new Event('focus')));
        const it = await ask(page, 'good morning');
        await follow(page, it);
        await endsEqual([page], it);
        const signedOut = await page.evaluate(() => window.sessions.filter((session) => session === null).length);
        assert.equal(signedOut, 1, 'only at the very first start');
        await until('notices again', () => noticed(page, it));
        await close(page);
    });
});

test('a network that comes back is noticed at once', async () => {
    const proxy = await newProxy();
    const page = await openTab(browser.context, proxy.url);
    await page.clock.install();
    await start(page, { refresh: await newUser() });
    const it = await ask(page, 'Write something long, in detail');
    await follow(page, it);
    await until('text', async () => (await followed(page, it)).text.length > 100);
    const asked = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    // The time of the page stands still: no pause ends by itself.
    await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 20_000);
    try {
        await browser.context.setOffline(true);
        proxy.cutAll();
        await until('a pause before the next try', async () => (await followed(page, it)).connection === 'reconnecting');
        assert.deepEqual(asked, []);
        const again = page.waitForRequest((request) => request.url().includes(`/message/${it.reply}/stream`));
        await browser.context.setOffline(false);
        await again;
    } finally {
        await page.clock.resume(); // It is that of all pages of this browser.
    }
    const { text } = await followed(page, it);
    await until('more text', async () => (await followed(page, it)).text.length > text.length);
    await stop(page, it);
    await endsEqual([page], it);
    await close(page);
});

test('tabs of a browser that denies locks and channels to the site go on without them', async () => {
    const proxy = await newProxy();
    const page = await browser.context.newPage();
    // As Firefox does where it is to keep nothing of a site; Chromium has no such setting.
    await page.addInitScript(() => {
        const denied = () => new DOMException('The operation is insecure.', 'SecurityError');
        window.lockRequests = 0;
        LockManager.prototype.request = () => {
            ++window.lockRequests;
            return Promise.reject(denied());
        };
        LockManager.prototype.query = () => Promise.reject(denied());
        if (new URLSearchParams(location.search).has('alone'))
            window.BroadcastChannel = function () {
                throw denied();
            };
    });
    for (const address of ['/-/', '/-/?alone']) {
        await page.goto(proxy.url + address);
        await page.waitForFunction(() => window.client !== undefined);
        await start(page, { refresh: await newUser() });
        await until('it to lead', () => leads(page));
        const it = await ask(page, 'hello');
        await follow(page, it);
        await endsEqual([page], it);
        assert.ok((await page.evaluate(() => window.lockRequests)) <= 2, 'one for leading, one for a refresh');
    }
    await close(page);
});
