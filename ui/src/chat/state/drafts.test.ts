import { beforeEach, describe, expect, it, vi } from 'vitest';

// What a device keeps, as a browser has it.
function device(kept: Record<string, string> = {}): Record<string, string> {
    const methods = {
        getItem: (name: string) => kept[name] ?? null,
        setItem: (name: string, text: string) => void (kept[name] = text),
        removeItem: (name: string) => void delete kept[name],
    };
    // The names are those of the object itself, as with localStorage.
    const storage = new Proxy(kept, { get: (_, name) => methods[name as keyof typeof methods] });
    vi.stubGlobal('localStorage', storage);
    return kept;
}

// The pages of a tab: a new one for each load. `here`: the other tabs that are there.
async function load(tab = 'a', here: readonly string[] | null = []) {
    vi.resetModules();
    vi.doMock('../../lib/tabs.ts', () => ({ tab, others: () => Promise.resolve(here && new Set(here)) }));
    return import('./drafts.svelte.ts');
}

const draft = (text: string) => JSON.stringify({ text, key: '', roomKey: '', keyText: '' }); // As an earlier version kept it, for all tabs.
const always = () => true;
const dayMs = 86_400_000;

describe('drafts', () => {
    beforeEach(() => vi.useRealTimers());

    it('of nobody are in no store, and go below what the user had kept once he is known', async () => {
        const kept = device();
        const { claimDraft, readDraft, writeDraft } = await load();
        writeDraft(7, null, 'Stored');
        const before = { ...kept };
        expect(readDraft(null, null).text).toBe('');
        writeDraft(null, null, 'Typed early');
        expect(kept).toEqual(before);
        expect(claimDraft(7, null)).toBe('Stored\n\nTyped early');
        expect(readDraft(7, null).text).toBe('Stored\n\nTyped early');
        expect(readDraft(null, null).text).toBe('');
        expect(claimDraft(8, null)).toBe('');
    });

    it('that are claimed with nothing typed keep their text and the keys of their last attempt', async () => {
        device();
        const { cameBack, claimDraft, sending } = await load();
        const attempt = sending(7, 5, 'Sent');
        cameBack(7, 5, attempt, 'Sent');
        expect(claimDraft(7, 5)).toBe('Sent');
        expect(sending(7, 5, 'Sent')).toEqual(attempt);
    });

    it('that were sent before their user was known are still on their way after it', async () => {
        device();
        const { answered, claimDraft, readDraft, sending, writeDraft } = await load();
        writeDraft(7, 5, 'Stored');
        const attempt = sending(null, 5, 'Sent early');
        expect(claimDraft(7, 5)).toBe('Stored');
        expect((await load()).unanswered(7)).toEqual([{ room: 5, attempts: [attempt] }]);
        answered(7, 5, attempt.key);
        expect((await load()).unanswered(7)).toEqual([]);
        expect(readDraft(7, 5).text).toBe('Stored');
    });

    it('that an earlier version kept for nobody are gone, and those of a user are there', async () => {
        const kept = device({ 'pollux.draft.0.new': draft('Of whom'), 'pollux.draft.7.new': draft('Stored') });
        const { inheritText, readDraft } = await load();
        expect(await inheritText(7, null, always)).toMatchObject({ text: 'Stored' });
        expect(readDraft(7, null).text).toBe('Stored');
        expect(Object.keys(kept)).toEqual(['pollux.draft.7.new.a']);
    });

    it('do not hold what is on its way: a new chat beside it begins empty', async () => {
        device();
        const { readDraft, sending, unanswered } = await load();
        sending(7, null, 'On its way');
        expect(readDraft(7, null).text).toBe('');
        expect(unanswered(7)).toEqual([]); // The page has it.
    });

    it('go on by their own keys after a reload, chat by chat, beside what was typed since', async () => {
        device();
        const page = await load();
        const [first, second] = [page.sending(7, 5, 'A'), page.sending(7, 5, 'B')];
        page.writeDraft(7, 5, 'C');
        const one = page.sending(7, null, 'New');
        const behind = page.sending(7, null, 'New, and more', null, one);
        const other = page.sending(7, null, 'Another new one');
        const again = await load();
        const chats = again.unanswered(7);
        expect(chats).toHaveLength(3);
        expect(chats).toEqual(expect.arrayContaining([{ room: 5, attempts: [first, second] }, { room: null, attempts: [one, behind] }, { room: null, attempts: [other] }]));
        expect(again.readDraft(7, 5).text).toBe('C');
    });

    it('are in the room that a new chat has become', async () => {
        device();
        const page = await load();
        const [sent, other] = [page.sending(7, null, 'Sent'), page.sending(7, null, 'Of another new chat')];
        page.moved(7, 9, [sent.key]);
        expect((await load()).unanswered(7)).toEqual(expect.arrayContaining([{ room: 9, attempts: [sent] }, { room: null, attempts: [other] }]));
    });

    it('that were sent too long ago come back to be read', async () => {
        device();
        vi.useFakeTimers();
        (await load()).sending(7, 5, 'Yesterday');
        vi.setSystemTime(Date.now() + dayMs);
        const { readDraft, unanswered } = await load();
        expect(unanswered(7)).toEqual([]);
        expect(readDraft(7, 5).text).toBe('Yesterday');
    });

    it('have new keys where another model makes another chat, or the server knows the old ones for something else', async () => {
        device();
        const { cameBack, readDraft, sending } = await load();
        const sent = sending(7, null, 'Sent', 'small');
        cameBack(7, null, sent, 'Sent');
        expect(readDraft(7, null)).toMatchObject({ text: 'Sent', model: 'small' });
        const larger = sending(7, null, 'Sent', 'large');
        expect([larger.key, larger.roomKey]).not.toContain(sent.key);
        expect(larger.roomKey).not.toBe(sent.roomKey);
        cameBack(7, null, larger, 'Sent', true);
        expect(sending(7, null, 'Sent', 'large').roomKey).not.toBe(larger.roomKey);
    });

    it('of one new chat make it by one key and with one model, whichever of them is the first', async () => {
        device();
        const { cameBack, sending } = await load();
        const first = sending(7, null, 'First', 'small');
        const second = sending(7, null, 'Second', 'large', first);
        expect(second).toMatchObject({ roomKey: first.roomKey, model: 'small' });
        cameBack(7, null, first, 'First');
        expect(sending(7, null, 'First', 'large', second)).toMatchObject({ key: first.key, roomKey: first.roomKey, model: 'small' });
        const byDefault = sending(7, null, 'Third');
        expect(sending(7, null, 'Fourth', 'large', byDefault).model).toBeNull();
    });
});

