// What the leading tab does for all: one /events/, one stream for each reply that any of them shows, never more than three in all.
import { NoticeSource } from './notice_source.ts';
import { Places } from './places.ts';
import { ReplySource } from './reply_source.ts';
import { ReplyState } from './reply_state.ts';
import type { StreamLoopParts } from './stream_loop.ts';
import type { TabMessage, TabMessageBody, WireUpdate } from './tab_messages.ts';
import type { Connection, Notice, ReplyUpdate } from './types.ts';

// Tabs are called so often; one that was silent through three calls is gone. Each call is answered at once, also in the background.
export const callMs = 20_000;
const callsUnansweredMax = 3;

export interface DeskOptions extends StreamLoopParts {
    // To the other tabs and to this one.
    readonly tell: (message: TabMessageBody) => void;
    readonly hasTabs: boolean; // There may be others.
    readonly lastNoticeId: string | null;
    readonly known: (message: number) => ReplyState | null; // What this tab has of it already.
}

interface Watched {
    readonly source: ReplySource;
    readonly tabs: Set<string>;
}

export class Desk {
    readonly #options: DeskOptions;
    readonly #watched = new Map<number, Watched>();
    readonly #wantNotices = new Set<string>();
    readonly #unanswered = new Map<string, number>();
    readonly #places: Places;
    #notices: NoticeSource | null = null;
    #lastNoticeId: string | null;
    #connection: Connection | null = null;
    #timer: unknown = null;
    #isClosed = false;

    constructor(options: DeskOptions) {
        this.#options = options;
        this.#lastNoticeId = options.lastNoticeId;
        this.#places = new Places(options.platform);
        if (options.hasTabs) this.#timer = options.platform.setTimer(() => this.#call(), callMs);
        options.tell({ kind: 'lead', noticeId: this.#lastNoticeId });
    }

    hear(message: TabMessage): void {
        this.#unanswered.set(message.from, 0);
        if (message.kind === 'watch') this.#watch(message);
        else if (message.kind === 'unwatch') this.#unwatch(message.from, message.message);
        else if (message.kind === 'notices') this.#wantsNotices(message.from, message.isWanted);
        else if (message.kind === 'bye') this.#forget(message.from);
    }

    close(): void {
        this.#isClosed = true;
        this.#options.platform.clearTimer(this.#timer);
        this.#places.leaveAll();
        this.#notices?.stop();
        this.#notices = null;
    }

    #watch({ from, room, message, position, sent }: TabMessage & { kind: 'watch' }): void {
        let watched = this.#watched.get(message);
        if (!watched) {
            const state = this.#options.known(message)?.copy() ?? new ReplyState();
            const onUpdates = (updates: readonly ReplyUpdate[]) => this.#pass(message, updates);
            watched = { source: new ReplySource({ ...this.#options, room, message, state, onUpdates }), tabs: new Set() };
            this.#watched.set(message, watched);
        }
        watched.tabs.add(from);
        watched.source.sent ??= sent;
        // Who joins late gets what there is so far.
        const updates: ReplyUpdate[] = watched.source.state.since(position);
        updates.push({ type: 'connection', connection: watched.source.connection });
        this.#options.tell({ kind: 'updates', to: from, message, updates: updates as WireUpdate[] });
        if (!watched.source.isOver) this.#places.enter(watched.source);
    }

    #unwatch(tab: string, message: number): void {
        const watched = this.#watched.get(message);
        if (!watched?.tabs.delete(tab) || watched.tabs.size > 0) return;
        this.#watched.delete(message);
        this.#places.leave(watched.source);
    }

    #wantsNotices(tab: string, isWanted: boolean): void {
        if (isWanted) this.#wantNotices.add(tab);
        else this.#wantNotices.delete(tab);
        if (this.#wantNotices.size === 0) {
            this.#notices?.stop();
            this.#notices = null;
        } else if (!isWanted) {
            return; // Others still do.
        } else if (!this.#notices) {
            this.#notices = new NoticeSource({
                ...this.#options,
                lastId: this.#lastNoticeId,
                onNotice: (id, notice) => this.#passNotice(id, notice),
                onConnection: (connection) => {
                    this.#connection = connection;
                    this.#options.tell({ kind: 'connection', connection });
                },
            });
            void this.#notices.run();
        } else {
            this.#options.tell({ kind: 'place', to: tab, noticeId: this.#lastNoticeId });
            if (this.#connection) this.#options.tell({ kind: 'connection', connection: this.#connection });
        }
    }

    #passNotice(id: string | null, notice: Notice): void {
        if (this.#isClosed) return;
        this.#lastNoticeId = id ?? this.#lastNoticeId;
        this.#options.tell({ kind: 'notice', id, notice });
    }

    #pass(message: number, updates: readonly ReplyUpdate[]): void {
        if (this.#isClosed) return;
        const wire = updates.map((update): WireUpdate => {
            if (update.type !== 'refused') return update;
            const { code, message: detail, status } = update.error;
            return { type: 'refused', error: { code, detail, status } };
        });
        this.#options.tell({ kind: 'updates', to: null, message, updates: wire });
        // What has ended needs nobody's attention any more; who asks for it again is told from the API.
        if (this.#watched.get(message)?.source.isOver) this.#watched.delete(message);
    }

    #call(): void {
        this.#timer = this.#options.platform.setTimer(() => this.#call(), callMs);
        for (const [tab, count] of this.#unanswered) {
            if (count >= callsUnansweredMax) this.#forget(tab);
            else this.#unanswered.set(tab, count + 1);
        }
        this.#options.tell({ kind: 'call' });
    }

    #forget(tab: string): void {
        this.#unanswered.delete(tab);
        for (const message of [...this.#watched.keys()]) this.#unwatch(tab, message);
        this.#wantsNotices(tab, false);
    }
}
