import { afterEach, describe, expect, test, vi } from 'vitest';

import { Pollux, PolluxError, memoryStore, type PolluxOptions } from '../../src/index.ts';
import { abortError } from '../../src/pauses.ts';
import { browserPlatform } from '../../src/platform.ts';
import { message } from './messages.ts';
import { Air, Clock, platformOf, settle, tokenOf, turn } from './support.ts';

interface Asked {
    readonly method: string;
    readonly path: string;
    readonly key: string | null;
    readonly token: string | null;
}

const html = () => new Response('<html>Log in to this network</html>', { headers: { 'Content-Type': 'text/html' } });
const access = (session = 7) => ({ access: tokenOf(1, session, 1), expires_in: 900 });
const refreshPath = '/auth/token/refresh/';

// A body of which only the beginning comes.
function cut(): Response {
    const body = new ReadableStream<Uint8Array>({
        pull: (out) => out.error(new TypeError('terminated')),
        start: (out) => out.enqueue(new TextEncoder().encode('{"id":')),
    });
    return new Response(body, { headers: { 'Content-Type': 'application/json' } });
}

// Signed in by its store, unless `options` say otherwise. `answer`: to all but the refresh, which is always good unless it gives something.
function open(answer: (asked: Asked) => Response | Promise<Response> | null, options: PolluxOptions = {}, air: Air | null = null) {
    const clock = new Clock();
    const asked: Asked[] = [];
    const fetch = async (input: Request | string, init?: RequestInit) => {
        const { method, url, headers, signal } = new Request(input, init);
        const one = { method, path: new URL(url).pathname, key: headers.get('Idempotency-Key'), token: headers.get('Authorization') };
        asked.push(one);
        const cut = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(abortError())));
        const response = await Promise.race([answer(one), cut]);
        if (response) return response;
        return Response.json(one.path === refreshPath ? { ...access(), refresh: 'r2' } : {});
    };
    const store = memoryStore('r1');
    const platform = platformOf(clock, { air });
    const pollux = new Pollux({ url: 'http://pollux.test', store, fetch: fetch as typeof globalThis.fetch, ...options }, platform);
    const paths = () => asked.map(({ path }) => path);
    return { pollux, clock, asked, paths };
}

// An answer that comes when the test says so.
function later() {
    let give: (response: Response) => void = () => undefined;
    const response = new Promise<Response>((resolve) => (give = resolve));
    return { response, give };
}

// The clock runs until `promise` has settled.
async function passing<T>(clock: Clock, promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = () => (isSettled = true);
    promise.then(settled, settled);
    for (let i = 0; i < 200 && !isSettled; ++i) {
        await turn();
        await clock.pass(500);
    }
    expect(isSettled).toBe(true);
    return promise;
}

describe('signing out', () => {
    test('before it is known who is signed in ends the session of the cookie', async () => {
        const refresh = later();
        const { pollux, asked, paths } = open(({ path }) => (path === refreshPath ? refresh.response : new Response(null, { status: 204 })), { cookie: true });
        const sessions: unknown[] = [];
        pollux.on('session', (session) => sessions.push(session));
        const started = pollux.start();
        const gone = pollux.signOut();
        await turn();
        expect(paths()).toEqual([refreshPath]);
        refresh.give(Response.json(access()));
        await gone;
        expect(asked.map(({ path, token }) => [path, token])).toEqual([[refreshPath, null], ['/auth/logout', `Bearer ${access().access}`]]);
        await started;
        expect([pollux.session, sessions.at(-1)]).toEqual([null, null]);
    });

    test('where the server does not answer throws, and nobody is signed in here', async () => {
        const { pollux, paths } = open(() => Promise.reject(new TypeError('fetch failed')), { cookie: true });
        await expect(pollux.signOut()).rejects.toMatchObject({ code: 'connection_failed' });
        await expect(pollux.accessToken()).rejects.toMatchObject({ code: 'signed_out' });
        expect(paths()).toEqual([refreshPath]);
    });

    test('of nobody asks nothing of the server but who it is', async () => {
        const { pollux, paths } = open(() => Response.json({ code: 'token_missing', detail: '' }, { status: 401 }), { cookie: true });
        await pollux.signOut();
        await pollux.signOut();
        expect(paths()).toEqual([refreshPath]);
    });

    test('leaves whoever signed in meanwhile', async () => {
        const logout = later();
        const { pollux } = open(({ path }) => {
            if (path === '/auth/logout') return logout.response;
            return path === '/auth/login' ? Response.json({ ...access(9), refresh: 'r9' }) : null;
        });
        await pollux.start();
        const gone = pollux.signOut();
        await turn();
        const cut = expect(gone).rejects.toMatchObject({ name: 'AbortError' });
        await pollux.logIn({ mobile: '+12025550100', password: 'a-long-pass-word-7' });
        await cut; // Before its answer came, which would have taken the cookie.
        logout.give(new Response(null, { status: 204 }));
        await turn();
        expect(pollux.session?.session).toBe(9);
    });
});

