import { describe, expect, test } from 'vitest';

import { Hub } from '../../src/hub.ts';
import { PolluxError } from '../../src/problem.ts';
import { Tokens, memoryStore } from '../../src/tokens.ts';
import type { Connection, Notice, ReplyUpdate } from '../../src/types.ts';
import type { Wire } from '../../src/wire.ts';
import { message } from './messages.ts';
import { Air, Clock, Locks, platformOf, turn } from './support.ts';

// One connection that the test writes to.
class Stream {
    readonly path: string;
    readonly lastEventId: string | null;
    isOpen = true;
    readonly response: Response;
    #out: ReadableStreamDefaultController<Uint8Array> | null = null;

    constructor(path: string, lastEventId: string | null, signal: AbortSignal) {
        [this.path, this.lastEventId] = [path, lastEventId];
        const body = new ReadableStream<Uint8Array>({ start: (out) => void (this.#out = out), cancel: () => void (this.isOpen = false) });
        this.response = new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
        signal.addEventListener('abort', () => {
            if (!this.isOpen) return;
            this.isOpen = false;
            this.#out?.error(new DOMException('aborted', 'AbortError'));
        });
    }

    async write(text: string): Promise<void> {
        this.#out?.enqueue(new TextEncoder().encode(text));
        await turn();
    }

    event(name: string, id: string, data: object): Promise<void> {
        return this.write(`event: ${name}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
    }

    async end(): Promise<void> {
        this.isOpen = false;
        this.#out?.close();
        await turn();
    }
}

class Browser {
    readonly clock = new Clock();
    readonly streams: Stream[] = [];
    readonly refusals: Response[] = []; // What the next connections are answered.
    readonly #air = new Air();
    readonly #locks = new Locks();

    tab({ shared = true }: { shared?: boolean } = {}) {
        const state = { isFrozen: false };
        const platform = {
            ...platformOf(this.clock, { locks: this.#locks }),
            channel: (_: string, hear: (message: unknown) => void) => this.#air.open(hear, () => state.isFrozen),
            onWake: (work: () => void) => ((wake = work), () => undefined),
        };
        let wake: () => void = () => undefined;
        const openStream = async (path: string, lastEventId: string | null, signal: AbortSignal) => {
            const refusal = this.refusals.shift();
            if (refusal) return refusal;
            const stream = new Stream(path, lastEventId, signal);
            this.streams.push(stream);
            return stream.response;
        };
        const wire = { bodyStreams: true, openStream } as unknown as Wire;
        const post = () => Promise.reject(new Error());
        const tokens = new Tokens({ cookie: false, store: memoryStore(), post, onSession: () => undefined, now: platform.now });
        const notices: Notice[] = [];
        const connections: Connection['state'][] = [];
        const hub = new Hub({
            name: 'pollux', shared, platform, wire, tokens,
            onNotice: (notice) => notices.push(notice),
            onConnection: ({ state }) => connections.push(state),
        });
        return { hub, notices, connections, state, wake: () => wake() };
    }

    async pass(ms: number): Promise<void> {
        await this.clock.pass(ms);
        await turn();
    }

    get open(): Stream[] {
        return this.streams.filter(({ isOpen }) => isOpen);
    }

    get last(): Stream {
        return this.streams.at(-1) as Stream;
    }
}

function follow({ hub }: { hub: Hub }, reply = 2) {
    const updates: ReplyUpdate[] = [];
    const following = hub.follow(1, reply, (update) => updates.push(update));
    const after = (text: string, update: ReplyUpdate) => (update.type === 'restart' ? '' : update.type === 'delta' ? text + update.text : text);
    const text = () => updates.reduce(after, '');
    return { updates, following, text, types: () => updates.map(({ type }) => type) };
}

describe('a stream', () => {
    test('that is silent for 35 s is left, and goes on behind the last piece', async () => {
        const browser = new Browser();
        const reply = follow(browser.tab());
        await browser.pass(0);
        const first = browser.last;
        expect(first).toMatchObject({ path: '/chatroom/1/message/2/stream/', lastEventId: null });
        await first.event('start', '1-0', { attempt: 1, model: 'm' });
        await first.event('delta', '1-5', { text: 'é€' });
        for (let i = 0; i < 10; ++i) {
            await browser.pass(30_000);
            await first.write(': \n\n');
        }
        expect(browser.streams).toHaveLength(1);
        await browser.pass(34_000);
        expect(first.isOpen).toBe(true);
        await browser.pass(1_500);
        expect(first.isOpen).toBe(false);
        await browser.pass(1_000);
        expect(browser.last).toMatchObject({ lastEventId: '1-5', isOpen: true });
        await browser.last.event('delta', '1-6', { text: '!' });
        expect(reply.text()).toBe('é€!');
    });

    test('is found dead at once when the machine wakes', async () => {
        const browser = new Browser();
        const tab = browser.tab();
        follow(tab);
        await browser.pass(0);
        await browser.last.write(': \n\n');
        browser.clock.nowMs += 9 * 3600_000;
        tab.wake();
        await turn();
        expect(browser.open).toHaveLength(0);
        tab.wake();
        await turn();
        expect(browser.open).toHaveLength(1);
    });

    test('that is silent for 20 s is left where there is a reason for doubt', async () => {
        const browser = new Browser();
        const tab = browser.tab();
        follow(tab);
        await browser.pass(0);
        const first = browser.last;
        await first.write(': \n\n');
        await browser.pass(5_000);
        tab.wake();
        await browser.pass(14_000);
        expect(first.isOpen).toBe(true);
        await first.write(': \n\n'); // It lives: no doubt any more.
        await browser.pass(34_000);
        expect(first.isOpen).toBe(true);
        await first.write(': \n\n');
        tab.wake();
        await browser.pass(21_000);
        expect(first.isOpen).toBe(false);
    });

    test('is tried again 0.5 to 15 s later, and at once when there is a reason', async () => {
        const browser = new Browser();
        const tab = browser.tab();
        const reply = follow(tab);
        await browser.pass(0);
        browser.refusals.push(...Array.from({ length: 30 }, () => new Response('', { status: 503 })));
        await browser.last.end();
        const left: number[] = [];
        for (let i = 0; i < 8; ++i) {
            const before = browser.refusals.length;
            const began = browser.clock.nowMs;
            while (browser.refusals.length === before) await browser.pass(100);
            left.push(browser.clock.nowMs - began);
        }
        expect(left[0]).toBeLessThanOrEqual(1_100);
        expect(Math.max(...left)).toBeGreaterThan(7_000);
        expect(Math.max(...left)).toBeLessThanOrEqual(15_100);
        browser.refusals.length = 0;
        tab.wake();
        await turn();
        expect(browser.open).toHaveLength(1);
        await browser.last.write(': \n\n');
        const states = reply.updates.flatMap((update) => (update.type === 'connection' ? [update.connection.state] : []));
        expect(states).toEqual(['reconnecting', 'live']);
    });

    test('comes back when Retry-After says so, and not before, whatever wakes', async () => {
        const browser = new Browser();
        browser.refusals.push(new Response('', { status: 429, headers: { 'Retry-After': '20' } }));
        const tab = browser.tab();
        follow(tab);
        await browser.pass(19_000);
        tab.wake();
        await browser.pass(500);
        expect(browser.streams).toHaveLength(0);
        await browser.pass(1_000);
        expect(browser.streams).toHaveLength(1);
    });

    test('that takes turns with others comes back no sooner than Retry-After says, either', async () => {
        const browser = new Browser();
        const tab = browser.tab();
        browser.refusals.push(...Array.from({ length: 3 }, () => new Response('', { status: 503, headers: { 'Retry-After': '60' } })));
        for (const reply of [2, 3, 4]) follow(tab, reply);
        await browser.pass(55_000);
        tab.wake();
        await browser.pass(1_000);
        expect(browser.refusals).toHaveLength(0); // Each was asked for once.
        expect(browser.streams).toHaveLength(0);
        await browser.pass(10_000);
        expect(browser.streams.length).toBeGreaterThanOrEqual(3);
    });

    test('that takes turns with others is asked for ever less often while nobody answers', async () => {
        const browser = new Browser();
        const tab = browser.tab();
        const many = 1000;
        browser.refusals.push(...Array.from({ length: many }, () => new Response('', { status: 503 })));
        for (const reply of [2, 3, 4]) follow(tab, reply);
        await browser.pass(120_000);
        expect(many - browser.refusals.length).toBeLessThan(60);
        const before = browser.refusals.length;
        tab.wake();
        await browser.pass(5_000);
        expect(before - browser.refusals.length).toBeGreaterThanOrEqual(2);
    });

    test('is asked for where the first who followed it left at once', async () => {
        const browser = new Browser();
        const tab = browser.tab();
        const first = follow(tab);
        const second = follow(tab);
        first.following.stop();
        await browser.pass(1);
        expect(browser.open).toHaveLength(1);
        await browser.last.event('start', '1-0', { attempt: 1, model: 'm' });
        await browser.last.event('delta', '1-1', { text: 'a' });
        expect([first.text(), second.text()]).toEqual(['', 'a']);
    });

    test('outlives what a proxy answers in the place of a server that is away', async () => {
        const browser = new Browser();
        const reply = follow(browser.tab());
        browser.refusals.push(...[404, 403, 408].map((status) => new Response('<html>', { status, headers: { 'Content-Type': 'text/html' } })));
        await browser.pass(20_000);
        expect(browser.open).toHaveLength(1);
        expect(reply.types()).not.toContain('refused');
    });

    test('waits at least as long as its retry: says', async () => {
        const browser = new Browser();
        follow(browser.tab());
        await browser.pass(0);
        await browser.last.write('retry: 6000\n\n');
        await browser.last.end();
        await browser.pass(5_500);
        expect(browser.streams).toHaveLength(1);
        await browser.pass(4_000);
        expect(browser.streams).toHaveLength(2);
    });

    test('of whose place the server knows nothing begins anew', async () => {
        const browser = new Browser();
        const reply = follow(browser.tab());
        await browser.pass(0);
        await browser.last.event('start', '1-0', { attempt: 1, model: 'm' });
        await browser.last.event('delta', '1-3', { text: 'abc' });
        await browser.last.end();
        browser.refusals.push(Response.json({ code: 'bad_event_id', detail: '' }, { status: 400 }));
        await browser.pass(5_000);
        expect(browser.last.lastEventId).toBe(null);
        await browser.last.event('start', '1-0', { attempt: 1, model: 'm' });
        await browser.last.event('delta', '1-3', { text: 'abc' });
        await browser.last.event('done', '1-end', { message: message('abc') });
        expect(reply.text()).toBe('abc');
        expect(reply.types().slice(-3)).toEqual(['restart', 'delta', 'end']);
    });

    test('that is refused for good tells it, once', async () => {
        const browser = new Browser();
        browser.refusals.push(Response.json({ code: 'message_not_found', detail: 'Gone.' }, { status: 404 }));
        const reply = follow(browser.tab());
        await browser.pass(60_000);
        expect(reply.updates.filter(({ type }) => type === 'refused')).toHaveLength(1);
        expect(reply.following.snapshot.refused).toBeInstanceOf(PolluxError);
        expect(browser.streams).toHaveLength(0);
    });
});

describe('following', () => {
    test('by several listeners is one stream, which is left with the last of them', async () => {
        const browser = new Browser();
        const tab = browser.tab();
        const first = follow(tab);
        await browser.pass(0);
        await browser.last.event('start', '1-0', { attempt: 1, model: 'm' });
        await browser.last.event('delta', '1-1', { text: 'a' });
        const second = follow(tab);
        first.following.stop();
        await browser.pass(0);
        await browser.last.event('delta', '1-2', { text: 'b' });
        expect([first.text(), second.text()]).toEqual(['a', 'ab']);
        second.following.stop();
        second.following.stop();
        await turn();
        expect(browser.streams).toHaveLength(1);
        expect(browser.open).toHaveLength(0);
    });

    test('survives a listener that throws', async () => {
        const thrown: unknown[] = [];
        const keep = (failure: unknown) => void thrown.push(failure);
        process.on('uncaughtException', keep);
        const others = process.listeners('uncaughtException').filter((listener) => listener !== keep);
        for (const other of others) process.off('uncaughtException', other);
        const browser = new Browser();
        const tab = browser.tab();
        tab.hub.follow(1, 2, () => {
            throw new Error('of the caller');
        });
        const reply = follow(tab);
        await browser.pass(0);
        await browser.last.event('start', '1-0', { attempt: 1, model: 'm' });
        await browser.last.event('delta', '1-1', { text: 'a' });
        await turn();
        process.off('uncaughtException', keep);
        for (const other of others) process.on('uncaughtException', other);
        expect(reply.text()).toBe('a');
        expect(thrown.length).toBeGreaterThan(0);
    });
});

describe('tabs', () => {
    test('share a stream, and one that comes late gets the text so far', async () => {
        const browser = new Browser();
        const first = browser.tab();
        const [one, second] = [follow(first), browser.tab()];
        await browser.pass(1);
        await browser.last.event('start', '1-0', { attempt: 1, model: 'm' });
        await browser.last.event('thought', '1-0-2', { text: 'hm' });
        await browser.last.event('delta', '1-3-2', { text: '€' });
        const two = follow(second);
        await browser.pass(1);
        await browser.last.event('delta', '1-4-2', { text: '!' });
        await browser.last.event('done', '1-end', { message: message('€!', { thoughts: 'hm' }) });
        for (const reply of [one, two]) {
            expect(reply.text()).toBe('€!');
            expect(reply.following.snapshot).toMatchObject({ thoughts: 'hm', result: { message: { content: '€!' } } });
        }
        expect(browser.streams).toHaveLength(1);
    });

    test('take over from their own place when the leader goes', async () => {
        const browser = new Browser();
        const [first, second] = [browser.tab(), browser.tab()];
        const [one, two] = [follow(first), follow(second)];
        await browser.pass(1);
        await browser.last.event('start', '1-0', { attempt: 1, model: 'm' });
        await browser.last.event('delta', '1-3', { text: 'abc' });
        first.hub.close();
        await browser.pass(1);
        expect(second.hub.leads).toBe(true);
        expect(browser.last.lastEventId).toBe('1-3');
        await browser.last.event('delta', '1-4', { text: 'd' });
        expect([one.text(), two.text()]).toEqual(['abc', 'abcd']);
        expect(browser.open).toHaveLength(1);
    });

    test('have notices by one stream, from where the last leader was', async () => {
        const browser = new Browser();
        const [first, second, third] = [browser.tab(), browser.tab(), browser.tab()];
        for (const { hub } of [first, second, third]) hub.watchNotices();
        await browser.pass(1);
        expect(browser.open.map(({ path }) => path)).toEqual(['/events/']);
        await browser.last.event('ready', 'e-1', {});
        await browser.last.event('room', 'e-2', { id: 7 });
        await browser.last.event('a later one', 'e-3', {});
        first.hub.close();
        await browser.pass(1);
        expect(browser.last.lastEventId).toBe('e-2'); // What no tab knows was passed on to none.
        await browser.last.event('ready', '', {});
        await browser.last.event('usage', 'e-4', {});
        for (const { notices } of [second, third]) expect(notices.map(({ name }) => name)).toEqual(['ready', 'room', 'ready', 'usage']);
        expect(first.notices.map(({ name }) => name)).toEqual(['ready', 'room']);
    });

    test('go on from the last notice after a proxy has refused them in the place of the server', async () => {
        const browser = new Browser();
        browser.tab().hub.watchNotices();
        await browser.pass(1);
        await browser.last.event('ready', 'e-1', {});
        browser.refusals.push(new Response('<html>', { status: 404 }));
        await browser.last.end();
        await browser.pass(20_000);
        expect(browser.open.map(({ lastEventId }) => lastEventId)).toEqual(['e-1']);
    });

    test('wake the one that leads when one of them is looked at', async () => {
        const browser = new Browser();
        const [first, second] = [browser.tab(), browser.tab()];
        follow(second);
        await browser.pass(1);
        expect(first.hub.leads).toBe(true);
        browser.refusals.push(...Array.from({ length: 6 }, () => new Response('', { status: 503 })));
        await browser.last.end();
        await browser.pass(20_000); // The next try is up to 15 s away.
        browser.refusals.length = 0;
        expect(browser.open).toHaveLength(0);
        second.wake();
        await browser.pass(1);
        expect(browser.open).toHaveLength(1);
    });

    test('have notices from the last place on, also where the next leader came late', async () => {
        const browser = new Browser();
        const [first, second, third] = [browser.tab(), browser.tab(), browser.tab()];
        third.hub.watchNotices();
        await browser.pass(1);
        await browser.last.event('ready', 'e-1', {});
        first.hub.close();
        // The second has seen the same, though nobody listened there.
        await browser.pass(1);
        expect(second.hub.leads).toBe(true);
        expect(browser.last.lastEventId).toBe('e-1');
        const late = browser.tab();
        late.hub.watchNotices();
        await browser.pass(1);
        expect(late.notices.map(({ name }) => name)).toEqual(['ready']);
        third.hub.close();
        second.hub.close();
        await browser.pass(1);
        expect(late.hub.leads).toBe(true);
        expect(browser.last.lastEventId).toBe('e-1');
        expect(browser.open).toHaveLength(1);
        expect(third.notices.map(({ name }) => name)).toEqual(['ready']);
    });

    test('are told to fetch anew when the next leader is not where they are', async () => {
        const browser = new Browser();
        const [first, second, third] = [browser.tab(), browser.tab(), browser.tab()];
        for (const { hub } of [second, third]) hub.watchNotices();
        await browser.pass(1);
        await browser.last.event('ready', 'e-1', {});
        second.state.isFrozen = true;
        await browser.last.event('room', 'e-2', { id: 7 });
        second.state.isFrozen = false;
        first.hub.close();
        await browser.pass(1);
        expect(second.hub.leads).toBe(true);
        expect(browser.last.lastEventId).toBe('e-1');
        await browser.last.event('room', 'e-2', { id: 7 });
        expect(second.notices.map(({ name }) => name)).toEqual(['ready', 'room']);
        expect(third.notices.map(({ name }) => name)).toEqual(['ready', 'room', 'reset', 'room']);
    });

    test('that listen no longer leave no stream behind', async () => {
        const browser = new Browser();
        const [first, second] = [browser.tab(), browser.tab()];
        const reply = follow(second);
        const leave = second.hub.watchNotices();
        await browser.pass(1);
        expect(browser.open).toHaveLength(2);
        reply.following.stop();
        leave();
        await browser.pass(1);
        expect(browser.open).toHaveLength(0);
        expect(first.hub.leads).toBe(true);
    });

    test('that vanish without a word are forgotten, and told again when they were only frozen', async () => {
        const browser = new Browser();
        const [first, second] = [browser.tab(), browser.tab()];
        const [one, two] = [follow(first, 2), follow(second, 3)];
        await browser.pass(1);
        const of = (reply: number) => browser.open.find(({ path }) => path.includes(`/${reply}/`)) as Stream;
        await of(3).event('start', '1-0', { attempt: 1, model: 'm' });
        await of(3).event('delta', '1-1', { text: 'a' });
        second.state.isFrozen = true;
        for (let i = 0; i < 10; ++i) {
            await browser.pass(10_000);
            for (const stream of browser.open) await stream.write(': \n\n');
        }
        expect(browser.open.map(({ path }) => path)).toEqual([of(2).path]);
        second.state.isFrozen = false;
        second.wake();
        await browser.pass(1);
        // The leader does not show this reply, so it reads all of it; the tab takes only what it has not.
        expect(of(3).lastEventId).toBe(null);
        await of(3).event('start', '1-0', { attempt: 1, model: 'm' });
        await of(3).event('delta', '1-2', { text: 'ab' });
        expect(two.types()).not.toContain('restart');
        expect([one.text(), two.text()]).toEqual(['', 'ab']);
    });
});
