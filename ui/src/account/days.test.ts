import { expect, it } from 'vitest';

import { filled, ticks } from './days.ts';

it('days without a row count zero', () => {
    expect(filled([{ day: '2026-03-01', used: 3 }], '2026-03-02', 3)).toEqual([
        { day: '2026-02-28', used: 0 },
        { day: '2026-03-01', used: 3 },
        { day: '2026-03-02', used: 0 },
    ]);
});

it.each([
    [0, [0, 1]],
    [5, [0, 1, 2, 3, 4, 5]],
    [7, [0, 2, 4, 6, 8]],
    [1000, [0, 200, 400, 600, 800, 1000]],
    [1001, [0, 500, 1000, 1500]],
])('the scale up to %d', (top, expected) => expect(ticks(top)).toEqual(expected));
