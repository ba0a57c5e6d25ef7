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

const draft = (text: string) => JSON.stringify({ text, key: '', roomKey: '', keyText: '' });

describe('drafts', () => {
    beforeEach(() => vi.resetModules());

    it('of nobody are in no store, and go below what the user had kept once he is known', async () => {
        const kept = device({ 'pollux.draft.7.new': draft('Stored') });
        const { claimDraft, readDraft, writeDraft } = await import('./drafts.svelte.ts');
        expect(readDraft(null, null, false)).toBe('');
        writeDraft(null, null, 'Typed early');
        expect(kept).toEqual({ 'pollux.draft.7.new': draft('Stored') });
        expect(claimDraft(7, null)).toBe('Stored\n\nTyped early');
        expect(readDraft(7, null, false)).toBe('Stored\n\nTyped early');
        expect(readDraft(null, null, false)).toBe('');
        expect(claimDraft(8, null)).toBe('');
    });

    it('that are claimed with nothing typed keep their text and the keys of their last attempt', async () => {
        device();
        const { cameBack, claimDraft, sending } = await import('./drafts.svelte.ts');
        const attempt = sending(7, 5, 'Sent');
        cameBack(7, 5, 5, attempt, 'Sent');
        expect(claimDraft(7, 5)).toBe('Sent');
        expect(sending(7, 5, 'Sent')).toEqual(attempt);
    });

    it('that were sent before their user was known are still on their way after it', async () => {
        const kept = device({ 'pollux.draft.7.5': draft('Stored') });
        const { answered, claimDraft, readDraft, sending } = await import('./drafts.svelte.ts');
        const { key } = sending(null, 5, 'Sent early');
        expect(claimDraft(7, 5)).toBe('Stored');
        expect(kept['pollux.draft.7.5']).toContain('Sent early');
        answered(7, 5, key);
        expect(kept['pollux.draft.7.5']).not.toContain('Sent early');
        expect(readDraft(7, 5, false)).toBe('Stored');
    });

    it('that an earlier version kept for nobody are gone', async () => {
        const kept = device({ 'pollux.draft.0.new': draft('Of whom'), 'pollux.draft.7.new': draft('Stored') });
        await import('./drafts.svelte.ts');
        expect(Object.keys(kept)).toEqual(['pollux.draft.7.new']);
    });
});
