// An open chat: its turns in pages, the newest last, and what is being written in it.
import { newKey, PolluxError, unreadableAnswer, type RoomWithMessages, type Sent } from 'pollux-client';

import { speech } from '../../design/speech.svelte.ts';
import { pollux, session } from '../../lib/session.svelte.ts';
import { say } from '../../lib/words/words.svelte.ts';
import { keptPlace } from './kept_place.ts';
import { LiveReply } from './live_reply.svelte.ts';
import { rooms } from './rooms.svelte.ts';
import { isOpen, type ChatMessage } from './types.ts';

const pageSize = 50;
const reachMax = 300; // Messages that are fetched to show a chat where it was read before a reload.
const againMs = 4000; // Until what is here is fetched anew where that failed.
const spokenMax = 300; // Characters of a reply that a screen reader is told.

export class Question {
    readonly kind = 'question';
    readonly key: string;
    message = $state.raw<ChatMessage | null>(null);
    content = $state('');
    state = $state<'sent' | 'sending' | 'offline'>('sent');

    constructor(key: string, content: string, message: ChatMessage | null) {
        this.key = key;
        this.content = content;
        this.message = message;
        if (message === null) this.state = 'sending';
    }
}

export class Reply {
    readonly kind = 'reply';
    readonly key: string;
    message = $state.raw<ChatMessage>() as ChatMessage; // The newest version, which the chat goes on from.
    live = $state.raw<LiveReply | null>(null);
    versions = $state.raw<readonly ChatMessage[] | null>(null);
    older = $state.raw<ChatMessage | null>(null); // Another version that is looked at.
    thoughtMs = $state<number | null>(null); // As this page measured it.
    isAskedAgain = false; // Another version is asked for, and nobody has answered yet.
    #again: { readonly of: number; readonly key: string } | null = null;
    isCut = $state(false); // It may no longer be followed: what is here of it stands.

    constructor(message: ChatMessage) {
        this.key = `reply-${message.reply_to ?? message.id}`;
        this.message = message;
    }

    get isRunning(): boolean {
        return !this.isCut && isOpen(this.message);
    }

    // The key by which another version than this one is asked for: until there is one it is the same, however often it is asked.
    get againKey(): string {
        if (this.#again?.of !== this.message.id) this.#again = { of: this.message.id, key: newKey() };
        return this.#again.key;
    }

    get shown(): ChatMessage {
        return this.older ?? this.message;
    }
}

export type Turn = Question | Reply;

// As the server puts them: a reply stands behind its question, however late another version of it was written.
function isBefore(a: ChatMessage, b: ChatMessage): boolean {
    const [placeOfA, placeOfB] = [a.reply_to ?? a.id, b.reply_to ?? b.id];
    return placeOfA === placeOfB ? a.id < b.id : placeOfA < placeOfB;
}

export class Page {
    readonly key: number;
    turns = $state.raw<readonly Turn[]>([]);
    isMounted = $state(true);
    height = 0; // Measured, when it was last mounted.

    constructor(key: number, turns: readonly Turn[]) {
        this.key = key;
        this.turns = turns;
    }
}

let lastPage = 0;

export class Thread {
    room = $state<number | null>(null);
    model = $state<string | null>(null);
    pages = $state.raw<readonly Page[]>([]);
    isLoaded = $state(false);
    isMissing = $state(false);
    failure = $state<unknown>(null);
    older = $state<string | null>(null);
    olderFailure = $state<unknown>(null);
    isLoadingOlder = $state(false);
    asked = $state.raw<Question | null>(null); // The last question that was sent from here: it glides to the top.
    keptTop: number | null = null; // Where the reader was.
    opensAtQuestion = false; // Its last: what followed is unread.
    #updatedAt = ''; // As the server told it last.
    #isClosed = false; // Another chat is looked at: nothing is followed.
    #loads = 0;
    #unheard = new Set<number>(); // What notices told of while a message was on its way.
    #changes = 0; // Of its turns, from here: a list that was asked for before one is older than what stands.

    constructor(room: number | null) {
        this.room = room;
        if (room === null) this.isLoaded = true;
    }

    get turns(): readonly Turn[] {
        return this.pages.flatMap(({ turns }) => turns);
    }

    get isEmpty(): boolean {
        return this.isLoaded && this.pages.every(({ turns }) => turns.length === 0);
    }

    // The reply that Stop ends: the one that is written, else the last that waits.
    get running(): Reply | null {
        const open = this.turns.filter((turn): turn is Reply => turn instanceof Reply && turn.isRunning);
        return open.find(({ message }) => message.status === 'streaming') ?? open[0] ?? null;
    }

