// The leader's side of one reply: reads it from the server, by a stream or, where bodies cannot be read while they come, by `?wait=`.
import type { ReplyState } from './reply_state.ts';
import { StreamLoop, type StreamLoopParts, type StreamReader } from './stream_loop.ts';
import type { ServerEvent } from './event_parser.ts';
import type { RememberedSend } from './tab_messages.ts';
import { PolluxError, isAbort } from './problem.ts';
import { report } from './emitter.ts';
import { Pace } from './pace.ts';
import type { Connection, Message, ReplyUpdate, Sent } from './types.ts';

export const waitSeconds = 25; // The most that the server waits.
const pollMinMs = 700; // Between two looks at a reply that nothing waits for.
const pollMaxMs = 3_000;

export interface ReplySourceOptions extends StreamLoopParts {
    readonly room: number;
    readonly message: number;
    readonly state: ReplyState; // Goes on from there.
    readonly onUpdates: (updates: readonly ReplyUpdate[]) => void;
}

export class ReplySource {
    readonly state: ReplyState;
    sent: RememberedSend | null = null;
    connection: Connection;
    isOver = false;
    isAsking = false;
    readonly #options: ReplySourceOptions;
    readonly #pace: Pace;
    #abort: AbortController | null = null;

    constructor(options: ReplySourceOptions) {
        this.#options = options;
        this.#pace = new Pace(options);
        this.state = options.state;
        this.isOver = this.state.result !== null;
        this.connection = { state: 'connecting', since: options.platform.now() };
    }

    // Reads until the end, or until pause(), and never throws. A source that was paused goes on exactly where it was.
    async run(): Promise<void> {
        if (this.isOver || this.#abort) return;
        const abort = new AbortController();
        this.#abort = abort;
        if (this.#options.wire.bodyStreams) await new StreamLoop(this.#options, this.#reader(abort.signal), this.#pace).run(abort.signal);
        else await this.#poll(abort.signal);
        if (this.#abort === abort) this.#abort = null;
    }

    // Nothing is being written, as far as is known.
    get isIdle(): boolean {
        return !this.state.hasStarted || this.state.waiting !== null;
    }

    pause(): void {
        this.#abort?.abort();
        this.#abort = null;
        this.isAsking = false;
    }

    #reader(signal: AbortSignal): StreamReader {
        const { room, message } = this.#options;
        let fromBeginning = false;
        return {
            path: `/chatroom/${room}/message/${message}/stream/`,
            lastEventId: () => (fromBeginning ? null : this.state.lastEventId),
            take: (event: ServerEvent) => {
                if (signal.aborted) return 'end';
                const update = this.state.updateOf(event);
                if (!update) return 'more';
                const applied = this.state.apply(update);
                // The server goes on behind the id it was given, so a gap is an error of somebody: told anew from the beginning.
                if (applied === 'gap') {
                    fromBeginning = true;
                    return 'reconnect';
                }
                fromBeginning = false;
                this.#tell(applied);
                return this.isOver ? 'end' : 'more';
            },
            over: async () => this.#tell(this.state.applyMessage(await this.#look(signal))),
            refused: (error) => {
                if (error.code === 'bad_event_id' && !fromBeginning) {
                    fromBeginning = true;
                    return 'reconnect';
                }
                this.#tell([{ type: 'refused', error }]);
                return 'end';
            },
            connection: (connection) => this.#connect(connection),
            asks: (isAsking) => {
                if (!signal.aborted) this.isAsking = isAsking;
            },
        };
    }

    async #poll(signal: AbortSignal): Promise<void> {
        const { platform, pauses } = this.#options;
        let pauseMs = pollMinMs;
        await this.#pace.rest(signal);
        while (!signal.aborted && !this.isOver) {
            try {
                this.isAsking = true;
                // A new attempt, or a whole minute of thinking: whatever happens meanwhile, the wait ends with the reply.
                const message = this.sent ? await this.#wait(this.sent, signal) : await this.#look(signal);
                if (signal.aborted) return;
                this.isAsking = false;
                this.#pace.backoff.reset();
                this.#connect({ state: 'live', since: platform.now() });
                const news = this.state.applyMessage(message);
                pauseMs = news.length > 0 ? pollMinMs : Math.min(pollMaxMs, pauseMs * 1.5);
                this.#tell(news);
                if (!this.isOver && !this.sent) await pauses.wait(pauseMs, signal).catch(() => undefined);
            } catch (failure) {
                if (signal.aborted) return;
                this.isAsking = false;
                if (failure instanceof PolluxError && !failure.isTemporary) {
                    // Its key is too old, or was another's: the reply itself can still be looked at.
                    if (this.sent) this.sent = null;
                    else return this.#tell([{ type: 'refused', error: failure }]);
                } else {
                    if (!(failure instanceof PolluxError) && !isAbort(failure)) report(failure); // Of the store, say: tried again all the same.
                    this.#connect({ state: 'reconnecting', since: platform.now() });
                    this.#pace.failed(failure instanceof PolluxError ? (failure.retryAfterMs ?? 0) : 0);
                    await this.#pace.rest(signal);
                }
            }
        }
    }

    // Repeats the send, which has its effect once and then waits for the same reply.
    async #wait(sent: RememberedSend, signal: AbortSignal): Promise<Message> {
        const params = { path: { room: sent.room }, query: { wait: waitSeconds } };
        const headers = { 'Idempotency-Key': sent.key };
        const body = { content: sent.content };
        const sending = this.#options.wire.calls.post('/chatroom/{room}/message', { params, body, headers, signal });
        return ((await sending) as Sent).reply;
    }

    async #look(signal: AbortSignal): Promise<Message> {
        const { room, message } = this.#options;
        const params = { path: { room, message } };
        return this.#options.wire.calls.get('/chatroom/{room}/message/{message}', { params, signal });
    }

    #connect(connection: Connection): void {
        // Taking up a stream again that was left for another one's turn is nothing to tell.
        if (connection.state === 'connecting' || this.connection.state === connection.state) return;
        this.connection = connection;
        this.#options.onUpdates([{ type: 'connection', connection }]);
    }

    #tell(updates: readonly ReplyUpdate[]): void {
        if (updates.length === 0) return;
        if (updates.some((update) => update.type === 'end' || update.type === 'refused')) this.isOver = true;
        this.#options.onUpdates(updates);
    }
}
