// Whether the server has other pages than these by now. It is asked when the connection is back, when somebody returns to the page, and every
// hour; the page is never loaded anew by itself.
const restMs = 60_000; // Between two questions, at least.
const everyMs = 3_600_000;

class Newer {
    isThere = $state(false);
    #askedAt = Date.now();
    #own = '';

    start(): void {
        this.#own = document.querySelector<HTMLMetaElement>('meta[name="build"]')?.content ?? '';
        if (this.#own === '') return; // Not built: in development the pages change by themselves.
        setInterval(() => void this.ask(), everyMs);
        document.addEventListener('visibilitychange', () => {
            if (!document.hidden) void this.ask();
        });
    }

    async ask(): Promise<void> {
        if (this.#own === '' || this.isThere || Date.now() - this.#askedAt < restMs) return;
        this.#askedAt = Date.now();
        try {
            const response = await fetch('/', { headers: { Accept: 'text/html' }, cache: 'no-cache' });
            if (!response.ok) return;
            const theirs = /<meta name="build" content="([^"]+)"/.exec(await response.text())?.[1];
            this.isThere = theirs !== undefined && theirs !== this.#own;
        } catch {
            // No answer: asked again later.
        }
    }
}

export const newer = new Newer();