test('signing in waits for a refresh that is on its way, so that the later cookie is the new one', async () => {
    const refresh = later();
    const { pollux, paths } = open(({ path }) => (path === refreshPath ? refresh.response : Response.json(access(9))), { cookie: true });
    const started = pollux.start();
    const entered = pollux.logInByLink('token');
    await turn();
    expect(paths()).toEqual([refreshPath]);
    refresh.give(Response.json(access()));
    await Promise.all([started, entered]);
    expect([paths().at(-1), pollux.session?.session]).toEqual(['/auth/link', 9]);
});

describe('an answer', () => {
    test('that is no JSON is an error with a code', async () => {
        for (const [answer, expected] of [
            [html, { code: 'unreadable_answer', status: 200, isTemporary: true }],
            [() => new Response(''), { code: 'unreadable_answer', status: 200 }],
            [cut, { code: 'connection_failed', status: 0, isTemporary: true }],
        ] as const) {
            const { pollux } = open(({ path }) => (path === '/user/me' ? answer() : null));
            const failure = await pollux.get('/user/me').catch((failure: unknown) => failure);
            expect(failure).toBeInstanceOf(PolluxError);
            expect(failure).toMatchObject(expected);
        }
    });

    test('that has nothing to tell is none', async () => {
        const { pollux } = open(({ path }) => (path === refreshPath ? null : new Response(null, { status: 204 })));
        expect(await pollux.delete('/chatroom/{room}', { params: { path: { room: 1 } } })).toBe(undefined);
    });

    test('of somebody else does not end what waits for a reply', async () => {
        const stored = message('all of it');
        const looks = [html, cut, () => new Response('Bad gateway', { status: 502 }), () => Response.json(stored)];
        const { pollux, clock, paths } = open(({ path }) => (path === refreshPath ? null : (looks.shift() as () => Response)()), { bodyStreams: false });
        expect(await passing(clock, pollux.finished(1, 2))).toEqual(stored);
        expect(paths().filter((path) => path === '/chatroom/1/message/2')).toHaveLength(4);
    });

    test('of a store that fails is reported, and the reply is looked at again', async () => {
        const thrown: unknown[] = [];
        const others = process.listeners('uncaughtException');
        process.removeAllListeners('uncaughtException');
        process.on('uncaughtException', (failure) => thrown.push(failure));
        const failure = new Error('of the store');
        const reads = [() => Promise.reject(failure), () => Promise.resolve('r1')];
        const store = { read: () => (reads.shift() as () => Promise<string>)(), write: () => undefined };
        const { pollux, clock } = open(({ path }) => (path === refreshPath ? null : Response.json(message('it'))), { bodyStreams: false, store });
        const reply = await passing(clock, pollux.finished(1, 2));
        process.removeAllListeners('uncaughtException');
        for (const other of others) process.on('uncaughtException', other);
        expect([reply.content, thrown]).toEqual(['it', [failure]]);
    });
});

