import { describe, expect, test } from 'vitest';

import { Places, idleTurnMs, restMs, turnMs, type Guest } from '../../src/places.ts';
import { Clock, platformOf, settle } from './support.ts';

class Stream implements Guest {
    isOver = false;
    isIdle = false;
    isAsking = false;
    isRunning = false;
    turns = 0;
    #end: () => void = () => {};

    run(): Promise<void> {
        this.isRunning = true;
        ++this.turns;
        return new Promise((resolve) => (this.#end = resolve));
    }

    pause(): void {
        this.isRunning = false;
        this.#end();
    }

    finish(): void {
        this.isOver = true;
        this.pause();
    }
}

function open(count: number, max: number) {
    const clock = new Clock();
    const places = new Places(platformOf(clock), max);
    const streams = Array.from({ length: count }, () => new Stream());
    for (const stream of streams) places.enter(stream);
    return { clock, places, streams, running: () => streams.filter(({ isRunning }) => isRunning).length };
}

describe('Places', () => {
    test('leave a stream alone while there is room', async () => {
        const { clock, streams } = open(2, 2);
        await clock.pass(60_000);
        expect(streams.map(({ turns }) => turns)).toEqual([1, 1]);
    });

    test('are never more than there are, and all have their turn', async () => {
        const { clock, streams, running } = open(5, 2);
        for (let i = 0; i < 20; ++i) {
            expect(running()).toBe(2);
            await clock.pass(turnMs + restMs);
        }
        const turns = streams.map(({ turns }) => turns);
        expect(Math.min(...turns)).toBeGreaterThanOrEqual(3);
        expect(Math.max(...turns) - Math.min(...turns)).toBeLessThanOrEqual(1);
    });

    test('spend less time on streams that have nothing yet', async () => {
        const { clock, streams } = open(2, 1);
        const [writing, idle] = streams as [Stream, Stream];
        idle.isIdle = true;
        for (let i = 0; i < 5; ++i) {
            expect([writing.isRunning, idle.isRunning]).toEqual([true, false]);
            await clock.pass(turnMs + restMs);
            expect([writing.isRunning, idle.isRunning]).toEqual([false, true]);
            await clock.pass(idleTurnMs + restMs);
        }
    });

    test('leave no stream whose request has not been answered', async () => {
        const { clock, streams } = open(2, 1);
        const [slow, other] = streams as [Stream, Stream];
        slow.isAsking = true;
        await clock.pass(10 * turnMs);
        expect([slow.isRunning, other.turns]).toEqual([true, 0]);
        slow.isAsking = false;
        await clock.pass(turnMs + restMs);
        expect([slow.isRunning, other.isRunning]).toEqual([false, true]);
    });

    test('go on to the next when a stream ends or is left, a moment later', async () => {
        const { clock, places, streams, running } = open(4, 2);
        streams[0]?.finish();
        await settle();
        expect(streams.map(({ isRunning }) => isRunning)).toEqual([false, true, false, false]);
        await clock.pass(restMs);
        expect(streams.map(({ isRunning }) => isRunning)).toEqual([false, true, true, false]);
        places.leave(streams[1] as Stream);
        expect(running()).toBe(1);
        await clock.pass(restMs);
        expect(streams.map(({ isRunning }) => isRunning)).toEqual([false, false, true, true]);
        places.enter(streams[2] as Stream);
        expect(running()).toBe(2);
        places.leaveAll();
        expect(running()).toBe(0);
    });
});
