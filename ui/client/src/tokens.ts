// The tokens of one session. The access token stays in memory; the refresh token is in the pages' cookie, which no script reads, or in the
// host's store. However many ask at once, in however many tabs, one of them refreshes: a refresh token is good once (and once more within
// a minute, for a lost answer), and a session whose token is used again later is ended.
import { PolluxError, connectionFailed, errorOf, jsonOf, signedOut, unreadable, unreadableAnswer } from './problem.ts';
import type { Session, TokenStore } from './types.ts';

// What an answer to a log-in or a refresh brings. Without `refresh` a cookie has it.
export interface FreshTokens {
    readonly access: string;
    readonly expires_in: number; // Seconds.
    readonly refresh?: string | undefined;
}

export interface AccessToken {
    readonly token: string;
    readonly expiresAtMs: number;
}

// The other tabs of this browser, or nobody.
export interface TokenPeers {
    tell(access: AccessToken | null): void;
    ask(): Promise<void>; // Resolves when a tab that has a token has told it, or when none did for a moment.
    exclusively<T>(work: () => Promise<T>, refused: string | null): Promise<T>; // One tab at a time.
}

export const nobody: TokenPeers = { tell: () => undefined, ask: () => Promise.resolve(), exclusively: (work) => work() };

export function memoryStore(token: string | null = null): TokenStore {
    return {
        read: () => token,
        write: (next) => {
            token = next;
        },
    };
}

// Renewed this long before the end, so that no request meets an expired token; less where tokens live shorter.
const aheadMs = 30_000;
const aheadShare = 0.2;

export interface TokensOptions {
    readonly cookie: boolean;
    readonly store: TokenStore;
    readonly post: (path: string, body: object) => Promise<Response>; // Without an access token.
    readonly onSession: (session: Session | null) => void;
    readonly now: () => number;
}

export class Tokens {
    peers: TokenPeers = nobody;
    readonly #options: TokensOptions;
    #state: 'unknown' | 'in' | 'out' = 'unknown';
    #access: AccessToken | null = null;
    #renewAtMs = 0;
    #session: Session | null = null;
    #refreshing: Promise<string | null> | null = null;
    #changes = 0; // Log-ins and ends in this tab, and ends that it heard of.
    readonly #ended = new Set<number>(); // Sessions. What another tab tells of one of them was on its way already.
    #storing: Promise<unknown> = Promise.resolve();

    constructor(options: TokensOptions) {
        this.#options = options;
    }

    get session(): Session | null {
        return this.#session;
    }

