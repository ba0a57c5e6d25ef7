// What differs between browsers, Node and React Native. Tests give their own.
export interface Channel {
    post(message: unknown): void;
    close(): void;
}

export interface Platform {
    readonly isPage: boolean; // A document, which has tabs beside it.
    readonly locks: LockManager | null; // Not there on plain http off loopback. What is denied to this site is seen by asking for one.
    readonly channel: ((name: string, onMessage: (message: unknown) => void) => Channel | null) | null; // Null: denied to this site.
    now(): number;
    random(): number; // [0, 1)
    setTimer(work: () => void, ms: number): unknown;
    clearTimer(timer: unknown): void;
    onWake(listener: () => void): () => void; // The network is back, or somebody looks at the page again.
    onLeave(listener: () => void): () => void; // The page goes, perhaps to come back.
    onReturn(listener: () => void): () => void; // It is back, as it was.
}

export function browserPlatform(): Platform {
    const isPage = typeof document === 'object' && typeof window === 'object' && typeof window.addEventListener === 'function';
    const locks = isPage ? (navigator.locks as LockManager | undefined) : undefined;
    return {
        isPage,
        locks: locks ?? null,
        channel: typeof BroadcastChannel === 'function' ? openChannel : null,
        now: () => Date.now(),
        random: () => Math.random(),
        setTimer: (work, ms) => setTimeout(work, ms),
        clearTimer: (timer) => clearTimeout(timer as number),
        onWake: (listener) => (isPage ? onWake(listener) : () => undefined),
        onLeave: (listener) => (isPage ? listen(window, 'pagehide', listener) : () => undefined),
        onReturn: (listener) =>
            isPage ? listen(window, 'pageshow', (event) => (event as PageTransitionEvent).persisted && listener()) : () => undefined,
    };
}

function openChannel(name: string, onMessage: (message: unknown) => void): Channel | null {
    let channel: BroadcastChannel;
    try {
        channel = new BroadcastChannel(name);
    } catch {
        return null; // As all storage is where a browser is told to keep nothing of a site.
    }
    channel.onmessage = (event: MessageEvent) => onMessage(event.data);
    (channel as { unref?: () => void }).unref?.(); // Node would stay alive for it.
    return { post: (message) => channel.postMessage(message), close: () => channel.close() };
}

function onWake(listener: () => void): () => void {
    const ifVisible = () => {
        if (document.visibilityState === 'visible') listener();
    };
    const all = [listen(window, 'online', listener), listen(window, 'focus', listener), listen(document, 'visibilitychange', ifVisible)];
    return () => all.forEach((off) => off());
}

function listen(target: EventTarget, name: string, listener: (event: Event) => void): () => void {
    target.addEventListener(name, listener);
    return () => target.removeEventListener(name, listener);
}
