// Every page and state, one after another, as a person comes by them: for pictures (tools/screenshots.mjs) and for axe. `show(name)` is called
// at each. Whoever adds a state adds it to the number in axe.test.mjs, too.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { Shop } from '../../../tests/e2e/support/shop.mjs';
import { World, ask, finished, rested } from './pages.mjs';
import { statesOfPlans } from './states_of_plans.mjs';
import { statesOfReplies } from './states_of_replies.mjs';
import { arabic, english } from './walk_texts.mjs';

const dist = path.join(import.meta.dirname, '../../dist');

// Two servers: one with models, five messages a day and the demo's payments; and one that answers by the demo model, takes passwords, limits
// how fast one sends, and sells through Stripe. The second has a copy of the pages, which another build can take the place of.
export class Worlds {
    // `main`: more settings of the first.
    static async open({ main = {} } = {}) {
        const worlds = new Worlds();
        try {
            worlds.main = await World.start({
                env: {
                    AI_MODELS: 'gemini:gemini-flash-latest,gemini:gemini-pro-latest',
                    AI_MODEL_LABELS: 'gemini:gemini-flash-latest=Gemini Flash|Everyday questions;gemini:gemini-pro-latest=Gemini Pro|Hard problems, long documents',
                    BASIC_DAILY_MESSAGES: '5',
                    ...main,
                },
            });
            worlds.shop = await Shop.open();
            worlds.folder = mkdtempSync(path.join(os.tmpdir(), 'pollux-dist-'));
            cpSync(dist, worlds.folder, { recursive: true });
            const env = { AI_MODELS: 'demo', BASIC_DAILY_MESSAGES: '5', DEMO_TOKENS_PER_SECOND: '0', PASSWORD_LOGIN: 'True', RATE_LIMITS: 'on', RATE_RULES: 'send=1/25', ...worlds.shop.settings };
            worlds.other = await World.start({ env, folder: worlds.folder });
            await worlds.shop.deliverTo(worlds.other.server);
        } catch (failure) {
            await worlds.close();
            throw failure;
        }
        return worlds;
    }

    // In the main one: the other's pages are looked at by the same browser.
    browser(options) {
        return this.main.browser(options);
    }

    async close() {
        await this.main?.stop();
        await this.other?.stop();
        await this.shop?.sim.stop();
        if (this.folder) rmSync(this.folder, { recursive: true, force: true });
    }
}

// In this order, with the same page.
export const chapters = { signIn, firstReplies, menusAndSearch, limit, statesOfReplies, otherPages, statesOfPlans };

export async function walk(worlds, page, how) {
    const walk = new Walk(worlds, page, how);
    for (const chapter of Object.values(chapters)) await chapter(walk);
}

export class Walk {
    constructor(worlds, page, { language, isPhone, show }) {
        Object.assign(this, { worlds, world: worlds.main, page, isPhone, show, texts: language === 'ar' ? arabic : english });
    }

    async api(...call) {
        return (await this.world.api(this.page.context()))(...call);
    }

    // A menu is opened, shown and closed.
    async menu(button, name) {
        const { page } = this;
        await page.locator(button).click();
        await page.locator('.menu:popover-open').waitFor();
        await this.show(name);
        await page.keyboard.press('Escape');
        await page.locator('.menu:popover-open').waitFor({ state: 'detached' });
    }

    // Where the list is a drawer, it is opened.
    async list() {
        if (!this.isPhone) return;
        await this.page.locator('.topbar .icon-btn').first().click();
        await this.page.locator('.rail-open .rail').waitFor();
        await rested(this.page);
    }

    async closeList() {
        if (!this.isPhone) return;
        await this.page.keyboard.press('Escape');
        await this.page.locator('.rail-open').waitFor({ state: 'detached' });
    }

    async newChat() {
        await this.page.keyboard.press('Control+Shift+O');
        await this.page.locator('.hello').waitFor();
    }

    // What stops the reply that is written.
    async stop() {
        await this.page.locator('.send.stop').click();
        await this.page.locator('.send.stop').waitFor({ state: 'detached' });
    }

    send() {
        return this.page.locator('#message').press(this.isPhone ? 'Control+Enter' : 'Enter');
    }
}

async function signIn({ world, page, texts, show }) {
    await page.goto(`${world.url}/signin#token=of-another-day`);
    await page.locator('.note.bad').waitFor();
    await page.evaluate(() => document.fonts.ready);
    await show('link-invalid');
    await page.reload();
    await page.locator('#mobile').waitFor();
    await page.evaluate(() => document.fonts.ready);
    await show('sign-in');
    await page.locator('#mobile').fill('12');
    await page.locator('button[type=submit]').click();
    await page.locator('#wrong').waitFor();
    await show('sign-in-wrong-number');
    await page.locator('[role=tab]').nth(1).click();
    await show('create-account');
    await page.locator('.select').selectOption('US');
    await page.locator('#mobile').fill(world.nextMobile());
    await page.locator('#name').fill(texts.name);
    await page.locator('button[type=submit]').click();
    await page.locator('.otp input').waitFor();
    await show('code');
    await page.locator('.otp input').fill('000000');
    await page.locator('#wrong').waitFor();
    await show('code-wrong');
    await page.locator('.note.info button').click();
    await page.locator('#message').waitFor();
    await page.locator('.composer .tool').waitFor();
    await page.mouse.move(1, 1);
    await show('new-chat');
}

