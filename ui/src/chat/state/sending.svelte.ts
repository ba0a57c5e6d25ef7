// From the box to the server: what is sent once, what waits for the network or for a limit, and what comes back into the box.
import { Backoff, PolluxError, signedOut, unreadableAnswer } from 'pollux-client';

import { toasts } from '../../design/toasts.svelte.ts';
import { roomPath, router } from '../../lib/router.svelte.ts';
import { pollux, session, tell, tellField } from '../../lib/session.svelte.ts';
import { say } from '../../lib/words/words.svelte.ts';
import { account } from './account.svelte.ts';
import { answered, cameBack, claimDraft, inheritText, joined, moved, readDraft, sending, writeDraft, type Attempt, type Kept } from './drafts.svelte.ts';
import { rooms } from './rooms.svelte.ts';
import { open } from './open.svelte.ts';
import type { Question, Thread } from './thread.svelte.ts';

const countdownMax = 30_000; // ms; a longer limit is told instead of waited for
const quietMs = 2000; // A connection that is away for less is nobody's concern.

interface Outgoing {
    readonly question: Question;
    readonly attempt: Attempt;
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
    #behind: string | null = null; // What was sent before the text, as it was kept.

    constructor(thread: Thread) {
        this.thread = thread;
        this.#owner = session.owner;
        this.#show(readDraft(this.#owner, thread.room));
        void this.inherit();
    }

