// The list of narrow pages, which lies over the page while it is open: it takes the focus, and gives it back to the button that opens it. The
// page makes the rest inert. Returns what is to be done when it closes.
import { tick } from 'svelte';

export function openDrawer(close: () => void): () => void {
    const rail = document.querySelector('.rail');
    rail?.querySelector<HTMLElement>('button, a[href], input')?.focus({ preventScroll: true });
    const wide = matchMedia('(min-width: 861px)'); // There it is no drawer.
    wide.addEventListener('change', close);
    return () => {
        wide.removeEventListener('change', close);
        void tick().then(() => {
            const { activeElement } = document;
            if (activeElement !== document.body && !rail?.contains(activeElement)) return;
            document.querySelector<HTMLElement>('.topbar .only-phone')?.focus({ preventScroll: true });
        });
    };
}
