import { expect, it } from 'vitest';

import { placeOf } from './router.svelte.ts';

it.each([
    ['/', { page: 'new' }],
    ['/chat/12', { page: 'room', room: 12 }],
    ['/chat/12/', { page: 'room', room: 12 }],
    ['/chat/x', { page: 'missing' }],
    ['/chat/0', { page: 'missing' }],
    ['/chat/12/more', { page: 'missing' }],
    ['/signin', { page: 'signin' }],
    ['/account/', { page: 'account' }],
    ['/plan', { page: 'plan' }],
    ['/docs/', { page: 'docs' }],
    ['/subscription/done/', { page: 'plan' }],
    ['/subscription', { page: 'missing' }],
    ['/nowhere', { page: 'missing' }],
])('%s', (path, place) => expect(placeOf(path)).toEqual(place));
