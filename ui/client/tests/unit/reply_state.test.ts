import { describe, expect, test } from 'vitest';

import type { ServerEvent } from '../../src/event_parser.ts';
import { ReplyState } from '../../src/reply_state.ts';
import type { Message, ReplyUpdate } from '../../src/types.ts';
import { utf8Length } from '../../src/utf8.ts';
import { message } from './messages.ts';
import { Random } from './random.ts';

const start = (attempt: number): ReplyUpdate => ({ type: 'start', attempt, model: 'm' });
const restart = (attempt: number): ReplyUpdate => ({ type: 'restart', attempt, model: null });
const delta = (attempt: number, offset: number, text: string): ReplyUpdate => ({ type: 'delta', attempt, offset, text });
const thought = (attempt: number, offset: number, text: string): ReplyUpdate => ({ type: 'thought', attempt, offset, text });

function stateOf(...updates: ReplyUpdate[]): ReplyState {
    const state = new ReplyState();
    for (const update of updates) expect(state.apply(update)).not.toBe('gap');
    return state;
}

describe('ReplyState', () => {
    test('counts bytes of text and of thoughts, and names its place by them', () => {
        const state = stateOf(start(3), delta(3, 0, 'é€'), delta(3, 5, '😀'));
        expect(state.lastEventId).toBe('3-9');
        state.apply(thought(3, 0, 'hm'));
        expect(state.lastEventId).toBe('3-9-2');
        expect(new ReplyState().lastEventId).toBe(null);
    });

    test('takes what it has already as nothing, and the rest of a piece that overlaps', () => {
        const state = stateOf(start(1), delta(1, 0, 'abc'));
        expect(state.apply(delta(1, 0, 'abc'))).toEqual([]);
        expect(state.apply(delta(1, 1, 'bc€'))).toEqual([delta(1, 3, '€')]);
        expect(state.text).toBe('abc€');
    });

    test('tells a gap, and changes nothing by it', () => {
        const state = stateOf(start(1), delta(1, 0, 'abc'));
        expect(state.apply(delta(1, 4, 'e'))).toBe('gap');
        expect(state.apply(delta(2, 0, 'x'))).toBe('gap');
        expect(new ReplyState().apply(delta(1, 0, 'x'))).toBe('gap');
        expect(state.apply(delta(1, 3, '€'))).toEqual([delta(1, 3, '€')]);
        expect(stateOf(start(1), delta(1, 0, 'a')).apply(delta(1, 0, '€'))).toBe('gap');
    });

    test('forgets the text at a restart, and keeps it to show until there is a new one', () => {
        const state = stateOf(start(1), delta(1, 0, 'old'), restart(2));
        expect(state).toMatchObject({ text: '', replaced: 'old', attempt: 2, textBytes: 0, model: 'm' });
        state.apply(restart(3));
        expect(state.replaced).toBe('old');
        state.apply(delta(3, 0, 'new'));
        expect(state).toMatchObject({ text: 'new', replaced: '' });
    });

    test('ignores an attempt that was overtaken', () => {
        const state = stateOf(start(1), restart(2), delta(2, 0, 'new'));
        for (const late of [start(1), restart(1), delta(1, 0, 'old'), start(2)]) expect(state.apply(late)).toEqual([]);
        expect(state.text).toBe('new');
    });

    test('is told again from the beginning by the same attempt', () => {
        const state = stateOf(start(1), delta(1, 0, 'abc'), restart(1));
        expect(state.text).toBe('');
        expect(state.apply(delta(1, 0, 'x'))).toEqual([delta(1, 0, 'x')]);
    });

    test('shows why it waits until something comes', () => {
        const waiting = { reason: 'rate_limited', retry_at: null } as const;
        const state = stateOf({ type: 'waiting', waiting });
        expect(state.waiting).toEqual(waiting);
        state.apply(start(1));
        expect(state.waiting).toBe(null);
    });

    test('ends with what is stored, whatever was missing or different', () => {
        const end = (content: string): ReplyUpdate => ({ type: 'end', message: message(content), error: null });
        expect(stateOf(start(1), delta(1, 0, 'abc')).apply(end('abc'))).toEqual([end('abc')]);
        expect(stateOf(start(1), delta(1, 0, 'a')).apply(end('abc'))).toEqual([delta(1, 1, 'bc'), end('abc')]);
        const told = [{ type: 'restart', attempt: 1, model: 'm' }, delta(1, 0, 'abc'), end('abc')];
        expect(stateOf(start(1), delta(1, 0, 'x')).apply(end('abc'))).toEqual(told);
        const ended = stateOf(start(1), end('abc'));
        for (const late of [delta(1, 3, 'd'), restart(2), end('abc')]) expect(ended.apply(late)).toEqual([]);
        expect(ended.text).toBe('abc');
    });

    test('keeps its text when its room is gone', () => {
        const error = { code: 'room_deleted', detail: '' };
        const state = stateOf(start(1), delta(1, 0, 'abc'), { type: 'end', message: null, error });
        expect(state).toMatchObject({ text: 'abc', result: { message: null, error } });
    });

    test('reads the events of the server', () => {
        const state = new ReplyState();
        const event = (name: string, id: string, data: object): ServerEvent => ({ name, id, data: JSON.stringify(data) });
        expect(state.updateOf(event('start', '1-0', { message_id: 2, attempt: 1, model: 'm' }))).toEqual(start(1));
        state.apply(start(1));
        expect(state.updateOf(event('thought', '1-0-3', { text: 'hm€'.slice(2) }))).toEqual(thought(1, 0, '€'));
        expect(state.updateOf(event('delta', '1-4-3', { text: '😀' }))).toEqual(delta(1, 0, '😀'));
        expect(state.updateOf(event('restart', '2-0', { attempt: 2, model: null }))).toEqual(restart(2));
        expect(state.updateOf(event('start', '1-0', { message_id: 2, attempt: 1, model: 'm' }))).toEqual({ ...start(1), type: 'restart' });
        const done = event('done', '1-end', { message: message('x') });
        expect(state.updateOf(done)).toEqual({ type: 'end', message: message('x'), error: null });
        const failed = event('error', '1-end', { error: { code: 'a', detail: 'b' } });
        expect(state.updateOf(failed)).toEqual({ type: 'end', message: null, error: { code: 'a', detail: 'b' } });
        expect(state.updateOf(event('later', '1-0', {}))).toBe(null);
    });

    test('follows a reply that can only be looked at', () => {
        const state = new ReplyState();
        const look = (content: string, status: Message['status'], more: Partial<Message> = {}) =>
            state.applyMessage(message(content, { status, ...more })).map(({ type }) => type);
        expect(look('', 'queued', { waiting: { reason: 'queue', retry_at: null } })).toEqual(['waiting']);
        expect(look('', 'queued', { waiting: { reason: 'queue', retry_at: null } })).toEqual([]);
        expect(look('', 'streaming')).toEqual(['start']);
        expect(look('', 'streaming')).toEqual([]);
        expect(look('ab', 'streaming')).toEqual(['delta']);
        expect(look('abcd', 'completed', { thoughts: 'hm' })).toEqual(['thought', 'delta', 'end']);
        expect(state).toMatchObject({ text: 'abcd', thoughts: 'hm' });
    });
});

