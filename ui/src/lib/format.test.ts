import { afterAll, beforeAll, expect, it } from 'vitest';

import { day, dayGroup, monthName, shortDay } from './format.ts';

const zone = process.env['TZ'];
beforeAll(() => void (process.env['TZ'] = 'America/New_York'));
afterAll(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
});

it('a date alone is that day west of Greenwich, too', () => {
    expect(day('2026-03-12')).toBe('March 12');
    expect(shortDay('2026-03-12')).toBe('Mar 12');
});

it('a time is of the day that the device has then', () => expect(day('2026-03-12T02:00:00Z')).toBe('March 11'));

it.each([
    ['2026-03-12T14:00:00Z', 'today'],
    ['2026-03-12T03:59:00Z', 'yesterday'],
    ['2026-03-06T03:59:00Z', 'last_7_days'],
    ['2026-03-04T05:00:00Z', 'month'],
])('%s stands under %s', (at, name) => expect(dayGroup(at, new Date('2026-03-12T16:00:00Z')).name).toBe(name));

it('a month of another year names the year', () => {
    const now = new Date('2026-03-12T16:00:00Z');
    expect(monthName('2026-02', now)).toBe('February');
    expect(monthName('2025-12', now)).toBe('December 2025');
});