describe('drafts of several tabs', () => {
    it('stay where they are when nobody can tell which tabs are there', async () => {
        device();
        const a = await load('a');
        const waiting = a.sending(7, 5, 'Waits for the network');
        a.writeDraft(7, 5, 'Typed since');
        const b = await load('b', null);
        await b.inheritUnanswered(7);
        expect(b.unanswered(7)).toEqual([]);
        expect(await b.inheritText(7, 5, always)).toBeNull();
        expect((await load('a')).unanswered(7)).toEqual([{ room: 5, attempts: [waiting] }]);
    });

    it('that are gone are in no chat that is gone, too: theirs go on in a new one', async () => {
        const kept = device({ 'pollux.draft.7.5': draft('Of all tabs') });
        const a = await load('a');
        a.sending(7, 5, 'Sent');
        a.writeDraft(7, 5, 'Typed since');
        a.writeDraft(7, null, 'Of a new chat');
        (await load('c')).writeDraft(7, 5, 'Of one that is there');
        const b = await load('b', ['c']);
        b.writeDraft(7, 5, 'Its own');
        await b.renewLost(7, 5);
        expect(Object.keys(kept).sort()).toEqual(['pollux.draft.7.5.b', 'pollux.draft.7.5.c', 'pollux.draft.7.new', 'pollux.draft.7.new.a']);
        const texts = [await b.inheritText(7, null, always), b.writeDraft(7, null, ''), await b.inheritText(7, null, always)].map((left) => left?.text);
        expect(texts.sort()).toEqual(['Of a new chat\n\nSent\n\nTyped since', 'Of all tabs', undefined]);
    });

    it('are each its own while both are there', async () => {
        device();
        const a = await load('a', ['b']);
        a.writeDraft(7, null, 'A long draft');
        const waiting = a.sending(7, 5, 'Waits for the network');
        const b = await load('b', ['a']);
        expect(b.readDraft(7, null).text).toBe('');
        expect(await b.inheritText(7, null, always)).toBeNull();
        await b.inheritUnanswered(7);
        expect(b.unanswered(7)).toEqual([]);
        b.writeDraft(7, null, 'hi');
        b.sending(7, null, 'hi');
        const reloaded = await load('a', ['b']);
        expect(reloaded.readDraft(7, null).text).toBe('A long draft');
        expect(reloaded.unanswered(7)).toEqual([{ room: 5, attempts: [waiting] }]);
    });

    it('go on in another one when theirs is gone: what was sent by its keys, what was typed in a box that is empty', async () => {
        device();
        const a = await load('a');
        const waiting = a.sending(7, 5, 'Waits for the network');
        a.writeDraft(7, 5, 'Typed since');
        a.writeDraft(7, null, 'Of a new chat');
        const b = await load('b');
        await b.inheritUnanswered(7);
        expect(b.unanswered(7)).toEqual([{ room: 5, attempts: [waiting] }]);
        expect(await b.inheritText(7, null, () => false)).toBeNull();
        b.writeDraft(7, null, 'Of b');
        expect(await b.inheritText(7, null, always)).toBeNull();
        expect(await b.inheritText(7, 5, always)).toMatchObject({ text: 'Typed since' });
        expect(b.readDraft(7, 5).text).toBe('Typed since');
        // Once only, and what had no place waits.
        const c = await load('c', ['b']);
        await c.inheritUnanswered(7);
        expect(c.unanswered(7)).toEqual([]);
        expect(await c.inheritText(7, 5, always)).toBeNull();
        expect(await c.inheritText(7, null, always)).toMatchObject({ text: 'Of a new chat' });
    });
});