    async load(): Promise<void> {
        const room = this.room;
        if (room === null) return;
        this.failure = null;
        const load = ++this.#loads;
        const changes = this.#changes;
        try {
            const got = await pollux.get('/chatroom/{room}', { params: { path: { room }, query: { limit: pageSize } } });
            const isUnread = rooms.isUnread(got) && !got.messages.some(isOpen);
            const before = this.isLoaded || isUnread ? null : await this.#whereRead(room, got);
            if (load !== this.#loads) return; // A later one tells.
            if (changes !== this.#changes) return await this.load();
            this.model = got.model;
            this.#updatedAt = got.updated_at;
            if (!this.isLoaded) this.opensAtQuestion = isUnread;
            const known = rooms.find(room);
            if (known) rooms.told({ ...known, name: got.name, updated_at: got.updated_at, last_message: got.last_message });
            if (this.isLoaded && this.#joins(got.messages, got.next)) this.#merge(got.messages);
            else {
                this.#stopFollowing(); // Those that are still open are followed again by their new turns.
                const unsent = this.turns.filter(({ message }) => message === null);
                this.older = before === null ? got.next : before.older; // Null once there is nothing older.
                this.pages = [...(before?.lists ?? []), got.messages].map((messages) => this.#pageOf(messages));
                if (unsent.length > 0) this.#append(...unsent);
            }
            this.isLoaded = true;
            this.look();
        } catch (failure) {
            if (load !== this.#loads) return;
            if (failure instanceof PolluxError && failure.status === 404 && failure.code !== unreadableAnswer) this.isMissing = true;
            else if (!this.isLoaded) this.failure = failure;
            else this.#loadLater(failure instanceof PolluxError ? (failure.retryAfterMs ?? 0) : 0);
        }
    }

    // What has come meanwhile is fetched all the same: no other notice may tell of it.
    #loadLater(wantedMs: number): void {
        const load = this.#loads;
        setTimeout(() => {
            if (load === this.#loads && !this.#isClosed && session.user) void this.load();
        }, Math.max(againMs, wantedMs));
    }

    async loadOlder(): Promise<void> {
        const { room, older } = this;
        if (room === null || older === null || this.isLoadingOlder) return;
        this.isLoadingOlder = true;
        this.olderFailure = null;
        const first = this.pages[0];
        try {
            const got = await pollux.get('/chatroom/{room}', { params: { path: { room }, query: { limit: pageSize, cursor: older } } });
            if (this.pages[0] !== first) return; // The chat was read anew meanwhile: what it is older than is gone.
            this.pages = [this.#pageOf(got.messages), ...this.pages];
            this.older = got.next;
        } catch (failure) {
            this.olderFailure = failure;
        } finally {
            this.isLoadingOlder = false;
        }
    }

    // A question that is on its way stands at once. `isNew`: else it was asked before the page was loaded.
    add(content: string, isNew = true): Question {
        const question = new Question(`sent-${newKey()}`, content, null);
        this.#append(question);
        const last = this.pages.at(-1);
        if (last) last.isMounted = true; // Whoever sends sees it.
        if (isNew) this.asked = question;
        return question;
    }

    takeBack(question: Question): void {
        ++this.#changes;
        for (const page of this.pages) if (page.turns.includes(question)) page.turns = page.turns.filter((turn) => turn !== question);
        if (this.asked === question) this.asked = null;
        this.#hear();
    }

    accepted(question: Question, sent: Sent): void {
        ++this.#changes;
        // A notice or a new connection may have brought it before its answer came.
        const isTwin = (turn: Turn) => turn instanceof Question && turn !== question && turn.message?.id === sent.message.id;
        for (const page of this.pages) if (page.turns.some(isTwin)) page.turns = page.turns.filter((turn) => !isTwin(turn));
        question.message = sent.message;
        question.state = 'sent';
        const known = this.turns.find((turn): turn is Reply => turn instanceof Reply && turn.message.reply_to === sent.message.id);
        if (!known) {
            const reply = new Reply(sent.reply);
            const page = this.pages.find(({ turns }) => turns.includes(question));
            if (page) {
                const at = page.turns.indexOf(question) + 1;
                page.turns = [...page.turns.slice(0, at), reply, ...page.turns.slice(at)];
            }
            this.#follow(reply);
        } else this.#putBelow(question, known);
        for (const turn of this.turns) if (turn instanceof Reply) turn.older = null;
        if (!this.isLoaded && !this.#isClosed) void this.load(); // What stands above it has yet to come.
        for (const { id } of [sent.message, sent.reply]) this.#unheard.delete(id);
        this.#hear();
    }

    async retry(reply: Reply): Promise<void> {
        if (this.room === null || isOpen(reply.message) || reply.isAskedAgain) return;
        reply.isAskedAgain = true;
        try {
            const { reply: next } = await pollux.retry(this.room, reply.message.id, { key: reply.againKey });
            ++this.#changes;
            reply.older = null;
            reply.versions = null;
            reply.message = next;
            reply.thoughtMs = null;
            this.#follow(reply);
        } finally {
            reply.isAskedAgain = false;
        }
    }

    async stop(reply: Reply): Promise<void> {
        if (this.room === null) return;
        const message = await pollux.stop(this.room, reply.message.id);
        if (!isOpen(message)) this.#ended(reply, message);
    }

    async showVersion(reply: Reply, step: 1 | -1): Promise<void> {
        if (this.room === null) return;
        reply.versions ??= await this.#versionsOf(reply);
        const list = reply.versions;
        const at = list.findIndex(({ id }) => id === reply.shown.id);
        const next = list[at + step];
        if (next) reply.older = next.id === reply.message.id ? null : next;
    }

    // A notice tells of a reply or a message here: whatever is not known yet is fetched.
    async noticed(message: number): Promise<void> {
        const known = this.turns.find((turn) => turn.message?.id === message);
        if (known instanceof Question || (known instanceof Reply && known.live)) return;
        // Its answer tells of two of them; the others are asked for after it.
        if (this.#isSending) this.#unheard.add(message);
        else await this.load();
    }

    get #isSending(): boolean {
        return this.turns.some((turn) => turn instanceof Question && turn.state === 'sending');
    }

    #hear(): void {
        if (this.#isSending || this.#unheard.size === 0) return;
        this.#unheard.clear();
        void this.load();
    }

    // Somebody sees what is here.
    look(): void {
        if (this.room !== null && this.isLoaded && !document.hidden) rooms.look(this.room, this.#updatedAt);
    }

    close(): void {
        this.#isClosed = true;
        this.#stopFollowing();
    }

    #stopFollowing(): void {
        for (const turn of this.turns)
            if (turn instanceof Reply) {
                turn.live?.stop();
                turn.live = null;
            }
    }

    // After close(): what was open is followed again, and what came meanwhile is fetched.
    open(): void {
        this.#isClosed = false;
        for (const turn of this.turns) if (turn instanceof Reply && isOpen(turn.message) && !turn.live) this.#follow(turn);
        if (this.room !== null) void this.load();
    }

    // --------------------------------------------------------------------------------------------------------------------------------------

    async #versionsOf(reply: Reply): Promise<readonly ChatMessage[]> {
        const path = { room: this.room as number, message: reply.message.id };
        const list: ChatMessage[] = [];
        let cursor: string | null = null;
        do {
            const query: { cursor?: string } = cursor === null ? {} : { cursor };
            const got: { results: ChatMessage[]; next: string | null } = await pollux.get('/chatroom/{room}/message/{message}/variants', { params: { path, query } });
            list.push(...got.results);
            cursor = got.next;
        } while (cursor !== null);
        return list.sort((a, b) => a.variant - b.variant);
    }

    // What is older than the newest messages, back to the turn that was read before a reload.
    async #whereRead(room: number, { messages, next }: Pick<RoomWithMessages, 'messages' | 'next'>): Promise<{ lists: ChatMessage[][]; older: string | null }> {
        const lists: ChatMessage[][] = [];
        const turn = Number(keptPlace(room)?.turn.split('-')[1]); // The question's id, also in the key of its reply.
        let first = messages[0]?.id ?? 0;
        let older = next;
        while (older !== null && first > turn && (lists.length + 2) * pageSize <= reachMax) {
            const got: RoomWithMessages = await pollux.get('/chatroom/{room}', { params: { path: { room }, query: { limit: pageSize, cursor: older } } });
            lists.unshift(got.messages);
            first = got.messages[0]?.id ?? 0;
            older = got.next;
        }
        return { lists, older };
    }

    #pageOf(messages: readonly ChatMessage[]): Page {
        return new Page(
            ++lastPage,
            messages.map((message) => this.#turnOf(message)),
        );
    }

    #turnOf(message: ChatMessage): Turn {
        if (message.role === 'user') return new Question(`message-${message.id}`, message.content, message);
        const reply = new Reply(message);
        if (isOpen(message)) this.#follow(reply);
        return reply;
    }

    #append(...turns: Turn[]): void {
        const last = this.pages.at(-1);
        // A page that grew past its size is closed; the next one begins.
        if (!last || last.turns.length >= pageSize) this.pages = [...this.pages, new Page(++lastPage, turns)];
        else last.turns = [...last.turns, ...turns];
    }

    // A reply that was known before its question stands below it.
    #putBelow(question: Question, reply: Reply): void {
        const { turns } = this;
        if (turns[turns.indexOf(question) + 1] === reply) return;
        for (const page of this.pages) if (page.turns.includes(reply)) page.turns = page.turns.filter((turn) => turn !== reply);
        for (const page of this.pages) {
            const at = page.turns.indexOf(question) + 1;
            if (at > 0) page.turns = [...page.turns.slice(0, at), reply, ...page.turns.slice(at)];
        }
    }

    // Whether what the server has leaves no gap to what is here: it reaches back to a turn that is known, or to the first message of all.
    #joins(messages: readonly ChatMessage[], older: string | null): boolean {
        if (this.pages.length === 0) return false;
        if (older === null) return true;
        const known = new Set(this.turns.map((turn) => turn.message?.id));
        return messages.some(({ id }) => known.has(id));
    }

    // Turns keep their nodes: they are found by their ids, and what is new goes below.
    #merge(messages: readonly ChatMessage[]): void {
        const turns = this.turns;
        const ids = new Set(messages.map(({ id }) => id));
        const replies = new Set(messages.map(({ reply_to }) => reply_to));
        for (const message of messages) {
            const known = turns.find((turn) =>
                turn instanceof Reply ? message.role === 'assistant' && (turn.message.id === message.id || (message.reply_to !== null && turn.message.reply_to === message.reply_to)) : turn.message?.id === message.id,
            );
            if (!known) {
                this.#append(this.#turnOf(message));
                continue;
            }
            if (!(known instanceof Reply) || known.live?.id === message.id) continue;
            if (message.variant < known.message.variant) continue;
            if (message.id !== known.message.id) {
                known.versions = null;
                known.isCut = false;
            }
            // What is the same is not shown anew: each text would be parsed again.
            if (JSON.stringify(message) !== JSON.stringify(known.message)) known.message = known.isCut && isOpen(message) ? { ...message, content: known.message.content } : message;
            if (isOpen(message) && !known.isCut) this.#follow(known);
        }
        // What the server has no longer, within what it told of.
        const first = messages[0];
        for (const page of this.pages) {
            const kept = page.turns.filter((turn) => {
                const { message } = turn;
                if (message === null || first === undefined || ids.has(message.id) || isBefore(message, first)) return true;
                if (turn instanceof Reply && replies.has(turn.message.reply_to)) return true;
                if (turn instanceof Reply) turn.live?.stop();
                return false;
            });
            if (kept.length !== page.turns.length) page.turns = kept;
        }
    }

