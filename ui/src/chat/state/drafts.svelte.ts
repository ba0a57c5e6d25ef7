// What is being written or was not yet received, for each chat, on this device: it survives reload, sign-out and limits. Each tab keeps its own,
// and takes over what a tab that is gone has left. With each text stays the key of its last attempt, so that sending the same text again has one
// effect; what was sent and never answered goes out again by its own keys, whichever tab does it. What is written before it is known whose it
// is (`user` is null) stays in memory, where nobody else finds it later.
import { newKey } from 'pollux-client';

import { isRecord, keep, kept, keptNames } from '../../lib/kept.ts';
import { others, tab } from '../../lib/tabs.ts';

const goesOnMaxMs = 12 * 3_600_000; // The server knows a key for a day: what is older than this comes back to be read before it is sent.

export interface Attempt {
    readonly text: string;
    readonly key: string;
    readonly roomKey: string; // Of the chat that it makes; all that was sent in one new chat has the same.
    readonly model?: string | null; // As it was chosen for that chat.
    readonly at?: number; // When it was sent first.
}

interface Draft {
    readonly text: string;
    readonly last?: Attempt | null; // The text as it was sent before it came back: its keys are still good for it.
    readonly behind?: string | null; // In a new chat: the roomKey of what was sent there already.
    readonly sent?: readonly Attempt[]; // On their way, or waiting for the network.
}

// What goes on in one chat.
export interface Unanswered {
    readonly room: number | null;
    readonly attempts: readonly Attempt[];
}

const none: Required<Draft> = { text: '', last: null, behind: null, sent: [] };
const going = new Set<string>(); // Keys of what this page sends.

function isAttempt(value: unknown): value is Attempt {
    if (!isRecord(value) || !['text', 'key', 'roomKey'].every((name) => typeof value[name] === 'string')) return false;
    return (value['model'] === undefined || value['model'] === null || typeof value['model'] === 'string') && (value['at'] === undefined || typeof value['at'] === 'number');
}

function isDraft(value: unknown): value is Draft {
    if (!isRecord(value) || typeof value['text'] !== 'string') return false;
    const { last, behind, sent } = value;
    if (behind !== undefined && behind !== null && typeof behind !== 'string') return false;
    return (last === undefined || last === null || isAttempt(last)) && (sent === undefined || (Array.isArray(sent) && sent.every(isAttempt)));
}

const ofNobody = new Map<number | null, Required<Draft>>();

// Where an earlier version kept what nobody had signed in for.
for (const name of keptNames()) if (name.startsWith('draft.0.')) keep(name, null);

interface Place {
    readonly name: string;
    readonly room: number | null;
    readonly tab: string; // '': an earlier version kept one for all tabs.
}

function placeOf(user: number, room: number | null, of = tab): string {
    const name = `draft.${user}.${room ?? 'new'}`;
    return of === '' ? name : `${name}.${of}`;
}

// All that is kept for a user, by whichever tab.
function placesOf(user: number): Place[] {
    return keptNames().flatMap((name) => {
        const [, whose, room, by = ''] = /^draft\.(\d+)\.(new|\d+)(?:\.(\w+))?$/.exec(name) ?? [];
        return whose === String(user) ? [{ name, room: room === 'new' ? null : Number(room), tab: by }] : [];
    });
}

function at(name: string): Required<Draft> {
    const { text, last = null, behind = null, sent = [] } = kept(name, isDraft) ?? none;
    return { text, last, behind, sent };
}

function read(user: number | null, room: number | null): Required<Draft> {
    return user === null ? (ofNobody.get(room) ?? none) : at(placeOf(user, room));
}

function writeAt(name: string, draft: Required<Draft>): void {
    keep(name, draft.text === '' && draft.sent.length === 0 ? null : draft);
}

function write(user: number | null, room: number | null, draft: Required<Draft>): void {
    if (user === null) ofNobody.set(room, draft);
    else writeAt(placeOf(user, room), draft);
}

export function joined(...texts: readonly string[]): string {
    return texts.filter((text) => text !== '').join('\n\n');
}

function goesOn({ key, at = 0 }: Attempt): boolean {
    return going.has(key) || Date.now() - at < goesOnMaxMs;
}

// With what was sent too long ago in its text.
function folded(draft: Required<Draft>): Required<Draft> {
    const old = draft.sent.filter((attempt) => !goesOn(attempt));
    if (old.length === 0) return draft;
    const only = draft.text === '' && old.length === 1 ? old[0] : undefined;
    return { ...draft, text: joined(...old.map(({ text }) => text), draft.text), last: only ?? null, sent: draft.sent.filter(goesOn) };
}

export interface Kept {
    readonly text: string;
    readonly model: string | null; // That the text was sent to before it came back.
    readonly behind: string | null;
}

function shown({ text, last, behind }: Required<Draft>): Kept {
    return { text, model: last?.model ?? null, behind };
}

// What belongs into the box.
export function readDraft(user: number | null, room: number | null): Kept {
    const before = read(user, room);
    const draft = folded(before);
    if (draft !== before) write(user, room, draft);
    return shown(draft);
}

