// From the box to the server: what is sent once, what waits for the network or for a limit, and what comes back into the box.
import { Backoff, PolluxError, signedOut, unreadableAnswer } from 'pollux-client';

import { toasts } from '../../design/toasts.svelte.ts';
import { roomPath, router } from '../../lib/router.svelte.ts';
import { pollux, session, tell, tellField } from '../../lib/session.svelte.ts';
import { say } from '../../lib/words/words.svelte.ts';
import { account } from './account.svelte.ts';
import { answered, cameBack, claimDraft, readDraft, sending, writeDraft, type Attempt } from './drafts.svelte.ts';
import { rooms } from './rooms.svelte.ts';
import { open } from './open.svelte.ts';
import type { Question, Thread } from './thread.svelte.ts';

const countdownMax = 30_000; // ms; a longer limit is told instead of waited for
const quietMs = 2000; // A connection that is away for less is nobody's concern.

interface Outgoing {
    readonly question: Question;
    readonly attempt: Attempt;
    readonly place: number | null; // Where its draft is kept.
    readonly ends: AbortController; // Nobody waits for its answer any more.
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
    #outgoing: Outgoing[] = []; // In order: the first is on its way, or waits for the connection as all do that are behind it.
    #isSending = false;
    #again = 0; // When what waits is tried again.
    readonly #backoff = new Backoff(Math.random);
    #isCreating = false;
    #owner: number | null; // Whose text is in the box.

    constructor(thread: Thread) {
        this.thread = thread;
        this.#owner = session.owner;
        this.text = readDraft(this.#owner, thread.room, open.isSendingIn(thread.room));
    }

    // It is known who is signed in: he finds his draft, and below it what he wrote before that was known.
    known(): void {
        const user = session.owner;
        if (user === null) return;
        const { room } = this.thread;
        if (this.#owner === null) this.text = claimDraft(user, room);
        else if (this.#owner !== user || this.text === '') this.text = readDraft(user, room, open.isSendingIn(room));
        this.#owner = user;
    }

    typed(text: string): void {
        this.text = text;
        this.problem = '';
        this.cancel();
        writeDraft(this.#owner, this.thread.room, text);
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
        this.#outgoing.push({ question, place, attempt: sending(this.#owner, place, text), ends: new AbortController() });
        open.sends(this);
        if (!session.online || this.#again !== 0) this.#wait();
        await this.#sendAll();
    }

    // A question that waits for the connection comes back into the box.
    takeBack(question: Question): void {
        const waiting = this.#outgoing.find((other) => other.question === question);
        if (!waiting) return;
        this.#drop(waiting);
        this.#restore(waiting);
        waiting.ends.abort();
    }

    // There is a connection: what waited is sent, in order, with its keys.
    async resume(): Promise<void> {
        this.#backoff.reset();
        await this.#sendAll();
    }

    // There is no network, and that is said at once. What is on its way may still be answered.
    pause(): void {
        this.#wait();
    }

    async #sendAll(): Promise<void> {
        clearTimeout(this.#again);
        this.#again = 0;
        if (this.#isSending) return;
        this.#isSending = true;
        for (let next = this.#outgoing[0]; next; next = this.#outgoing[0]) if (!(await this.#go(next))) break;
        this.#isSending = false;
        if (this.#outgoing.length === 0) return;
        this.#wait();
        this.#again = window.setTimeout(() => void this.#sendAll(), this.#backoff.next());
    }

    #wait(): void {
        for (const { question } of this.#outgoing) question.state = 'offline';
    }

    #drop(one: Outgoing): void {
        this.#outgoing = this.#outgoing.filter((other) => other !== one);
        if (this.#outgoing.length === 0) open.rests(this);
    }

    // False: it waits for a connection.
    async #go(one: Outgoing): Promise<boolean> {
        const { question, attempt, place, ends } = one;
        const more = { signal: ends.signal, giveUpAfterMs: quietMs };
        try {
            let room = this.thread.room;
            if (room === null) {
                this.#isCreating = true;
                const made = await pollux.createRoom(this.model === null ? {} : { model: this.model }, { key: attempt.roomKey, ...more });
                room = made.id;
                this.thread.model = made.model;
                rooms.put(made);
                open.adopt(this, room);
                if (this.#isShown) {
                    // What is being written goes on in the room.
                    if (this.text !== '') {
                        writeDraft(this.#owner, null, '');
                        writeDraft(this.#owner, room, this.text);
                    }
                    if (router.place.page === 'new') router.go(roomPath(room), { replace: true });
                }
            }
            const sent = await pollux.send(room, attempt.text, { key: attempt.key, ...more });
            this.#backoff.reset();
            if (ends.signal.aborted) {
                void this.thread.load(); // Taken back too late.
                return true;
            }
            answered(this.#owner, place, attempt.key);
            this.#drop(one);
            this.thread.accepted(question, sent);
            account.usage = { ...sent.usage };
            rooms.changed();
        } catch (failure) {
            if (ends.signal.aborted) return true;
            if (isUnheard(failure)) return false;
            // What was sent behind it has not gone out, and may mean nothing without it.
            const behind = this.#outgoing.filter((other) => other !== one).reverse();
            for (const other of [one, ...behind]) this.#drop(other);
            for (const other of behind) this.#restore(other);
            this.#failed(one, failure);
        } finally {
            this.#isCreating = false;
        }
        return true;
    }

    #failed(waiting: Outgoing, failure: unknown): void {
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
        else if (failure.code === signedOut || failure.status === 401) this.problem = say('signed_out');
        else this.problem = failure.fields[0] ? tellField(failure.fields[0]) : tell(failure);
    }

    get #isShown(): boolean {
        return open.now.box === this;
    }

    #restore({ question, attempt, place }: Outgoing): void {
        this.thread.takeBack(question);
        // Of a new chat that was left there is no way back to: what it held goes on in the new chat that is open.
        const { now } = open;
        const box = this.thread.room === null && now.thread.room === null ? now.box : this;
        box.text = box.text === '' ? attempt.text : `${attempt.text}\n\n${box.text}`;
        cameBack(this.#owner, place, this.thread.room, attempt, box.text);
    }
}

// Whether it came, and what came of it, is not known: with its key it is asked again.
function isUnheard(failure: unknown): boolean {
    if (!(failure instanceof PolluxError) || failure.code === signedOut) return false;
    return failure.status === 0 || [unreadableAnswer, 'outcome_unknown', 'idempotency_in_progress'].includes(failure.code);
}
