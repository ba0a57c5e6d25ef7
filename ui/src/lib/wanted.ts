// The address that one was at, or opened, before signing in, in this tab: signing in leads there.
import { placeOf } from './router.svelte.ts';

const place = 'pollux.wanted';

export function keepWanted(address: string): void {
    try {
        sessionStorage.setItem(place, address);
    } catch {
        // Signing in leads to a new chat then.
    }
}

// Once: the next one to sign in begins with a new chat. Only an address of these pages, whatever has got into the store.
export function takeWanted(): string {
    try {
        const address = sessionStorage.getItem(place) ?? '/';
        sessionStorage.removeItem(place);
        return ownAddress(address) ?? '/';
    } catch {
        return '/';
    }
}

export function ownAddress(address: string): string | null {
    const here = 'http://here';
    if (!address.startsWith('/') || !URL.canParse(address, here)) return null;
    const { origin, pathname, search, hash } = new URL(address, here);
    const { page } = placeOf(pathname);
    return origin === here && page !== 'missing' && page !== 'signin' ? pathname + search + hash : null;
}
