// Reads a stream of events to its end, over as many connections as that takes: cuts, silence, restarts of the server, sleep of the machine.
import { report } from './emitter.ts';
import { EventParser, type ServerEvent } from './event_parser.ts';
import { Pace } from './pace.ts';
import type { Pauses } from './pauses.ts';
import type { Platform } from './platform.ts';
import { PolluxError, errorOf, isAbort, signedOut, unreadable } from './problem.ts';
import type { Connection } from './types.ts';
import type { Wire } from './wire.ts';

// The server writes every 15 s at least, if only a comment. After this long without a byte the connection is dead, whatever it says.
export const silenceMaxMs = 35_000;
// The same where something has changed, such as the network, or that somebody looks.
export const doubtMaxMs = 20_000;

export interface StreamReader {
    readonly path: string;
    lastEventId(): string | null;
    take(event: ServerEvent): 'more' | 'end' | 'reconnect';
    over(): Promise<void> | void; // The server has nothing more after that id (204).
    refused(error: PolluxError): 'end' | 'reconnect'; // For good, as far as the answer says.
    connection(connection: Connection): void;
    asks?(isAsking: boolean): void; // Whether a request is out that has not been answered.
}

export interface StreamLoopParts {
    readonly platform: Platform;
    readonly wire: Wire;
    readonly pauses: Pauses;
}

export class StreamLoop {
    readonly #parts: StreamLoopParts;
    readonly #reader: StreamReader;
    readonly #pace: Pace;
    #state: Connection['state'] | null = null;

    constructor(parts: StreamLoopParts, reader: StreamReader, pace = new Pace(parts)) {
        this.#parts = parts;
        this.#reader = reader;
        this.#pace = pace;
    }

    // Resolves at the end, or when `signal` is aborted. Never throws.
    async run(signal: AbortSignal): Promise<void> {
        this.#show('connecting');
        await this.#pace.rest(signal);
        while (!signal.aborted) {
            let firmMs = 0;
            let isSignedIn = true; // Else nothing is wrong with the connection.
            try {
                if ((await this.#connection(signal)) === 'end') return;
            } catch (failure) {
                if (signal.aborted) return;
                if (failure instanceof PolluxError) {
                    if (!failure.isTemporary && this.#reader.refused(failure) === 'end') return;
                    firmMs = failure.retryAfterMs ?? 0;
                    isSignedIn = failure.code !== signedOut;
                } else if (!isAbort(failure) && !(failure instanceof TypeError)) {
                    report(failure); // Of the reader itself: the stream is tried again.
                }
            }
            if (isSignedIn) this.#show('reconnecting');
            this.#pace.failed(firmMs);
            await this.#pace.rest(signal);
        }
    }

    async #connection(signal: AbortSignal): Promise<'end' | 'again'> {
        // Of this connection alone: it is given up when it is silent.
        const own = new AbortController();
        const abort = () => own.abort();
        signal.addEventListener('abort', abort, { once: true });
        const watch = new SilenceWatch(this.#parts, abort);
        try {
            this.#reader.asks?.(true);
            const response = await this.#parts.wire.openStream(this.#reader.path, this.#reader.lastEventId(), own.signal).finally(() => this.#reader.asks?.(false));
            if (response.status === 204) {
                await this.#reader.over();
                return 'end';
            }
            if (!response.ok) throw await errorOf(response);
            if (!/^text\/event-stream\b/i.test(response.headers.get('Content-Type') ?? '') || !response.body) {
                throw unreadable(response, 'The answer is no stream of events.');
            }
            return await this.#read(response.body, watch);
        } finally {
            watch.stop();
            signal.removeEventListener('abort', abort);
            own.abort(); // Whatever is left of it.
        }
    }

    async #read(body: ReadableStream<Uint8Array>, watch: SilenceWatch): Promise<'end' | 'again'> {
        const bytes = body.getReader();
        const parser = new EventParser();
        for (;;) {
            const { value, done } = await bytes.read();
            if (done) return 'again';
            watch.heard();
            this.#show('live');
            for (const event of parser.feed(value)) {
                this.#pace.backoff.reset();
                const verdict = this.#reader.take(event);
                if (verdict === 'end') return 'end';
                if (verdict === 'reconnect') return 'again';
            }
            if (parser.retryMs !== null) this.#pace.backoff.setMin(parser.retryMs);
        }
    }

    #show(state: Connection['state']): void {
        if (this.#state === state) return;
        this.#state = state;
        this.#reader.connection({ state, since: this.#parts.platform.now() });
    }
}

// Calls `onSilence` once nothing was heard for too long. A machine that slept is found out when it wakes: timers do not count its sleep.
class SilenceWatch {
    readonly #platform: Platform;
    readonly #onSilence: () => void;
    readonly #offWake: () => void;
    #heardAtMs: number;
    #maxMs = silenceMaxMs;
    #timer: unknown;

    constructor({ platform, pauses }: StreamLoopParts, onSilence: () => void) {
        this.#platform = platform;
        this.#onSilence = onSilence;
        this.#heardAtMs = platform.now();
        this.#offWake = pauses.onWake(() => {
            this.#maxMs = doubtMaxMs;
            this.#look();
        });
        this.#timer = platform.setTimer(() => this.#look(), silenceMaxMs);
    }

    heard(): void {
        this.#heardAtMs = this.#platform.now();
        this.#maxMs = silenceMaxMs;
    }

    stop(): void {
        this.#platform.clearTimer(this.#timer);
        this.#offWake();
    }

    #look(): void {
        this.#platform.clearTimer(this.#timer);
        const leftMs = this.#heardAtMs + this.#maxMs - this.#platform.now();
        if (leftMs <= 0) return this.#onSilence();
        this.#timer = this.#platform.setTimer(() => this.#look(), leftMs);
    }
}
