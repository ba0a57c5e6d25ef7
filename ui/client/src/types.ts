// What callers see: the shapes of the API by their short names, and what follows a reply or the notices.
import type { components } from './api.ts';
import type { PolluxError } from './problem.ts';

type Schemas = components['schemas'];

export type User = Schemas['User'];
export type Room = Schemas['Room'];
export type ListedRoom = Schemas['ListedRoom'];
export type RoomWithMessages = Schemas['RoomWithMessages'];
export type Message = Schemas['Message'];
export type MessageError = Schemas['MessageError'];
export type Citation = Schemas['CitationView'];
export type Waiting = Schemas['Waiting'];
export type Sent = Schemas['Sent'];
export type Retried = Schemas['Retried'];
export type Usage = Schemas['UsageNow'];
export type CodeSent = Schemas['CodeSent'];
export type Verified = Schemas['Verified'];
export type LoggedIn = Schemas['LoggedIn'];
export type SignedUp = Schemas['SignedUp'];

// Where the refresh token is kept when no cookie holds it. Both may take their time; `write(null)` forgets it.
export interface TokenStore {
    read(): string | null | Promise<string | null>;
    write(token: string | null): void | Promise<void>;
}

// Who is signed in, as the access token says.
export interface Session {
    readonly user: number;
    readonly session: number;
}

// How it stands with what is read from the server. `since` is the time (Date.now) at which it became so: who shows it decides how long
// nobody needs to know.
export interface Connection {
    readonly state: 'connecting' | 'live' | 'reconnecting';
    readonly since: number;
}

// One change of a reply. Offsets are UTF-8 bytes from the beginning of the attempt's text, and stand before `text`.
export type ReplyUpdate =
    | { readonly type: 'start'; readonly attempt: number; readonly model: string | null }
    | { readonly type: 'restart'; readonly attempt: number; readonly model: string | null } // Forget the text so far.
    | { readonly type: 'waiting'; readonly waiting: Waiting }
    | { readonly type: 'delta'; readonly attempt: number; readonly offset: number; readonly text: string }
    | { readonly type: 'thought'; readonly attempt: number; readonly offset: number; readonly text: string }
    | { readonly type: 'citations'; readonly citations: readonly Citation[] }
    | { readonly type: 'connection'; readonly connection: Connection }
    // The reply's end: `message` is as it is stored, null when its room is gone; `error` says why it failed.
    | { readonly type: 'end'; readonly message: Message | null; readonly error: MessageError | null }
    // It cannot be followed any longer: signed out, or the server refuses for good. Nothing comes after it.
    | { readonly type: 'refused'; readonly error: PolluxError };

// What a reply has so far. A fresh object at each look, for the places that want the whole instead of the changes.
export interface ReplySnapshot {
    readonly room: number;
    readonly message: number;
    readonly attempt: number;
    readonly model: string | null;
    readonly text: string;
    readonly thoughts: string;
    readonly textBytes: number;
    readonly thoughtBytes: number;
    readonly citations: readonly Citation[];
    readonly waiting: Waiting | null; // Why nothing comes for now.
    readonly replaced: string; // Text of the attempt before, until the new one's first text is there.
    readonly connection: Connection;
    readonly result: { readonly message: Message | null; readonly error: MessageError | null } | null; // Set at the end.
    readonly refused: PolluxError | null;
}

export interface Following {
    readonly snapshot: ReplySnapshot;
    stop(): void; // No more updates. The reply itself goes on: Pollux.stop ends that.
}

// What GET /events/ tells: that something changed, not what it is now. `ready` comes whenever notices begin; after `reset` fetch anew
// whatever is shown, since some may have been missed.
export interface Notices {
    ready: Record<string, never>;
    reset: Record<string, never>;
    message: Schemas['MessageNotice'];
    reply: Schemas['ReplyNotice'];
    room: Schemas['RoomNotice'];
    room_deleted: Schemas['RoomNotice'];
    usage: Record<string, never>;
    plan: Record<string, never>;
    session_ended: Schemas['SessionEnded'];
}
export type Notice = { [Name in keyof Notices]: { readonly name: Name; readonly data: Notices[Name] } }[keyof Notices];

export interface PolluxEvents {
    notice: Notice;
    session: Session | null; // Signed in, as somebody else, or signed out; also when another tab did it.
    connection: Connection; // Of the notices.
}

export interface Repeatable {
    key?: string; // The Idempotency-Key: the same for every repeat of one thing. By default a new one.
    signal?: AbortSignal;
    // How long it is repeated by itself while nobody knows whether it had its effect: 30,000 by default; 0: not at all.
    giveUpAfterMs?: number;
}

export interface PolluxOptions {
    // Where the server is: "https://chat.example.com". Left out in a page of that server.
    url?: string;
    // The pages' cookie holds the refresh token, out of reach of scripts. By default: in a page without `url`.
    cookie?: boolean;
    // Keeps the refresh token where there is no cookie. By default in memory.
    store?: TokenStore;
    // Share one connection with the other tabs of this origin. By default: in a page, where BroadcastChannel exists and tabs have
    // the refresh token in common: by the cookie, or by a `store`, which must then be one for all of them.
    tabs?: boolean;
    // Whether the body of an answer can be read while it comes. By default what the answers show.
    bodyStreams?: boolean;
    fetch?: typeof fetch;
}
