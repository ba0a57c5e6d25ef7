// What is being written and not sent yet, for each chat, on this device: it survives reload, sign-out and limits. With it stays the key of
// its last attempt, so that sending the same text again has one effect.
import { newKey } from 'pollux-client';

import { isRecord, keep, kept } from '../../lib/kept.ts';

interface Draft {
    readonly text: string;
    readonly key: string;
    readonly roomKey: string;
    readonly keyText: string; // The text that the keys belong to.
}

function isDraft(value: unknown): value is Draft {
    return isRecord(value) && ['text', 'key', 'roomKey', 'keyText'].every((name) => typeof value[name] === 'string');
}

function placeOf(user: number, room: number | null): string {
    return `draft.${user}.${room ?? 'new'}`;
}

export function readDraft(user: number, room: number | null): string {
    return kept(placeOf(user, room), isDraft)?.text ?? '';
}

export function writeDraft(user: number, room: number | null, text: string): void {
    const before = kept(placeOf(user, room), isDraft);
    if (text === '' && !before) return;
    keep(placeOf(user, room), text === '' ? null : { key: '', roomKey: '', keyText: '', ...before, text });
}

// The keys for sending `text`: those of its last attempt if that was never answered.
export function keysFor(user: number, room: number | null, text: string): { key: string; roomKey: string } {
    const before = kept(placeOf(user, room), isDraft);
    if (before && before.keyText === text && before.key !== '') return before;
    const keys = { key: newKey(), roomKey: newKey() };
    keep(placeOf(user, room), { text, keyText: text, ...keys });
    return keys;
}

// The attempt was answered: its keys are spent. What was written meanwhile stays.
export function answered(user: number, room: number | null, key: string): void {
    const before = kept(placeOf(user, room), isDraft);
    if (before?.key !== key) return;
    keep(placeOf(user, room), before.text === '' || before.text === before.keyText ? null : { ...before, key: '', roomKey: '', keyText: '' });
}
