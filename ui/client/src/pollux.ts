// One user at one server, as a program sees it. In a browser all tabs of an origin share tokens, notices and streams through it.
import type { Call } from './calls.ts';
import { Backoff } from './backoff.ts';
import { Emitter } from './emitter.ts';
import { Hub } from './hub.ts';
import { newKey } from './key.ts';
import { abortError } from './pauses.ts';
import { browserPlatform, type Platform } from './platform.ts';
import { PolluxError, connectionFailed, isAbort, unreadableAnswer } from './problem.ts';
import { Tokens, memoryStore, type FreshTokens } from './tokens.ts';
import type {
    CodeSent,
    Following,
    LoggedIn,
    Message,
    PolluxEvents,
    PolluxOptions,
    Repeatable,
    ReplySnapshot,
    ReplyUpdate,
    Retried,
    Room,
    Sent,
    Session,
    SignedUp,
    Verified,
} from './types.ts';
import type { components } from './api.ts';
import { Wire } from './wire.ts';

type Schemas = components['schemas'];

const giveUpAfterUsualMs = 30_000;

export class Pollux {
    // Typed calls, by the paths of the API's document: `await pollux.get('/chatroom/{room}', { params: { path: { room } } })`.
    // They give the answer's JSON, and throw PolluxError for everything else.
    readonly get: Call<'get'>;
    readonly post: Call<'post'>;
    readonly patch: Call<'patch'>;
    readonly delete: Call<'delete'>;

    readonly #platform: Platform;
    readonly #events = new Emitter<PolluxEvents>();
    readonly #wire: Wire;
    readonly #tokens: Tokens;
    readonly #hub: Hub;
    readonly #closing = new AbortController();
    readonly #departures = new Set<AbortController>(); // Sign-outs that are on their way.

