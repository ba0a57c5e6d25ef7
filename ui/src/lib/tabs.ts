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
const channel = locks === null && typeof BroadcastChannel === 'function' ? new BroadcastChannel('pollux who is there') : null;
let heard: Set<string> | null = null; // Who has answered so far, while it is asked.
let asking: Promise<ReadonlySet<string>> | null = null;

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
    if (persisted) take(); // It is back as it was, and has its name.
});
void locks?.request(lockPrefix + tab, () => new Promise(() => {})).catch(() => {});
channel?.addEventListener('message', ({ data }: MessageEvent<Said>) => {
    if (data.kind === 'who') say('here');
    else heard?.add(data.from);
});

async function ask(): Promise<ReadonlySet<string>> {
    if (locks !== null) {
        const { held = [] } = await locks.query();
        return new Set(held.map(({ name }) => name ?? '').filter((name) => name.startsWith(lockPrefix)).map((name) => name.slice(lockPrefix.length)));
    }
    const answers = (heard = new Set());
    say('who');
    await new Promise((resolve) => setTimeout(resolve, answerMs));
    heard = null;
    return answers;
}

// The tabs that are there; this one may be among them. By the browser's locks that is certain; without them a tab that sleeps may be missing.
export function others(): Promise<ReadonlySet<string>> {
    return (asking ??= ask().finally(() => (asking = null)));
}
