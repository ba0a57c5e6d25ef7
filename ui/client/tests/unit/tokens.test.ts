import { describe, expect, test } from 'vitest';

import { TabTokens } from '../../src/tab_tokens.ts';
import { Tokens, memoryStore, nobody, sessionOf, type AccessToken } from '../../src/tokens.ts';
import type { TabMessage, TabMessageBody } from '../../src/tab_messages.ts';
import type { Session, TokenStore } from '../../src/types.ts';
import { Air, Clock, DeniedLocks, Locks, platformOf, settle, tokenOf, turn } from './support.ts';

// A server that gives each refresh token once, as ours does, and counts.
class Issuer {
    refreshes = 0;
    counter = 1;
    isReached = true;
    readonly #cookie: boolean;

    constructor({ cookie = false } = {}) {
        this.#cookie = cookie;
    }

    readonly post = async (_: string, body: { refresh?: string }): Promise<Response> => {
        await settle();
        if (!this.isReached) throw new TypeError('fetch failed');
        if (!this.#cookie && body.refresh !== `r${this.counter}`)
            return Response.json({ code: 'refresh_invalid', detail: '' }, { status: 401 });
        ++this.refreshes;
        ++this.counter;
        const kept = this.#cookie ? {} : { refresh: `r${this.counter}` };
        return Response.json({ access: tokenOf(1, 7, this.counter), expires_in: 900, ...kept });
    };
}

function tokensOf(
    clock: Clock,
    issuer: Issuer,
    { store = memoryStore('r1'), cookie = false }: { store?: TokenStore; cookie?: boolean } = {},
) {
    const sessions: (Session | null)[] = [];
    const tokens = new Tokens({ cookie, store, post: issuer.post, onSession: (session) => sessions.push(session), now: () => clock.nowMs });
    return { tokens, sessions, store };
}

describe('Tokens', () => {
    test('are kept until shortly before their end', async () => {
        const [clock, issuer] = [new Clock(), new Issuer()];
        const { tokens, sessions, store } = tokensOf(clock, issuer);
        const first = await tokens.access();
        clock.nowMs += 869_000;
        expect(await tokens.access()).toBe(first);
        clock.nowMs += 2_000;
        expect(await tokens.access()).not.toBe(first);
        expect(issuer.refreshes).toBe(2);
        expect(await store.read()).toBe('r3');
        expect(sessions).toEqual([{ user: 1, session: 7 }]);
    });

    test('are refreshed once for all who ask, and when the server refuses one', async () => {
        const [clock, issuer] = [new Clock(), new Issuer()];
        const { tokens } = tokensOf(clock, issuer);
        const all = await Promise.all(Array.from({ length: 8 }, () => tokens.access()));
        expect(new Set(all).size).toBe(1);
        expect(issuer.refreshes).toBe(1);
        expect(await tokens.access(all[0] as string)).not.toBe(all[0]);
        expect(await tokens.access(all[0] as string)).not.toBe(all[0]);
        expect(issuer.refreshes).toBe(2);
    });

    test('of nobody are null, and nothing is asked', async () => {
        const issuer = new Issuer();
        const { tokens, sessions } = tokensOf(new Clock(), issuer, { store: memoryStore() });
        expect([await tokens.access(), await tokens.access()]).toEqual([null, null]);
        expect(sessions).toEqual([null]);
        expect(issuer.refreshes).toBe(0);
        await expect(tokens.required()).rejects.toMatchObject({ code: 'signed_out' });
    });

    test('survive a server that is not reached', async () => {
        const issuer = new Issuer();
        const { tokens, sessions, store } = tokensOf(new Clock(), issuer);
        issuer.isReached = false;
        await expect(tokens.access()).rejects.toMatchObject({ code: 'connection_failed' });
        expect(await store.read()).toBe('r1');
        issuer.isReached = true;
        expect(await tokens.access()).not.toBe(null);
        expect(sessions).toEqual([{ user: 1, session: 7 }]);
    });

    test('outlive what somebody on the way answers in the place of the server', async () => {
        for (const cookie of [false, true]) {
            for (const status of [400, 401, 403, 422]) {
                const store = memoryStore(cookie ? null : 'r1');
                const sessions: (Session | null)[] = [];
                const answers = [new Response('<html>Log in to this network</html>', { status }), Response.json({ code: 'host_not_allowed', detail: '' }, { status: 400 })];
                const post = async () => answers.shift() ?? Response.json({ access: tokenOf(1, 7, 1), expires_in: 900 });
                const tokens = new Tokens({ cookie, store, post, onSession: (session) => sessions.push(session), now: () => 0 });
                await expect(tokens.access()).rejects.toMatchObject({ code: 'unreadable_answer' });
                await expect(tokens.access()).rejects.toMatchObject({ code: 'host_not_allowed' });
                expect(await store.read()).toBe(cookie ? null : 'r1');
                expect(await tokens.access()).toBe(tokenOf(1, 7, 1));
                expect(sessions).toEqual([{ user: 1, session: 7 }]);
            }
        }
    });

    test('end with their session', async () => {
        const issuer = new Issuer();
        const { tokens, sessions, store } = tokensOf(new Clock(), issuer, { store: memoryStore('stolen') });
        expect(await tokens.access()).toBe(null);
        expect(sessions).toEqual([null]);
        expect(await store.read()).toBe(null);
    });

    describe('that come too late', () => {
        // A refresh that is answered when the test says so.
        function waiting(options: { cookie?: boolean; store?: TokenStore } = {}) {
            const issuer = new Issuer({ cookie: options.cookie ?? false });
            const answers: ((response?: Response) => void)[] = [];
            const ask = issuer.post;
            const post = async (path: string, body: { refresh?: string }) => {
                const real = await ask(path, body);
                return new Promise<Response>((resolve) => answers.push((instead) => resolve(instead ?? real)));
            };
            const opened = tokensOf(new Clock(), Object.assign(issuer, { post }), options);
            const told: (AccessToken | null)[] = [];
            opened.tokens.peers = { ...nobody, tell: (access) => told.push(access) };
            const answer = async (instead?: Response) => {
                while (answers.length === 0) await turn();
                answers.shift()?.(instead);
                await turn();
            };
            return { ...opened, told, answer };
        }

        for (const cookie of [false, true]) {
            test(`for somebody who has signed out sign nobody in (${cookie ? 'a cookie' : 'a store'})`, async () => {
                const { tokens, sessions, store, told, answer } = waiting(cookie ? { cookie, store: memoryStore() } : {});
                const asked = tokens.access();
                await turn();
                await tokens.forget();
                await answer();
                expect(await asked).toBe(null);
                expect([tokens.isSignedIn, sessions, told, await store.read()]).toEqual([false, [null], [], null]);
            });

            test(`for another one who has signed in meanwhile leave him alone (${cookie ? 'a cookie' : 'a store'})`, async () => {
                const { tokens, sessions, store, told, answer } = waiting(cookie ? { cookie, store: memoryStore() } : {});
                const asked = tokens.access();
                await turn();
                const access = tokenOf(2, 9, 1);
                await tokens.take({ access, expires_in: 900, refresh: cookie ? undefined : 'of 9' });
                await answer();
                expect(await asked).toBe(access);
                expect([tokens.session, sessions]).toEqual([{ user: 2, session: 9 }, [{ user: 2, session: 9 }]]);
                expect(told.map((one) => one?.token)).toEqual([access]);
                expect(await store.read()).toBe(cookie ? null : 'of 9');
            });
        }

        test('for another one who has signed in in another tab leave him alone', async () => {
            const { tokens, sessions, answer } = waiting();
            const asked = tokens.access();
            await turn();
            tokens.adopt({ token: tokenOf(2, 9, 1), expiresAtMs: 2_000_000 });
            await answer();
            expect(await asked).toBe(tokenOf(2, 9, 1));
            expect(sessions).toEqual([{ user: 2, session: 9 }]);
        });

        test('since they were refused do not sign out whoever signed in meanwhile', async () => {
            const { tokens, told, answer } = waiting({ cookie: true, store: memoryStore() });
            const asked = tokens.access();
            await turn();
            await tokens.take({ access: tokenOf(2, 9, 1), expires_in: 900 });
            await answer(Response.json({ code: 'session_ended', detail: '' }, { status: 401 }));
            expect(await asked).toBe(tokenOf(2, 9, 1));
            expect([tokens.session?.user, told.includes(null)]).toEqual([2, false]);
        });

        test('for a store that takes its time keep what came last', async () => {
            let kept: string | null = 'r1';
            const writes: { token: string | null; done: () => void }[] = [];
            const write = (token: string | null) =>
                new Promise<void>((resolve) => writes.push({ token, done: () => ((kept = token), resolve()) }));
            const { tokens, sessions, answer } = waiting({ store: { read: () => kept, write } });
            const asked = tokens.access();
            await answer();
            const forgotten = tokens.forget(); // While the new token is on its way into the store.
            await turn();
            // The last write that has begun is done first.
            for (let i = 0; i < 3; ++i) {
                writes.pop()?.done();
                await turn();
            }
            await forgotten;
            expect([await asked, kept, sessions]).toEqual([null, null, [null]]);
        });

        test('from another tab, of a session that is over here, are not taken', async () => {
            const { tokens, sessions } = tokensOf(new Clock(), new Issuer());
            const access = await tokens.access();
            await tokens.forget();
            tokens.adopt({ token: access as string, expiresAtMs: 2_000_000 });
            expect([tokens.isSignedIn, sessions]).toEqual([false, [{ user: 1, session: 7 }, null]]);
            await tokens.take({ access: tokenOf(1, 8, 1), expires_in: 900, refresh: 'r' });
            expect(tokens.session?.session).toBe(8);
        });
    });

    test('are none where the answer has none', async () => {
        for (const body of ['<html>Log in to this network</html>', '', 'null', '{}', '{"access":1,"expires_in":900}']) {
            const post = () => Promise.resolve(new Response(body));
            const { tokens } = tokensOf(new Clock(), Object.assign(new Issuer(), { post }));
            await expect(tokens.access()).rejects.toMatchObject({ code: 'unreadable_answer', status: 200, isTemporary: true });
            expect([tokens.isSignedIn, await tokens.settled]).toEqual([false, null]);
        }
    });

    test('of a cookie are never seen', async () => {
        const issuer = new Issuer({ cookie: true });
        const { tokens, store } = tokensOf(new Clock(), issuer, { store: memoryStore(), cookie: true });
        expect(await tokens.access()).not.toBe(null);
        expect(await store.read()).toBe(null);
    });

    test('name their session, as far as they can be read', () => {
        expect(sessionOf(tokenOf(5, 9, 1))).toEqual({ user: 5, session: 9 });
        for (const token of ['', 'a.b.c', 'a..c', `h.${btoa('{}')}.s`]) expect(sessionOf(token)).toBe(null);
    });
});

for (const way of ['locks', 'a leader', 'locks that are denied, so a leader'] as const) {
    describe(`tokens of several tabs with ${way}`, () => {
        function browser(issuer: Issuer, clock: Clock) {
            const air = new Air();
            const locks = way === 'locks' ? new Locks() : way === 'a leader' ? null : new DeniedLocks();
            const store = memoryStore('r1');
            let count = 0;
            return () => {
                const { tokens, sessions } = tokensOf(clock, issuer, { store });
                const tab = `tab${++count}`;
                const isLeader = tab === 'tab1';
                const channel = air.open((message) => peers.hear(message as TabMessage));
                const leadership = { isLeader, knowsLeader: !isLeader } as never;
                const platform = platformOf(clock, { locks });
                const post = (message: TabMessageBody) => channel.post({ ...message, from: tab });
                const peers = new TabTokens({ name: 'pollux', platform, tokens, post, leadership: () => leadership });
                tokens.peers = peers;
                if (locks instanceof Locks) void locks.request('pollux lead', () => new Promise(() => {})); // As every tab holds it or waits for it.
                return { tokens, sessions };
            };
        }

        async function accessOf(clock: Clock, tabs: { tokens: Tokens }[], refused?: string): Promise<(string | null)[]> {
            const all = Promise.all(tabs.map(({ tokens }) => tokens.access(refused)));
            await clock.pass(200);
            await clock.pass(200);
            return all;
        }

        test('are refreshed once for all of them', async () => {
            const [clock, issuer] = [new Clock(), new Issuer()];
            const open = browser(issuer, clock);
            const tabs = Array.from({ length: 8 }, open);
            const first = await accessOf(clock, tabs);
            expect(new Set(first).size).toBe(1);
            expect(issuer.refreshes).toBe(1);
            clock.nowMs += 900_000;
            const second = await accessOf(clock, tabs);
            expect(new Set(second).size).toBe(1);
            expect(second[0]).not.toBe(first[0]);
            expect(issuer.refreshes).toBe(2);
            expect(new Set(await accessOf(clock, tabs, second[0] as string)).size).toBe(1);
            expect(issuer.refreshes).toBe(3);
        });

        test('are given to a tab that comes later', async () => {
            const [clock, issuer] = [new Clock(), new Issuer()];
            const open = browser(issuer, clock);
            const first = open();
            const [access] = await accessOf(clock, [first]);
            const second = open();
            expect(await accessOf(clock, [second])).toEqual([access]);
            expect(issuer.refreshes).toBe(1);
        });

        test('are gone in all of them when one signs out', async () => {
            const [clock, issuer] = [new Clock(), new Issuer()];
            const open = browser(issuer, clock);
            const tabs = [open(), open(), open()] as const;
            await accessOf(clock, [...tabs]);
            await tabs[1].tokens.forget();
            tabs[1].tokens.peers.tell(null);
            await settle();
            for (const { tokens, sessions } of tabs) {
                expect(tokens.current).toBe(null as AccessToken | null);
                expect(sessions).toEqual([{ user: 1, session: 7 }, null]);
            }
        });
    });
}
