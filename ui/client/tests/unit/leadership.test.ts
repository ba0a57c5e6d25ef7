import { describe, expect, test } from 'vitest';

import { Leadership } from '../../src/leadership.ts';
import type { TabMessage } from '../../src/tab_messages.ts';
import { Air, Clock, DeniedLocks, Locks, platformOf } from './support.ts';

interface Tab {
    readonly name: string;
    readonly leadership: Leadership;
    isFrozen: boolean;
    hasTimers: boolean;
    posted: number;
    close(): void;
}

for (const way of ['locks', 'an election', 'an election, since locks are denied'] as const) {
    describe(`leading by ${way}`, () => {
        const clock = new Clock();

        function browser() {
            const air = new Air();
            const locks = way === 'locks' ? new Locks() : way === 'an election' ? null : new DeniedLocks();
            return (name: string): Tab => {
                const platform = platformOf(clock, { locks });
                const ifAwake = (work: () => void) => () => !tab.isFrozen && tab.hasTimers && work();
                const guarded = { ...platform, setTimer: (work: () => void, ms: number) => platform.setTimer(ifAwake(work), ms) };
                const channel = air.open((message) => tab.leadership.hear(message as TabMessage), () => tab.isFrozen);
                const post = (message: object) => {
                    ++tab.posted;
                    channel.post({ ...message, from: name });
                };
                const onLead = () => post({ kind: 'lead', noticeId: null });
                const options = { name: 'pollux', tab: name, platform: guarded, post, onLead, onFollow: () => {} };
                const leadership = new Leadership(options);
                const tab: Tab = { name, isFrozen: false, hasTimers: true, posted: 0, leadership, close: channel.close };
                tab.leadership.start();
                return tab;
            };
        }
        const leads = ({ leadership, isFrozen }: Tab) => leadership.isLeader && !isFrozen;
        const leaders = (tabs: Tab[]) => tabs.filter(leads).map(({ name }) => name);

        test('one of many leads, and stays it', async () => {
            const open = browser();
            const tabs = ['d', 'b', 'a', 'c', 'e', 'h', 'f', 'g'].map(open);
            await clock.pass(2_000);
            const first = leaders(tabs);
            expect(first).toHaveLength(1);
            await clock.pass(120_000);
            expect(leaders(tabs)).toEqual(first);
        });

        test('a tab that comes later follows', async () => {
            const open = browser();
            const first = open('z');
            await clock.pass(1_000);
            const second = open('a');
            await clock.pass(60_000);
            expect(leaders([first, second])).toEqual(['z']);
        });

        test('a leader that leaves is replaced at once', async () => {
            const open = browser();
            const tabs = ['a', 'b', 'c'].map(open);
            await clock.pass(2_000);
            const leader = tabs.find(({ leadership }) => leadership.isLeader) as Tab;
            const rest = tabs.filter((tab) => tab !== leader);
            // As the hub does when the page goes.
            for (const { leadership } of rest) leadership.hear({ kind: 'bye', from: leader.name });
            leader.leadership.stop();
            leader.close();
            await clock.pass(400);
            expect(leaders(rest)).toHaveLength(1);
        });

        test('a leader that does not answer is replaced within 15 s, and follows when it comes back', async () => {
            const open = browser();
            const tabs = ['a', 'b', 'c'].map(open);
            await clock.pass(2_000);
            const leader = tabs.find(({ leadership }) => leadership.isLeader) as Tab;
            leader.isFrozen = true;
            await clock.pass(6_000);
            expect(leaders(tabs)).toEqual([]);
            await clock.pass(9_000);
            const next = leaders(tabs);
            expect(next).toHaveLength(1);
            leader.isFrozen = false;
            await clock.pass(30_000);
            expect(leaders(tabs)).toHaveLength(1);
        });

        test('a leader that only has slow timers keeps its place', async () => {
            const open = browser();
            const tabs = ['a', 'b'].map(open);
            await clock.pass(2_000);
            const first = leaders(tabs);
            // In the background, where timers hardly run: it still answers.
            for (const tab of tabs) tab.hasTimers = !tab.leadership.isLeader;
            await clock.pass(600_000);
            expect(leaders(tabs)).toEqual(first);
            for (const { posted } of tabs) expect(posted).toBeLessThan(800); // A question and an answer every two seconds at most.
        });
    });
}
