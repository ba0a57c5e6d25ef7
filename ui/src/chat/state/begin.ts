// What the chat asks for first: the list, the open chat, what the account may do. It is asked as soon as this script and a token are there,
// which is before anything is drawn.
import { router } from '../../lib/router.svelte.ts';
import { session } from '../../lib/session.svelte.ts';
import { account } from './account.svelte.ts';
import { open } from './open.svelte.ts';
import { rooms } from './rooms.svelte.ts';

let begun: { at: number } | null = null;

export function openRoom(): number | null {
    const { place } = router;
    return place.page === 'room' ? place.room : null;
}

// Gives when it was asked for.
function begin(): { at: number } {
    const asked = (begun = { at: Date.now() });
    const before = open.now;
    open.show(openRoom());
    const isNew = open.now !== before; // Else it may have been opened while nobody was signed in.
    void session.hasToken.then((isSignedIn) => {
        if (!isSignedIn) {
            if (begun === asked) begun = null; // Whoever signs in begins anew.
            return;
        }
        asked.at = Date.now();
        void rooms.load();
        void account.load();
        if (!isNew) open.now.thread.open();
    });
    return asked;
}

// The same for the page, once it is there: what was begun for it is not begun anew.
export function begunFor(): { at: number } {
    const asked = begun ?? begin();
    begun = null;
    open.show(openRoom());
    return asked;
}

begin();
