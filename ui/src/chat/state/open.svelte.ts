// Which chat is open, and those that were open before it: going back shows them at once, where the reader was.
import { session } from '../../lib/session.svelte.ts';
import { inheritUnanswered, renewLost, unanswered } from './drafts.svelte.ts';
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
        if (this.now?.thread.room === null) this.now.box.leave();
        this.now?.thread.close();
        const known = room === null ? undefined : this.#kept.get(room);
        if (known) {
            this.now = known;
            known.thread.opensAtQuestion = this.#isUnread(room as number);
            known.thread.open();
            void known.box.inherit();
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

    // What was sent on this device and never answered goes on, wherever the reader is: what this tab sent before it was loaded anew, and what tabs
    // have left that are gone.
    async restore(): Promise<void> {
        const { owner } = session;
        if (owner === null) return;
        this.#goOn();
        await inheritUnanswered(owner);
        if (session.owner === owner) this.#goOn();
    }

    #goOn(): void {
        // The newest first: of several new chats that one is shown.
        for (const { room, attempts } of unanswered(session.owner).reverse()) this.#boxFor(room, attempts[0]?.roomKey).goOn(attempts);
    }

    #boxFor(room: number | null, roomKey: string | undefined): Box {
        const { now } = this;
        if (room === null ? now.box.takes(roomKey) : now.thread.room === room) return now.box;
        const kept = room === null ? undefined : this.#kept.get(room);
        if (kept) return kept.box;
        const thread = new Thread(room);
        thread.close(); // Nobody looks at it.
        const box = new Box(thread);
        if (room === null) box.text = ''; // That is in the new chat that is open, or will be in the next one.
        else this.#keep(room, { thread, box });
        return box;
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
        void this.restore();
        this.resume();
    }

    // The chat is gone, and what was being written in it goes on in a new one.
    forget(room: number): void {
        const box = this.now.thread.room === room ? this.now.box : this.#kept.get(room)?.box;
        this.#kept.delete(room);
        box?.lose();
        const { owner } = session;
        if (owner !== null) void renewLost(owner, room).then(() => this.now.box.inherit());
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
