// The chat that one came from, in this tab: where "Back to chat" leads, over a payment too.
const place = 'pollux.back';

export function keepBack(path: string): void {
    try {
        sessionStorage.setItem(place, path);
    } catch {
        // Back leads to a new chat then.
    }
}

export function keptBack(): string {
    try {
        const path = sessionStorage.getItem(place);
        return path !== null && /^\/(?:chat\/\d+)?$/.test(path) ? path : '/';
    } catch {
        return '/';
    }
}
