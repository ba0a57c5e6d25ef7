// How long to wait before the next try: twice as long each time, never the same for two clients.
export const backoffMinMs = 500;
export const backoffMaxMs = 15_000;

export class Backoff {
    readonly #random: () => number;
    #tries = 0;
    #minMs = backoffMinMs;

    constructor(random: () => number) {
        this.#random = random;
    }

    // From 0.5 s on, at most 15 s; spread over the upper half of its step.
    next(): number {
        const stepMs = Math.min(backoffMaxMs, this.#minMs * 2 ** (this.#tries + 1));
        this.#tries = Math.min(this.#tries + 1, 16);
        return Math.max(this.#minMs, stepMs / 2 + (stepMs / 2) * this.#random());
    }

    // It works: the next failure is a first one.
    reset(): void {
        this.#tries = 0;
    }

    // What the server asks for, by `retry:` in a stream.
    setMin(ms: number): void {
        this.#minMs = Math.min(backoffMaxMs, Math.max(backoffMinMs, ms));
    }
}
