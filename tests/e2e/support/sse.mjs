// Server-Sent Events, and what must hold for the stream of a reply. No I/O.
import assert from 'node:assert/strict';
import { StringDecoder } from 'node:string_decoder';

// Bytes in, events out: {event, id, data}. Comments are counted.
export class SseParser {
    comments = 0;
    #decoder = new StringDecoder('utf8');
    #rest = '';
    #event = {};

    feed(bytes) {
        const events = [];
        const lines = (this.#rest + this.#decoder.write(bytes)).split('\n');
        this.#rest = lines.pop();
        for (const line of lines) this.#line(line.endsWith('\r') ? line.slice(0, -1) : line, events);
        return events;
    }

    #line(line, events) {
        if (line === '') {
            if (this.#event.data !== undefined) events.push(this.#event);
            this.#event = {};
        } else if (line.startsWith(':')) {
            ++this.comments;
        } else {
            const [, field, value] = /^([^:]*):? ?(.*)$/su.exec(line);
            this.#event[field] = field === 'data' && this.#event.data !== undefined ? `${this.#event.data}\n${value}` : value;
        }
    }
}

const bytes = (text) => Buffer.byteLength(text);

// Puts a reply together from the events of one or more connections, and checks each of them.
export class ReplyReader {
    text = '';
    thoughts = '';
    attempt = -1;
    citations = null;
    accepted = null; // What `accepted` brought, on the stream of a send.
    message = null; // Of done, or of error where it has one.
    error = null;
    end = null; // 'done' or 'error'
    lastId = null; // To resume from.
    restarts = 0;
    waited = []; // Reasons, in their order.
    connections = 0;
    #isFirst = true;
    #resumes = false;

    connected() {
        ++this.connections;
        this.#isFirst = true;
        this.#resumes = this.lastId !== null;
    }

    take({ event, id, data }) {
        assert.equal(this.end, null, `${event} came after ${this.end}`);
        assert.ok(!data.includes('\ufffd'), 'a character was torn');
        const body = JSON.parse(data);
        const mustStart = this.#isFirst && !this.#resumes;
        if (event === 'accepted') return this.#takeAccepted(body, id);
        if (event === 'waiting') return this.#takeWaiting(body);
        if (mustStart) assert.ok(['start', 'error'].includes(event), `the first event is ${event}`);
        else assert.notEqual(event, 'start', 'start came twice, or to a reader that resumes');
        this.#isFirst = false;
        this.#takeReply(event, id, body);
        this.lastId = id;
    }

    #takeAccepted(body, id) {
        assert.ok(this.#isFirst && !this.accepted, 'accepted is the first event');
        assert.equal(id, '0-0', 'who is cut here comes back with an id');
        this.lastId = id;
        this.accepted = body;
    }

    // Before the first attempt, or between two.
    #takeWaiting(body) {
        assert.ok(['queue', 'model_unavailable', 'rate_limited'].includes(body.reason), body.reason);
        this.waited.push(body.reason);
    }

    #takeReply(event, id, body) {
        const [attempt, offset] = /^(\d+)-(end|\d+(?:-\d+)?)$/.exec(id)?.slice(1) ?? assert.fail(`a strange id: ${id}`);
        switch (event) {
        case 'start':
            this.#enter(Number(attempt), body.attempt);
            break;
        case 'restart':
            ++this.restarts;
            this.#enter(Number(attempt), body.attempt);
            assert.equal(offset, '0');
            return;
        case 'delta':
            assert.ok(body.text.length > 0, 'an empty delta');
            this.text += body.text;
            break;
        case 'thought':
            assert.ok(body.text.length > 0, 'an empty thought');
            this.thoughts += body.text;
            break;
        case 'citations':
            this.citations = body.citations;
            break;
        case 'done':
        case 'error':
            assert.equal(offset, 'end');
            this.#finish(event, body);
            return;
        default:
            assert.fail(`an unknown event: ${event}`);
        }
        assert.equal(Number(attempt), this.attempt, `the attempt of ${event} ${id}`);
        assert.equal(offset, this.thoughts ? `${bytes(this.text)}-${bytes(this.thoughts)}` : `${bytes(this.text)}`, `the offset of ${event}`);
    }

    #enter(attempt, inBody) {
        assert.equal(attempt, inBody);
        assert.ok(attempt >= this.attempt, `attempt ${attempt} after ${this.attempt}`);
        this.attempt = attempt;
        this.text = '';
        this.thoughts = '';
    }

    #finish(event, body) {
        this.end = event;
        this.message = body.message ?? null;
        this.error = body.error ?? null;
        if (!this.message) return;
        assert.equal(this.text, this.message.content, 'what was streamed is not what was stored');
        assert.equal(this.thoughts, this.message.thoughts, 'thoughts');
    }
}
