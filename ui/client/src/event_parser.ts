// Server-Sent Events (WHATWG HTML 9.2): bytes in, events out, however they are cut. No I/O.
export interface ServerEvent {
    readonly name: string; // "message" where the stream names none.
    readonly data: string;
    readonly id: string | null; // The last id that was given, by this event or an earlier one.
}

export class EventParser {
    retryMs: number | null = null; // The newest `retry:`.
    readonly #decoder = new TextDecoder(); // Drops one leading BOM, and keeps half a character for the next bytes.
    #line = '';
    #endedInCr = false;
    #name = '';
    #data: string[] = [];
    #id: string | null = null;

    // What is unfinished when the stream ends is never an event.
    feed(bytes: Uint8Array): ServerEvent[] {
        const events: ServerEvent[] = [];
        let text = this.#decoder.decode(bytes, { stream: true });
        if (text === '') return events;
        if (this.#endedInCr && text.startsWith('\n')) text = text.slice(1);
        this.#endedInCr = text.endsWith('\r');

        const lines = (this.#line + text).split(/\r\n|\n|\r/);
        this.#line = lines.pop() ?? '';
        for (const line of lines) {
            if (line === '') this.#dispatch(events);
            else this.#take(line);
        }
        return events;
    }

    #take(line: string): void {
        const colon = line.indexOf(':');
        if (colon === 0) return; // A comment.
        const field = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
        if (field === 'data') this.#data.push(value);
        else if (field === 'event') this.#name = value;
        else if (field === 'id' && !value.includes('\0')) this.#id = value === '' ? null : value;
        else if (field === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value);
    }

    #dispatch(events: ServerEvent[]): void {
        if (this.#data.length > 0) events.push({ name: this.#name || 'message', data: this.#data.join('\n'), id: this.#id });
        this.#name = '';
        this.#data = [];
    }
}
