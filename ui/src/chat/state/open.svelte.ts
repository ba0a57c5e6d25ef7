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
        thread.opensAtQuestion = this.#isUnread(room);
        this.#keep(room, this.now);
        void session.hasToken.then((isSignedIn) => (isSignedIn ? thread.load() : undefined));
    }

    // A new chat has become a room.
    adopt(thread: Thread, room: number): void {
        thread.room = room;
        if (this.now.thread === thread) this.#keep(room, this.now);
    }

    forget(room: number): void {
        this.#kept.delete(room);
    }

    #keep(room: number, opened: Opened): void {
        this.#kept.set(room, opened);
        for (const old of this.#kept.keys()) {
            if (this.#kept.size <= keptMax) break;
            if (this.#kept.get(old) !== this.now) this.#kept.delete(old);
        }
    }

    #isUnread(room: number): boolean {
        const known = rooms.find(room);
        return known !== undefined && rooms.isUnread(known);
    }
}

export const open = new Open();
