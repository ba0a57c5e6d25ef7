// What tabs of one browser say to each other. All have the same build as a rule, but a tab may be older: what it does not know it ignores.
import type { AccessToken } from './tokens.ts';
import type { ReplyPosition } from './reply_state.ts';
import type { Connection, Notice, ReplyUpdate } from './types.ts';

// A send of which only the tab that did it has the key: who cannot read streams waits for its reply by repeating it.
export interface RememberedSend {
    readonly room: number;
    readonly content: string;
    readonly key: string;
}

export interface Watch {
    readonly room: number;
    readonly message: number;
    readonly position: ReplyPosition | null; // What the tab has of it.
    readonly sent: RememberedSend | null;
}

export type TabMessage = { readonly from: string } & (
    | { readonly kind: 'token'; readonly access: AccessToken | null } // null: signed out.
    | { readonly kind: 'token?' }
    | { readonly kind: 'renew'; readonly refused: string | null } // To the leader: refresh, unless that was done.
    // Who leads.
    | { readonly kind: 'claim' }
    | { readonly kind: 'lead'; readonly noticeId: string | null } // At its beginning: say what you want.
    | { readonly kind: 'ping' }
    | { readonly kind: 'beat' }
    | { readonly kind: 'call' } // Of the leader: who is still there?
    | { readonly kind: 'here' }
    | { readonly kind: 'bye' }
    | { readonly kind: 'wake' } // To the leader, which may be in the background: there is a reason to look again.
    // What a tab wants. Repeating it is harmless.
    | ({ readonly kind: 'watch' } & Watch)
    | { readonly kind: 'unwatch'; readonly message: number }
    | { readonly kind: 'notices'; readonly isWanted: boolean }
    // What the leader has got, for all, or for `to` alone.
    | { readonly kind: 'updates'; readonly to: string | null; readonly message: number; readonly updates: readonly WireUpdate[] }
    | { readonly kind: 'notice'; readonly id: string | null; readonly notice: Notice }
    | { readonly kind: 'connection'; readonly connection: Connection }
    | { readonly kind: 'place'; readonly to: string; readonly noticeId: string | null } // Notices come already; this one was the last.
);

export type TabMessageBody = TabMessage extends infer M ? (M extends { from: string } ? Omit<M, 'from'> : never) : never;

// An error goes as its parts, since its class does not.
export type WireUpdate = Exclude<ReplyUpdate, { type: 'refused' }> | { readonly type: 'refused'; readonly error: WireError };
export interface WireError {
    readonly code: string;
    readonly detail: string;
    readonly status: number;
}

const ofTabs = ['token', 'token?', 'renew', 'claim', 'ping', 'here', 'bye', 'wake', 'watch', 'unwatch', 'notices'];
const ofLeader = ['lead', 'beat', 'call', 'updates', 'notice', 'connection', 'place'];
const kinds: ReadonlySet<string> = new Set([...ofTabs, ...ofLeader]);

export function isOfLeader({ kind }: TabMessage): boolean {
    return ofLeader.includes(kind);
}

export function isTabMessage(message: unknown): message is TabMessage {
    const { kind, from } = (message ?? {}) as Partial<TabMessage>;
    return typeof from === 'string' && typeof kind === 'string' && kinds.has(kind);
}
