import { expect, it } from 'vitest';

import { isOwn } from './back.ts';

it.each(['/', '/chat/5', '/chat/5/', '/plan/?session_id=cs_1', '/account#devices', '/docs/#sendMessage', '/subscription/done/?session_id=a'])('%s is a page of these', (address) =>
    expect(isOwn(address)).toBe(true),
);

it.each(['', 'chat/5', '//other.example/', '/\\other.example', 'https://other.example/chat/5', 'javascript:alert(1)', '/signin', '/signin/?a', '/nowhere', '/chat/x'])('%s is none', (address) =>
    expect(isOwn(address)).toBe(false),
);
