// Tokens among the tabs of one browser: one of them refreshes, all have the result. They stay in memory; the channel is the origin's own.
import type { Leadership } from './leadership.ts';
import type { Platform } from './platform.ts';
import { isAbort } from './problem.ts';
import type { AccessToken, TokenPeers, Tokens } from './tokens.ts';
import type { TabMessage, TabMessageBody } from './tab_messages.ts';

const answerMaxMs = 150; // How long a tab that has no token waits for one that has.
const lockMaxMs = 25_000; // Longer than a refresh may take.
const renewalMaxMs = 5_000; // How long the leader may take to refresh.

export interface TabTokensOptions {
    readonly name: string;
    readonly platform: Platform;
    readonly tokens: Tokens;
    readonly post: (message: TabMessageBody) => void;
    readonly leadership: () => Leadership | null;
}

export class TabTokens implements TokenPeers {
    readonly #options: TabTokensOptions;
    #locks: LockManager | null; // Null also once they have turned out to be denied to this site.
    #isTold: (() => void) | null = null;

    constructor(options: TabTokensOptions) {
        this.#options = options;
        this.#locks = options.platform.locks;
    }

    tell(access: AccessToken | null): void {
        this.#options.post({ kind: 'token', access });
    }

    async ask(): Promise<void> {
        // An expired token is none to ask about: whoever had a newer one has told it.
        if (this.#options.tokens.current || !(await this.#othersMayBeThere())) return;
        await this.#answer({ kind: 'token?' }, answerMaxMs);
    }

    // By a lock of the browser. Without locks the leader does it for all; where there is none yet, tabs may refresh at the same time, and
    // the server gives them the same token, within a minute.
    async exclusively<T>(work: () => Promise<T>, refused: string | null): Promise<T> {
        if (this.#locks) return this.#locked(this.#locks, work, refused);
        if (this.#options.leadership()?.knowsLeader) await this.#answer({ kind: 'renew', refused }, renewalMaxMs);
        return work();
    }

    // A tab that has the lock and hangs must not keep all others from refreshing: after a while they do it without.
    async #locked<T>(locks: LockManager, work: () => Promise<T>, refused: string | null): Promise<T> {
        const gone = new AbortController();
        const timer = this.#options.platform.setTimer(() => gone.abort(), lockMaxMs);
        let isMine = false;
        const mine = () => {
            isMine = true;
            return work();
        };
        try {
            return (await locks.request(`${this.#options.name} refresh`, { signal: gone.signal }, mine)) as T;
        } catch (failure) {
            if (isMine) throw failure;
            if (isAbort(failure)) return await work();
            this.#locks = null;
            return await this.exclusively(work, refused);
        } finally {
            this.#options.platform.clearTimer(timer);
        }
    }

    hear(message: TabMessage): void {
        const { tokens, leadership } = this.#options;
        if (message.kind === 'token?') this.#tellMine();
        else if (message.kind === 'renew' && leadership()?.isLeader) {
            // A refresh tells everybody; so does this where another one has asked before. Without an answer the tab asks the server itself.
            tokens.access(message.refused ?? undefined).then(
                () => this.#tellMine(),
                () => undefined,
            );
        } else if (message.kind === 'token') {
            if (message.access) this.#adopt(message.access);
            else void tokens.forget();
            this.#isTold?.();
        }
    }

    #tellMine(): void {
        const { tokens, post } = this.#options;
        if (tokens.current && tokens.isSignedIn) post({ kind: 'token', access: tokens.current });
    }

    // The newest one counts, also of those that crossed on their way.
    #adopt(access: AccessToken): void {
        const { current } = this.#options.tokens;
        if (!current || access.expiresAtMs >= current.expiresAtMs) this.#options.tokens.adopt(access);
    }

    #answer(question: TabMessageBody, maxMs: number): Promise<void> {
        return new Promise((resolve) => {
            const timer = this.#options.platform.setTimer(() => this.#isTold?.(), maxMs);
            this.#isTold = () => {
                this.#isTold = null;
                this.#options.platform.clearTimer(timer);
                resolve();
            };
            this.#options.post(question);
        });
    }

    async #othersMayBeThere(): Promise<boolean> {
        if (!this.#locks) return true;
        try {
            const { held, pending } = await this.#locks.query();
            const tabs = [...(held ?? []), ...(pending ?? [])].filter((lock) => lock.name === `${this.#options.name} lead`);
            return tabs.length > 1; // Each tab holds it or waits for it.
        } catch {
            return true;
        }
    }
}
