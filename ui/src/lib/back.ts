// Where one was, in this tab.
import { placeOf } from './router.svelte.ts';

const place = 'pollux.back'; // The chat that one came from: where "Back to chat" leads, over a payment too.
const wantedPlace = 'pollux.wanted'; // The page that needed somebody to be signed in: where signing in leads.

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

export function keepHere(): void {
    keepWanted(location.pathname + location.search + location.hash);
}

// `null`: none.
export function keepWanted(address: string | null): void {
    try {
        if (address === null) sessionStorage.removeItem(wantedPlace);
        else sessionStorage.setItem(wantedPlace, address);
    } catch {
        // Signing in leads to a new chat then.
    }
}

// Once.
export function takeWanted(): string {
    try {
        const address = sessionStorage.getItem(wantedPlace);
        keepWanted(null);
        return address !== null && isOwn(address) ? address : '/';
    } catch {
        return '/';
    }
}

// An address of these pages on this host, and not that of signing in.
export function isOwn(address: string): boolean {
    if (!/^\/(?![/\\])/.test(address)) return false;
    const { page } = placeOf(address.replace(/[?#].*$/s, ''));
    return page !== 'missing' && page !== 'signin';
}
