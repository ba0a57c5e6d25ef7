// The one client of this page, who is signed in, and how it stands with the server.
import { Pollux, PolluxError, type User } from 'pollux-client';

import { words, say } from './words/words.svelte.ts';
import { shortTime } from './format.ts';

export const pollux = new Pollux({ cookie: true });

class Session {
    // undefined: not known yet. null: nobody.
    user = $state.raw<User | null | undefined>(undefined);
    wasSignedOut = $state(false); // From another device or tab, while the pages were in use.
    online = $state(navigator.onLine);
    lostSince = $state<number | null>(null); // Since when notices do not come.

    constructor() {
        addEventListener('online', () => (this.online = true));
        addEventListener('offline', () => (this.online = false));
        pollux.on('session', (session) => {
            if (session === null && this.user) {
                this.wasSignedOut = true;
                this.user = null;
            }
        });
    }

    // Whether requests may be sent; false until somebody signs in.
    get hasToken(): Promise<boolean> {
        return this.user ? Promise.resolve(true) : this.#token;
    }
    #token: Promise<boolean> = Promise.resolve(false);

    // Finds out who is signed in. Throws when the server does not answer.
    async start(): Promise<void> {
        const started = pollux.start();
        this.#token = started.then(
            (session) => session !== null,
            () => false,
        );
        const session = await started;
        this.user = session === null ? null : await pollux.get('/user/me');
    }

    entered(user: User): void {
        this.wasSignedOut = false;
        this.user = user;
    }

    async refresh(): Promise<void> {
        this.user = await pollux.get('/user/me');
    }
}

export const session = new Session();

export function isProblem(failure: unknown, ...codes: string[]): failure is PolluxError {
    return failure instanceof PolluxError && (codes.length === 0 || codes.includes(failure.code));
}

// What a failure says to a reader: its own words where the pages have none.
export function tell(failure: unknown): string {
    if (!(failure instanceof PolluxError)) return say('no_answer');
    if (failure.code === 'connection_failed' || failure.code === 'outcome_unknown') return say('problem_offline');
    if (failure.status === 429) return say('problem_rate_limited', { time: shortTime(failure.retryAfterMs ?? 1000) });
    if (failure.status !== undefined && failure.status >= 500) return say('problem_unavailable');
    return words.language === 'en' ? failure.message : say('problem_other', { detail: failure.message });
}
