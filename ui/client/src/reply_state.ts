// What is known of one reply, and what the next change of it means. No I/O, so every cut, loss, doubling and restart is a plain test.
//
// Whatever comes in whatever order, `text` is a prefix of the text of `attempt`, and after `end` it is the stored text.
import type { components } from './api.ts';
import type { ServerEvent } from './event_parser.ts';
import type { Citation, Message, MessageError, ReplySnapshot, ReplyUpdate, Waiting } from './types.ts';
import { utf8Length, withoutBytes } from './utf8.ts';

type Schemas = components['schemas'];

// `gap`: something before this is missing; what is held is still right.
export type Applied = readonly ReplyUpdate[] | 'gap';

export interface ReplyPosition {
    readonly attempt: number;
    readonly textBytes: number;
    readonly thoughtBytes: number;
}

// The data of all events of a reply's stream; each has its part of it.
type EventBody = Schemas['RestartEvent'] & Schemas['TextEvent'] & Schemas['CitationsEvent'] & Partial<Schemas['ErrorEvent']> & Waiting;

export class ReplyState {
    attempt = 0;
    hasStarted = false;
    model: string | null = null;
    text = '';
    thoughts = '';
    textBytes = 0;
    thoughtBytes = 0;
    citations: readonly Citation[] = [];
    waiting: Waiting | null = null;
    replaced = '';
    result: ReplySnapshot['result'] = null;

    get position(): ReplyPosition | null {
        return this.hasStarted ? { attempt: this.attempt, textBytes: this.textBytes, thoughtBytes: this.thoughtBytes } : null;
    }

    // The id from which the server goes on: "<attempt>-<bytes of text>[-<bytes of thoughts>]".
    get lastEventId(): string | null {
        if (!this.hasStarted) return null;
        return `${this.attempt}-${this.textBytes}${this.thoughtBytes > 0 ? `-${this.thoughtBytes}` : ''}`;
    }

    copy(): ReplyState {
        return Object.assign(new ReplyState(), this);
    }

    // Takes a change in, and gives what is new of it.
    apply(update: ReplyUpdate): Applied {
        if (this.result) return [];
        switch (update.type) {
        case 'start':
            return this.hasStarted && update.attempt <= this.attempt ? [] : this.#enter(update.attempt, update.model);
        case 'restart':
            return this.hasStarted && update.attempt < this.attempt ? [] : this.#enter(update.attempt, update.model);
        case 'delta':
        case 'thought':
            return this.#append(update);
        case 'waiting':
            this.waiting = update.waiting;
            return [update];
        case 'citations':
            this.citations = update.citations;
            return [update];
        case 'end':
            return this.#end(update.message, update.error);
        default:
            return [update];
        }
    }

