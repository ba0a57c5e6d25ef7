// The one client of this page, who is signed in, and how it stands with the server.
import { Pollux, PolluxError, unreadableAnswer, type FieldProblem, type User } from 'pollux-client';

import { keepText, keptText } from './kept.ts';
import { words, say, type Word } from './words/words.svelte.ts';
import { shortTime } from './format.ts';

export const pollux = new Pollux({ cookie: true });

const askAgainMs = 3000; // While the server is out of reach.
const leaving = 'leaving'; // The mark of a sign-out that the server does not know of yet.
const lastHere = 'user'; // Who is signed in on this device, for as long as the server does not say that nobody is.

class Session {
    // undefined: not known yet. null: nobody.
    user = $state.raw<User | null | undefined>(undefined);
    wasSignedOut = $state(false); // From another device or tab, while the pages were in use.
    online = $state(true); // There is a network, or a server that is reached without one.
    #isLooking = false;
    #hasLeft = false; // Where the device keeps no mark of it.
    #departures = 0; // What was asked before one brings nobody back.

    constructor() {
        addEventListener('online', () => void this.#look());
        addEventListener('offline', () => void this.#look());
        if (!navigator.onLine) void this.#look();
        // Another tab has ended what the mark is of, or has signed in, which was known here before the mark went.
        addEventListener('storage', ({ key }) => {
            if (key !== null && key.endsWith(`.${leaving}`) && pollux.session) this.#return(pollux.session.user);
        });
        pollux.on('session', (session) => {
            if (session !== null) {
                this.#ending?.abort(); // Somebody signed in, in another tab too: as in entering().
                this.#return(session.user);
            } else if (this.user) {
                this.wasSignedOut = true;
                this.user = null;
            }
        });
    }

    // Somebody signed in, here or in another tab. Nothing of one person is shown to another, so the page begins anew for somebody else.
    #return(user: number): void {
        if (this.#isLeaving || (this.#last === null && this.#entering > 0)) return; // Whoever signs in here is told by entered().
        if (this.#last !== null && user !== this.#last) location.replace('/');
        else if (this.user === null) void this.refresh().then(() => (this.wasSignedOut = false), () => {});
    }
    #last: number | null = null; // Who was signed in here last.

    // Whose drafts this page shows and keeps: also before the server has said who is signed in, and after another device ended the session.
    // Null: nobody's, since nobody was here or the last one has signed out.
    get owner(): number | null {
        const kept = Number(keptText(lastHere) ?? 0);
        return this.user?.id ?? pollux.session?.user ?? this.#last ?? (kept > 0 ? kept : null);
    }

    // Whoever was here has signed out, and nothing that was on its way then brings him back.
    get #isLeaving(): boolean {
        return this.#hasLeft || keptText(leaving) !== null;
    }

    #isHere(user: User): void {
        this.#last = user.id;
        keepText(lastHere, String(user.id));
        this.user = user;
    }

    #isNobody(): void {
        keepText(lastHere, null);
        this.user = null;
    }

    // Whether requests may be sent; false until somebody signs in.
    get hasToken(): Promise<boolean> {
        return this.user ? Promise.resolve(true) : this.#token;
    }
    #token: Promise<boolean> = Promise.resolve(false);

    // Finds out who is signed in. Throws when the server does not answer.
    start(): Promise<void> {
        const started = this.#start();
        this.settled = started.catch(() => {});
        return started;
    }
    settled: Promise<void> = Promise.resolve(); // The start is over, whatever came of it.

