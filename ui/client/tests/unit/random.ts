// Choices that can be made again by their seed; mulberry32, by Tommy Ettinger, public domain.
export class Random {
    #state: number;

    constructor(seed: number) {
        this.#state = seed >>> 0;
    }

    fraction(): number {
        this.#state = (this.#state + 0x6d2b79f5) >>> 0;
        let mixed = this.#state;
        mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    }

    chance(probability: number): boolean {
        return this.fraction() < probability;
    }

    pick<T>(list: readonly T[]): T {
        return list[Math.floor(this.fraction() * list.length)] as T;
    }
}
