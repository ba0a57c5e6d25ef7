// The leader's side of GET /events/.
import type { ServerEvent } from './event_parser.ts';
import type { StreamLoopParts, StreamReader } from './stream_loop.ts';
import { StreamLoop } from './stream_loop.ts';
import type { Connection, Notice } from './types.ts';

const chatNames = ['message', 'reply', 'room', 'room_deleted'];
const names: ReadonlySet<string> = new Set(['ready', 'reset', ...chatNames, 'usage', 'plan', 'session_ended']);

// Where bodies cannot be read while they come, nothing is told: whatever is shown is to be fetched anew from time to time.
export const resetEveryMs = 20_000;

export interface NoticeSourceOptions extends StreamLoopParts {
    readonly lastId: string | null;
    readonly onNotice: (id: string | null, notice: Notice) => void;
    readonly onConnection: (connection: Connection) => void;
}

export class NoticeSource {
    readonly #options: NoticeSourceOptions;
    readonly #abort = new AbortController();
    #lastId: string | null;

    constructor(options: NoticeSourceOptions) {
        this.#options = options;
        this.#lastId = options.lastId;
    }

    async run(): Promise<void> {
        if (this.#options.wire.bodyStreams) await new StreamLoop(this.#options, this.#reader()).run(this.#abort.signal);
        else await this.#resets();
    }

    stop(): void {
        this.#abort.abort();
    }

    #reader(): StreamReader {
        return {
            path: '/events/',
            lastEventId: () => this.#lastId,
            take: (event: ServerEvent) => {
                if (this.#abort.signal.aborted) return 'end';
                this.#lastId = event.id ?? this.#lastId;
                if (names.has(event.name)) {
                    this.#options.onNotice(event.id, { name: event.name, data: JSON.parse(event.data) as unknown } as Notice);
                }
                return this.#abort.signal.aborted ? 'end' : 'more';
            },
            over: () => undefined,
            // The session has ended, which its tokens will show; or the last id is none, which is answered with `reset` anyway.
            refused: () => (this.#abort.signal.aborted ? 'end' : 'reconnect'),
            connection: this.#options.onConnection,
        };
    }

    async #resets(): Promise<void> {
        const { signal } = this.#abort;
        this.#options.onNotice(null, { name: 'ready', data: {} });
        while (!signal.aborted) {
            await this.#options.pauses.wait(resetEveryMs, signal).catch(() => undefined);
            if (!signal.aborted) this.#options.onNotice(null, { name: 'reset', data: {} });
        }
    }
}
