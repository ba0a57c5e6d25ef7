// Without a pointer: from the address to a reply and through everything that has a key.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { World, finished, nothing, until } from './support/pages.mjs';

let world;
before(async () => (world = await World.start({ env: { AI_MODELS: 'gemini:gemini-flash-latest,gemini:gemini-pro-latest' } })));
beforeEach(() => world.sim.plan({ reset: true, default: { text: 'Fine.' } }));
after(() => world?.stop());

const focused = (page) => page.evaluate(() => {
    const node = document.activeElement;
    return node === document.body ? 'nothing' : node?.getAttribute('aria-label') ?? node?.textContent?.trim() ?? '';
});

// Tab until something is focused whose name fits; the number of stops.
async function tabTo(page, name, { back = false, max = 40 } = {}) {
    for (let stop = 1; stop <= max; ++stop) {
        await page.keyboard.press(back ? 'Shift+Tab' : 'Tab');
        if (name.test(await focused(page))) return stop;
    }
    throw new Error(`Tab does not lead to ${name}; it is at ${await focused(page)}`);
}

let number = 2_060_000_000 + Math.floor(Math.random() * 900_000) * 10;

// Sign-up and a first reply, by keys alone.
async function begin(page) {
    await page.goto(world.url);
    await page.locator('#mobile').waitFor();
    await tabTo(page, /^Sign in$/);
    await page.keyboard.press('ArrowRight');
    await page.locator('h1', { hasText: 'Create your account' }).waitFor();
    await tabTo(page, /Country code/);
    await page.keyboard.type('United S');
    await page.keyboard.press('Tab');
    await page.keyboard.type(String(++number));
    await page.keyboard.press('Enter');
    await page.locator('.otp input').waitFor();
    await tabTo(page, /Use it/);
    await page.keyboard.press('Enter');
    await page.locator('#message').waitFor();
    await until('the box to have the focus', async () => (await focused(page)) === 'Message');
}

async function say(page, text, count) {
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
    await finished(page, count);
    assert.equal(await focused(page), 'Message', 'after sending the focus stays in the box');
}

test('sign-up, a reply, versions, search, rename and delete, without a pointer', async () => {
    const { page, watch, context } = await world.browser();
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await begin(page);
    await say(page, 'The lighthouse', 1);
    await say(page, 'And its keeper', 2);

    // Turns, and what a turn does.
    await page.keyboard.press('Alt+ArrowUp');
    await page.waitForFunction(() => document.activeElement?.matches('.turn'));
    const fromLast = () => page.evaluate(() => [...document.querySelectorAll('.turn')].reverse().indexOf(document.activeElement));
    for (let turn = 0; turn < 6; ++turn) await page.keyboard.press('Alt+ArrowDown');
    assert.equal(await fromLast(), 0);
    await page.keyboard.press('Alt+ArrowUp');
    assert.equal(await fromLast(), 1);
    await page.keyboard.press('Alt+ArrowDown');
    assert.equal(await fromLast(), 0);
    await page.keyboard.press('c');
    await page.getByText('Copied', { exact: true }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'Fine.');
    await world.sim.plan({ reset: true, next: [{ text: 'The second version.' }], default: { text: 'Fine.' } });
    await page.keyboard.press('r');
    await page.locator('.turn .prose', { hasText: 'The second version.' }).waitFor();
    await until('the end', async () => (await page.locator('.send.stop').count()) === 0);
    await page.keyboard.press('ArrowLeft');
    await page.getByText('You see an older version.').waitFor();
    await page.keyboard.press('ArrowRight');
    await page.locator('.turn .prose', { hasText: 'The second version.' }).waitFor();
    // One stop of Tab for a toolbar, arrows within.
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'Copy reply');
    await page.keyboard.press('ArrowRight');
    assert.equal(await focused(page), 'Try again');
    await page.keyboard.press('End');
    assert.notEqual(await focused(page), 'Try again');
    await page.keyboard.press('Home');
    assert.equal(await focused(page), 'Copy reply');
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'Message', 'behind the last toolbar comes the box');

    // The box from anywhere.
    await page.keyboard.press('Alt+ArrowUp');
    await page.keyboard.press('/');
    assert.equal(await focused(page), 'Message');
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press('q');
    assert.equal(await page.locator('#message').inputValue(), 'q');
    await page.keyboard.press('Backspace');

    // Search, and the chat it finds.
    await page.keyboard.press('Control+Shift+O');
    await page.locator('.hello').waitFor();
    await until('the box to have the focus', async () => (await focused(page)) === 'Message');
    await say(page, 'Another one', 1);
    await page.keyboard.press('Control+k');
    await page.keyboard.type('lightho');
    await page.locator('.hitrow').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('.bubble', { hasText: 'The lighthouse' }).waitFor();

    // The list goes and comes; a chat is renamed in place and deleted after asking.
    await page.keyboard.press('Control+b');
    assert.equal(await page.locator('.rail').isVisible(), false);
    await page.keyboard.press('Control+b');
    await page.locator('.rail').waitFor();
    await page.locator('.rail-row a[aria-current]').focus();
    await page.keyboard.press('Tab');
    assert.match(await focused(page), /^Menu of/);
    await page.keyboard.press('Enter');
    await page.locator('.menu').waitFor();
    await page.keyboard.type('ren');
    assert.equal(await focused(page), 'Rename');
    await page.keyboard.press('Enter');
    await page.keyboard.type('By keys alone');
    await page.keyboard.press('Enter');
    await page.locator('.room-title', { hasText: 'By keys alone' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.press('End');
    assert.equal(await focused(page), 'Delete');
    await page.keyboard.press('Enter');
    await page.locator('dialog[open]').waitFor();
    assert.equal(await focused(page), 'Keep');
    await page.keyboard.press('Escape');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
    assert.equal(await page.locator('.rail-row').count(), 2);
    assert.deepEqual(await watch.found(), nothing);
});