    // A reply as the API shows it, for who cannot read streams: its text is what there is so far.
    applyMessage(message: Message): readonly ReplyUpdate[] {
        if (this.result) return [];
        if (message.status !== 'queued' && message.status !== 'streaming') return this.#end(message, message.error);
        const updates: ReplyUpdate[] = [];
        const isQueued = message.status === 'queued' && message.content === '' && message.thoughts === '';
        if (message.waiting && JSON.stringify(message.waiting) !== JSON.stringify(this.waiting)) {
            this.waiting = message.waiting;
            updates.push({ type: 'waiting', waiting: message.waiting });
        }
        if (isQueued && !this.hasStarted) return updates;
        if (!this.hasStarted) updates.push(...this.#enter(this.attempt, message.model));
        updates.push(...this.#become(message));
        return updates;
    }

    // The change that an event of the stream stands for; null for events that are not known here.
    updateOf(event: ServerEvent): ReplyUpdate | null {
        const body = JSON.parse(event.data) as EventBody;
        const [attempt, textBytes, thoughtBytes] = numbersOf(event.id);
        switch (event.name) {
        case 'start':
        case 'restart':
            // Who comes without an id is told from the beginning, also when something was known here.
            return { type: this.hasStarted ? 'restart' : 'start', attempt: body.attempt, model: body.model ?? null };
        case 'waiting':
            return { type: 'waiting', waiting: body as Waiting };
        case 'delta':
            return { type: 'delta', attempt, offset: textBytes - utf8Length(body.text), text: body.text };
        case 'thought':
            return { type: 'thought', attempt, offset: thoughtBytes - utf8Length(body.text), text: body.text };
        case 'citations':
            return { type: 'citations', citations: body.citations };
        case 'done':
        case 'error':
            return { type: 'end', message: body.message ?? null, error: body.error ?? null };
        default:
            return null;
        }
    }

    // The changes that bring somebody who is at `position` to where this is.
    since(position: ReplyPosition | null): ReplyUpdate[] {
        const updates: ReplyUpdate[] = [];
        const { attempt, model } = this;
        if (this.hasStarted) {
            const isHere = position?.attempt === attempt;
            if (!isHere) updates.push({ type: position ? 'restart' : 'start', attempt, model });
            const from = isHere ? position : { textBytes: 0, thoughtBytes: 0 };
            const thoughts = withoutBytes(this.thoughts, from.thoughtBytes);
            const text = withoutBytes(this.text, from.textBytes);
            if (thoughts) updates.push({ type: 'thought', attempt, offset: from.thoughtBytes, text: thoughts });
            if (text) updates.push({ type: 'delta', attempt, offset: from.textBytes, text });
        }
        if (this.citations.length > 0) updates.push({ type: 'citations', citations: this.citations });
        if (this.waiting) updates.push({ type: 'waiting', waiting: this.waiting });
        if (this.result) updates.push({ type: 'end', ...this.result });
        return updates;
    }

    #enter(attempt: number, model: string | null): ReplyUpdate[] {
        const type = this.hasStarted ? 'restart' : 'start';
        this.replaced = this.text || this.replaced;
        this.hasStarted = true;
        this.attempt = attempt;
        this.model = model ?? this.model;
        this.text = this.thoughts = '';
        this.textBytes = this.thoughtBytes = 0;
        this.citations = [];
        this.waiting = null;
        return [{ type, attempt, model: this.model }];
    }

    #append(update: ReplyUpdate & { type: 'delta' | 'thought' }): Applied {
        if (!this.hasStarted || update.attempt > this.attempt) return 'gap';
        if (update.attempt < this.attempt) return [];
        const isText = update.type === 'delta';
        const at = isText ? this.textBytes : this.thoughtBytes;
        if (update.offset > at) return 'gap';
        const end = update.offset + utf8Length(update.text);
        if (end <= at) return [];
        const text = withoutBytes(update.text, at - update.offset);
        if (text === null) return 'gap';
        this.waiting = null;
        if (isText) {
            this.text += text;
            this.textBytes = end;
            this.replaced = '';
        } else {
            this.thoughts += text;
            this.thoughtBytes = end;
        }
        return [{ type: update.type, attempt: update.attempt, offset: at, text }];
    }

    #end(message: Message | null, error: MessageError | null): readonly ReplyUpdate[] {
        const updates: ReplyUpdate[] = [];
        if (message) {
            if (!this.hasStarted && (message.content || message.thoughts)) updates.push(...this.#enter(this.attempt, message.model));
            updates.push(...this.#become(message));
            const isSame = JSON.stringify(message.citations) === JSON.stringify(this.citations);
            this.citations = message.citations;
            if (!isSame) updates.push({ type: 'citations', citations: this.citations });
            this.model = message.model;
        }
        this.waiting = null;
        this.replaced = '';
        this.result = { message, error };
        updates.push({ type: 'end', message, error });
        return updates;
    }

    // What is missing of a message's text and thoughts; all of them anew where they are others than what is held.
    #become(message: Message): ReplyUpdate[] {
        const updates: ReplyUpdate[] = [];
        const isMore = message.content.startsWith(this.text) && message.thoughts.startsWith(this.thoughts);
        if (!isMore) updates.push(...this.#enter(this.attempt, message.model));
        const pieces = [
            { type: 'thought', text: message.thoughts.slice(this.thoughts.length), offset: this.thoughtBytes },
            { type: 'delta', text: message.content.slice(this.text.length), offset: this.textBytes },
        ] as const;
        for (const piece of pieces) {
            if (piece.text === '') continue;
            const applied = this.#append({ ...piece, attempt: this.attempt });
            if (applied !== 'gap') updates.push(...applied);
        }
        return updates;
    }
}

// Of "<attempt>-<text>[-<thoughts>]"; "<attempt>-end" gives no offsets.
function numbersOf(id: string | null): [attempt: number, textBytes: number, thoughtBytes: number] {
    const [attempt, text, thoughts] = (id ?? '').split('-').map(Number);
    return [attempt || 0, text || 0, thoughts || 0];
}
