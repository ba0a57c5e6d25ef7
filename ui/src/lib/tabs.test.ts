import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

type Listener = (event: object) => void;

// What all tabs of a device share, and what one of them has for itself.
let channels: Channel[];
let stored: Map<string, string>;
let listeners: Map<string, Listener>;

class Channel {
    #listener: Listener | null = null;

    constructor() {
        channels.push(this);
    }

    addEventListener(_: string, listener: Listener): void {
        this.#listener = listener;
    }

    postMessage(data: object): void {
        for (const other of channels) if (other !== this) queueMicrotask(() => other.#listener?.({ data }));
    }
}

async function load() {
    vi.resetModules();
    listeners = new Map();
    return import('./tabs.ts');
}

describe('tabs', () => {
    beforeEach(() => {
        vi.useFakeTimers();
        channels = [];
        stored = new Map();
        vi.stubGlobal('BroadcastChannel', Channel);
        vi.stubGlobal('addEventListener', (name: string, listener: Listener) => listeners.set(name, listener));
        vi.stubGlobal('sessionStorage', {
            getItem: (name: string) => stored.get(name) ?? null,
            setItem: (name: string, text: string) => void stored.set(name, text),
            removeItem: (name: string) => void stored.delete(name),
        });
        vi.stubGlobal('navigator', {});
    });
    afterEach(() => {
        vi.unstubAllGlobals();
        vi.useRealTimers();
    });

    it('keep their name over a reload, and a copy has another one', async () => {
        const { tab } = await load();
        listeners.get('pagehide')?.({});
        expect((await load()).tab).toBe(tab);
        expect((await load()).tab).not.toBe(tab); // With what stands in its store while the first one is there.
    });

    it('have no name in store when they come back as they were', async () => {
        const { tab } = await load();
        listeners.get('pagehide')?.({});
        listeners.get('pageshow')?.({ persisted: true });
        expect((await load()).tab).not.toBe(tab);
    });

    it('know of each other by a channel where there are no locks', async () => {
        const [first, second] = [await load(), await load()];
        const asked = first.others();
        await vi.runAllTimersAsync();
        expect(await asked).toEqual(new Set([second.tab]));
    });

    it('know of each other by locks', async () => {
        const held: { name: string }[] = [];
        const locks = {
            request: (name: string) => (held.push({ name }), new Promise(() => {})),
            query: () => Promise.resolve({ held: [...held, { name: 'of something else' }] }),
        };
        vi.stubGlobal('navigator', { locks });
        const [first, second] = [await load(), await load()];
        expect(await first.others()).toEqual(new Set([first.tab, second.tab]));
        expect(channels).toEqual([]);
    });
});
