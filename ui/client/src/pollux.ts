// One user at one server, as a program sees it. In a browser all tabs of an origin share tokens, notices and streams through it.
import type { Call } from './calls.ts';
import { Backoff } from './backoff.ts';
import { Emitter } from './emitter.ts';
import { Hub } from './hub.ts';
import { newKey } from './key.ts';
import { abortError } from './pauses.ts';
import { browserPlatform, type Platform } from './platform.ts';
import { PolluxError, isAbort } from './problem.ts';
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
            shared: options.tabs ?? (platform.isPage && platform.channel !== null),
            platform,
            wire: this.#wire,
            tokens: this.#tokens,
            onNotice: (notice) => this.#events.emit('notice', notice),
            onConnection: (connection) => this.#events.emit('connection', connection),
        });
        this.get = this.#call('GET');
        this.post = this.#call('POST');
        this.patch = this.#call('PATCH');
        this.delete = this.#call('DELETE');
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
    async verifyCode(body: Schemas['VerifyOtp']): Promise<Verified> {
        const verified = await this.post('/auth/verify-otp', { body });
        await this.#takeTokens(verified);
        return verified;
    }

    async logIn(body: Schemas['LogIn']): Promise<LoggedIn> {
        return this.#takeTokens(await this.post('/auth/login', { body }));
    }

    async logInByLink(token: string): Promise<LoggedIn> {
        return this.#takeTokens(await this.post('/auth/link', { body: { token } }));
    }

    // Ends the session at the server and in all tabs. Without a connection it ends here all the same, and the call throws.
    async signOut({ all = false }: { all?: boolean } = {}): Promise<void> {
        try {
            if (this.#tokens.isSignedIn) await this.post('/auth/logout', { body: { all } });
        } finally {
            await this.#tokens.forget();
            this.#tokens.peers.tell(null);
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

    // The same, for `for await`. Leaving the loop ends it.
    async *updates(room: number, reply: number): AsyncGenerator<ReplyUpdate, void, void> {
        const waiting: ReplyUpdate[] = [];
        let wake = () => {};
        const following = this.follow(room, reply, (update) => {
            waiting.push(update);
            wake();
        });
        try {
            for (;;) {
                const update = waiting.shift();
                if (!update) {
                    await new Promise<void>((resolve) => (wake = resolve));
                    continue;
                }
                yield update;
                if (update.type === 'end' || update.type === 'refused') return;
            }
        } finally {
            following.stop();
        }
    }

    // A reply when it has ended, as it is stored; also one that failed or was stopped, as its status says. Throws when its room is gone.
    async finished(room: number, reply: number, { signal }: { signal?: AbortSignal } = {}): Promise<Message> {
        return new Promise((resolve, reject) => {
            const leave = () => {
                following.stop();
                reject(signal?.reason instanceof Error ? signal.reason : abortError());
            };
            const following = this.follow(room, reply, (update) => {
                if (update.type !== 'end' && update.type !== 'refused') return;
                signal?.removeEventListener('abort', leave);
                if (update.type === 'refused') reject(update.error);
                else if (update.message) resolve(update.message);
                else reject(new PolluxError(update.error?.code ?? 'room_deleted', update.error?.detail ?? 'The reply is gone.'));
            });
            if (signal?.aborted) leave();
            else signal?.addEventListener('abort', leave, { once: true });
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

    // Ends everything that is followed. The session stays.
    close(): void {
        this.#hub.close();
        this.#events.clear();
    }

    // ----------------------------------------------------------------------------------------------------------------------------------

    #call<M extends 'get' | 'post' | 'patch' | 'delete'>(method: Uppercase<M>): Call<M> {
        type Any = (path: string, init?: object) => Promise<{ data?: unknown }>;
        const ask = this.#wire.api[method] as unknown as Any;
        return (async (path: string, init?: object) => (await ask(path, init)).data) as unknown as Call<M>;
    }

    async #takeTokens<T extends Partial<FreshTokens>>(answer: T): Promise<T> {
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
                await this.#hub.pause(delayMs, signal);
            }
        }
    }

    #enter(session: Session | null): void {
        this.#hub.enter(session);
        this.#events.emit('session', session);
    }
}

function isUnclear(error: PolluxError): boolean {
    return error.code === 'connection_failed' || error.code === 'outcome_unknown' || error.code === 'idempotency_in_progress';
}
