// What a reply says of how it stands, and what the list says of chats that are not open. By somebody who has Pro: the messages of a day are
// not used up by it.
import { ask, finished, rested } from './pages.mjs';

export async function statesOfReplies(walk) {
    const { world, page, texts, show } = walk;
    const { text, chunks } = { text: texts.checklist, chunks: 20 };
    const waits = page.locator('.row.state > .grow'); // Of what has not begun.
    const plan = (next, byDefault = { text }) => world.sim.plan({ reset: true, next, default: byDefault });
    await page.clock.install(); // For the connection that is lost for long.
    // Chats that have a name: for others a model would be asked for one, between two calls of a plan.
    const make = async (name) => (await walk.api('POST', '/chatroom/', { name })).id;
    await page.goto(`${world.url}/chat/${await make(texts.others[0])}`);
    await page.locator('.composer .tool').waitFor();
    await page.locator('.acct .tag').waitFor({ state: 'attached' }); // Nothing is sent before it is known who sends.

    // Neither model can be asked for now.
    await plan([{ status: 429, retry_delay: '100s' }, { status: 429, retry_delay: '100s' }]);
    await ask(page, texts.others[0]);
    await waits.waitFor();
    await rested(page);
    await show('waiting-model');
    await page.locator('.row.state .btn').click();
    await page.locator('.send.stop').waitFor({ state: 'detached' });

    await plan([{ status: 429, retry_delay: '100s' }]);
    await ask(page, texts.others[1]);
    await finished(page, 2);
    await page.locator('.turn.reply').last().locator('.reply-body > .faint').waitFor();
    await rested(page);
    await show('fell-back');

    await plan([{ text, fault: 'block', chunks, after_chunks: 8 }]);
    await ask(page, texts.others[2]);
    await finished(page, 3);
    await rested(page);
    await show('declined');

    await plan([], { text, chunks, after_chunks: 8, fault: 'error', error_status: 'INVALID_ARGUMENT' });
    await ask(page, texts.second);
    await finished(page, 4);
    await rested(page);
    await show('failed-with-text');

    await plan([{ text, finish: 'MAX_TOKENS' }]);
    await ask(page, texts.others[3]);
    await finished(page, 5);
    await rested(page);
    await show('longest');

    // What was begun breaks off, and nothing of the next attempt is there yet.
    await plan([{ text, chunks, chunk_delay_ms: 100, fault: 'cut', after_chunks: 8 }, { fault: 'hang', after_chunks: -1 }]);
    await ask(page, texts.question);
    await page.locator('.turn.reply').last().locator('.reply-body > .faint').waitFor();
    await rested(page);
    await show('started-again');
    await walk.stop();

    // Two replies: one is written, though nothing of it comes any more, and one waits for it. And then the server is away.
    await plan([{ text, chunks, chunk_delay_ms: 5, fault: 'hang', after_chunks: 8 }]);
    await ask(page, texts.second);
    await page.locator('.prose.is-live').last().waitFor();
    await ask(page, texts.others[0]);
    await waits.waitFor();
    await rested(page);
    await show('waiting-queue');
    await page.locator('.row.state', { has: page.locator('.grow') }).locator('.btn').click();
    await waits.waitFor({ state: 'detached' });
    await world.door.shut();
    await page.locator('.reply-body > .tag').waitFor();
    await page.clock.fastForward(20_000);
    await page.locator('.banner').waitFor();
    await show('connection-lost');
    await world.door.open();
    await page.clock.fastForward(20_000); // The longest pause before it is tried again.
    await page.locator('.banner').waitFor({ state: 'detached' });
    await walk.stop();

    // A chat with a reply that nobody has seen, and one whose reply is being written; and the name of the first is being changed.
    await walk.newChat();
    await plan([]);
    await walk.api('POST', `/chatroom/${await make(texts.others[2])}/message/`, { content: texts.second });
    await page.locator('.rail-row .unread').waitFor({ state: 'attached' });
    await plan([{ text, fault: 'hang', chunks, after_chunks: 3 }]);
    const running = await make(texts.others[3]);
    const { reply } = await walk.api('POST', `/chatroom/${running}/message/`, { content: texts.second });
    await walk.list();
    await page.locator('.rail-row .live').waitFor();
    await page.locator('.rail-row .unread').waitFor();
    await rested(page);
    await show('list-dots');
    const row = page.locator('.rail-row', { has: page.locator('.unread') });
    await row.hover();
    await row.locator('.rail-more').click();
    await page.locator('.menu:popover-open .menu-i').nth(1).click();
    await page.locator('.rail-edit input').waitFor();
    await rested(page);
    await show('list-rename');
    await page.keyboard.press('Escape');
    await walk.closeList();
    await walk.api('POST', `/chatroom/${running}/message/${reply.id}/stop/`);
}
