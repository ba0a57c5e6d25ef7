// What is being written or was not yet received, for each chat, on this device: it survives reload, sign-out and limits. With each text stays
// the key of its last attempt, so that sending the same text again has one effect. What is written before it is known whose it is (`user` is
// null) stays in memory, where nobody else finds it later.
import { newKey } from 'pollux-client';

import { isRecord, keep, kept, keptNames } from '../../lib/kept.ts';

export interface Attempt {
    readonly text: string;
    readonly key: string;
    readonly roomKey: string;
}

interface Draft {
    readonly text: string;
    readonly key: string;
    readonly roomKey: string;
    readonly keyText: string; // The text that the keys belong to.
    readonly sent?: readonly Attempt[]; // On their way, or waiting for the network.
}

const none: Required<Draft> = { text: '', key: '', roomKey: '', keyText: '', sent: [] };

function areTexts(value: Record<string, unknown>, ...names: string[]): boolean {
    return names.every((name) => typeof value[name] === 'string');
}

function isDraft(value: unknown): value is Draft {
    if (!isRecord(value) || !areTexts(value, 'text', 'key', 'roomKey', 'keyText')) return false;
    const { sent } = value;
    return sent === undefined || (Array.isArray(sent) && sent.every((one) => isRecord(one) && areTexts(one, 'text', 'key', 'roomKey')));
}

const ofNobody = new Map<number | null, Required<Draft>>();

// Where an earlier version kept what nobody had signed in for.
for (const name of keptNames()) if (name.startsWith('draft.0.')) keep(name, null);

function placeOf(user: number, room: number | null): string {
    return `draft.${user}.${room ?? 'new'}`;
}

function read(user: number | null, room: number | null): Required<Draft> {
    if (user === null) return ofNobody.get(room) ?? none;
    return { ...none, ...kept(placeOf(user, room), isDraft) };
}

function write(user: number | null, room: number | null, draft: Required<Draft>): void {
    if (user === null) ofNobody.set(room, draft);
    else keep(placeOf(user, room), draft.text === '' && draft.sent.length === 0 ? null : draft);
}

function joined(...texts: readonly string[]): string {
    return texts.filter((text) => text !== '').join('\n\n');
}

// `isSending`: this page still has what was sent from there. Else nobody sends it any more, and it comes back into the box.
export function readDraft(user: number | null, room: number | null, isSending: boolean): string {
    const before = read(user, room);
    if (isSending || before.sent.length === 0) return before.text;
    const text = joined(...before.sent.map((attempt) => attempt.text), before.text);
    const only = before.text === '' && before.sent.length === 1 ? before.sent[0] : undefined;
    write(user, room, { text, key: only?.key ?? '', roomKey: only?.roomKey ?? '', keyText: only?.text ?? '', sent: [] });
    return text;
}

// It is known by now whose it is: it goes below what he had kept. Gives what belongs into the box.
export function claimDraft(user: number, room: number | null): string {
    const written = read(null, room);
    ofNobody.delete(room);
    const before = readDraft(user, room, false);
    const text = joined(before, written.text);
    if (before === '') write(user, room, written);
    else write(user, room, { ...read(user, room), text, sent: written.sent });
    return text;
}

export function writeDraft(user: number | null, room: number | null, text: string): void {
    write(user, room, { ...read(user, room), text });
}

// What was in the box is sent: by the keys of its last attempt if that was never answered.
export function sending(user: number | null, room: number | null, text: string): Attempt {
    const before = read(user, room);
    const isSame = before.keyText === text && before.key !== '';
    const attempt = { text, key: isSame ? before.key : newKey(), roomKey: isSame ? before.roomKey : newKey() };
    write(user, room, { ...none, sent: [...before.sent, attempt] });
    return attempt;
}

// The attempt was answered: its keys are spent. What was written meanwhile stays.
export function answered(user: number | null, room: number | null, key: string): void {
    const before = read(user, room);
    const sent = before.sent.filter((attempt) => attempt.key !== key);
    if (before.key !== key) write(user, room, { ...before, sent });
    else write(user, room, { ...none, text: before.text === before.keyText ? '' : before.text, sent });
}

// The attempt comes back into the box of `room`, where it may be another than the one it was sent from: a new chat has become a room.
export function cameBack(user: number | null, from: number | null, room: number | null, attempt: Attempt, text: string): void {
    const before = read(user, from);
    write(user, from, { ...before, sent: before.sent.filter(({ key }) => key !== attempt.key) });
    write(user, room, { ...read(user, room), text, key: attempt.key, roomKey: attempt.roomKey, keyText: attempt.text });
}