    // A refresh that is on its way has ended, whatever came of it.
    get settled(): Promise<unknown> {
        return Promise.resolve(this.#refreshing).catch(() => undefined);
    }

    get isSignedIn(): boolean {
        return this.#state === 'in';
    }

    get current(): AccessToken | null {
        return this.#access;
    }

    // A token that is good now; null when nobody is signed in. `refused` is one that the server did not take. Throws where it cannot be
    // known, because the server does not answer.
    async access(refused?: string): Promise<string | null> {
        if (this.#state === 'out') return null;
        return this.#usable(refused) ?? this.#refreshOnce(refused);
    }

    // As access(), for what makes no sense without one.
    async required(refused?: string): Promise<string> {
        const token = await this.access(refused);
        if (token === null) throw new PolluxError(signedOut, 'Sign in first.');
        return token;
    }

    // After a log-in.
    async take(tokens: FreshTokens): Promise<void> {
        const own = ++this.#changes;
        await this.#keep(tokens, () => own !== this.#changes);
    }

    // What another tab got.
    adopt(access: AccessToken): void {
        const session = sessionOf(access.token);
        if (!session || !this.#ended.has(session.session)) this.#hold(access);
    }

    // Here or in another tab, or by the server. Whether another tab must be told is the caller's to know.
    async forget(): Promise<void> {
        ++this.#changes;
        if (this.#session) this.#ended.add(this.#session.session);
        this.#access = null;
        this.#enter('out', null);
        await this.#inStore((store) => store.write(null));
    }

    // Tells later whether an answer to what is asked now comes too late: somebody signed in or out meanwhile, here or in another tab, and it
    // is not of the session that came of it.
    watchSession(): (answer?: Session | null) => boolean {
        const [changes, was] = [this.#changes, this.#session?.session];
        return (answer) => {
            const is = this.#session?.session;
            return changes !== this.#changes || (is !== was && is !== answer?.session);
        };
    }

    #usable(refused?: string): string | null {
        if (!this.#access || this.#access.token === refused || this.#options.now() >= this.#renewAtMs) return null;
        return this.#access.token;
    }

    #refreshOnce(refused?: string): Promise<string | null> {
        this.#refreshing ??= this.peers.exclusively(() => this.#refresh(refused), refused ?? null).finally(() => (this.#refreshing = null));
        return this.#refreshing;
    }

    async #refresh(refused?: string): Promise<string | null> {
        // While this tab waited for its turn, another one may have done it.
        if (!this.#usable(refused)) await this.peers.ask();
        const told = this.#usable(refused);
        if (told || this.#state === 'out') return told;

        const before = this.#access;
        const isLate = this.watchSession();
        const refresh = await this.#inStore((store) => store.read());
        if (isLate()) return this.#refresh(refused);
        if (refresh === null && !this.#options.cookie) return this.#end(false);

        const response = await this.#options.post('/auth/token/refresh/', refresh === null ? {} : { refresh }).catch((failure: unknown) => {
            throw new PolluxError(connectionFailed, 'The server could not be reached.', { cause: failure });
        });
        if (response.ok) {
            const fresh = freshOf(response, await jsonOf(response));
            return (await this.#keep(fresh, isLate)) ? fresh.access : this.#refresh(refused);
        }
        const error = await errorOf(response);
        // Of a session that is over. Without a cookie there is nothing to refresh by, which older servers call invalid.
        // What somebody on the way has answered is not the server's word.
        const isOver = error.status === 401 || (error.code === 'invalid_input' && refresh === null);
        if (!isOver || error.code === unreadableAnswer) throw error;
        return isLate() || this.#access !== before ? this.#refresh(refused) : this.#end(true);
    }

    async #keep(fresh: FreshTokens, isLate: (answer: Session | null) => boolean): Promise<boolean> {
        const { access: token, expires_in, refresh } = fresh;
        const access = { token, expiresAtMs: this.#options.now() + expires_in * 1000 };
        const session = sessionOf(token);
        if (isLate(session)) return false;
        // Before anybody learns of the access token: who reads the store next must find what belongs to it.
        if (refresh !== undefined) await this.#inStore((store) => store.write(refresh));
        if (isLate(session)) return false;
        this.#hold(access);
        this.peers.tell(access);
        return true;
    }

    #hold(access: AccessToken): void {
        const lifetimeMs = access.expiresAtMs - this.#options.now();
        this.#access = access;
        this.#renewAtMs = access.expiresAtMs - Math.min(aheadMs, lifetimeMs * aheadShare);
        this.#enter('in', sessionOf(access.token));
    }

    // One after the other: what was begun last counts, however long each takes.
    #inStore<T>(work: (store: TokenStore) => T | Promise<T>): Promise<T> {
        const done = this.#storing.then(() => work(this.#options.store));
        this.#storing = done.catch(() => undefined);
        return done;
    }

    async #end(wasThere: boolean): Promise<null> {
        if (wasThere) this.peers.tell(null);
        await this.forget();
        return null;
    }

    #enter(state: 'in' | 'out', session: Session | null): void {
        const isNews = this.#state !== state || session?.user !== this.#session?.user || session?.session !== this.#session?.session;
        this.#state = state;
        this.#session = session;
        if (isNews) this.#options.onSession(session);
    }
}

function freshOf(response: Response, document: unknown): FreshTokens {
    const { access, expires_in } = (document ?? {}) as Partial<FreshTokens>;
    if (typeof access !== 'string' || typeof expires_in !== 'number') throw unreadable(response, 'The answer has no tokens.');
    return document as FreshTokens;
}

// The claims `sub` and `sid`. They are read, not believed: the server judges the token.
export function sessionOf(token: string): Session | null {
    try {
        const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
        const claims = JSON.parse(atob(payload)) as { sub?: unknown; sid?: unknown };
        const [user, session] = [Number(claims.sub), Number(claims.sid)];
        return Number.isSafeInteger(user) && Number.isSafeInteger(session) ? { user, session } : null;
    } catch {
        return null;
    }
}
