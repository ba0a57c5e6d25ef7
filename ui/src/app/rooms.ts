// The rooms of the pages, each a script of its own. `import` of one stands here alone, so that each stays one file.
import type { Component } from 'svelte';

import type { Place } from '../lib/router.svelte.ts';

export const rooms: Record<string, () => Promise<{ Page: Component }>> = {
    chat: () => import('../chat/index.ts'),
    signin: () => import('../signin/index.ts'),
    docs: () => import('../docs/index.ts'),
    plan: () => import('../plan/index.ts'),
    account: () => import('../account/index.ts'),
};

export function roomOf(place: Place): string {
    if (place.page === 'new' || place.page === 'room') return 'chat';
    return place.page;
}
