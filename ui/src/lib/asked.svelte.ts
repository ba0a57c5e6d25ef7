// What a panel asks the server for: not there yet, there, or not to be had. What was there once stays while it is asked for anew, and where
// that fails.
export class Asked<T> {
    value = $state.raw<T | null>(null);
    failure = $state<unknown>(null); // Of the last time; null while it is asked for.
    readonly #ask: () => Promise<T>;
    #times = 0;

    constructor(ask: () => Promise<T>) {
        this.#ask = ask;
    }

    // Known without asking.
    keep(value: T): void {
        this.#times += 1; // What is on its way is older.
        this.failure = null;
        this.value = value;
    }

    // Never throws. The answer to the last question counts.
    readonly load = async (): Promise<void> => {
        const time = ++this.#times;
        this.failure = null;
        try {
            const value = await this.#ask();
            if (time === this.#times) this.value = value;
        } catch (reason) {
            if (time === this.#times) this.failure = reason;
        }
    };
}