    #follow(reply: Reply): void {
        if (this.room === null) return;
        reply.live?.stop();
        reply.isCut = false;
        rooms.setRunning(this.room, true);
        if (this.#isClosed) return;
        const thinking = window.setTimeout(() => {
            if (reply.live && !reply.live.hasText) speech.say(say('say_thinking'));
        }, 1000);
        reply.live = new LiveReply(this.room, reply.message, {
            began: () => speech.say(say('say_writing')),
            ended: (message) => {
                clearTimeout(thinking);
                this.#ended(reply, message);
            },
            refused: () => {
                clearTimeout(thinking);
                this.#refused(reply);
            },
        });
    }

    // What came of it stays. Whoever is still signed in asks what has become of it; who is not gets it with the chat after signing in.
    #refused(reply: Reply): void {
        const { live } = reply;
        if (!live || live.id !== reply.message.id) return;
        reply.isCut = true;
        if (live.text !== '') reply.message = { ...reply.message, content: live.text };
        live.stop();
        reply.live = null;
        if (this.room !== null && !this.running) rooms.setRunning(this.room, false);
        if (session.user) void this.load();
    }

    #ended(reply: Reply, message: ChatMessage | null): void {
        const live = reply.live;
        if (live?.id !== (message?.id ?? live?.id)) return;
        ++this.#changes;
        reply.thoughtMs = live?.thoughtMs ?? null;
        live?.stop();
        if (message) reply.message = message;
        reply.live = null;
        if (this.room !== null && !this.running) rooms.setRunning(this.room, false);
        if (!message) {
            this.isMissing = true;
            return;
        }
        if (message.status === 'failed') speech.alert(say('say_failed'));
        else if (message.status === 'stopped') speech.say(say('say_stopped'));
        else speech.say(say('say_finished', { text: message.content.slice(0, spokenMax) }));
        this.look();
    }
}
