// The tabs of this device: what this one is called, and which others are there. A tab keeps its name over a reload. While the page is there the
// name stands in memory alone, so a copy of the tab is called otherwise.
import { newKey } from 'pollux-client';

const storedAs = 'pollux.tab';
const answerMs = 300; // As for a claim to lead (client/src/leadership.ts): a tab that has not answered by then is taken for gone.
const lockPrefix = 'pollux tab ';

interface Said {
    readonly kind: 'who' | 'here'; // Who is there? And the answer to it.
    readonly from: string;
}

function take(): string {
    try {
        const name = sessionStorage.getItem(storedAs);
        sessionStorage.removeItem(storedAs);
        if (name !== null) return name;
    } catch {
        // Kept nowhere: after a reload it is another tab, and this one is gone.
    }
    return newKey();
}

export const tab = take();
const locks = 'locks' in navigator ? navigator.locks : null; // Not on plain http.
const channel = locks === null ? openChannel() : null;
let heard: Set<string> | null = null; // Who has answered so far, while it is asked.
let asking: ReturnType<typeof ask> | null = null;

function openChannel(): BroadcastChannel | null {
    try {
        return new BroadcastChannel('pollux who is there');
    } catch {
        return null; // As all storage is where a browser is told to keep nothing of a site.
    }
}

// Who holds it is there. It is let go with the page: one that is kept to be shown again is no tab that could send anything, and a lock would keep
// it from being kept.
function hold(): void {
    const left = new Promise<void>((resolve) => addEventListener('pagehide', () => resolve(), { once: true }));
    void locks?.request(lockPrefix + tab, () => left).catch(() => {});
}

function say(kind: Said['kind']): void {
    channel?.postMessage({ kind, from: tab } satisfies Said);
}

addEventListener('pagehide', () => {
    try {
        sessionStorage.setItem(storedAs, tab);
    } catch {
        // As above.
    }
});
addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return;
    take(); // It is back as it was, and has its name.
    hold();
});
hold();
channel?.addEventListener('message', ({ data }: MessageEvent<Said>) => {
    if (data.kind === 'who') say('here');
    else heard?.add(data.from);
});

async function ask(): Promise<ReadonlySet<string> | null> {
    if (locks !== null) {
        const answer = await locks.query().catch(() => null);
        if (answer === null) return null;
        return new Set((answer.held ?? []).map(({ name }) => name ?? '').filter((name) => name.startsWith(lockPrefix)).map((name) => name.slice(lockPrefix.length)));
    }
    if (channel === null) return null;
    const answers = (heard = new Set());
    say('who');
    await new Promise((resolve) => setTimeout(resolve, answerMs));
    heard = null;
    return answers;
}

// The tabs that are there; this one may be among them. By the browser's locks that is certain; without them a tab that sleeps may be missing.
// Null: nobody can tell, and any may be there.
export function others(): Promise<ReadonlySet<string> | null> {
    return (asking ??= ask().finally(() => (asking = null)));
}
