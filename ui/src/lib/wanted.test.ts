import { expect, it } from 'vitest';

import { ownAddress } from './wanted.ts';

it.each([
    ['/chat/12', '/chat/12'],
    ['/plan/?session_id=cs_1#top', '/plan/?session_id=cs_1#top'],
    ['/account', '/account'],
    ['/', '/'],
    ['/signin', null],
    ['/nowhere', null],
    ['//elsewhere.example/chat/12', null],
    ['/\\elsewhere.example/chat/12', null],
    ['https://elsewhere.example/account', null],
    ['javascript:alert(1)', null],
    ['', null],
])('signing in may lead to %s: %s', (address, leads) => expect(ownAddress(address)).toBe(leads));
