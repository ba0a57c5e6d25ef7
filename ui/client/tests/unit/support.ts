// A platform whose time goes on when the test says so, and tabs that hear each other at once.
import type { Platform } from '../../src/platform.ts';

export class Clock {
    nowMs = 1_000_000;
    #timers: { at: number; work: () => void }[] = [];

    set = (work: () => void, ms: number): object => {
        const timer = { at: this.nowMs + ms, work };
        this.#timers.push(timer);
        return timer;
    };

    clear = (timer: unknown): void => {
        this.#timers = this.#timers.filter((other) => other !== timer);
    };

    // Runs what is due, in order, and lets promises settle after each.
    async pass(ms: number): Promise<void> {
        const end = this.nowMs + ms;
        await settle();
        for (;;) {
            const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
            if (!next) break;
            this.clear(next);
            this.nowMs = Math.max(this.nowMs, next.at);
            next.work();
            await settle();
        }
        this.nowMs = end;
    }
}

export async function settle(): Promise<void> {
    for (let i = 0; i < 20; ++i) await Promise.resolve();
}

// Streams of the platform settle over tasks, not only over promises.
export async function turn(): Promise<void> {
    await settle();
    await new Promise((resolve) => setTimeout(resolve, 0));
    await settle();
}

// As the server makes them: `number` tells them apart.
export function tokenOf(user: number, session: number, number: number): string {
    return `h.${btoa(JSON.stringify({ sub: String(user), sid: String(session), n: number })).replace(/=+$/, '')}.s`;
}

// A tab's way to the others. One that is frozen hears nothing and says nothing; its timers stand too.
export class Air {
    readonly #tabs = new Set<{ hear: (message: unknown) => void; isFrozen: () => boolean }>();

    open(hear: (message: unknown) => void, isFrozen: () => boolean = () => false) {
        const tab = { hear, isFrozen };
        this.#tabs.add(tab);
        const post = (message: unknown) => {
            if (!this.#tabs.has(tab)) throw new DOMException('closed', 'InvalidStateError');
            if (isFrozen()) return;
            for (const other of this.#tabs)
                if (other !== tab && !other.isFrozen()) queueMicrotask(() => other.hear(structuredClone(message)));
        };
        return { post, close: () => void this.#tabs.delete(tab) };
    }
}

// The locks of a browser, as far as they are used here.
export class Locks {
    readonly #held = new Map<string, { reject: (error: Error) => void; end: () => void }>();
    readonly #queues = new Map<string, (() => void)[]>();

    request = (
        name: string,
        options: { steal?: boolean; signal?: AbortSignal } | (() => unknown),
        work?: () => unknown,
    ): Promise<unknown> => {
        const [mode, run] = typeof options === 'function' ? [{}, options] : [options, work as () => unknown];
        return new Promise((resolve, reject) => {
            const grant = () => {
                const holder = { reject, end: () => this.#release(name, holder) };
                this.#held.set(name, holder);
                Promise.resolve(run()).then(resolve, reject).finally(holder.end);
            };
            if (mode.steal) {
                this.#held.get(name)?.reject(new DOMException('stolen', 'AbortError'));
                this.#held.delete(name);
                grant();
            } else if (!this.#held.has(name)) grant();
            else {
                const queue = this.#queues.get(name) ?? [];
                this.#queues.set(name, queue);
                queue.push(grant);
                mode.signal?.addEventListener('abort', () => {
                    if (!queue.includes(grant)) return;
                    queue.splice(queue.indexOf(grant), 1);
                    reject(new DOMException('aborted', 'AbortError'));
                });
            }
        });
    };

    query = () => {
        const names = (list: Iterable<string>) => [...list].map((name) => ({ name }));
        const pending = [...this.#queues].flatMap(([name, queue]) => queue.map(() => name));
        return Promise.resolve({ held: names(this.#held.keys()), pending: names(pending) });
    };

    #release(name: string, holder: object): void {
        if (this.#held.get(name) !== holder) return;
        this.#held.delete(name);
        this.#queues.get(name)?.shift()?.();
    }
}

// As a browser gives none to a site for which it keeps nothing.
export class DeniedLocks {
    asked = 0;

    request = (): Promise<unknown> => {
        ++this.asked;
        return Promise.reject(new DOMException('denied', 'SecurityError'));
    };

    query = () => Promise.reject(new DOMException('denied', 'SecurityError'));
}

export function platformOf(clock: Clock, { locks = null, air = null }: { locks?: Locks | DeniedLocks | null; air?: Air | null } = {}): Platform {
    return {
        isPage: true,
        locks: locks as unknown as LockManager | null,
        channel: air ? (_, hear) => air.open(hear) : null,
        now: () => clock.nowMs,
        random: () => 0.5,
        setTimer: clock.set,
        clearTimer: clock.clear,
        onWake: () => () => undefined,
        onLeave: () => () => undefined,
        onReturn: () => () => undefined,
    };
}
