// So many streams at once and no more. Where more are wanted they take turns: a stream that goes on exactly can be left and taken up again.
import type { Platform } from './platform.ts';

// Of the browser's 6 connections to one host: /events/ and two replies. The other three are for everything else.
export const replyStreamsMax = 2;
export const turnMs = 2_000;

export interface Guest {
    readonly isOver: boolean;
    run(): Promise<void>;
    pause(): void;
}

export class Places {
    readonly #platform: Platform;
    readonly #max: number;
    readonly #seated: Guest[] = []; // Longest there first.
    readonly #waiting: Guest[] = [];
    #timer: unknown = null;

    constructor(platform: Platform, max: number = replyStreamsMax) {
        this.#platform = platform;
        this.#max = max;
    }

    enter(guest: Guest): void {
        if (this.#seated.includes(guest) || this.#waiting.includes(guest)) return;
        this.#waiting.push(guest);
        this.#fill();
    }

    leave(guest: Guest): void {
        remove(this.#waiting, guest);
        if (!remove(this.#seated, guest)) return;
        guest.pause();
        this.#fill();
    }

    leaveAll(): void {
        this.#waiting.length = 0;
        for (const guest of this.#seated.splice(0)) guest.pause();
        this.#stopTurns();
    }

    #fill(): void {
        while (this.#seated.length < this.#max && this.#waiting.length > 0) this.#seat(this.#waiting.shift() as Guest);
        if (this.#waiting.length === 0) this.#stopTurns();
        else this.#timer ??= this.#platform.setTimer(() => this.#turn(), turnMs);
    }

    #seat(guest: Guest): void {
        this.#seated.push(guest);
        void guest.run().then(() => {
            if (guest.isOver && remove(this.#seated, guest)) this.#fill();
        });
    }

    #turn(): void {
        this.#timer = null;
        const oldest = this.#seated.shift();
        if (oldest) {
            oldest.pause();
            this.#waiting.push(oldest);
        }
        this.#fill();
    }

    #stopTurns(): void {
        if (this.#timer !== null) this.#platform.clearTimer(this.#timer);
        this.#timer = null;
    }
}

function remove<T>(list: T[], item: T): boolean {
    const at = list.indexOf(item);
    if (at >= 0) list.splice(at, 1);
    return at >= 0;
}
