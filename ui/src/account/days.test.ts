import { expect, it } from 'vitest';

import { filled, labelEvery, monthOf, ticks } from './days.ts';

it('days without a row count zero', () => {
    expect(filled([{ day: '2026-03-01', used: 3 }], '2026-03-02', 3)).toEqual([
        { day: '2026-02-28', used: 0 },
        { day: '2026-03-01', used: 3 },
        { day: '2026-03-02', used: 0 },
    ]);
});

it('a month counts from its first day, in UTC, and not what was before', () => {
    const row = (day: string, used: number) => ({ day, used, tokens: { prompt_tokens: used * 10, completion_tokens: used * 100 } });
    const rows = [row('2026-02-28', 5), row('2026-03-01', 3), row('2026-03-31', 4)];
    expect(monthOf(rows, '2026-03-31')).toEqual({ used: 7, read: 70, written: 700 });
    expect(monthOf(rows, '2026-04-01')).toEqual({ used: 0, read: 0, written: 0 });
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