    // It is known who is signed in: he finds his draft, and below it what he wrote before that was known.
    known(): void {
        const user = session.owner;
        if (user === null) return;
        const { room } = this.thread;
        const before = this.#owner;
        this.#owner = user;
        // What somebody else has sent from here is his.
        if (before !== null && before !== user) for (const one of [...this.#outgoing]) this.#letGo(one);
        const text = before === null ? claimDraft(user, room) : null;
        if (this.#isLeft) return;
        if (text !== null) this.text = text;
        else if (before !== user || this.text === '') this.#show(readDraft(user, room));
        void this.inherit();
    }

    // What was sent from here, by this page before a reload or by a tab that is gone, and was never answered.
    goOn(attempts: readonly Attempt[]): void {
        for (const attempt of attempts) this.#outgoing.push({ question: this.thread.add(attempt.text, false), attempt, ends: new AbortController() });
        if (this.thread.room === null) this.model = attempts[0]?.model ?? null;
        open.sends(this);
        if (!session.online) this.#wait();
        void this.resume();
    }

    // Whether what was sent to make that new chat goes on here: what is being written may belong to another one.
    takes(roomKey: string | undefined): boolean {
        return this.thread.room === null && this.thread.isEmpty && (this.text === '' || this.#behind === roomKey);
    }

    // The reader leaves a new chat to which no way leads back: what he was writing goes on in the next one.
    leave(): void {
        this.cancel();
        if (this.text !== '') writeDraft(this.#owner, null, this.text);
        this.text = '';
    }

    // The chat is gone: what was not sent, or not received, goes on in a new one.
    lose(): void {
        this.cancel();
        const waiting = [...this.#outgoing];
        for (const one of waiting) {
            this.#letGo(one);
            answered(this.#owner, this.thread.room, one.attempt.key);
        }
        const text = joined(...waiting.map(({ attempt }) => attempt.text), this.text);
        this.text = '';
        if (text === '') return;
        writeDraft(this.#owner, this.thread.room, '');
        const next = this.#nextNew;
        const whole = joined(text, next?.text ?? readDraft(this.#owner, null).text);
        writeDraft(this.#owner, null, whole);
        if (next) next.text = whole;
    }

    #show({ text, model, behind }: Kept): void {
        this.text = text;
        this.#behind = behind;
        if (this.thread.room === null && model !== null) this.model = model;
    }

    // An empty box that is looked at shows what a tab that is gone has left of this chat.
    async inherit(): Promise<void> {
        const [user, { room }] = [this.#owner, this.thread];
        if (user === null || this.text !== '') return;
        const left = await inheritText(user, room, () => this.#isShown && this.#owner === user && this.thread.room === room && this.text === '');
        if (left) this.#show(left);
    }

    typed(text: string): void {
        this.text = text;
        this.problem = '';
        this.cancel();
        writeDraft(this.#owner, this.thread.room, text, this.thread.room === null ? (this.#outgoing[0]?.attempt.roomKey ?? null) : null);
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
        const attempt = sending(this.#owner, this.thread.room, text, this.model, this.#outgoing[0]?.attempt);
        this.#outgoing.push({ question, attempt, ends: new AbortController() });
        open.sends(this);
        if (!session.online || this.#again !== 0) this.#wait();
        await this.#sendAll();
    }

    // A question that waits for the connection comes back into the box.
    takeBack(question: Question): void {
        const waiting = this.#outgoing.find((other) => other.question === question);
        if (!waiting) return;
        this.#letGo(waiting);
        this.#restore(waiting);
    }

    // There is a connection: what waited is sent, in order, with its keys. As whoever sent it, so not before he is known.
    async resume(): Promise<void> {
        if (!session.user) return;
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

    #letGo(one: Outgoing): void {
        this.#drop(one);
        this.thread.takeBack(one.question);
        one.ends.abort();
    }

    // False: it waits for a connection.
    async #go(one: Outgoing): Promise<boolean> {
        const { question, attempt, ends } = one;
        const more = { signal: ends.signal, giveUpAfterMs: quietMs };
        try {
            let room = this.thread.room;
            if (room === null) {
                this.#isCreating = true;
                const { model = null } = attempt;
                const made = await pollux.createRoom(model === null ? {} : { model }, { key: attempt.roomKey, ...more });
                room = made.id;
                this.thread.model = made.model;
                rooms.put(made);
                open.adopt(this, room);
                moved(this.#owner, room, this.#outgoing.map(({ attempt }) => attempt.key));
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
            answered(this.#owner, room, attempt.key);
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
        const isGone = failure instanceof PolluxError && failure.status === 404 && failure.code !== unreadableAnswer; // Else somebody else says so.
        this.#restore(waiting, failure instanceof PolluxError && failure.code === 'idempotency_key_reused');
        if (isGone && !this.#isShown) this.lose();
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
        } else if (isGone) this.problem = say('room_gone');
        else if (failure.code === signedOut || failure.status === 401) this.problem = say('signed_out');
        else this.problem = failure.fields[0] ? tellField(failure.fields[0]) : tell(failure);
    }

    get #isShown(): boolean {
        return open.now.box === this;
    }

    // A new chat that was left before it was a room.
    get #isLeft(): boolean {
        return this.thread.room === null && !this.#isShown;
    }

    // The box of the new chat that is open.
    get #nextNew(): Box | null {
        return open.now.thread.room === null ? open.now.box : null;
    }

    #restore({ question, attempt }: Outgoing, isSpent = false): void {
        this.thread.takeBack(question);
        const { room } = this.thread;
        // Of a new chat that was left there is no way back to: what it held goes on in the new chat that is open, or in the next one.
        const box = this.#isLeft ? this.#nextNew : this;
        const text = joined(attempt.text, box?.text ?? readDraft(this.#owner, null).text);
        cameBack(this.#owner, room, attempt, text, isSpent);
        if (box) box.text = text;
    }
}

// Whether it came, and what came of it, is not known: with its key it is asked again. A refusal is one whoever it is from: what stands before the
// server and does not let a message through will not let it through again.
function isUnheard(failure: unknown): boolean {
    if (!(failure instanceof PolluxError) || failure.code === signedOut) return false;
    const { code, status } = failure;
    if (code === unreadableAnswer) return status < 400 || status >= 500;
    return status === 0 || code === 'outcome_unknown' || code === 'idempotency_in_progress';
}
