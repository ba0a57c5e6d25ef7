// Waiting that a good reason ends early: the network is back, or somebody looks at the page again.
import type { Platform } from './platform.ts';

export class Pauses {
    readonly #platform: Platform;
    readonly #wakers = new Set<() => void>();
    wakes = 0; // So far.

    constructor(platform: Platform) {
        this.#platform = platform;
    }

    wake(): void {
        ++this.wakes;
        for (const waker of [...this.#wakers]) waker();
    }

    // `firm`: the server said when to come back, so nothing makes it shorter but `signal`, on which it throws.
    wait(ms: number, signal?: AbortSignal, { firm = false }: { firm?: boolean } = {}): Promise<void> {
        return new Promise((resolve, reject) => {
            const end = () => {
                this.#platform.clearTimer(timer);
                this.#wakers.delete(waker);
                signal?.removeEventListener('abort', abort);
            };
            const waker = () => {
                end();
                resolve();
            };
            const abort = () => {
                end();
                reject(abortError());
            };
            const timer = this.#platform.setTimer(waker, ms);
            if (!firm) this.#wakers.add(waker);
            if (signal?.aborted) abort();
            else signal?.addEventListener('abort', abort, { once: true });
        });
    }

    // Calls `work` at each wake until the returned function is called.
    onWake(work: () => void): () => void {
        this.#wakers.add(work);
        return () => this.#wakers.delete(work);
    }
}

export function abortError(): Error {
    const error = new Error('Aborted');
    error.name = 'AbortError';
    return error;
}