describe('a send whose effect is not known', () => {
    for (const [what, answer] of [
        ["a proxy's 504", () => new Response('<h1>Gateway Timeout</h1>', { status: 504 })],
        ["a proxy's 502", () => new Response('', { status: 502 })],
        ['the page of a network', html],
        ['half an answer', cut],
        ['no answer', () => Promise.reject(new TypeError('fetch failed'))],
    ] as const) {
        test(`since ${what} came is repeated with its key`, async () => {
            const sent = { reply: message('') };
            const answers = [answer, answer, () => Response.json(sent, { status: 201 })];
            const { pollux, clock, asked } = open(({ path }) => (path === refreshPath ? null : (answers.shift() as () => Response)()));
            expect(await passing(clock, pollux.send(1, 'once'))).toEqual(sent);
            const keys = asked.filter(({ method, path }) => method === 'POST' && path !== refreshPath).map(({ key }) => key);
            expect(keys).toHaveLength(3);
            expect(new Set(keys).size).toBe(1);
            expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
        });
    }

    test('is given up after 30 s, with what was answered last', async () => {
        const { pollux, clock, asked } = open(({ path }) => (path === refreshPath ? null : new Response('', { status: 504 })));
        const began = clock.nowMs;
        await expect(passing(clock, pollux.send(1, 'once'))).rejects.toMatchObject({ code: 'unreadable_answer', status: 504 });
        expect(clock.nowMs - began).toBeLessThan(32_000);
        expect(asked.length).toBeGreaterThan(3);
    });

    test('is another thing than one that was refused on the way', async () => {
        const { pollux, asked } = open(({ path }) => (path === refreshPath ? null : new Response('<h1>Too large</h1>', { status: 413 })));
        await expect(pollux.send(1, 'too long')).rejects.toMatchObject({ code: 'unreadable_answer', status: 413 });
        expect(asked.filter(({ path }) => path !== refreshPath)).toHaveLength(1);
    });
});

describe('closing', () => {
    const silent = () => new Promise<Response>(() => undefined);

    test('ends whoever waits for a reply', async () => {
        const sent = { reply: message('', { status: 'queued' }) };
        const { pollux, clock } = open(({ method, path }) => (path === refreshPath ? null : method === 'POST' ? Response.json(sent) : silent()));
        const read = (async () => {
            for await (const update of pollux.updates(1, 2)) expect(update.type).toBe('connection');
        })();
        const all = [read, pollux.finished(1, 2), pollux.finished(1, 2, { signal: new AbortController().signal }), pollux.ask(1, 'hello')];
        const ends = Promise.allSettled(all);
        await turn();
        pollux.close();
        for (const end of await passing(clock, ends)) expect(end).toMatchObject({ status: 'rejected', reason: { name: 'AbortError' } });
        await expect(pollux.finished(1, 2)).rejects.toMatchObject({ name: 'AbortError' });
        await expect(pollux.updates(1, 2).next()).rejects.toMatchObject({ name: 'AbortError' });
    });

    test('leaves the session, and says nothing more to other tabs', async () => {
        const air = new Air();
        const posted: unknown[] = [];
        air.open((said) => posted.push(said));
        const { pollux, clock, paths } = open(({ path }) => (path === '/auth/logout' ? new Response(null, { status: 204 }) : null), {}, air);
        const leave = pollux.on('notice', () => undefined);
        const following = pollux.follow(1, 2, () => undefined);
        await clock.pass(1_000);
        expect(posted.length).toBeGreaterThan(0);
        pollux.close();
        await settle();
        const before = posted.length;
        leave();
        following.stop();
        pollux.wake();
        expect(await passing(clock, pollux.accessToken())).toBe(access().access);
        await passing(clock, pollux.signOut());
        pollux.close();
        await settle();
        expect([paths().at(-1), pollux.session]).toEqual(['/auth/logout', null]);
        expect(posted.slice(before)).toEqual([]);
    });
});

