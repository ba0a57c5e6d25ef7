// Random choices that can be made again: the same seed gives the same ones.
export class Random {
    // Without a seed: POLLUX_SEED, else a new one. It is printed, so that a failure can be replayed.
    static announced(what) {
        const seed = Number(process.env.POLLUX_SEED ?? Math.floor(Math.random() * 2 ** 31));
        console.log(`# ${what}: seed ${seed} (POLLUX_SEED=${seed} makes the same choices)`);
        return new Random(seed);
    }

    constructor(seed) {
        this.seed = seed;
        this.state = seed >>> 0;
    }

    // [0, 1); mulberry32, by Tommy Ettinger, public domain.
    fraction() {
        this.state = (this.state + 0x6d2b79f5) >>> 0;
        let mixed = this.state;
        mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    }

    // 0 to count - 1.
    below(count) {
        return Math.floor(this.fraction() * count);
    }

    between(least, most) {
        return least + this.below(most - least + 1);
    }

    chance(probability) {
        return this.fraction() < probability;
    }

    pick(list) {
        return list[this.below(list.length)];
    }

    shuffled(list) {
        const rest = [...list];
        return list.map(() => rest.splice(this.below(rest.length), 1)[0]);
    }

    // A generator of its own for a part of the test, so that parts which run side by side do not disturb each other's choices.
    fork() {
        return new Random(this.below(2 ** 31));
    }
}