// It is known by now whose it is: it goes below what he had kept. Gives what belongs into the box.
export function claimDraft(user: number, room: number | null): string {
    const written = read(null, room);
    ofNobody.delete(room);
    const { text } = readDraft(user, room);
    if (written.text === '' && written.sent.length === 0) return text;
    const before = read(user, room);
    const last = written.text === '' ? before.last : text === '' ? written.last : null;
    write(user, room, { ...before, text: joined(text, written.text), last, sent: [...before.sent, ...written.sent] });
    return joined(text, written.text);
}

export function writeDraft(user: number | null, room: number | null, text: string, behind: string | null = null): void {
    write(user, room, { ...read(user, room), text, behind });
}

// What was in the box is sent: by the keys of its last attempt if that was never answered. `model`: for a new chat. `first`: what waits before it
// to make the same new chat, and has the say on its model: whichever of them makes it asks the same by the same key.
export function sending(user: number | null, room: number | null, text: string, model: string | null = null, first?: Attempt): Attempt {
    const { last, sent } = read(user, room);
    const asked = first ? (first.model ?? null) : model;
    const isSame = last?.text === text && (room !== null || (last.model ?? null) === asked);
    const known = isSame ? last : { key: newKey(), roomKey: newKey() };
    const attempt = { at: Date.now(), ...known, text, model: asked, ...(first ? { roomKey: first.roomKey } : {}) };
    write(user, room, { ...none, sent: [...sent, attempt] });
    going.add(attempt.key);
    return attempt;
}

// What this tab sent and nobody has answered, chat by chat, and the page does not send yet: it does now.
export function unanswered(user: number | null): Unanswered[] {
    const places = user === null ? [] : placesOf(user).filter((place) => place.tab === tab);
    return places.flatMap(({ name, room }) => {
        const sent = at(name).sent.filter((attempt) => goesOn(attempt) && !going.has(attempt.key));
        for (const { key } of sent) going.add(key);
        const chats = room === null ? [...new Set(sent.map(({ roomKey }) => roomKey))].map((key) => sent.filter(({ roomKey }) => roomKey === key)) : [sent];
        return chats.filter((attempts) => attempts.length > 0).map((attempts) => ({ room, attempts }));
    });
}

function withdraw(user: number | null, room: number | null, key: string): void {
    const before = read(user, room);
    going.delete(key);
    write(user, room, { ...before, sent: before.sent.filter((attempt) => attempt.key !== key) });
}

// The attempt was answered: its keys are spent.
export const answered = withdraw;

// The attempt comes back into the box, whose text is then this one. `isSpent`: its keys are good for nothing more.
export function cameBack(user: number | null, room: number | null, attempt: Attempt, text: string, isSpent = false): void {
    withdraw(user, room, attempt.key);
    write(user, room, { ...read(user, room), text, last: isSpent ? null : attempt });
}

// A new chat has become a room: what was sent there is on its way in that room.
export function moved(user: number | null, room: number, keys: readonly string[]): void {
    const before = read(user, null);
    const isMoved = ({ key }: Attempt) => keys.includes(key);
    const there = read(user, room);
    write(user, room, { ...there, sent: [...there.sent, ...before.sent.filter(isMoved)] });
    write(user, null, { ...before, sent: before.sent.filter((attempt) => !isMoved(attempt)) });
}

// --- What tabs have left that are gone. Where that is not certain nothing is sent twice all the same: an attempt has the same keys in each tab.

async function leftBehind(user: number, isWanted: (place: Place) => boolean): Promise<Place[]> {
    const wanted = () => placesOf(user).filter((place) => place.tab !== tab && isWanted(place));
    if (wanted().length === 0) return [];
    const here = await others();
    return here === null ? [] : wanted().filter((place) => !here.has(place.tab));
}

// What they sent and nobody has answered is this tab's from now on.
export async function inheritUnanswered(user: number): Promise<void> {
    for (const { name, room } of await leftBehind(user, (place) => at(place.name).sent.some(goesOn))) {
        const left = at(name);
        writeAt(name, { ...left, sent: left.sent.filter((attempt) => !goesOn(attempt)) });
        const own = read(user, room);
        const known = new Set(own.sent.map(({ key }) => key));
        write(user, room, { ...own, sent: [...own.sent, ...left.sent.filter((attempt) => goesOn(attempt) && !known.has(attempt.key))] });
    }
}

// What one of them wrote there, for a box that is empty: `isWanted` says whether it still is, once it is known who is gone.
export async function inheritText(user: number, room: number | null, isWanted: () => boolean): Promise<Kept | null> {
    const [place] = await leftBehind(user, (other) => other.room === room && folded(at(other.name)).text !== '');
    const own = read(user, room);
    if (!place || own.text !== '' || !isWanted()) return null;
    const left = folded(at(place.name));
    writeAt(place.name, { ...none, sent: left.sent });
    write(user, room, { ...left, sent: own.sent });
    return shown(left);
}

// Their chat is gone, and they cannot tell: what they have of it goes on among what they wrote in a new chat.
export async function renewLost(user: number, room: number): Promise<void> {
    for (const { name, tab: by } of await leftBehind(user, (place) => place.room === room)) {
        const [lost, next] = [at(name), placeOf(user, null, by)];
        const there = at(next);
        writeAt(next, { ...there, text: joined(there.text, ...lost.sent.map(({ text }) => text), lost.text) });
        writeAt(name, none);
    }
}
