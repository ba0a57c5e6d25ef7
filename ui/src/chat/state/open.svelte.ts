// Which chat is open, and those that were open before it: going back shows them at once, where the reader was.
import { session } from '../../lib/session.svelte.ts';
import { rooms } from './rooms.svelte.ts';
import { Box } from './sending.svelte.ts';
import { Thread } from './thread.svelte.ts';

const keptMax = 8;

export interface Opened {
    readonly thread: Thread;
    readonly box: Box;
}

class Open {
    now = $state.raw<Opened>() as Opened;
    #kept = new Map<number, Opened>();
    #sending = new Set<Box>(); // Boxes of which something is on its way or waits for the network, wherever the reader is.

    show(room: number | null): void {
        if (this.now && this.now.thread.room === room && (room !== null || this.now.thread.isEmpty)) return;
        this.now?.thread.close();
        const known = room === null ? undefined : this.#kept.get(room);
        if (known) {
            this.now = known;
            known.thread.opensAtQuestion = this.#isUnread(room as number);
            known.thread.open();
            return;
        }
        const thread = new Thread(room);
        this.now = { thread, box: new Box(thread) };
        if (room === null) return;
        this.#keep(room, this.now);
        void session.hasToken.then((isSignedIn) => (isSignedIn ? thread.load() : undefined));
    }

    // A new chat has become a room.
    adopt(box: Box, room: number): void {
        box.thread.room = room;
        this.#keep(room, this.now.box === box ? this.now : { thread: box.thread, box });
    }

    sends(box: Box): void {
        this.#sending.add(box);
    }

    rests(box: Box): void {
        this.#sending.delete(box);
    }

    isSendingIn(room: number | null): boolean {
        return [...this.#sending].some(({ thread }) => thread.room === room);
    }

    // There is a connection: what waited for it is sent, from each chat.
    resume(): void {
        for (const box of this.#sending) void box.resume();
    }

    // There is no network.
    pause(): void {
        for (const box of this.#sending) box.pause();
    }

    // It is known who is signed in.
    known(): void {
        for (const box of new Set([this.now.box, ...[...this.#kept.values()].map(({ box }) => box), ...this.#sending])) box.known();
    }

    forget(room: number): void {
        this.#kept.delete(room);
    }

    #keep(room: number, opened: Opened): void {
        this.#kept.set(room, opened);
        for (const old of this.#kept.keys()) {
            if (this.#kept.size <= keptMax) break;
            const opened = this.#kept.get(old);
            if (opened && opened !== this.now && !this.#sending.has(opened.box)) this.#kept.delete(old);
        }
    }

    #isUnread(room: number): boolean {
        const known = rooms.find(room);
        return known !== undefined && rooms.isUnread(known);
    }
}

export const open = new Open();
