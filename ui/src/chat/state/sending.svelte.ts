// From the box to the server: what is sent once, what waits for the network or for a limit, and what comes back into the box.
import { PolluxError } from 'pollux-client';

import { toasts } from '../../design/toasts.svelte.ts';
import { roomPath, router } from '../../lib/router.svelte.ts';
import { pollux, session, tell, tellField } from '../../lib/session.svelte.ts';
import { say } from '../../lib/words/words.svelte.ts';
import { account } from './account.svelte.ts';
import { answered, cameBack, readDraft, sending, writeDraft, type Attempt } from './drafts.svelte.ts';
import { rooms } from './rooms.svelte.ts';
import { open } from './open.svelte.ts';
import type { Question, Thread } from './thread.svelte.ts';

const countdownMax = 30_000; // ms; a longer limit is told instead of waited for

interface Waiting {
    readonly question: Question;
    readonly attempt: Attempt;
    readonly place: number | null; // Where its draft is kept.
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
    #flying = 0;

    constructor(thread: Thread) {
        this.thread = thread;
        this.text = readDraft(this.#user, thread.room, open.isSendingIn(thread.room));
    }

    get #user(): number {
        return session.user?.id ?? pollux.session?.user ?? 0;
    }

    // Whoever signs in later finds his draft.
    known(): void {
        if (this.text === '') this.text = readDraft(this.#user, this.thread.room, open.isSendingIn(this.thread.room));
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
        const place = this.thread.room;
        this.text = '';
        open.sends(this);
        await this.#go({ question, place, attempt: sending(this.#user, place, text) });
    }

    // A question that waits for the network comes back into the box.
    takeBack(question: Question): void {
        const waiting = this.#waiting.find((other) => other.question === question);
        if (!waiting) return;
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        this.#restore(waiting);
        if (this.isIdle) open.rests(this);
    }

    // Nothing of it is on its way or waits.
    get isIdle(): boolean {
        return this.#flying === 0 && this.#waiting.length === 0;
    }

    // The network is back: what waited is sent, in order, with its keys.
    async resume(): Promise<void> {
        const waiting = this.#waiting;
        this.#waiting = [];
        this.#flying += waiting.length; // Those that come later are not lost sight of.
        for (const one of waiting) {
            --this.#flying;
            one.question.state = 'sending';
            await this.#go(one);
        }
    }

    async #go(one: Waiting): Promise<void> {
        const { question, attempt, place } = one;
        const user = this.#user;
        ++this.#flying;
        try {
            let room = this.thread.room;
            if (room === null) {
                this.#isCreating = true;
                const made = await pollux.createRoom(this.model === null ? {} : { model: this.model }, { key: attempt.roomKey });
                room = made.id;
                this.thread.model = made.model;
                rooms.put(made);
                open.adopt(this, room);
                if (this.#isShown) {
                    // What is being written goes on in the room.
                    if (this.text !== '') {
                        writeDraft(user, null, '');
                        writeDraft(user, room, this.text);
                    }
                    if (router.place.page === 'new') router.go(roomPath(room), { replace: true });
                }
            }
            const sent = await pollux.send(room, attempt.text, { key: attempt.key });
            answered(user, place, attempt.key);
            this.thread.accepted(question, sent);
            account.usage = { ...sent.usage };
            rooms.changed();
        } catch (failure) {
            this.#failed(one, failure);
        } finally {
            this.#isCreating = false;
            --this.#flying;
            if (this.isIdle) open.rests(this);
        }
    }

    #failed(waiting: Waiting, failure: unknown): void {
        const { question } = waiting;
        if (failure instanceof PolluxError && (failure.status === 0 || failure.code === 'unreadable_answer') && failure.code !== 'signed_out') {
            question.state = 'offline';
            this.#waiting.push(waiting);
            return;
        }
        this.#restore(waiting);
        if (!this.#isShown || !(failure instanceof PolluxError)) return toasts.error(say('send_failed'));
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
        else this.problem = failure.fields[0] ? tellField(failure.fields[0]) : tell(failure);
    }

    get #isShown(): boolean {
        return open.now.box === this;
    }

    #restore({ question, attempt, place }: Waiting): void {
        this.thread.takeBack(question);
        // Of a new chat that was left there is no way back to: what it held goes on in the new chat that is open.
        const { now } = open;
        const box = this.thread.room === null && now.thread.room === null ? now.box : this;
        box.text = box.text === '' ? attempt.text : `${attempt.text}\n\n${box.text}`;
        cameBack(this.#user, place, this.thread.room, attempt, box.text);
    }
}
