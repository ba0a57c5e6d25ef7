// How soon something that failed is asked for again. It outlives the turns of a stream: being left in the middle of a wait makes it no shorter.
import { Backoff } from './backoff.ts';
import type { Pauses } from './pauses.ts';
import type { Platform } from './platform.ts';

export class Pace {
    readonly backoff: Backoff;
    readonly #platform: Platform;
    readonly #pauses: Pauses;
    #untilMs = 0;
    #isFirm = false;
    #wakes = 0; // Of the pauses, when it failed.

    constructor({ platform, pauses }: { readonly platform: Platform; readonly pauses: Pauses }) {
        this.backoff = new Backoff(platform.random);
        this.#platform = platform;
        this.#pauses = pauses;
    }

    // `firmMs`: for how long the server wants to be left alone; 0 where it does not say.
    failed(firmMs: number): void {
        this.#isFirm = firmMs > 0;
        this.#untilMs = this.#platform.now() + Math.max(firmMs, this.backoff.next());
        this.#wakes = this.#pauses.wakes;
    }

    // Waits for what is left of it, less where there is a reason to look again and the server did not say when. Never throws; resolves at
    // `signal`, too.
    async rest(signal: AbortSignal): Promise<void> {
        const leftMs = this.#untilMs - this.#platform.now();
        if (leftMs <= 0 || (!this.#isFirm && this.#wakes !== this.#pauses.wakes)) return;
        await this.#pauses.wait(leftMs, signal, { firm: this.#isFirm }).catch(() => undefined);
    }
}
