// From the box to the server: what is sent once, what waits for the network or for a limit, and what comes back into the box.
import { PolluxError } from 'pollux-client';

import { toasts } from '../../design/toasts.svelte.ts';
import { roomPath, router } from '../../lib/router.svelte.ts';
import { pollux, session, tell } from '../../lib/session.svelte.ts';
import { say } from '../../lib/words/words.svelte.ts';
import { account } from './account.svelte.ts';
import { answered, keysFor, readDraft, writeDraft } from './drafts.svelte.ts';
import { rooms } from './rooms.svelte.ts';
import { open } from './open.svelte.ts';
import type { Question, Thread } from './thread.svelte.ts';

const countdownMax = 30_000; // ms; a longer limit is told instead of waited for

interface Waiting {
    readonly question: Question;
    readonly text: string;
    readonly place: number | null; // Where its draft is kept.
    readonly keys: { readonly key: string; readonly roomKey: string };
}

export class Box {
    readonly thread: Thread;
    text = $state('');
    model = $state<string | null>(null); // Chosen for a new chat.
    sendsAt = $state<number | null>(null); // A rate limit ends then, and it is sent.
    tryAt = $state<number | null>(null);
    problem = $state('');
    isLimitShown = $state(false);
    #timer = 0;
    #waiting: Waiting[] = []; // For the network.
    #isCreating = false;

    constructor(thread: Thread) {
        this.thread = thread;
        this.text = readDraft(this.#user, thread.room);
    }

    get #user(): number {
        return session.user?.id ?? pollux.session?.user ?? 0;
    }

    // Whoever signs in later finds his draft.
    known(): void {
        if (this.text === '') this.text = readDraft(this.#user, this.thread.room);
    }

    typed(text: string): void {
        this.text = text;
        this.problem = '';
        this.cancel();
        writeDraft(this.#user, this.thread.room, text);
    }

    get isOver(): number {
        return this.text.length <= account.charactersMax ? 0 : Math.max(0, [...this.text].length - account.charactersMax);
    }

    get canSend(): boolean {
        return this.text.trim() !== '' && this.isOver === 0 && !this.#isCreating && session.user !== null;
    }

    cancel(): void {
        clearTimeout(this.#timer);
        this.sendsAt = null;
    }

    async send(): Promise<void> {
        if (!this.canSend) return;
        this.cancel();
        this.problem = '';
        this.tryAt = null;
        const text = this.text.trim();
        const question = this.thread.add(text);
        this.text = '';
        await this.#go(question, text, this.thread.room, keysFor(this.#user, this.thread.room, text));
    }

    // A question that waits for the network comes back into the box.
    takeBack(question: Question): void {
        const waiting = this.#waiting.find((other) => other.question === question);
        if (!waiting) return;
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        this.#restore(question, waiting.text);
    }

    // The network is back: what waited is sent, in order, with its keys.
    async resume(): Promise<void> {
        const waiting = this.#waiting;
        this.#waiting = [];
        for (const { question, text, place, keys } of waiting) {
            question.state = 'sending';
            await this.#go(question, text, place, keys);
        }
    }

    async #go(question: Question, text: string, place: number | null, keys: Waiting['keys']): Promise<void> {
        const user = this.#user;
        if (this.text === '') writeDraft(user, place, text); // Until it is answered, a reload finds it in the box.
        try {
            let room = this.thread.room;
            if (room === null) {
                this.#isCreating = true;
                const made = await pollux.createRoom(this.model === null ? {} : { model: this.model }, { key: keys.roomKey });
                room = made.id;
                this.thread.model = made.model;
                rooms.put(made);
                open.adopt(this.thread, room);
                if (router.place.page === 'new') router.go(roomPath(room), { replace: true });
            }
            const sent = await pollux.send(room, text, { key: keys.key });
            answered(user, place, keys.key);
            this.thread.accepted(question, sent);
            account.usage = { ...sent.usage };
            rooms.changed();
        } catch (failure) {
            this.#failed({ question, text, place, keys }, failure);
        } finally {
            this.#isCreating = false;
        }
    }

    #failed(waiting: Waiting, failure: unknown): void {
        const { question, text } = waiting;
        if (failure instanceof PolluxError && (failure.status === 0 || failure.code === 'unreadable_answer') && failure.code !== 'signed_out') {
            question.state = 'offline';
            this.#waiting.push(waiting);
            return;
        }
        this.#restore(question, text);
        if (!(failure instanceof PolluxError)) return toasts.error(say('send_failed'));
        if (failure.code === 'daily_limit_reached') {
            void account.loadUsage().catch(() => {});
            this.isLimitShown = true;
        } else if (failure.status === 429) {
            const waitMs = failure.retryAfterMs ?? 1000;
            if (waitMs > countdownMax) this.tryAt = Date.now() + waitMs;
            else {
                this.sendsAt = Date.now() + waitMs;
                this.#timer = window.setTimeout(() => void this.send(), waitMs);
            }
        } else if (failure.status === 404) this.problem = say('room_gone');
        else if (failure.code === 'signed_out' || failure.status === 401) this.problem = say('signed_out');
        else this.problem = failure.fields[0]?.detail ?? tell(failure);
    }

    #restore(question: Question, text: string): void {
        this.thread.takeBack(question);
        this.text = this.text === '' ? text : `${text}\n\n${this.text}`;
        writeDraft(this.#user, this.thread.room, this.text);
    }
}
