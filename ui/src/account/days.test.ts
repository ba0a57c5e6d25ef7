import { expect, it } from 'vitest';

import { filled, labelEvery, ticks } from './days.ts';

it('days without a row count zero', () => {
    expect(filled([{ day: '2026-03-01', used: 3 }], '2026-03-02', 3)).toEqual([
        { day: '2026-02-28', used: 0 },
        { day: '2026-03-01', used: 3 },
        { day: '2026-03-02', used: 0 },
    ]);
});

it.each([
    [0, [0, 1]],
    [5, [0, 2, 4, 6]],
    [7, [0, 2, 4, 6, 8]],
    [1000, [0, 500, 1000]],
    [1001, [0, 500, 1000, 1500]],
])('the scale up to %d', (top, expected) => expect(ticks(top)).toEqual(expected));

it.each([
    [38, 20, 4],
    [60, 20, 5],
    [38, 90, 1],
])('dates of %d px, %d px apart, stand at every %d', (widest, step, every) => expect(labelEvery(widest, step)).toBe(every));
