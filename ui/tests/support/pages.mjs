// A server with its pages, the simulator of Gemini behind it, and a browser. What stands in for something real is listed in ui/README.md.
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { afterEach } from 'node:test';

import { chromium } from 'playwright-core';

import { Door } from '../../../tests/e2e/support/door.mjs';
import { Server, roomySettings } from '../../../tests/e2e/support/server.mjs';
import { sleep, until } from '../../../tests/e2e/support/process.mjs';
import { Sim } from '../../../tests/e2e/support/sim.mjs';
import { servePages } from '../../tools/serve.mjs';

export { until, sleep } from '../../../tests/e2e/support/process.mjs';

const patienceMs = 90_000; // Machines that build at the same time are slow.
// Chromium without a window, which does the same in a page with half the processor time; what belongs to a window (a page that is installed)
// needs the whole one.
const shell = process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell';
const whole = process.env.CHROMIUM ?? '/usr/bin/chromium';
let lastMobile = 2_010_000_000 + Math.floor(Math.random() * 900_000) * 10;

// A page that nobody looks at any more still animates, listens and counts down: what a test opened is closed behind it.
const opened = new Map(); // Contexts, each with its world, its folder if it has one, and whether it stays.
async function closeBrowsers(which) {
    for (const [context, one] of [...opened].filter(([, one]) => which(one))) {
        opened.delete(context);
        await context.close().catch(() => {});
        if (one.folder) fs.rmSync(one.folder, { recursive: true, force: true, maxRetries: 5 });
    }
}

// What the pages of a test that failed show: most of what one would go and look for, where nobody can.
async function tellPages() {
    const textMax = 3000;
    for (const page of [...opened.keys()].flatMap((context) => context.pages())) {
        const text = page.evaluate(() => `scrolled to ${document.querySelector('.scroll')?.scrollTop}\n${document.body.innerText}`).catch(String);
        const told = await Promise.race([text, sleep(5000)]);
        console.log(`# ${page.url()}\n${String(told).slice(0, textMax).replace(/^/gm, '#   ')}`);
    }
}

if (process.env.NODE_TEST_CONTEXT)
    afterEach(async ({ passed }) => {
        if (!passed) await tellPages();
        await closeBrowsers(({ stays }) => !stays);
    });

const buildIn = (shell) => /<meta name="build" content="([^"]+)"/.exec(shell)?.[1] ?? null;

const shellOf = (port, host) =>
    new Promise((resolve, reject) => {
        const request = http.get({ host: '127.0.0.1', port, headers: { Host: `${host}:${port}`, Accept: 'text/html' } }, async (response) => {
            let text = '';
            for await (const piece of response) text += piece;
            resolve(text);
        });
        request.on('error', reject);
    });

// The binary has to serve what the sources make, or the tests would be about something else.
async function refuseOtherPages(port, host) {
    const wanted = buildIn(fs.readFileSync(path.join(import.meta.dirname, '../../dist/index.html'), 'utf8'));
    const served = buildIn(await shellOf(port, host));
    if (served === null || served !== wanted) throw new Error(`the binary serves build ${served} of the pages and ui/dist is ${wanted}: build it anew, or set POLLUX_PAGES=dist`);
}

export class World {
    #chromium = null;

    // `env`: more settings of the server. `host`: the name under which browsers know it. `folder`: a build of the pages that stands in front of
    // those of the binary (tools/serve.mjs); POLLUX_PAGES names one for all, for work between two builds of the binary.
    static async start(options) {
        const world = new World();
        try {
            await world.#begin(options);
        } catch (failure) {
            await world.stop(); // What is left running would keep its file from ending.
            throw failure;
        }
        return world;
    }

