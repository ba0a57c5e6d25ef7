import { describe, expect, test } from 'vitest';

import { Backoff } from '../../src/backoff.ts';

describe('Backoff', () => {
    test('goes from half a second to fifteen, and stays there', () => {
        for (const random of [0, 0.5, 0.999]) {
            const backoff = new Backoff(() => random);
            const delays = Array.from({ length: 30 }, () => backoff.next());
            expect(delays[0]).toBeGreaterThanOrEqual(500);
            expect(delays[0]).toBeLessThan(1000);
            expect(Math.max(...delays)).toBeLessThanOrEqual(15_000);
            expect([...delays].sort((a, b) => a - b)).toEqual(delays);
            expect(delays.at(-1)).toBeGreaterThanOrEqual(7_500);
        }
    });

    test('differs between clients', () => {
        const [a, b] = [new Backoff(() => 0.1), new Backoff(() => 0.9)];
        for (let i = 0; i < 10; ++i) expect(a.next()).toBeLessThan(b.next());
    });

    test('begins again after a success', () => {
        const backoff = new Backoff(() => 0);
        const first = backoff.next();
        for (let i = 0; i < 10; ++i) backoff.next();
        backoff.reset();
        expect(backoff.next()).toBe(first);
    });

    test('waits as long as the server asks, within its bounds', () => {
        const backoff = new Backoff(() => 0);
        backoff.setMin(3_000);
        expect(backoff.next()).toBe(3_000);
        backoff.setMin(60_000_000);
        expect(backoff.next()).toBe(15_000);
        backoff.setMin(0);
        backoff.reset();
        expect(backoff.next()).toBe(500);
    });
});