async function firstReplies(walk) {
    const { world, page, texts, isPhone, show } = walk;
    if (isPhone) {
        await walk.list();
        await show('list-empty');
        await page.keyboard.press('Escape');
    }
    for (const name of texts.others) await walk.api('POST', '/chatroom/', { name });
    await world.sim.plan({ reset: true, next: [{ text: texts.reply, thoughts: texts.thoughts, fault: 'hang', after_chunks: Math.floor(texts.thoughts.length / 40) }] });
    await ask(page, texts.question);
    await page.locator('.think-line, .think-now').first().waitFor();
    await page.waitForFunction(() => /\d/.test(document.querySelector('.think summary, .think-now')?.textContent ?? ''));
    await show('thinking');
    await page.locator('.send.stop').click();
    await page.locator('.row.state').waitFor();
    await show('stopped');
    await world.sim.plan({ reset: true, next: [{ text: texts.reply, thoughts: texts.thoughts, chunks: 40, chunk_delay_ms: 5, fault: 'hang', after_chunks: 30 }] });
    await page.locator('.reply-body .row.state .btn').click();
    await page.locator('.prose.is-live table').waitFor();
    await rested(page);
    await show('writing');
    await page.locator('.send.stop').click();
    await page.locator('.row.state').waitFor();
    await world.sim.plan({ reset: true, next: [{ text: texts.reply, thoughts: texts.thoughts, citations: true }, { text: texts.checklist }], default: { text: texts.checklist } });
    await page.locator('.reply-body .row.state .btn').click();
    await page.locator('.sources').waitFor();
    await finished(page);
    await page.locator('.code .k, .code .fn').first().waitFor();
    await page.locator('.katex').first().waitFor();
    await page.locator('.scroll').evaluate((node) => (node.scrollTop = 0));
    await page.locator('.think summary').click();
    await page.locator('.thoughts p').first().waitFor();
    await rested(page);
    await show('reply');
    await page.locator('.think summary').click();
    await page.locator('.scroll').evaluate((node) => (node.scrollTop = node.scrollHeight));
    await rested(page);
    await show('reply-end');
    await page.locator('.prose a.cite').last().scrollIntoViewIfNeeded();
    if (isPhone) await page.locator('.prose a.cite').last().tap();
    else await page.locator('.prose a.cite').last().hover();
    await page.locator('.src-card').waitFor();
    await show('source');
    await page.keyboard.press('Escape');
    const [previous, next] = [page.locator('.branch button').first(), page.locator('.branch button').last()];
    await previous.click();
    await page.locator('.row.state').waitFor();
    await rested(page);
    await show('older-version');
    await next.click();
    await page.locator('.sources').waitFor();
}

async function menusAndSearch(walk) {
    const { page, texts, isPhone, show } = walk;
    await walk.menu('.topbar [aria-haspopup=menu]', 'menu-of-the-chat');
    await walk.menu('.composer [aria-haspopup=listbox]', 'models');
    await ask(page, texts.second);
    await finished(page, 2);
    await rested(page);
    await show('checklist');
    await page.keyboard.press('Control+k');
    await page.locator('dialog[open] input').fill(texts.others[0].slice(0, 5));
    await page.locator('.hitrow').waitFor();
    await show('search');
    await page.locator('dialog[open] input').fill(texts.nothing);
    await page.locator('dialog[open] .empty').waitFor();
    await show('search-nothing');
    await page.keyboard.press('Escape');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
    if (isPhone) {
        await walk.list();
        await show('list');
    }
    await walk.menu('.acct', 'account-menu');
    if (isPhone) await page.keyboard.press('Escape');
    await page.evaluate(() => document.activeElement?.blur());
    await page.keyboard.press('?');
    await page.locator('dialog[open]').waitFor();
    await show('keys');
    await page.keyboard.press('Escape');
}

