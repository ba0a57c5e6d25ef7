// One reply while it is written. What a reader sees of its course is state; its text goes to the view alone, so a piece touches one node.
import type { Following, MessageError, ReplyUpdate, Waiting } from 'pollux-client';

import { pollux } from '../../lib/session.svelte.ts';
import type { ChatMessage } from './types.ts';

const clocksApartMax = 600_000; // ms; a reply that began longer ago is taken for a clock that is wrong.

export interface LiveListener {
    ended(message: ChatMessage | null, error: MessageError | null): void;
    began(): void; // The first text is there.
    refused(): void; // It may no longer be followed: signed out, or the chat is gone.
}

// What shows its text.
export interface TextView {
    append(text: string): void;
    restart(): void; // What is there goes.
}

export class LiveReply {
    readonly id: number;
    model = $state<string | null>(null);
    hasText = $state(false);
    thoughts = $state('');
    waiting = $state.raw<Waiting | null>(null);
    lostSince = $state<number | null>(null);
    startedAgain = $state(false);
    dimmed = $state(false); // What stands is of an attempt that broke off.
    thinkingSince = $state<number | null>(null);
    thoughtMs = $state<number | null>(null);
    readonly beganAt = Date.now();

    readonly #listener: LiveListener;
    readonly #following: Following;
    #view: TextView | null = null;
    #replaces = false;

    constructor(room: number, message: ChatMessage, listener: LiveListener) {
        this.id = message.id;
        this.model = message.model;
        this.waiting = message.waiting;
        this.#listener = listener;
        if (message.status === 'streaming') this.thinkingSince = startOf(message);
        this.#following = pollux.follow(room, message.id, (update) => this.#take(update));
    }

    // The view that shows it; it gets what there is so far.
    attach(view: TextView): void {
        this.#view = view;
        const { text, replaced } = this.#following.snapshot;
        view.append(text === '' ? replaced : text);
        this.#replaces = text === '' && replaced !== '';
        this.dimmed = this.#replaces;
        if (text !== '' || replaced !== '') this.hasText = true;
    }

    detach(): void {
        this.#view = null;
    }

    get text(): string {
        return this.#following.snapshot.text;
    }

    stop(): void {
        this.#following.stop();
    }

    #take(update: ReplyUpdate): void {
        switch (update.type) {
            case 'start':
                this.model = update.model ?? this.model;
                this.waiting = null;
                this.thinkingSince ??= Date.now();
                break;
            case 'restart':
                this.model = update.model ?? this.model;
                this.waiting = null;
                this.thoughts = '';
                this.thinkingSince = Date.now();
                this.thoughtMs = null;
                if (!this.hasText) break;
                this.startedAgain = true;
                this.dimmed = true;
                this.#replaces = true;
                break;
            case 'waiting':
                this.waiting = update.waiting;
                break;
            case 'thought':
                this.thinkingSince ??= Date.now();
                this.thoughts += update.text;
                break;
            case 'delta':
                this.#text(update.text);
                break;
            case 'connection':
                this.lostSince = update.connection.state === 'reconnecting' ? update.connection.since : null;
                break;
            case 'end':
                this.#listener.ended(update.message, update.error);
                break;
            case 'refused':
                this.#listener.refused();
        }
    }

    #text(text: string): void {
        this.waiting = null;
        if (this.#replaces) {
            this.#view?.restart();
            this.#replaces = false;
            this.dimmed = false;
        }
        if (!this.hasText || this.thoughtMs === null) {
            if (this.thoughts !== '' && this.thinkingSince !== null) this.thoughtMs ??= Date.now() - this.thinkingSince;
            if (!this.hasText) this.#listener.began();
            this.hasText = true;
        }
        this.#view?.append(text);
    }
}

// When the server began with it, as far as the clocks of both agree.
function startOf({ started_at }: ChatMessage): number {
    const now = Date.now();
    const began = Date.parse(started_at ?? '');
    return began < now && now - began < clocksApartMax ? began : now;
}
