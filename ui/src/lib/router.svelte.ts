// Which page is shown. Addresses are real ones: the server answers each with the same shell.
export type Place =
    | { readonly page: 'new' }
    | { readonly page: 'room'; readonly room: number }
    | { readonly page: 'signin' }
    | { readonly page: 'account' }
    | { readonly page: 'plan' }
    | { readonly page: 'docs' }
    | { readonly page: 'missing' };

export function placeOf(path: string): Place {
    const parts = path.split('/').filter((part) => part !== '');
    const [first, second] = parts;
    if (first === undefined) return { page: 'new' };
    if (first === 'chat' && second !== undefined && /^[1-9]\d{0,15}$/.test(second) && parts.length === 2) return { page: 'room', room: Number(second) };
    // Where a payment leads back to that named no page of its own.
    if (first === 'subscription' && second === 'done' && parts.length === 2) return { page: 'plan' };
    if (parts.length === 1 && (first === 'signin' || first === 'account' || first === 'plan' || first === 'docs')) return { page: first };
    return { page: 'missing' };
}

export function roomPath(room: number): string {
    return `/chat/${room}`;
}

// What stands in an address behind #; as it is where it is not well formed.
export function unescaped(text: string): string {
    try {
        return decodeURIComponent(text);
    } catch {
        return text;
    }
}

class Router {
    place = $state.raw<Place>({ page: 'new' });
    isReturn = false; // Back or forward led here: the browser puts the reader where he was.
    link = $state<string | null>(null); // The token of a log-in link that was opened and not yet used.

    start(): void {
        this.#look();
        addEventListener('popstate', () => {
            this.isReturn = true;
            this.#look();
        });
        addEventListener('click', (event) => this.#take(event));
    }

    go(path: string, { replace = false }: { replace?: boolean } = {}): void {
        if (replace) history.replaceState(null, '', path);
        else if (path !== location.pathname + location.search + location.hash) history.pushState(null, '', path);
        this.isReturn = false;
        this.place = placeOf(location.pathname);
    }

    // A log-in link has its token behind #, where no server sees it; nor does it stay where the next one at this device would find it.
    #look(): void {
        this.place = placeOf(location.pathname);
        const token = this.place.page === 'signin' ? /^#(?:token|link)=(.+)$/.exec(location.hash)?.[1] : undefined;
        if (token === undefined) return;
        this.link = unescaped(token);
        history.replaceState(null, '', location.pathname);
    }

    // Links within the pages change the place; everything else (new tabs, downloads, other hosts, the API) is the browser's.
    #take(event: MouseEvent): void {
        if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        const link = event.target instanceof Element ? event.target.closest('a') : null;
        if (!link || link.target !== '' || link.hasAttribute('download') || link.origin !== location.origin) return;
        if (link.hash !== '' && link.pathname === location.pathname) return;
        if (placeOf(link.pathname).page === 'missing') return;
        event.preventDefault();
        this.go(link.pathname + link.search + link.hash);
    }
}

export const router = new Router();
