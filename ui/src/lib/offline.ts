// The pages open without the network: a service worker keeps the shell and the files with hashed names (src/app/worker.js). Where a browser
// has none, as on plain http under another name than localhost, they need it.
interface TrustedTypes {
    createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): { createScriptURL(url: string): string };
}

export function keepForOffline(): void {
    if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
    const begin = () => {
        const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
        const url = types ? types.createPolicy('pollux', { createScriptURL: () => '/sw.js' }).createScriptURL('') : '/sw.js';
        navigator.serviceWorker.register(url).catch(() => {
            // Forbidden, or no room: everything works as without it.
        });
    };
    // After what the reader waits for.
    const later = () => ('requestIdleCallback' in window ? requestIdleCallback(begin, { timeout: 10_000 }) : setTimeout(begin, 2000));
    if (document.readyState === 'complete') later();
    else addEventListener('load', later, { once: true });
}
