// One tab's part in reading replies and notices: what it follows, and whom it has it from. A program without tabs beside it leads itself.
import { Desk } from './desk.ts';
import { guarded } from './emitter.ts';
import { newKey } from './key.ts';
import { Leadership } from './leadership.ts';
import { Pauses } from './pauses.ts';
import type { Channel, Platform } from './platform.ts';
import { PolluxError, signedOut } from './problem.ts';
import { ReplyState } from './reply_state.ts';
import { TabTokens } from './tab_tokens.ts';
import { isTabMessage, type RememberedSend, type TabMessage, type TabMessageBody, type WireUpdate } from './tab_messages.ts';
import type { Tokens } from './tokens.ts';
import type { Connection, Following, Notice, ReplySnapshot, ReplyUpdate, Session } from './types.ts';
import type { Wire } from './wire.ts';

type Listener = (update: ReplyUpdate, snapshot: ReplySnapshot) => void;

export interface HubOptions {
    readonly name: string; // Tabs of the same name belong together.
    readonly shared: boolean;
    readonly platform: Platform;
    readonly wire: Wire;
    readonly tokens: Tokens;
    readonly onNotice: (notice: Notice) => void;
    readonly onConnection: (connection: Connection) => void;
}

interface Followed {
    readonly room: number;
    readonly message: number;
    readonly state: ReplyState;
    readonly listeners: Set<Listener>;
    users: number; // Who called follow() and not yet stop(); they listen a moment later.
    connection: Connection;
    refused: PolluxError | null;
    isAsking: boolean; // For what is missing.
}

export class Hub {
    readonly #options: HubOptions;
    readonly #tab = newKey();
    readonly #pauses: Pauses;
    #channel: Channel | null;
    readonly #leadership: Leadership | null;
    readonly #tabTokens: TabTokens | null;
    readonly #followed = new Map<number, Followed>();
    readonly #sent = new Map<number, RememberedSend>();
    readonly #offs: (() => void)[];
    #noticeWatchers = 0;
    #noticeId: string | null = null;
    #connection: Connection | null = null;
    #desk: Desk | null = null;
    #isClosed = false;

