// So many streams at once and no more. Where more are wanted they take turns: a stream that goes on exactly can be left and taken up again.
import type { Platform } from './platform.ts';

// Of the browser's 6 connections to one host: /events/ and two replies. The other three are for everything else.
export const replyStreamsMax = 2;
export const turnMs = 2_000;
export const idleTurnMs = 1_000; // Of one that only waits for its turn at the server: long enough to see whether it has come.

// A request that is given up is open for a moment longer than its script knows: nobody takes its place before.
export const restMs = 100;

export interface Guest {
    readonly isOver: boolean;
    readonly isIdle: boolean;
    readonly isAsking: boolean; // A request of it is out that has not been answered.
    run(): Promise<void>; // Never throws.
    pause(): void;
}

interface Seat {
    readonly guest: Guest;
    timer: unknown;
}

export class Places {
    readonly #platform: Platform;
    readonly #max: number;
    readonly #seats: Seat[] = [];
    readonly #waiting: Guest[] = []; // Longest waiting first.
    #resting = 0; // Places that were left a moment ago.

    constructor(platform: Platform, max: number = replyStreamsMax) {
        this.#platform = platform;
        this.#max = max;
    }

    enter(guest: Guest): void {
        if (this.#seats.some((seat) => seat.guest === guest) || this.#waiting.includes(guest)) return;
        this.#waiting.push(guest);
        this.#fill();
    }

    leave(guest: Guest): void {
        remove(this.#waiting, guest);
        this.#clear(this.#seats.find((seat) => seat.guest === guest));
        this.#fill();
    }

    leaveAll(): void {
        this.#waiting.length = 0;
        for (const seat of [...this.#seats]) this.#clear(seat);
    }

    #fill(): void {
        while (this.#seats.length + this.#resting < this.#max && this.#waiting.length > 0) this.#take(this.#waiting.shift() as Guest);
        for (const seat of this.#seats) this.#time(seat);
    }

    #take(guest: Guest): void {
        const seat: Seat = { guest, timer: null };
        this.#seats.push(seat);
        void guest.run().then(() => {
            if (!guest.isOver || !this.#seats.includes(seat)) return;
            this.#clear(seat);
            this.#fill();
        });
    }

    // A turn ends only while somebody waits for it.
    #time(seat: Seat): void {
        if (this.#waiting.length === 0) this.#untime(seat);
        else seat.timer ??= this.#platform.setTimer(() => this.#endTurn(seat), seat.guest.isIdle ? idleTurnMs : turnMs);
    }

    #endTurn(seat: Seat): void {
        // Left now it would have to ask all over again, and get nowhere on a slow network.
        if (seat.guest.isAsking) {
            seat.timer = null;
            return this.#time(seat);
        }
        this.#clear(seat);
        if (!seat.guest.isOver) this.#waiting.push(seat.guest);
        this.#fill();
    }

    #clear(seat: Seat | undefined): void {
        if (!seat || !remove(this.#seats, seat)) return;
        this.#untime(seat);
        seat.guest.pause();
        ++this.#resting;
        this.#platform.setTimer(() => {
            --this.#resting;
            this.#fill();
        }, restMs);
    }

    #untime(seat: Seat): void {
        if (seat.timer !== null) this.#platform.clearTimer(seat.timer);
        seat.timer = null;
    }
}

function remove<T>(list: T[], item: T): boolean {
    const at = list.indexOf(item);
    if (at >= 0) list.splice(at, 1);
    return at >= 0;
}
