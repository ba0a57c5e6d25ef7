import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { ago, day, dayGroup, monthName, shortDay } from './format.ts';

const zone = process.env['TZ'];
beforeAll(() => {
    process.env['TZ'] = 'America/New_York';
    vi.useFakeTimers({ now: Date.parse('2026-03-12T12:00:00Z') });
});
afterAll(() => {
    vi.useRealTimers();
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
});

it('a date alone is that day west of Greenwich, too', () => {
    expect(day('2026-03-12')).toBe('March 12');
    expect(shortDay('2026-03-12')).toBe('Mar 12');
});

it('a day that is far away has its year', () => {
    expect(day('2026-09-01')).toBe('September 1');
    expect(day('2027-03-12')).toBe('March 12, 2027');
    expect(day('2025-03-12')).toBe('March 12, 2025');
});

it('a time is of the day that the device has then', () => expect(day('2026-03-12T02:00:00Z')).toBe('March 11'));

it.each([
    ['2026-03-12T14:00:00Z', 'today'],
    ['2026-03-12T03:59:00Z', 'yesterday'],
    ['2026-03-06T03:59:00Z', 'last_7_days'],
    ['2026-03-04T05:00:00Z', 'month'],
])('%s stands under %s', (at, name) => expect(dayGroup(at, new Date('2026-03-12T16:00:00Z')).name).toBe(name));

// In New York the 1st of November 2026 has 25 hours, and the 8th of March 23.
it.each([
    ['2026-11-01T00:10:00-04:00', '2026-11-02T09:00:00-05:00', 'yesterday'],
    ['2026-10-31T23:50:00-04:00', '2026-11-02T09:00:00-05:00', 'last_7_days'],
    ['2026-03-07T23:30:00-05:00', '2026-03-09T09:00:00-04:00', 'last_7_days'],
    ['2026-03-08T00:10:00-05:00', '2026-03-09T09:00:00-04:00', 'yesterday'],
    ['2026-03-09T00:00:00-04:00', '2026-03-09T00:00:00-04:00', 'today'],
    ['2026-03-08T23:59:59-04:00', '2026-03-09T00:00:00-04:00', 'yesterday'],
    ['2026-10-26T00:00:00-04:00', '2026-11-02T23:59:00-05:00', 'last_7_days'],
    ['2026-10-25T23:59:00-04:00', '2026-11-02T00:00:00-05:00', 'month'],
])('%s stands, at %s, under %s', (at, now, name) => expect(dayGroup(at, new Date(now)).name).toBe(name));

it.each([
    ['2026-10-30T23:00:00-04:00', '2026-11-01T01:00:00-04:00', '2 days ago'],
    ['2026-10-31T00:10:00-04:00', '2026-11-01T09:00:00-05:00', 'yesterday'],
    ['2026-11-01T00:10:00-04:00', '2026-11-01T23:40:00-05:00', '25 hours ago'],
    ['2026-10-31T23:00:00-04:00', '2026-11-01T08:00:00-05:00', '10 hours ago'],
])('%s is, at %s, %s', (at, now, text) => expect(ago(at, Date.parse(now))).toBe(text));

it('a month of another year names the year', () => {
    const now = new Date('2026-03-12T16:00:00Z');
    expect(monthName('2026-02', now)).toBe('February');
    expect(monthName('2025-12', now)).toBe('December 2025');
});
