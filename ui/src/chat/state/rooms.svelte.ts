// The list of chats: pinned first, then by day. It follows the notices; what is unread is kept on this device.
import { PolluxError, unreadableAnswer } from 'pollux-client';

import { isRecord, keep, kept } from '../../lib/kept.ts';
import { pollux, session } from '../../lib/session.svelte.ts';
import type { ChatRoom } from './types.ts';

const pageSize = 50;
const quietMs = 150; // Notices come in bursts: the list is fetched once after them.
const againMs = 4000; // Until the list is fetched anew where that failed.
const seenMax = 500; // Rooms whose last look is remembered.

type Seen = Record<string, string>; // Room: its updated_at when it was last looked at; '' for everything older than this device's first look.

function isSeen(value: unknown): value is Seen {
    return isRecord(value) && Object.values(value).every((at) => typeof at === 'string');
}

class Rooms {
    list = $state.raw<readonly ChatRoom[]>([]);
    isLoaded = $state(false);
    failure = $state<unknown>(null);
    more = $state<string | null>(null);
    isLoadingMore = $state(false);
    running = $state.raw<ReadonlySet<number>>(new Set());
    seen = $state.raw<Seen>({});
    #seenName = ''; // On this device, by whose it is.
    #timer = 0;
    #pages = 1;
    #asks = 0;
    #changes = 0; // From here: a list that was asked for before one is older than what stands.

    constructor() {
        this.#readSeen();
        // What another tab has looked at is read here, too.
        addEventListener('storage', ({ key }) => {
            if (key === null || key === `pollux.${this.#seenName}`) this.seen = kept(this.#seenName, isSeen) ?? this.seen;
        });
    }

    async load(): Promise<void> {
        this.#readSeen();
        this.failure = null;
        const ask = ++this.#asks;
        const changes = this.#changes;
        try {
            const list: ChatRoom[] = [];
            let cursor: string | null = null;
            for (let page = 0; page < this.#pages; ++page) {
                const query: { limit: number; cursor?: string } = { limit: pageSize, ...(cursor === null ? {} : { cursor }) };
                const got: { results: ChatRoom[]; next: string | null } = await pollux.get('/chatroom', { params: { query } });
                list.push(...got.results);
                cursor = got.next;
                if (cursor === null) break;
            }
            if (ask !== this.#asks) return; // A later one tells.
            if (changes !== this.#changes) return await this.load();
            this.more = cursor;
            this.#take(list);
            this.isLoaded = true;
        } catch (failure) {
            if (ask !== this.#asks) return;
            if (!this.isLoaded) this.failure = failure;
            else if (session.user) setTimeout(() => ask === this.#asks && void this.load(), Math.max(againMs, failure instanceof PolluxError ? (failure.retryAfterMs ?? 0) : 0));
        }
    }

    async loadMore(): Promise<void> {
        if (this.more === null || this.isLoadingMore) return;
        this.isLoadingMore = true;
        const [asks, changes] = [this.#asks, this.#changes];
        try {
            const got = await pollux.get('/chatroom', { params: { query: { limit: pageSize, cursor: this.more } } });
            if (asks !== this.#asks || changes !== this.#changes) return; // The list is another by now, and so is its end.
            this.#pages += 1;
            this.more = got.next;
            const known = new Set(this.list.map(({ id }) => id));
            this.#take([...this.list, ...got.results.filter(({ id }) => !known.has(id))]);
        } finally {
            this.isLoadingMore = false;
        }
    }

    // Something changed: the list is fetched anew, once for all that comes at the same time.
    changed(): void {
        clearTimeout(this.#timer);
        this.#timer = window.setTimeout(() => void this.load(), quietMs);
    }

    find(room: number): ChatRoom | undefined {
        return this.list.find(({ id }) => id === room);
    }

    // What a chat was told to be on its own; `put` is for what was changed from here.
    told(room: ChatRoom): void {
        this.list = this.list.map((other) => (other.id === room.id ? { ...other, ...room } : other));
    }

    put(room: ChatRoom): void {
        ++this.#changes;
        const known = this.find(room.id);
        this.list = known ? this.list.map((other) => (other.id === room.id ? { ...other, ...room } : other)) : [room, ...this.list];
    }

    drop(room: number): void {
        ++this.#changes;
        this.list = this.list.filter(({ id }) => id !== room);
        this.setRunning(room, false);
    }

    setRunning(room: number, isRunning: boolean): void {
        if (this.running.has(room) === isRunning) return;
        const next = new Set(this.running);
        if (isRunning) next.add(room);
        else next.delete(room);
        this.running = next;
    }

    isUnread(room: Pick<ChatRoom, 'id' | 'updated_at' | 'last_message'>): boolean {
        if (room.last_message?.role !== 'assistant' || this.running.has(room.id)) return false;
        return room.updated_at > (this.seen[room.id] ?? this.seen[''] ?? '');
    }

    #readSeen(): void {
        const name = `seen.${session.owner ?? 0}`;
        if (name === this.#seenName) return;
        this.#seenName = name;
        this.seen = kept(name, isSeen) ?? { '': new Date().toISOString() };
    }

    // The chat is looked at as it was at that time, or as the list has it if that is newer.
    look(room: number, shown: string): void {
        this.#readSeen();
        const listed = this.find(room)?.updated_at ?? '';
        const at = listed > shown ? listed : shown;
        const seen = kept(this.#seenName, isSeen) ?? this.seen; // Other tabs have looked, too.
        if ((seen[room] ?? '') >= at) return;
        const next: Seen = { ...seen, [room]: at };
        const entries = Object.entries(next);
        const byAge = entries.filter(([id]) => id !== '').sort((a, b) => (a[1] < b[1] ? -1 : 1));
        // What is forgotten counts as seen, with all that is as old.
        const out = byAge.slice(0, Math.max(0, entries.length - seenMax));
        const forgotten = new Set(out.map(([id]) => id));
        const before = out.at(-1)?.[1] ?? '';
        this.seen = Object.fromEntries(entries.filter(([id]) => !forgotten.has(id)));
        if (before > (this.seen[''] ?? '')) this.seen = { ...this.seen, '': before };
        keep(this.#seenName, this.seen);
    }

    async rename(room: number, name: string): Promise<void> {
        await this.#change(room, { name });
    }

    async pin(room: number, pinned: boolean): Promise<void> {
        await this.#change(room, { pinned });
        this.changed();
    }

    async remove(room: number): Promise<void> {
        try {
            await pollux.delete('/chatroom/{room}', { params: { path: { room } } });
        } catch (failure) {
            if (!(failure instanceof PolluxError) || failure.status !== 404 || failure.code === unreadableAnswer) throw failure;
        }
        this.drop(room);
    }

    // Shown at once; put back if the server refuses.
    async #change(room: number, change: { name?: string; pinned?: boolean }): Promise<void> {
        const before = this.find(room);
        if (before) this.put({ ...before, ...change });
        try {
            const now = await pollux.patch('/chatroom/{room}', { params: { path: { room } }, body: change });
            const known = this.find(room);
            if (known) this.put({ ...known, name: now.name, pinned: now.pinned });
        } catch (failure) {
            if (before) this.put(before);
            throw failure;
        }
    }

    #take(list: readonly ChatRoom[]): void {
        this.list = list;
        const told = list.filter(({ running }) => running !== undefined);
        if (told.length === 0) return;
        const next = new Set(this.running);
        for (const { id, running } of told) if (running) next.add(id); else next.delete(id);
        this.running = next;
    }
}

export const rooms = new Rooms();
