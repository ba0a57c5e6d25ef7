// Many replies, each read over several connections that are cut at random. What a reader put together is what the model said.
import assert from 'node:assert/strict';

import { persist } from '../../chaos/clients.mjs';
import { ReplyReader } from './sse.mjs';
import { scripts, sentence } from './texts.mjs';

const cutsMax = 5;
const patienceSeconds = 120;

// A reply in all scripts, with thoughts, said slowly enough to be cut: {text, thoughts, plan}.
export function longReply(random) {
    const text = Object.keys(scripts).map((script) => sentence(random, script, 12)).join('\n');
    const thoughts = sentence(random, 'korean') + sentence(random, 'emoji');
    return { text, thoughts, plan: { text, thoughts, duration_ms: 1200, chunks: 60, pieces: 'random', seed: random.below(1000) } };
}

export class ManyStreams {
    done = 0;
    restarts = 0;
    connections = 0;

    // Each user reads one after the other. Throws at the first mismatch.
    async read({ users, count, random, text, thoughts }) {
        await Promise.all(users.map(async (user, index) => {
            const own = random.fork();
            const room = await persist(() => user.createRoom());
            for (let number = index; number < count; number += users.length) {
                const { reply } = await user.sendUntilAccepted(room, `stream ${number}`);
                const reader = await this.#readOne(user, room, reply.id, own);
                assert.equal(reader.end, 'done');
                assert.equal(reader.text, text);
                assert.equal(reader.thoughts, thoughts);
                this.restarts += reader.restarts;
                this.connections += reader.connections;
                ++this.done;
            }
        }));
        assert.equal(this.done, count);
    }

    async #readOne(user, room, reply, random) {
        const cuts = Array.from({ length: random.below(cutsMax + 1) }, () => random.below(6));
        const reader = new ReplyReader();
        const options = { cutAfter: (connection) => cuts[connection] ?? Infinity, seconds: patienceSeconds, reader };
        await persist(() => user.follow(room, reply, options), patienceSeconds);
        return reader;
    }

    toString() {
        return `${this.done} streams over ${this.connections} connections, ${this.restarts} restarts, 0 mismatches`;
    }
}