// The limit of the day, what a failed reply says, and the network that is away; and then Pro.
async function limit(walk) {
    const { world, page, texts, show } = walk;
    await page.locator('#message').fill(`${texts.question} `.repeat(330));
    await page.locator('.over').waitFor();
    await show('too-long');
    await page.locator('#message').fill('');
    await world.sim.plan({ reset: true, default: { status: 400, message: 'no' } });
    await ask(page, texts.others[1]);
    await page.locator('.note.bad').waitFor();
    await show('failed');
    await world.sim.plan({ reset: true, default: { text: texts.checklist } });
    for (let turn = 3; turn < 8 && !(await page.locator('.meter.out').count()); ++turn) {
        await ask(page, texts.others[2]);
        await page.waitForFunction((count) => !document.querySelector('.send.stop') && document.querySelectorAll('.turn.reply').length >= count && !document.querySelector('.bubble.pending'), turn + 1);
        await rested(page);
    }
    await page.locator('#message').fill(texts.second);
    await show('limit');
    await walk.send();
    await page.locator('dialog[open]').waitFor();
    await show('limit-dialog');
    await page.keyboard.press('Escape');
    await page.context().setOffline(true);
    await page.locator('.banner').waitFor();
    await show('offline');
    await page.context().setOffline(false);
    await page.locator('.banner').waitFor({ state: 'detached' });
    await page.locator('.topbar [aria-haspopup=menu]').click();
    await page.locator('.menu-i.danger').click();
    await page.locator('dialog[open]').waitFor();
    await show('delete');
    await page.keyboard.press('Escape');
    await page.goto(`${world.url}/account/`);
    await page.locator('.chart rect').first().waitFor();
    await page.locator('.list li').first().waitFor();
    await show('account');
    await page.locator('#usage').scrollIntoViewIfNeeded();
    await page.locator('#usage').evaluate((node) => node.scrollIntoView());
    await show('account-usage');
    await page.locator('#data').evaluate((node) => node.scrollIntoView());
    await page.locator('.btn.danger').click();
    await page.locator('dialog[open]').waitFor();
    await show('delete-account');
    await page.goto(`${world.url}/plan/`);
    await page.locator('.plan h2').first().waitFor();
    await show('plan');
    await page.locator('.plan .btn.star').click();
    await page.waitForURL(/\/demo\/checkout\//);
    await show('demo-checkout');
    await page.locator('button[value=pay]').click();
    await page.locator('.note.good').waitFor();
    await show('plan-bought');
}

// Pages of their own, what is not there, what did not load, what has not come yet, and a device that is signed out.
async function otherPages(walk) {
    const { world, page, isPhone, show } = walk;
    await page.goto(`${world.url}/docs/#listRooms`);
    await page.locator('.doc h1').waitFor();
    await page.locator('.doc-side .btn.primary').click();
    await page.locator('.try-answer .tag.good').waitFor();
    await page.locator('.try-answer').scrollIntoViewIfNeeded();
    await show('docs-answer');
    await page.goto(`${world.url}/docs/#sendMessage`);
    await page.locator('#try-body').waitFor();
    await page.evaluate(() => scrollTo(0, 0));
    await show('docs');
    if (isPhone) {
        await walk.list();
        await show('docs-list');
    }
    await page.goto(`${world.url}/chat/999999`);
    await page.locator('.whole-part').waitFor();
    await show('chat-that-is-gone');
    await page.goto(`${world.url}/nowhere`);
    await page.locator('.whole').waitFor();
    await show('nowhere');

    // A server that has an accident, which is answered in its place, and one that takes its time.
    const panels = /\/(?:user\/usage|auth\/sessions)\/?(?:\?|$)/;
    const accident = JSON.stringify({ status: 500, code: 'internal_error', detail: 'An accident.', request_id: '98444a16f548a74a' });
    await page.route(panels, (route) => route.fulfill({ status: 500, contentType: 'application/problem+json', body: accident }));
    await page.goto(`${world.url}/account/`);
    await page.locator('#devices .empty').waitFor();
    await page.locator('#usage').evaluate((node) => node.scrollIntoView());
    await show('account-failed');
    await page.unroute(panels);
    const held = await hold(page, panels);
    await page.goto(`${world.url}/account/`);
    await page.locator('.skel').first().waitFor();
    await page.locator('#usage').evaluate((node) => node.scrollIntoView());
    await show('account-loading');
    await held.goOn();
    await page.locator('.chart').waitFor();
    const [room] = (await walk.api('GET', '/chatroom/')).results;
    const rooms = await hold(page, /\/chatroom\//);
    await page.goto(`${world.url}/chat/${room.id}`);
    await page.locator('.main .skel').first().waitFor();
    await show('chat-loading');
    await rooms.goOn();
    await page.locator('.main .skel').first().waitFor({ state: 'detached' });
    const device = (await walk.api('GET', '/auth/sessions/')).results.find(({ current }) => current);
    await walk.api('DELETE', `/auth/sessions/${device.id}/`);
    await page.locator('.banner.bad').waitFor();
    await show('signed-out');
}

// Requests whose address is like this are not answered until they may go on.
async function hold(page, address) {
    let goOn;
    const gate = new Promise((resolve) => (goOn = resolve));
    await page.route(address, async (route) => {
        await gate;
        await route.continue().catch(() => {}); // The page may have gone on without it.
    });
    return {
        async goOn() {
            goOn();
            await page.unroute(address);
        },
    };
}