    constructor(options: HubOptions) {
        this.#options = options;
        const { platform, tokens } = options;
        this.#pauses = new Pauses(platform);
        this.#channel = options.shared && platform.channel ? platform.channel(options.name, (message) => this.#hear(message)) : null;
        this.#offs = [platform.onWake(() => this.wake()), platform.onLeave(() => this.#leave()), platform.onReturn(() => this.#return())];
        if (this.#channel) {
            const post = (message: TabMessageBody) => this.#post(message);
            this.#tabTokens = new TabTokens({ name: options.name, platform, tokens, post, leadership: () => this.#leadership });
            tokens.peers = this.#tabTokens;
            this.#leadership = new Leadership({
                name: options.name,
                tab: this.#tab,
                platform,
                post,
                onLead: () => this.#lead(),
                onFollow: () => this.#closeDesk(),
            });
            this.#leadership.start();
        } else {
            this.#tabTokens = null;
            this.#leadership = null;
            this.#lead();
        }
    }

    get leads(): boolean {
        return this.#desk !== null;
    }

    follow(room: number, message: number, listener: Listener): Following {
        let followed = this.#followed.get(message);
        if (!followed || followed.refused !== null) {
            const connection: Connection = { state: 'connecting', since: this.#options.platform.now() };
            const state = new ReplyState();
            followed = { room, message, state, listeners: new Set(), users: 0, connection, refused: null, isAsking: false };
            this.#followed.set(message, followed);
        }
        const it = followed;
        ++it.users;
        const own: Listener = (update, snapshot) => listener(update, snapshot);
        // Later than this call, as all that comes after it; who joins is first told what there is.
        queueMicrotask(() => {
            if (isStopped || this.#isClosed) return;
            for (const update of it.state.since(null)) guarded(() => own(update, snapshotOf(it)));
            if (it.refused) guarded(() => own({ type: 'refused', error: it.refused as PolluxError }, snapshotOf(it)));
            if (it.state.result || it.refused) return;
            it.listeners.add(own);
            this.#watch(it); // Repeated, since whoever followed first may have left before it was asked for.
        });
        let isStopped = false;
        const stop = () => {
            if (isStopped) return;
            isStopped = true;
            it.listeners.delete(own);
            if (--it.users === 0) this.#unfollow(it);
        };
        return {
            get snapshot() {
                return snapshotOf(it);
            },
            stop,
        };
    }

    watchNotices(): () => void {
        if (++this.#noticeWatchers === 1) this.#ask({ kind: 'notices', isWanted: true });
        else if (this.#connection) queueMicrotask(() => this.#connection && this.#options.onConnection(this.#connection));
        let isLeft = false;
        return () => {
            if (isLeft) return;
            isLeft = true;
            if (--this.#noticeWatchers === 0) this.#ask({ kind: 'notices', isWanted: false });
        };
    }

    remember(reply: number, sent: RememberedSend): void {
        if (!this.#options.wire.bodyStreams) this.#sent.set(reply, sent);
    }

    wake(): void {
        this.#pauses.wake();
        if (this.#desk) return;
        this.#post({ kind: 'wake' });
        this.#askAll(); // Perhaps the leader took this tab for gone.
    }

    pause(ms: number, signal?: AbortSignal, options?: { firm?: boolean }): Promise<void> {
        return this.#pauses.wait(ms, signal, options);
    }

    // Somebody else is signed in, or nobody: what was read belongs to the one before.
    enter(session: Session | null): void {
        this.#noticeId = null;
        if (this.#desk) {
            this.#closeDesk();
            this.#lead();
        }
        if (session) return;
        const error = new PolluxError(signedOut, 'The session has ended.');
        for (const followed of [...this.#followed.values()]) this.#deliver(followed, { type: 'refused', error });
    }

    // Whoever asks for something later, as a refresh does, is alone.
    close(): void {
        this.#isClosed = true;
        this.#leave();
        for (const off of this.#offs) off();
        this.#channel?.close();
        this.#channel = null;
        this.#followed.clear();
    }

    // --- From and to the other tabs ---------------------------------------------------------------------------------------------------

    #hear(message: unknown): void {
        if (this.#isClosed || !isTabMessage(message) || message.from === this.#tab) return;
        this.#tabTokens?.hear(message);
        this.#leadership?.hear(message);
        this.#desk?.hear(message);
        if (message.kind === 'wake' && this.#desk) this.#pauses.wake();
        this.#take(message);
    }

    // What the leader says.
    #take(message: TabMessage): void {
        if (message.kind === 'updates') {
            if (message.to === null || message.to === this.#tab) this.#takeUpdates(message.message, message.updates);
        } else if (message.kind === 'notice') this.#takeNotice(message.id, message.notice);
        else if (message.kind === 'connection') this.#takeConnection(message.connection);
        else if (message.kind === 'place' && message.to === this.#tab) this.#takePlace(message.noticeId);
        else if (message.kind === 'call') this.#ask({ kind: 'here' });
        else if (message.kind === 'lead') this.#takeLead(message.noticeId, message.from);
    }

    #takeLead(noticeId: string | null, from: string): void {
        if (from === this.#tab) return;
        // The new leader goes on from its own place. Where this tab is not at the same, something may lie between.
        const isElsewhere = this.#noticeId !== null && noticeId !== this.#noticeId;
        this.#askAll();
        if (isElsewhere && this.#noticeWatchers > 0) this.#options.onNotice({ name: 'reset', data: {} });
        this.#noticeId = noticeId;
    }

    #takeUpdates(message: number, updates: readonly WireUpdate[]): void {
        const followed = this.#followed.get(message);
        if (!followed) return;
        for (const update of updates) {
            if (update.type === 'refused') {
                const { code, detail, status } = update.error;
                this.#deliver(followed, { type: 'refused', error: new PolluxError(code, detail, { status }) });
                continue;
            }
            const applied = followed.state.apply(update);
            if (applied === 'gap') {
                if (!followed.isAsking) this.#watch(followed);
                followed.isAsking = true;
                return;
            }
            for (const one of applied) this.#deliver(followed, one);
        }
        followed.isAsking = false;
    }

    #takeNotice(id: string | null, notice: Notice): void {
        this.#noticeId = id ?? this.#noticeId;
        const { tokens } = this.#options;
        if (notice.name === 'session_ended' && notice.data.session === tokens.session?.session) void tokens.forget();
        if (this.#noticeWatchers > 0) this.#options.onNotice(notice);
    }

    // A tab that came late goes on from here, should it lead one day.
    #takePlace(noticeId: string | null): void {
        if (this.#noticeId !== null || noticeId === null) return;
        this.#takeNotice(noticeId, { name: 'ready', data: {} });
    }

    #takeConnection(connection: Connection): void {
        this.#connection = connection;
        if (this.#noticeWatchers > 0) this.#options.onConnection(connection);
    }

    #deliver(followed: Followed, update: ReplyUpdate): void {
        if (update.type === 'connection') {
            if (followed.connection.state === update.connection.state) return;
            followed.connection = update.connection;
        }
        if (update.type === 'refused') followed.refused = update.error;
        const isLast = update.type === 'end' || update.type === 'refused';
        if (isLast) this.#unfollow(followed);
        for (const listener of [...followed.listeners]) guarded(() => listener(update, snapshotOf(followed)));
        if (isLast) followed.listeners.clear();
    }

    #unfollow(followed: Followed): void {
        if (this.#followed.get(followed.message) !== followed) return;
        this.#followed.delete(followed.message);
        this.#sent.delete(followed.message);
        this.#ask({ kind: 'unwatch', message: followed.message });
    }

    #watch({ room, message, state }: Followed): void {
        this.#ask({ kind: 'watch', room, message, position: state.position, sent: this.#sent.get(message) ?? null });
    }

    #askAll(): void {
        if (this.#isClosed) return;
        for (const followed of this.#followed.values()) this.#watch(followed);
        if (this.#noticeWatchers > 0) this.#ask({ kind: 'notices', isWanted: true });
    }

    // Of the leader, which may be this tab.
    #ask(body: TabMessageBody): void {
        if (this.#desk) this.#desk.hear({ ...body, from: this.#tab } as TabMessage);
        else this.#post(body);
    }

    #post(body: TabMessageBody): void {
        this.#channel?.post({ ...body, from: this.#tab });
    }

    // --- Leading ----------------------------------------------------------------------------------------------------------------------

    #lead(): void {
        const { platform, wire } = this.#options;
        const tell = (body: TabMessageBody) => {
            this.#post(body);
            this.#take({ ...body, from: this.#tab } as TabMessage);
        };
        const known = (message: number) => this.#followed.get(message)?.state ?? null;
        const [pauses, hasTabs, lastNoticeId] = [this.#pauses, this.#channel !== null, this.#noticeId];
        this.#desk = new Desk({ platform, wire, pauses, tell, hasTabs, lastNoticeId, known });
        this.#askAll();
    }

    #closeDesk(): void {
        this.#desk?.close();
        this.#desk = null;
        this.#askAll();
    }

    #leave(): void {
        this.#post({ kind: 'bye' });
        this.#desk?.close();
        this.#desk = null;
        this.#leadership?.stop();
    }

    #return(): void {
        if (this.#leadership) this.#leadership.start();
        else this.#lead();
        this.#askAll();
    }
}

function snapshotOf({ room, message, state, connection, refused }: Followed): ReplySnapshot {
    const { attempt, model, text, thoughts, textBytes, thoughtBytes, citations, waiting, replaced, result } = state;
    const amount = { text, thoughts, textBytes, thoughtBytes };
    return { room, message, attempt, model, ...amount, citations, waiting, replaced, connection, result, refused };
}
