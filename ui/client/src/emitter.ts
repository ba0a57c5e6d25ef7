// Listeners by name. One that throws keeps neither the others nor the emitter from going on.
export class Emitter<Events> {
    readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>();

    on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
        const wrapped = (event: Events[Name]) => listener(event); // So that one function may listen twice.
        const all = this.#listeners.get(name) ?? new Set();
        this.#listeners.set(name, all.add(wrapped));
        return () => all.delete(wrapped);
    }

    emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
        for (const listener of [...(this.#listeners.get(name) ?? [])]) guarded(() => listener(event as never));
    }

    clear(): void {
        this.#listeners.clear();
    }
}

// Runs what callers gave. Its failure stops nothing here.
export function guarded(work: () => void): void {
    try {
        work();
    } catch (failure) {
        report(failure);
    }
}

// As one that nobody caught.
export function report(failure: unknown): void {
    queueMicrotask(() => {
        throw failure;
    });
}
