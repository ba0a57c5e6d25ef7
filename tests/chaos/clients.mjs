// Clients that send while the server comes and goes. Each writes down what it saw: the ledger that the checker reads.
import { randomUUID } from 'node:crypto';

import { Broken, Unexpected, onlyBroken, readEvents } from '../e2e/support/client.mjs';
import { sleep } from '../e2e/support/process.mjs';
import { ReplyReader } from '../e2e/support/sse.mjs';
import { scripts, sentence } from '../e2e/support/texts.mjs';

export class ChaosClient {
    reading = []; // Readers that are still at it.

    // `onAccepted` is called for every send that was accepted for the first time. `pauseMs`: between two sends, on average. `giveUpAfterMs`:
    // on an answer, and on the end of a reply; one that was cut three times waits for the others, for as long as there is harm.
    constructor({ user, rooms, random, ledger, onAccepted, pauseMs, giveUpAfterMs }) {
        Object.assign(this, { user, rooms, random, ledger, onAccepted, pauseMs, giveUpAfterMs });
    }

    async run(count) {
        for (let number = 0; number < count; ++number) {
            await this.#sendOnce(this.#newEntry(number));
            if (this.random.chance(0.5)) await sleep(this.random.below(4 * this.pauseMs)); // Some at once, then none for a while.
        }
        await Promise.all(this.reading);
    }

    #newEntry(number) {
        const { user, random } = this;
        const content = `${user.id}.${number} ${sentence(random, random.pick(Object.keys(scripts)), 8)}`;
        return { user: user.id, room: random.pick(this.rooms), key: randomUUID(), content, answers: [], streamed: [] };
    }

    // Sends with the entry's key until there is an answer; sometimes once more, as a client does that did not hear the first one.
    async #sendOnce(entry) {
        this.ledger.push(entry);
        const ways = [() => this.#plain(entry), () => this.#plain(entry), () => this.#plain(entry, 1), () => this.#inline(entry), () => this.#inline(entry)];
        await this.#untilAnswered(entry, this.random.pick(ways));
        this.onAccepted();
        if (this.random.chance(0.2)) await this.#untilAnswered(entry, this.random.pick(ways));
        if (this.random.chance(0.4)) this.reading.push(this.#follow(entry));
    }

    async #untilAnswered(entry, way) {
        const before = entry.answers.length;
        for (const end = Date.now() + this.giveUpAfterMs; entry.answers.length === before;) {
            if (Date.now() > end) throw new Error(`the send ${entry.key} was not answered for ${this.giveUpAfterMs / 1000} s`);
            const wait = await way().catch(onlyBroken);
            if (entry.answers.length === before) await sleep(wait ?? 20 + this.random.below(60));
        }
    }

    #write(entry, { message, reply }, headers) {
        entry.answers.push({ message: message.id, reply: reply.id, isReplayed: headers['idempotent-replayed'] === 'true' });
    }

    async #plain(entry, wait) {
        const answer = await this.user.post(entry.room, entry.content, { key: entry.key, wait });
        if (answer.status === 201) return void this.#write(entry, answer.body, answer.headers);
        return this.#pauseAfter(answer);
    }

    // The reply comes on the same connection; if that breaks, what was read so far is worth nothing, but the acceptance counts.
    async #inline(entry) {
        const options = { token: this.user.token, body: { content: entry.content }, headers: { 'Idempotency-Key': entry.key } };
        const stream = await this.user.client.stream('POST', `/chatroom/${entry.room}/message/`, options);
        if (!stream.events) return this.#pauseAfter(stream.answer);
        const reader = new ReplyReader();
        try {
            await readEvents(stream, reader);
        } finally {
            if (reader.accepted) this.#write(entry, reader.accepted, stream.headers);
        }
        if (reader.end === 'done') entry.streamed.push({ reply: reader.accepted.reply.id, text: reader.text });
        return undefined;
    }

    #pauseAfter(answer) {
        const isTemporary = answer.status === 503 || answer.status === 409 || ['room_busy', 'queue_full'].includes(answer.body.code);
        if (!isTemporary) throw new Unexpected(answer, 'send');
        return 50 + this.random.below(150);
    }

    async #follow(entry) {
        const { reply } = entry.answers[0];
        const cuts = Array.from({ length: this.random.below(3) }, () => this.random.below(8));
        const reader = new ReplyReader();
        const cutAfter = (connection) => cuts[connection] ?? Infinity;
        const seconds = this.giveUpAfterMs / 1000;
        await persist(() => this.user.follow(entry.room, reply, { seconds, cutAfter, reader }), seconds);
        if (reader.end === 'done') entry.streamed.push({ reply, text: reader.text });
    }
}

// What must be done again until it is answered, such as making a room.
export async function persist(action, seconds = 60) {
    for (const end = Date.now() + seconds * 1000;;) {
        try {
            return await action();
        } catch (failure) {
            const isTemporary = failure instanceof Broken || (failure instanceof Unexpected && [503, 409].includes(failure.answer.status));
            if (!isTemporary || Date.now() > end) throw failure;
        }
        await sleep(30);
    }
}