test('the key Enter opens what was searched for, while the answer to fewer letters is shown; what an arrow chose of that is meant', async () => {
    const { page, context } = await world.browser();
    await begin(page);
    const api = await world.api(context);
    const { id: report } = await api('POST', '/chatroom/', { name: 'Report of the year' });
    const { id: red } = await api('POST', '/chatroom/', { name: 'Red apples' });
    let goOn;
    const gate = new Promise((resolve) => (goOn = resolve));
    await page.route((url) => url.searchParams.get('q') === 'report', async (route) => {
        await gate;
        await route.continue().catch(() => {}); // The dialog may have gone without it.
    });
    const search = async () => {
        await page.keyboard.press('Control+k');
        await page.keyboard.type('re');
        await until('both', async () => (await page.locator('.hitrow').count()) === 2);
        assert.match(await page.locator('.hitrow').first().innerText(), /^Red apples/);
        await page.keyboard.type('port');
    };
    await search();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${world.url}/chat/${red}`);
    await search();
    const asked = page.waitForRequest((request) => new URL(request.url()).searchParams.get('q') === 'report');
    await page.keyboard.press('Enter');
    await asked;
    assert.equal(await page.locator('dialog[open]').count(), 1);
    goOn();
    await page.waitForURL(`${world.url}/chat/${report}`);
});

test('the Enter that ends a composition is the input method’s, in every field and in Safari, too', async () => {
    const { page } = await world.browser();
    await begin(page);
    await say(page, 'First', 1);
    const confirm = (field) => field.evaluate((node) => node.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true })));
    const message = page.locator('#message');
    await message.fill('half a word');
    await confirm(message);
    assert.equal(await message.inputValue(), 'half a word');
    await message.fill('');

    await page.locator('.room-title').click();
    const name = page.locator('.room-edit');
    await name.fill('Half a name');
    await confirm(name);
    assert.equal(await name.count(), 1);
    await name.press('Enter');
    await page.locator('.room-title', { hasText: 'Half a name' }).waitFor();

    await page.locator('.rail-row .rail-more').click();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    const row = page.locator('.rail-edit input');
    await row.fill('A whole name');
    await confirm(row);
    assert.equal(await row.count(), 1);
    await row.press('Enter');
    await page.locator('.room-title', { hasText: 'A whole name' }).waitFor();

    await page.keyboard.press('Control+k');
    await page.keyboard.type('whole');
    await page.locator('.hitrow').waitFor();
    await confirm(page.locator('dialog[open] input'));
    assert.equal(await page.locator('dialog[open]').count(), 1);
});

test('a reply is stopped by Escape, End goes to the latest and follows, and single letters can be turned off', async () => {
    const { page } = await world.browser();
    await begin(page);
    const long = Array.from({ length: 90 }, (_, index) => `Paragraph ${index}.`).join('\n\n');
    await world.sim.plan({ reset: true, next: [{ text: long, duration_ms: 20_000 }], default: { text: 'Fine.' } });
    await page.keyboard.type('Write much');
    await page.keyboard.press('Enter');
    await page.locator('.jump').waitFor();
    await page.keyboard.press('Alt+ArrowUp');
    await page.keyboard.press('End');
    await page.locator('.jump').waitFor({ state: 'detached' });
    const scroller = page.locator('.scroll');
    const fromEnd = () => scroller.evaluate((node) => node.scrollHeight - node.clientHeight - node.scrollTop);
    const before = await scroller.evaluate((node) => node.scrollTop);
    await until('to follow', async () => (await scroller.evaluate((node) => node.scrollTop)) > before + 60);
    assert.ok((await fromEnd()) < 80);
    await page.keyboard.press('Escape');
    await page.getByText('You stopped this reply.').waitFor();

    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press('?');
    await page.locator('dialog[open]').waitFor();
    for (let stop = 0; stop < 5 && !(await page.evaluate(() => document.activeElement?.matches('dialog[open] .switch'))); ++stop) await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement?.matches('dialog[open] .switch')), true, 'Tab leads to the switch');
    await page.keyboard.press('Space');
    await page.keyboard.press('Escape');
    await page.locator('dialog[open]').waitFor({ state: 'detached' });
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press('?');
    await page.keyboard.press('x');
    assert.equal(await page.locator('dialog[open]').count(), 0);
    assert.equal(await page.locator('#message').inputValue(), '');
    // With Ctrl they still work.
    await page.keyboard.press('Control+k');
    await page.locator('dialog[open]').waitFor();
});

test('the model is chosen by keys, and the skip link leads to the box', async () => {
    const { page } = await world.browser();
    await begin(page);
    await say(page, 'First', 1);
    await tabTo(page, /^Skip to the message box$/, { back: true, max: 60 });
    await page.keyboard.press('Enter');
    await until('the box to have the focus', async () => (await focused(page)) === 'Message');
    await tabTo(page, /^Model:/);
    await page.keyboard.press('Enter');
    await page.locator('.menu[role=listbox]').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await until('the other model', async () => /pro/i.test(await page.locator('.composer .tool').innerText()));
    assert.match(await focused(page), /^Model:/, 'the focus is back at the button');
});

test('whoever presses a button of the box with a pointer has the focus in the box then', async () => {
    const { page } = await world.browser();
    await world.signUp(page);
    const isInBox = () => until('the box to have the focus', async () => (await focused(page)) === 'Message');
    await world.sim.plan({ reset: true, default: { text: 'Fine. '.repeat(50), chunk_characters: 20, fault: 'hang', after_chunks: 3 } });
    for (const text of ['In a new chat', 'And in a chat']) {
        await page.locator('#message').fill(text);
        await page.locator('.send:not(.stop)').click();
        await page.locator('.send.stop').waitFor();
        await isInBox();
        await page.locator('.send.stop').click();
        await page.locator('.send.stop').waitFor({ state: 'detached' });
        await isInBox();
    }
    const touch = await world.browser({ width: 390, height: 844, touch: true });
    await world.signUp(touch.page);
    await touch.page.locator('#message').fill('On a phone');
    await touch.page.locator('.send:not(.stop)').tap();
    await touch.page.locator('.send.stop').waitFor();
    await touch.page.locator('.turn.user').waitFor();
    await touch.page.locator('.send.stop').tap();
    await touch.page.locator('.send.stop').waitFor({ state: 'detached' });
    assert.equal(await focused(touch.page), 'nothing');
});