    constructor(options: PolluxOptions = {}, platform: Platform = browserPlatform()) {
        const url = (options.url ?? '').replace(/\/$/, '');
        const cookie = options.cookie ?? (url === '' && platform.isPage);
        this.#platform = platform;
        this.#wire = new Wire({
            url,
            cookie,
            fetch: options.fetch ?? ((input, init) => fetch(input, init)),
            bodyStreams: options.bodyStreams,
            platform,
            tokens: () => this.#tokens,
        });
        this.#tokens = new Tokens({
            cookie,
            store: options.store ?? memoryStore(),
            post: (path, body) => this.#wire.post(path, body),
            onSession: (session) => this.#enter(session),
            now: platform.now,
        });
        this.#hub = new Hub({
            name: `pollux ${url}`,
            // Tabs that share access tokens must share what renews them.
            shared: options.tabs ?? (platform.isPage && platform.channel !== null && (cookie || options.store !== undefined)),
            platform,
            wire: this.#wire,
            tokens: this.#tokens,
            onNotice: (notice) => this.#events.emit('notice', notice),
            onConnection: (connection) => this.#events.emit('connection', connection),
        });
        this.get = this.#wire.calls.get;
        this.post = this.#wire.calls.post;
        this.patch = this.#wire.calls.patch;
        this.delete = this.#wire.calls.delete;
    }

    // --- Session ----------------------------------------------------------------------------------------------------------------------

    get session(): Session | null {
        return this.#tokens.session;
    }

    // Finds out whether somebody is signed in, by the cookie or the store. Throws when the server does not answer.
    async start(): Promise<Session | null> {
        await this.#tokens.access();
        return this.#tokens.session;
    }

    // A token for requests of one's own, fresh for some seconds at least. Throws `signed_out`.
    accessToken(): Promise<string> {
        return this.#tokens.required();
    }

    signUp(body: Schemas['SignUp']): Promise<SignedUp> {
        return this.post('/auth/signup', { body });
    }

    sendCode(body: Schemas['SendOtp']): Promise<CodeSent> {
        return this.post('/auth/send-otp', { body });
    }

    // Signs in where the code is for that; else the answer tells what it allowed.
    verifyCode(body: Schemas['VerifyOtp']): Promise<Verified> {
        return this.#enterBy(() => this.post('/auth/verify-otp', { body }));
    }

    logIn(body: Schemas['LogIn']): Promise<LoggedIn> {
        return this.#enterBy(() => this.post('/auth/login', { body }));
    }

    logInByLink(token: string): Promise<LoggedIn> {
        return this.#enterBy(() => this.post('/auth/link', { body: { token } }));
    }

    // Ends the session at the server and in all tabs. Without a connection it ends here all the same, and the call throws. Whoever signs in
    // meanwhile cuts it, and it throws an AbortError: a late answer would take the cookie of the new session.
    async signOut({ all = false }: { all?: boolean } = {}): Promise<void> {
        const tokens = this.#tokens;
        const departure = new AbortController();
        this.#departures.add(departure);
        let isOver = tokens.watchSession();
        let heard = () => {};
        try {
            // Also where it is not known yet whether somebody is signed in: the cookie would sign in again.
            if ((await tokens.access()) !== null) {
                isOver = tokens.watchSession();
                heard = this.#events.on('session', (session) => void (session && isOver() && departure.abort())); // In another tab.
                await this.post('/auth/logout', { body: { all }, signal: departure.signal });
            }
        } finally {
            heard();
            this.#departures.delete(departure);
            // Whoever signed in meanwhile stays.
            if (!isOver()) {
                tokens.peers.tell(null);
                await tokens.forget();
            }
        }
    }

    // --- Chat -------------------------------------------------------------------------------------------------------------------------

    createRoom(body: Schemas['CreateRoom'] = {}, options: Repeatable = {}): Promise<Room> {
        return this.#repeatedly(options, (headers, signal) => this.post('/chatroom', { body, headers, ...signal }));
    }

    // The reply is in the answer as it stands, queued as a rule: follow() it.
    async send(room: number, content: string, options: Repeatable = {}): Promise<Sent> {
        const key = options.key ?? newKey();
        const sent = (await this.#repeatedly({ ...options, key }, (headers, signal) =>
            this.post('/chatroom/{room}/message', { params: { path: { room } }, body: { content }, headers, ...signal }),
        )) as Sent;
        this.#hub.remember(sent.reply.id, { room, content, key });
        return sent;
    }

    // Another variant of a reply.
    retry(room: number, reply: number, options: Repeatable = {}): Promise<Retried> {
        const params = { path: { room, message: reply } };
        return this.#repeatedly(options, (headers, signal) =>
            this.post('/chatroom/{room}/message/{message}/retry', { params, headers, ...signal }),
        );
    }

    // Ends the writing of a reply; what it has so far stays.
    stop(room: number, reply: number): Promise<Message> {
        return this.post('/chatroom/{room}/message/{message}/stop', { params: { path: { room, message: reply } } });
    }

    // Tells `listener` every change of a reply until its end, over cuts, restarts of the server and changes of tabs. The first call comes
    // later than this one returns. What is known already comes first, as `start` and one piece each.
    follow(room: number, reply: number, listener: (update: ReplyUpdate, snapshot: ReplySnapshot) => void): Following {
        return this.#hub.follow(room, reply, listener);
    }

    // The same, for `for await`. Leaving the loop ends it; after close() it throws.
    async *updates(room: number, reply: number): AsyncGenerator<ReplyUpdate, void, void> {
        const waiting: ReplyUpdate[] = [];
        let wake = () => {};
        const following = this.follow(room, reply, (update) => {
            waiting.push(update);
            wake();
        });
        const { signal } = this.#closing;
        const close = () => wake();
        signal.addEventListener('abort', close);
        try {
            for (;;) {
                const update = waiting.shift();
                if (update) {
                    yield update;
                    if (update.type === 'end' || update.type === 'refused') return;
                } else if (signal.aborted) throw abortError();
                else await new Promise<void>((resolve) => (wake = resolve));
            }
        } finally {
            signal.removeEventListener('abort', close);
            following.stop();
        }
    }

    // A reply when it has ended, as it is stored; also one that failed or was stopped, as its status says. Throws when its room is gone, and
    // after close().
    async finished(room: number, reply: number, { signal }: { signal?: AbortSignal } = {}): Promise<Message> {
        const signals = signal ? [signal, this.#closing.signal] : [this.#closing.signal];
        return new Promise((resolve, reject) => {
            const leave = () => {
                unlisten();
                following.stop();
                reject(signal?.reason instanceof Error ? signal.reason : abortError());
            };
            const unlisten = () => signals.forEach((one) => one.removeEventListener('abort', leave));
            const following = this.follow(room, reply, (update) => {
                if (update.type !== 'end' && update.type !== 'refused') return;
                unlisten();
                if (update.type === 'refused') reject(update.error);
                else if (update.message) resolve(update.message);
                else reject(new PolluxError(update.error?.code ?? 'room_deleted', update.error?.detail ?? 'The reply is gone.'));
            });
            if (signals.some(({ aborted }) => aborted)) leave();
            else signals.forEach((one) => one.addEventListener('abort', leave));
        });
    }

    // Sends, and waits for the reply: the shortest way for a script.
    async ask(room: number, content: string, options: Repeatable = {}): Promise<Message> {
        const sent = await this.send(room, content, options);
        return this.finished(room, sent.reply.id, options.signal ? { signal: options.signal } : {});
    }

    // --- Notices and connection -------------------------------------------------------------------------------------------------------

    // Returns what ends it. Notices are asked of the server while somebody in some tab listens for them.
    on<Name extends keyof PolluxEvents>(name: Name, listener: (event: PolluxEvents[Name]) => void): () => void {
        const off = this.#events.on(name, listener);
        if (name === 'session') return off;
        const leave = this.#hub.watchNotices();
        return () => {
            off();
            leave();
        };
    }

    // The network is back, or the app is at the front: whatever waits to connect again tries now. Pages need not call it.
    wake(): void {
        this.#hub.wake();
    }

    // Whether this tab reads from the server for all others.
    get leads(): boolean {
        return this.#hub.leads;
    }

    // Ends everything that is followed: who waits for it meets an AbortError. The session stays.
    close(): void {
        this.#hub.close();
        this.#closing.abort();
        this.#events.clear();
    }

    // ----------------------------------------------------------------------------------------------------------------------------------

    async #enterBy<T extends Partial<FreshTokens>>(ask: () => Promise<T>): Promise<T> {
        // Else the cookie of their answers might come after the one of the new session, or be the end of that.
        for (const departure of this.#departures) departure.abort();
        await this.#tokens.settled;
        const answer = await ask();
        const { access, expires_in, refresh } = answer;
        if (access !== undefined && expires_in !== undefined) await this.#tokens.take({ access, expires_in, refresh });
        return answer;
    }

    // With its key a request has one effect however often it comes, so it is repeated while nobody knows whether it came.
    async #repeatedly<T>(
        options: Repeatable,
        ask: (headers: { 'Idempotency-Key': string }, signal: { signal?: AbortSignal }) => Promise<T>,
    ): Promise<T> {
        const { key = newKey(), signal, giveUpAfterMs = giveUpAfterUsualMs } = options;
        const end = this.#platform.now() + giveUpAfterMs;
        const backoff = new Backoff(this.#platform.random);
        for (;;) {
            try {
                return await ask({ 'Idempotency-Key': key }, signal ? { signal } : {});
            } catch (failure) {
                if (isAbort(failure) || !(failure instanceof PolluxError) || !isUnclear(failure)) throw failure;
                const delayMs = Math.max(backoff.next(), failure.retryAfterMs ?? 0);
                if (this.#platform.now() + delayMs > end) throw failure;
                await this.#hub.pause(delayMs, signal, { firm: failure.retryAfterMs !== null });
            }
        }
    }

    #enter(session: Session | null): void {
        this.#hub.enter(session);
        this.#events.emit('session', session);
    }
}

function isUnclear({ code, status }: PolluxError): boolean {
    // Where a proxy gave up waiting, or somebody else answered in the server's place, it may have come all the same.
    if (code === unreadableAnswer) return status < 400 || status >= 500;
    return code === connectionFailed || code === 'outcome_unknown' || code === 'idempotency_in_progress';
}
