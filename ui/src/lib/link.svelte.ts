// A link of `pollux createsuperuser`: its token stands behind #, where no server sees it. It stays there until the server has answered, whoever
// is signed in meanwhile: a page that is loaded anew reads it again.
import { placeOf, unescaped } from './router.svelte.ts';

class Link {
    token = $state<string | null>(null);

    start(): void {
        this.#read();
        addEventListener('hashchange', () => this.#read());
    }

    used(): void {
        this.token = null;
        if (tokenIn(location.hash) !== null) history.replaceState(null, '', location.pathname);
    }

    #read(): void {
        if (placeOf(location.pathname).page === 'signin') this.token = tokenIn(location.hash);
    }
}

function tokenIn(hash: string): string | null {
    const token = /^#(?:token|link)=(.+)$/s.exec(hash)?.[1];
    return token === undefined ? null : unescaped(token);
}

export const link = new Link();
