// The one client of this page, who is signed in, and how it stands with the server.
import { Pollux, PolluxError, type User } from 'pollux-client';

import { words, say } from './words/words.svelte.ts';
import { shortTime } from './format.ts';

export const pollux = new Pollux({ cookie: true });

const askAgainMs = 3000; // While the server is out of reach.

class Session {
    // undefined: not known yet. null: nobody.
    user = $state.raw<User | null | undefined>(undefined);
    wasSignedOut = $state(false); // From another device or tab, while the pages were in use.
    online = $state(true); // There is a network, or a server that is reached without one.
    #isLooking = false;
    lostSince = $state<number | null>(null); // Since when notices do not come.

    constructor() {
        addEventListener('online', () => void this.#look());
        addEventListener('offline', () => void this.#look());
        if (!navigator.onLine) void this.#look();
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

    // What a browser says of the network is not the whole of it: a server on this very device, or in a house whose line is cut, is there.
    async #look(): Promise<void> {
        if (this.#isLooking) return;
        this.#isLooking = true;
        for (;;) {
            try {
                await fetch('/config/', { cache: 'no-store' });
                break;
            } catch {
                if (navigator.onLine) break; // It is the server that is away; the connection tells of it.
                this.online = false;
                await new Promise((resolve) => {
                    const wake = () => (clearTimeout(timer), removeEventListener('online', wake), resolve(null));
                    const timer = setTimeout(wake, askAgainMs);
                    addEventListener('online', wake);
                });
            }
        }
        this.online = true;
        this.#isLooking = false;
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