    async #start(): Promise<void> {
        if (this.#isLeaving) {
            await this.leave();
            return;
        }
        const started = pollux.start();
        this.#token = started.then(
            (session) => session !== null && !this.#isLeaving,
            () => false,
        );
        const session = await started;
        if (session === null) this.#isNobody();
        else await this.refresh();
    }

    // Signs out. Until the server has answered, its cookie would sign in whoever opens the pages: so it is told as soon as it can be, after
    // a reload too. False: not yet.
    async leave(): Promise<boolean> {
        keepText(leaving, '1');
        this.#hasLeft = keptText(leaving) === null;
        ++this.#departures;
        this.#isNobody();
        this.wasSignedOut = false;
        try {
            await pollux.signOut();
        } catch (failure) {
            if (!isOver(failure)) {
                void this.#end();
                return false;
            }
        }
        this.#hasGone();
        return true;
    }

    // The server knows, or somebody signed in: whoever is signed in from now on is here.
    #hasGone(): void {
        keepText(leaving, null);
        this.#hasLeft = false;
    }

    // Ends the session of the cookie by a client of its own: for that of this page nobody is signed in any more.
    async #end(): Promise<void> {
        while (this.#isLeaving) {
            const ending = new AbortController();
            const own = new Pollux({ cookie: true, tabs: false, fetch: (input, init) => fetch(input, { ...init, signal: ending.signal }) });
            try {
                if (!this.isEntering) {
                    this.#ending = ending;
                    await own.signOut();
                    this.#hasGone();
                    break;
                }
            } catch (failure) {
                if (isOver(failure) && !ending.signal.aborted) this.#hasGone();
            } finally {
                own.close();
            }
            if (this.#isLeaving) await new Promise((resolve) => setTimeout(resolve, askAgainMs));
        }
    }
    #ending: AbortController | null = null;

    // Signs in by `ask`. What still tells the server of a sign-out is cut, and waits: a late answer would take the cookie of the new session.
    async entering<T>(ask: () => Promise<T>): Promise<T> {
        ++this.#entering;
        this.#ending?.abort();
        try {
            return await ask();
        } finally {
            --this.#entering;
        }
    }
    #entering = 0;

    // Here, or in another tab, which this page hears of a little later.
    get isEntering(): boolean {
        return this.#entering > 0 || pollux.session !== null;
    }

    // What a browser says of the network is not the whole of it: a server on this very device, or in a house whose line is cut, is there.
    async #look(): Promise<void> {
        if (this.#isLooking) return;
        this.#isLooking = true;
        const pause = () =>
            new Promise((resolve) => {
                const wake = () => (clearTimeout(timer), removeEventListener('online', wake), resolve(null));
                const timer = setTimeout(wake, askAgainMs);
                addEventListener('online', wake);
            });
        for (;;) {
            try {
                await fetch('/config/', { cache: 'no-store' });
                if (navigator.onLine) break;
                // It is there all the same, or what was on its way when the network went has just come: that is seen the next time.
                this.online = true;
                await pause();
            } catch {
                if (navigator.onLine) break; // It is the server that is away; the connection tells of it.
                this.online = false;
                await pause();
            }
        }
        this.online = true;
        this.#isLooking = false;
    }

    // False: the page begins anew, since somebody else was here.
    entered(user: User): boolean {
        this.#hasGone();
        if (this.#last !== null && this.#last !== user.id) {
            location.replace('/');
            return false;
        }
        this.wasSignedOut = false;
        this.#isHere(user);
        return true;
    }

    async refresh(): Promise<void> {
        if (this.#isLeaving) return;
        const before = this.#departures;
        const user = await pollux.get('/user/me');
        if (before === this.#departures) this.#isHere(user);
    }
}

// There is no session to end any more.
function isOver(failure: unknown): boolean {
    return failure instanceof PolluxError && (failure.code === 'signed_out' || (failure.status === 401 && failure.code !== unreadableAnswer));
}

export const session = new Session();

export function isProblem(failure: unknown, ...codes: string[]): failure is PolluxError {
    return failure instanceof PolluxError && (codes.length === 0 || codes.includes(failure.code));
}

// What a failure says to a reader: its own words where the pages have none.
export function tell(failure: unknown): string {
    if (!(failure instanceof PolluxError)) return say('no_answer');
    if (failure.code === unreadableAnswer && failure.status < 400) return say('no_answer'); // Somebody else's page came instead.
    if (failure.code === 'connection_failed' || failure.code === 'outcome_unknown') return say('problem_offline');
    if (failure.status === 429) return say('problem_rate_limited', { time: shortTime(failure.retryAfterMs ?? 1000) });
    if (failure.status !== undefined && failure.status >= 500) return say('problem_unavailable');
    if (words.language === 'en') return failure.message;
    const word = wordsOfStatus.get(failure.status);
    return word ? say(word) : say('problem_other', { detail: `\u2068${failure.message}\u2069` });
}

// The server explains itself in English. In other languages the kind of refusal has to do.
const wordsOfStatus: ReadonlyMap<number, Word> = new Map([
    [400, 'problem_input'],
    [401, 'signed_out'],
    [402, 'problem_not_allowed'],
    [403, 'problem_not_allowed'],
    [404, 'problem_gone'],
    [409, 'problem_changed'],
    [422, 'problem_input'],
]);

// What is wrong with an input.
export function tellField({ field, detail }: FieldProblem): string {
    if (words.language === 'en') return detail;
    return say(field === 'name' ? 'name_wrong' : field === 'email' ? 'email_wrong' : 'problem_input');
}
