import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

type Listener = (event: object) => void;

// What all tabs of a device share, and what one of them has for itself.
let channels: Channel[];
let stored: Map<string, string>;
let listeners: Map<string, Listener[]>;

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

function tell(name: string, event: object = {}): void {
    for (const listener of [...(listeners.get(name) ?? [])]) listener(event);
}

// Locks as a browser has them: held until what they were asked for is done.
function locksOf(held: Set<string>) {
    const request = async (name: string, work: () => Promise<void>) => {
        held.add(name);
        await work();
        held.delete(name);
    };
    return { request, query: () => Promise.resolve({ held: [...held, 'of something else'].map((name) => ({ name })) }) };
}

describe('tabs', () => {
    beforeEach(() => {
        vi.useFakeTimers();
        channels = [];
        stored = new Map();
        vi.stubGlobal('BroadcastChannel', Channel);
        vi.stubGlobal('addEventListener', (name: string, listener: Listener) => void listeners.set(name, [...(listeners.get(name) ?? []), listener]));
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
        tell('pagehide');
        expect((await load()).tab).toBe(tab);
        expect((await load()).tab).not.toBe(tab); // With what stands in its store while the first one is there.
    });

    it('have no name in store when they come back as they were', async () => {
        const { tab } = await load();
        tell('pagehide');
        tell('pageshow', { persisted: true });
        expect((await load()).tab).not.toBe(tab);
    });

    it('know of each other by a channel where there are no locks', async () => {
        const [first, second] = [await load(), await load()];
        const asked = first.others();
        await vi.runAllTimersAsync();
        expect(await asked).toEqual(new Set([second.tab]));
    });

    it('know of each other by locks', async () => {
        vi.stubGlobal('navigator', { locks: locksOf(new Set()) });
        const [first, second] = [await load(), await load()];
        expect(await first.others()).toEqual(new Set([first.tab, second.tab]));
        expect(channels).toEqual([]);
    });

    it('are gone for the others while they are kept to be shown again, and there once they are', async () => {
        vi.stubGlobal('navigator', { locks: locksOf(new Set()) });
        const { tab, others } = await load();
        tell('pagehide', { persisted: true });
        await vi.runAllTimersAsync();
        expect(await others()).toEqual(new Set());
        tell('pageshow', { persisted: true });
        expect(await others()).toEqual(new Set([tab]));
        tell('pagehide', { persisted: true });
        await vi.runAllTimersAsync();
        expect(await others()).toEqual(new Set());
    });

    it('may all be there where a browser lets nobody find out', async () => {
        class Denied {
            constructor() {
                throw new Error('denied');
            }
        }
        vi.stubGlobal('BroadcastChannel', Denied);
        expect(await (await load()).others()).toBeNull();
        const denied = () => Promise.reject(new Error('denied'));
        vi.stubGlobal('navigator', { locks: { request: denied, query: denied } });
        expect(await (await load()).others()).toBeNull();
    });
});