// A writer that restarts now and then, and a reader that gets its news doubled, late, or not at all, and then asks for what is missing.
describe('a reader that loses news', () => {
    const pieces = ['a', 'bc ', 'é', '€uro', '😀', '\n\n', 'ñandú 日本', 'x'.repeat(40)];
    test('has the text in the end, by 300 seeds', () => {
        for (let seed = 1; seed <= 300; ++seed) loseNews(new Random(seed), `seed ${seed}`);
    });

    function loseNews(random: Random, name: string): void {
        const writer = stateOf(start(1));
        const reader = new ReplyState();
        const seen: string[] = [];
        let text = '';
        const deliver = (updates: readonly ReplyUpdate[]) => {
            for (const update of updates) {
                const applied = reader.apply(update);
                if (applied === 'gap') return deliver(writer.since(reader.position));
                for (const one of applied) {
                    if (one.type === 'start' || one.type === 'restart') text = '';
                    if (one.type !== 'delta') continue;
                    expect(one.offset).toBe(utf8Length(text));
                    text += one.text;
                    seen.push(one.text);
                }
                expect(reader.text).toBe(text);
                if (reader.attempt === writer.attempt) expect(writer.text.startsWith(reader.text)).toBe(true);
            }
        };
        const late: ReplyUpdate[] = [];
        for (let i = 0; i < 120; ++i) {
            const next: ReplyUpdate = random.chance(0.04)
                ? restart(writer.attempt + 1)
                : random.chance(0.2)
                  ? thought(writer.attempt, writer.thoughtBytes, random.pick(pieces))
                  : delta(writer.attempt, writer.textBytes, random.pick(pieces));
            writer.apply(next);
            if (random.chance(0.1)) late.push(next);
            else if (!random.chance(0.15)) deliver(random.chance(0.1) ? [next, next] : [next]);
            if (random.chance(0.1) && late.length > 0) deliver([late.shift() as ReplyUpdate]);
        }
        const end: ReplyUpdate = { type: 'end', message: message(writer.text, { thoughts: writer.thoughts }), error: null };
        writer.apply(end);
        deliver(random.chance(0.5) ? [end] : writer.since(reader.position));
        expect(reader.text, name).toBe(writer.text);
        expect(reader.thoughts).toBe(writer.thoughts);
        expect(text).toBe(writer.text);
        expect(seen.length).toBeGreaterThan(0);
    }
});
