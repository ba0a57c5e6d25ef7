// Which tab leads. Where the browser gives locks, the tab that holds one; else an election over the channel: who hears of no leader claims
// it, and of two the one with the smaller name. In both ways a leader that is gone, or does not answer for 10 s, is replaced.
import type { Platform } from './platform.ts';
import { isAbort } from './problem.ts';
import { isOfLeader, type TabMessage, type TabMessageBody } from './tab_messages.ts';

export const beatMs = 2_000; // A leader that was not heard for so long is asked.
export const leaderSilenceMaxMs = 10_000; // And replaced when it was asked so long ago.
export const claimMs = 300; // How long a claim waits for objections.

export interface LeadershipOptions {
    readonly name: string;
    readonly tab: string;
    readonly platform: Platform;
    readonly post: (message: TabMessageBody) => void;
    readonly onLead: () => void;
    readonly onFollow: () => void;
}

export class Leadership {
    isLeader = false;
    readonly #options: LeadershipOptions;
    #leader: string | null = null; // As last heard.
    #heardAtMs = 0;
    #askedAtMs: number | null = null;
    #timer: unknown = null;
    #claim: unknown = null;
    #lock: { readonly abort: AbortController; release: () => void } | null = null;
    #locks: LockManager | null = null;
    #isOn = false;

    constructor(options: LeadershipOptions) {
        this.#options = options;
    }

    // Another tab that was heard lately.
    get knowsLeader(): boolean {
        return this.#isOn && !this.isLeader && this.#leader !== null;
    }

    start(): void {
        if (this.#isOn) return;
        this.#isOn = true;
        this.#heardAtMs = this.#now();
        this.#askedAtMs = null;
        this.#locks = this.#options.platform.locks;
        if (this.#locks) this.#queueForLock(this.#locks);
        else this.#ask();
        this.#beat();
    }

    // Before the tab goes: the next one need not find out by itself.
    stop(): void {
        if (!this.#isOn) return;
        this.#isOn = false;
        this.#options.platform.clearTimer(this.#timer);
        this.#drop();
        if (this.isLeader) this.#stepDown();
        this.#lock?.abort.abort();
        this.#lock?.release();
        this.#lock = null;
    }

    // Every message passes here before anybody acts on it.
    hear(message: TabMessage): void {
        if (!this.#isOn) return;
        if (isOfLeader(message)) this.#hearLeader(message.from);
        else if (message.kind === 'ping') {
            if (this.isLeader) this.#options.post({ kind: 'beat' });
        } else if (message.kind === 'claim') this.#hearClaim(message.from);
        else if (message.kind === 'bye' && message.from === this.#leader) {
            this.#leader = null;
            if (!this.#locks) this.#claimIt();
        }
    }

    #hearLeader(from: string): void {
        if (this.isLeader) {
            // Two lead, each thought it was alone. With locks there is one at most: the other has not noticed yet that it was replaced.
            if (!this.#locks && from < this.#options.tab) this.#stepDown();
            else {
                this.#options.post({ kind: 'beat' });
                return;
            }
        }
        this.#leader = from;
        this.#heardAtMs = this.#now();
        this.#askedAtMs = null;
        this.#drop();
    }

    #hearClaim(from: string): void {
        if (this.isLeader) this.#options.post({ kind: 'beat' });
        else if (this.#claim !== null && from < this.#options.tab) this.#drop();
    }

    // Looks after the leader.
    #beat(): void {
        const { platform } = this.#options;
        this.#timer = platform.setTimer(() => this.#beat(), beatMs);
        if (this.isLeader) return;
        const now = this.#now();
        // A tab in the background has slow timers: only a question that stayed without answer tells something.
        if (this.#askedAtMs !== null && now - this.#askedAtMs >= leaderSilenceMaxMs) this.#usurp();
        else if (this.#askedAtMs === null && now - this.#heardAtMs >= beatMs) this.#ask();
    }

    #ask(): void {
        this.#askedAtMs = this.#now();
        this.#options.post({ kind: 'ping' });
        // Nobody may be there at all: without locks a first tab finds that out by claiming.
        if (!this.#locks && this.#leader === null) this.#claimIt();
    }

    #usurp(): void {
        this.#askedAtMs = null;
        this.#leader = null;
        this.#heardAtMs = this.#now();
        if (this.#locks) this.#takeLock(this.#locks, { steal: true });
        else this.#claimIt();
    }

    #claimIt(): void {
        if (this.#claim !== null || this.isLeader) return;
        this.#options.post({ kind: 'claim' });
        this.#claim = this.#options.platform.setTimer(() => {
            this.#claim = null;
            this.#lead();
        }, claimMs);
    }

    #drop(): void {
        if (this.#claim !== null) this.#options.platform.clearTimer(this.#claim);
        this.#claim = null;
    }

    #queueForLock(locks: LockManager): void {
        this.#takeLock(locks, {});
    }

    #takeLock(locks: LockManager, options: { steal?: boolean }): void {
        this.#lock?.abort.abort(); // The place in the queue; stealing needs none.
        const lock = { abort: new AbortController(), release: () => {} };
        this.#lock = lock;
        const held = () =>
            new Promise<void>((release) => {
                lock.release = release;
                if (this.#lock === lock && this.#isOn) this.#lead();
                else release();
            });
        const mode = options.steal ? { steal: true } : { signal: lock.abort.signal };
        locks.request(`${this.#options.name} lead`, mode, held).then(
            () => undefined,
            (failure: unknown) => {
                if (this.#lock !== lock || !this.#isOn) return;
                // Another tab took it, because this one did not answer.
                if (this.isLeader) this.#stepDown();
                this.#heardAtMs = this.#now();
                this.#askedAtMs = null;
                if (isAbort(failure)) this.#queueForLock(locks);
                else this.#elect();
            },
        );
    }

    // Locks are denied to this site, so none of its tabs has them.
    #elect(): void {
        this.#lock = null;
        this.#locks = null;
        this.#ask();
    }

    #lead(): void {
        this.isLeader = true;
        this.#leader = this.#options.tab;
        this.#askedAtMs = null;
        this.#options.onLead();
    }

    #stepDown(): void {
        this.isLeader = false;
        this.#leader = null;
        this.#options.onFollow();
    }

    #now(): number {
        return this.#options.platform.now();
    }
}