test('a refresh whose answer stands still in the middle holds nobody up for ever', async () => {
    const halves = [new Response(new ReadableStream<Uint8Array>(), { headers: { 'Content-Type': 'application/json' } })];
    const stuck = (response: Response, signal: AbortSignal) => {
        const text = new Promise<string>((_, reject) => signal.addEventListener('abort', () => reject(abortError())));
        return Object.assign(response, { text: () => text });
    };
    const clock = new Clock();
    const fetch = async (input: Request | string, init?: RequestInit) => {
        const { url, signal } = new Request(input, init);
        const half = url.endsWith(refreshPath) ? halves.shift() : undefined;
        if (half) return stuck(half, signal);
        return Response.json(url.endsWith(refreshPath) ? { ...access(), refresh: 'r2' } : { results: [], next: null });
    };
    const pollux = new Pollux({ url: 'http://pollux.test', store: memoryStore('r1'), fetch: fetch as typeof globalThis.fetch }, platformOf(clock));
    await expect(passing(clock, pollux.get('/chatroom'))).rejects.toMatchObject({ code: 'connection_failed' });
    expect(await passing(clock, pollux.get('/chatroom'))).toEqual({ results: [], next: null });
});

test('a call that is given up waits for no token any more, and the others do', async () => {
    const refresh = later();
    const { pollux } = open(({ path }) => (path === refreshPath ? refresh.response : Response.json({ results: [], next: null })));
    const abort = new AbortController();
    const [given, kept] = [pollux.get('/chatroom', { signal: abort.signal }), pollux.get('/chatroom')];
    const gaveUp = expect(given).rejects.toMatchObject({ name: 'AbortError' });
    await turn();
    abort.abort();
    await gaveUp;
    refresh.give(Response.json({ ...access(), refresh: 'r2' }));
    expect(await kept).toEqual({ results: [], next: null });
});

test('a send is repeated no sooner than the server says, whatever wakes', async () => {
    const busy = () => Response.json({ code: 'idempotency_in_progress', detail: '' }, { status: 409, headers: { 'Retry-After': '20' } });
    const { pollux, clock, asked } = open(({ path }) => (path === refreshPath ? null : busy()));
    const sent = pollux.send(1, 'once').catch(() => undefined);
    const sends = () => asked.filter(({ path }) => path !== refreshPath).length;
    await turn();
    await clock.pass(1_000);
    expect(sends()).toBe(1);
    pollux.wake();
    await turn();
    await clock.pass(15_000);
    expect(sends()).toBe(1);
    await clock.pass(5_000);
    await turn();
    expect(sends()).toBe(2);
    pollux.close();
    await passing(clock, sent);
});

test('tabs share a session only where they share what renews it: the cookie, or a store that was given', async () => {
    for (const [options, shares] of [[{}, false], [{ cookie: true }, true], [{ store: memoryStore('r1') }, true], [{ store: memoryStore('r1'), tabs: false }, false]] as const) {
        const air = new Air();
        const posted: unknown[] = [];
        air.open((said) => posted.push(said));
        const fetch = () => Promise.resolve(Response.json({ ...access(), refresh: 'r2' }));
        const pollux = new Pollux({ url: 'http://pollux.test', fetch, ...options }, platformOf(new Clock(), { air }));
        await turn();
        expect(posted.length > 0).toBe(shares);
        pollux.close();
    }
});

describe('where a browser keeps nothing of a site', () => {
    afterEach(() => vi.unstubAllGlobals());

    test('a client whose tabs cannot hear each other is alone', async () => {
        function denied() {
            throw new DOMException('The operation is insecure.', 'SecurityError');
        }
        vi.stubGlobal('BroadcastChannel', denied);
        const platform = { ...browserPlatform(), isPage: true };
        const fetch = () => Promise.resolve(Response.json(access()));
        const pollux = new Pollux({ url: 'http://pollux.test', cookie: true, fetch }, platform);
        expect(pollux.leads).toBe(true);
        expect(await pollux.start()).toEqual({ user: 1, session: 7 });
        pollux.close();
    });
});