    async #begin({ env = {}, host = '127.0.0.1', folder = process.env.POLLUX_PAGES } = {}) {
        this.sim = await Sim.start();
        this.server = new Server({ env: { ...roomySettings, ...this.sim.settings(), ...env } });
        await this.server.start();
        if (folder) this.front = await servePages({ server: this.server.url, folder: path.resolve(folder) });
        else await refuseOtherPages(this.server.port, host);
        this.door = await Door.to(this.front?.address().port ?? this.server.port);
        this.host = host;
        this.url = `http://${host}:${this.door.port}`;
    }

    // What browsers have open to it breaks off; what they ask for next is answered.
    async cut() {
        await this.door.shut();
        await this.door.open();
    }

    // A browser of its own, as a device has it: nothing in it is another's, though one Chromium runs them all; with a `profile` it is a
    // Chromium of its own, as one that can install a page must be. Every page of it is watched: see Watch. It `stays` until the world stops,
    // else until the test ends.
    async browser({ width = 1280, height = 820, theme = 'light', language = 'en-US', touch = false, reducedMotion = 'no-preference', forcedColors = 'none', stays = false, profile = false, scripts = true } = {}) {
        const program = {
            executablePath: profile ? whole : shell,
            timeout: patienceMs,
            args: [
                '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--no-first-run',
                ...(this.host === '127.0.0.1' ? [] : [`--host-resolver-rules=MAP ${this.host} 127.0.0.1`]),
            ],
        };
        const device = { viewport: { width, height }, colorScheme: theme, locale: language, hasTouch: touch, reducedMotion, forcedColors, javaScriptEnabled: scripts };
        const folder = profile ? fs.mkdtempSync(path.join(os.tmpdir(), 'pollux-pages-')) : null;
        if (!profile) this.#chromium ??= chromium.launch(program);
        const context = profile ? await chromium.launchPersistentContext(folder, { ...program, ...device }) : await (await this.#chromium).newContext(device);
        opened.set(context, { world: this, folder, stays });
        const watch = new Watch(this.url);
        // Kept here, since a page that is loaded anew forgets.
        await context.exposeFunction('__violated', (what) => void watch.violated.push(what));
        await context.addInitScript(() => addEventListener('securitypolicyviolation', (event) => globalThis.__violated(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`)));
        context.on('page', (page) => watch.page(page));
        context.pages().forEach((page) => watch.page(page));
        return { context, watch, page: context.pages()[0] ?? (await context.newPage()) };
    }

    // A number that nobody has yet.
    nextMobile() {
        return String(++lastMobile);
    }

    // Signs up by the form, with the code that a debug answer holds, or that of a number of OTP_TEST_NUMBERS. Leaves the page at a new chat.
    async signUp(page, { name, mobile = this.nextMobile(), code } = {}) {
        await page.goto(this.url);
        await page.locator('[role=tab]').nth(1).click();
        await page.locator('.select').selectOption('US');
        await page.locator('#mobile').fill(mobile);
        if (name !== undefined) await page.locator('#name').fill(name);
        await page.locator('button[type=submit]').click();
        if (code === undefined) await page.locator('.note.info button').click();
        else await page.locator('.otp input').fill(code);
        await page.locator('#message').waitFor();
        return mobile;
    }

    // Signs in with a number that has an account and a code that never changes (OTP_TEST_NUMBERS).
    async signIn(page, mobile, code) {
        if (!page.url().startsWith(`${this.url}/signin`)) await page.goto(`${this.url}/signin`);
        await page.locator('.select').selectOption('US');
        await page.locator('#mobile').fill(mobile);
        await page.locator('button[type=submit]').click();
        await page.locator('.otp input').fill(code);
        await page.locator('#message').waitFor();
    }

    // The API as this browser's user, for what a test sets up or looks up.
    async api(context) {
        const head = { 'X-Pollux-Client': 'web', 'Content-Type': 'application/json', Origin: this.url };
        const answer = await context.request.post(`${this.url}/auth/token/refresh/`, { headers: head, data: {} });
        if (!answer.ok()) throw new Error(`no token: ${answer.status()} ${await answer.text()}`);
        const { access } = await answer.json();
        return async (method, path, body) => {
            const response = await fetch(this.server.url + path, {
                method,
                headers: { Authorization: `Bearer ${access}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
                body: body === undefined ? undefined : JSON.stringify(body),
            });
            const text = await response.text();
            if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
            return text === '' ? null : JSON.parse(text);
        };
    }

    async stop() {
        await closeBrowsers(({ world }) => world === this);
        await (await this.#chromium)?.close();
        await this.door?.shut();
        this.front?.close().closeAllConnections();
        if (this.server?.program) await this.server.kill();
        await this.sim?.stop();
    }
}

// What must never happen in a page: a script error, a dialog, a request to another host, something against the policy.
export class Watch {
    errors = [];
    foreign = [];
    dialogs = [];
    violated = [];
    #pages = new Set();
    #asked = new Map(); // Pages, and what each waits for; streams, which last, are not among it.

    constructor(url) {
        this.url = url;
    }

    page(page) {
        if (this.#pages.has(page)) return;
        this.#pages.add(page);
        page.setDefaultTimeout(patienceMs);
        page.on('pageerror', (error) => this.errors.push(String(error.stack ?? error)));
        page.on('console', (message) => {
            // What a browser says of an answer that is an error is no error of the page.
            if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) this.errors.push(message.text());
        });
        page.on('dialog', (dialog) => {
            this.dialogs.push(dialog.message());
            void dialog.dismiss();
        });
        const asked = new Set();
        this.#asked.set(page, asked);
        for (const end of ['requestfinished', 'requestfailed']) page.on(end, (request) => asked.delete(request));
        page.on('request', (request) => {
            const url = request.url();
            if (!/\/(?:events|stream)\/?$/.test(new URL(url).pathname)) asked.add(request);
            if (!url.startsWith(this.url) && !url.startsWith('blob:') && !url.startsWith('about:') && !url.startsWith('data:')) this.foreign.push(url);
        });
    }

    // Nothing that a page asked for is on its way, and it asks for nothing more: formulas and colours of code have come, too.
    async fetched(page) {
        const asked = this.#asked.get(page);
        do {
            await until('what the page asked for', () => asked.size === 0, { seconds: patienceMs / 1000 });
            await rested(page);
        } while (asked.size > 0);
    }

    async violations() {
        for (const page of this.#pages) if (!page.isClosed()) await page.evaluate(() => 0); // What they have told before this has come.
        return this.violated;
    }

    async found() {
        return { errors: this.errors, foreign: this.foreign, dialogs: this.dialogs, violations: await this.violations() };
    }
}

export const nothing = { errors: [], foreign: [], dialogs: [], violations: [] };

export async function ask(page, text) {
    await page.locator('#message').fill(text);
    // On a touch screen Enter breaks the line.
    if (await page.evaluate(() => matchMedia('(pointer: coarse)').matches)) await page.locator('.send:not(.stop)').click();
    else await page.locator('#message').press('Enter');
}

// What a page does when nobody waits for it is done: what waited for idle time has had it, fades have ended, and nothing glides any more, which
// is done frame by frame and so is seen by where things stand.
export function rested(page) {
    return page.evaluate(async () => {
        const framesOfRest = 10;
        const idle = () => new Promise((resolve) => requestIdleCallback(resolve));
        const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
        // One that is not rendered stands still, and may never end.
        const fades = ({ playState, effect }) => playState === 'running' && effect.getTiming().iterations !== Infinity && effect.target?.checkVisibility({ contentVisibilityAuto: true });
        const places = () => [...document.querySelectorAll('.scroll')].map(({ scrollTop, scrollHeight }) => `${scrollTop}/${scrollHeight}`).join();
        await idle();
        await idle();
        for (let rests = 0, was = places(); rests < framesOfRest; ++rests) {
            await frame();
            if (places() !== was || document.getAnimations().some(fades)) [rests, was] = [-1, places()];
        }
    });
}

// An answer of the server as it gives it when something is wrong, for one path of a page; `mend` ends it.
export async function failing(page, path, { status = 503, code = 'unavailable', detail = 'Not now.', headers = {} } = {}) {
    const request = `r${Math.random().toString(16).slice(2, 10)}`;
    const handler = (route) =>
        route.fulfill({ status, contentType: 'application/problem+json', headers, body: JSON.stringify({ type: 'about:blank', title: 'No', status, detail, code, request_id: request }) });
    const pattern = (url) => url.pathname.replace(/\/$/, '') === path;
    await page.route(pattern, handler);
    return { request, mend: () => page.unroute(pattern, handler) };
}

// What is waited for keeps its room and is shown as waiting after 300 ms: by the animation's own time, not by a clock.
export function shownAfterMs(waiting) {
    return waiting.evaluate((node) => {
        node.style.animation = 'none';
        node.getBoundingClientRect();
        node.style.animation = ''; // Anew: where the machine is slow it may be over.
        const [animation] = node.getAnimations();
        animation.pause();
        const isShownAt = (ms) => {
            animation.currentTime = ms;
            return getComputedStyle(node).visibility === 'visible';
        };
        const from = [0, 100, 200, 299, 301, 400].find(isShownAt);
        animation.play();
        return from;
    });
}

// Where letters that are joined stand apart or overlap, in what is shown.
export function tracked(page) {
    return page.evaluate(() =>
        [...document.querySelectorAll(':lang(ar)')].filter((node) => !['normal', '0px'].includes(getComputedStyle(node).letterSpacing)).map((node) => `${node.tagName}.${node.className}`),
    );
}

// The last reply, once it is finished.
export async function finished(page, count = 1) {
    await page.waitForFunction(
        (wanted) => {
            const replies = [...document.querySelectorAll('.turn.reply')];
            return replies.length >= wanted && !document.querySelector('.send.stop') && replies.at(-1)?.querySelector('.acts button');
        },
        count,
        { timeout: patienceMs },
    );
    return page.locator('.turn.reply').last();
}
