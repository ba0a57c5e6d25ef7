// What users do so that every failpoint is passed: each of six users one thing. It goes on until all of it is done, whatever dies meanwhile.
import { randomUUID } from 'node:crypto';

import { Unexpected, User } from '../e2e/support/client.mjs';
import { until } from '../e2e/support/process.mjs';
import { ReplyReader } from '../e2e/support/sse.mjs';
import { persist } from './clients.mjs';

const patienceSeconds = 120;
const stopsMax = 10;
export const usersOfAWorkload = 6;

export class Workload {
    // The checker looks at the first user's rooms; each of the others does one thing besides.
    static async of(client) {
        const workload = new Workload();
        workload.users = await Promise.all(Array.from({ length: usersOfAWorkload }, () => User.signUp(client)));
        return workload;
    }

    sends = []; // The ledger of the sender's rooms.
    rooms = []; // The sender's.
    deleted = []; // Rooms.

    get sender() {
        return this.users[0];
    }

    // `sim`: the first model says "later" to one of them and "no" to another, if it is given. Returns what went wrong.
    async run(sim) {
        const [sender, retrier, stopper, deleter, waiter, namer] = this.users;
        const parts = [this.#send(sender), this.#retry(retrier), this.#stop(stopper), this.#delete(deleter)];
        parts.push(this.#name(namer));
        if (sim) parts.push(this.#wait(waiter, sim));
        return (await Promise.allSettled(parts)).flatMap(({ reason }) => (reason ? [reason.stack] : []));
    }

    // Three messages in one room, each sent with its key until it is accepted.
    async #send(user) {
        const room = await makeRoom(user);
        this.rooms.push(room);
        for (const number of [1, 2, 3]) {
            const entry = { user: user.id, room, key: randomUUID(), content: `${number} in room ${room}`, answers: [], streamed: [] };
            this.sends.push(entry);
            const sent = await user.sendUntilAccepted(room, entry.content, { key: entry.key });
            entry.answers.push({ message: sent.message.id, reply: sent.reply.id, isReplayed: false });
            if (number < 3) continue;
            const reader = await read(user, room, sent.reply.id);
            entry.streamed.push({ reply: sent.reply.id, text: reader.text });
        }
    }

    async #retry(user) {
        const room = await makeRoom(user);
        const sent = await user.sendUntilAccepted(room, 'once more');
        await read(user, room, sent.reply.id);
        const headers = { 'Idempotency-Key': randomUUID() };
        const ask = () => user.ask('POST', `/chatroom/${room}/message/${sent.reply.id}/retry/`, { headers, expect: 201 });
        const first = await persist(ask);
        const again = await persist(ask);
        await read(user, room, first.reply.id);
        const variants = (await persist(() => user.ask('GET', `/chatroom/${room}/message/${sent.reply.id}/variants/`))).results;
        const statuses = variants.map(({ variant, status }) => `${variant} ${status}`).join(', ');
        if (again.reply.id !== first.reply.id || statuses !== '1 completed, 2 completed') throw new Error(`the retry: ${statuses}`);
    }

    // Again where the reply had begun before anybody heard of the stop, as on a machine that is busy.
    async #stop(user) {
        for (let round = 0; round < stopsMax; ++round) if (await this.#stopBehindAnother(user)) return;
    }

    // A reply that waits behind another one is stopped. Whether it never began.
    async #stopBehindAnother(user) {
        const room = await makeRoom(user);
        const before = (await persist(() => user.usage())).used;
        const first = await user.sendUntilAccepted(room, 'goes first');
        const second = await user.sendUntilAccepted(room, 'is stopped');
        const stopped = await persist(() => user.stop(room, second.reply.id));
        await read(user, room, first.reply.id);
        const { message: end, attempt } = await read(user, room, second.reply.id);
        // A server that is told to end does not wait for the worker's word.
        const isTrue = ['streaming', end.status].includes(stopped.status) && ['stopped', 'completed'].includes(end.status);
        if (!isTrue) throw new Error(`the stop: it was answered that it is ${stopped.status}, and it is ${end.status}`);
        const { used } = await persist(() => user.usage());
        const isEmpty = end.status === 'stopped' && end.content === '';
        // One that was never begun costs nothing. One that was, and has no text yet, may have been waiting again when it was stopped.
        const allowed = isEmpty ? (attempt > 0 ? [1, 2] : [1]) : [2];
        if (!allowed.includes(used - before)) throw new Error(`the stop: ${used - before} units, and the second reply is ${end.status} in attempt ${attempt} with "${end.content}"`);
        return isEmpty && attempt === 0;
    }

    async #delete(user) {
        const room = await makeRoom(user);
        const before = (await persist(() => user.usage())).used;
        for (const content of ['one', 'two']) await user.sendUntilAccepted(room, content);
        await persist(() => user.ask('DELETE', `/chatroom/${room}/`, { expect: 204 })).catch((failure) => {
            const isGone = failure instanceof Unexpected && failure.answer.status === 404; // The first one did it and could not say so.
            if (!isGone) throw failure;
        });
        await persist(() => user.ask('GET', `/chatroom/${room}/`, { expect: 404 }));
        const { used } = await persist(() => user.usage());
        if (used < before || used > before + 2) throw new Error(`the deletion: ${used - before} units for two replies`);
        this.deleted.push(room);
    }

    // The model says that it cannot just now, so the job is put back; and then that it never will, so that the next one answers.
    async #wait(user, sim) {
        const room = await makeRoom(user);
        for (const [word, status] of [['later', 503], ['never', 404]]) {
            const content = `${word} in room ${room}`;
            await sim.plan({ matching: [{ match: content, status }] });
            const sent = await user.sendUntilAccepted(room, content);
            const reader = await read(user, room, sent.reply.id);
            if (reader.message.status !== 'completed') throw new Error(`the reply to "${word}": ${reader.message.status}`);
        }
    }

    // A room without a name gets one.
    async #name(user) {
        const room = await persist(() => user.createRoom({}));
        const sent = await user.sendUntilAccepted(room, 'what is this about?');
        await read(user, room, sent.reply.id);
        const shown = () => persist(() => user.ask('GET', `/chatroom/${room}/`));
        await until(`a name for room ${room}`, async () => (await shown()).named_by === 'model', { seconds: patienceSeconds });
    }
}

const makeRoom = (user) => persist(() => user.createRoom());

async function read(user, room, reply) {
    const reader = new ReplyReader();
    await persist(() => user.follow(room, reply, { seconds: patienceSeconds, reader }), patienceSeconds);
    return reader;
}
