import { expect, it } from 'vitest';

import { offered } from './offered.ts';

const models = [
    { id: 'small', allowed: true },
    { id: 'large', allowed: false },
];
const ids = (chosen: string | null, canBuy: boolean) => offered(models, chosen, canBuy).map(({ id }) => id);

it('a locked model is offered only where it leads to a plan, or is the one that was chosen', () => {
    expect(ids('small', true)).toEqual(['small', 'large']);
    expect(ids('small', false)).toEqual(['small']);
    expect(ids('large', false)).toEqual(['small', 'large']);
    expect(ids(null, false)).toEqual(['small']);
});
