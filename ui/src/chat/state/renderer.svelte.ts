// What shows replies. It is fetched beside the first of them; while it cannot be had they stand as they were written, and it is asked for again
// when there is a connection.
import type { ReplyView } from '../../lib/markdown/index.ts';

class Renderer {
    View = $state.raw<typeof ReplyView | null>(null);
    #loading: Promise<void> | null = null;
    #hasFailed = false;

    // Resolves when it is there, or is not to be had now.
    load(): Promise<void> {
        this.#loading ??= import('../../lib/markdown/index.ts').then(
            ({ ReplyView: View }) => void (this.View = View),
            () => {
                this.#loading = null;
                this.#hasFailed = true;
            },
        );
        return this.#loading;
    }

    // There is a connection again.
    again(): void {
        if (this.View === null && this.#hasFailed) void this.load();
    }
}

export const renderer = new Renderer();
