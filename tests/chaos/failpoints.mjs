// Every named failpoint (base/failpoint.hpp) ends the process once, in the middle of a workload that passes all of them; after a start
// without it, everything that was asked for must be there once.
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

import { Client, Unexpected, User } from '../e2e/support/client.mjs';
import { repository, sleep } from '../e2e/support/process.mjs';
import { Server, roomySettings } from '../e2e/support/server.mjs';
import { Sim } from '../e2e/support/sim.mjs';
import { check } from './checker.mjs';
import { persist } from './clients.mjs';
import { readHistory, settledMessages } from './history.mjs';
import { sqliteProblems } from './shapes/embedded.mjs';

const atOnce = 3; // Servers that work through the list side by side.
const quota = 1_000_000;
const ofTheStart = /^(migrate|backup)_/;

// As they stand in the code, so that none is forgotten.
export function failpointNames() {
    const names = new Set();
    for (const file of fs.readdirSync(path.join(repository, 'src'), { recursive: true })) {
        if (!file.endsWith('.cpp') || file.endsWith('_test.cpp')) continue;
        const text = fs.readFileSync(path.join(repository, 'src', file), 'utf8');
        for (const [, name] of text.matchAll(/\bfailpoint\("([a-z_]+)"\)/g)) names.add(name);
    }
    return [...names].sort();
}

export async function runFailpoints(random, verdict) {
    const names = failpointNames();
    const queue = names.filter((name) => !ofTheStart.test(name));
    const problems = [];
    const lanes = Array.from({ length: atOnce }, () => new Lane(random.fork()));
    await Promise.all([
        ...lanes.map((lane) => lane.work(queue, problems)),
        ...names.filter((name) => ofTheStart.test(name)).map((name) => dieWhileStarting(name, problems)),
    ]);
    verdict(`${names.length} failpoints, each of which ended the process once`, problems);
}

async function diesAt(server, name, problems, seconds = 20) {
    await Promise.race([server.program.end, sleep(seconds * 1000)]);
    const { exited } = server.program;
    if (exited?.signal === 'SIGKILL') return;
    problems.push(`${name}: ${exited ? `ended with ${JSON.stringify(exited)}` : 'the workload does not pass it (add to tests/chaos/failpoints.mjs)'}`);
    await server.kill();
}

// One server with its users, which goes through failpoint after failpoint.
class Lane {
    sends = []; // The ledger of the rooms that the checker looks at.
    kills = [];

    constructor(random) {
        this.random = random;
    }

    async work(queue, problems) {
        this.sim = await Sim.start();
        await this.sim.plan({ default: { duration_ms: 120, chunks: 6 } });
        this.server = await Server.start({ env: { ...roomySettings, ...this.sim.settings(), BASIC_DAILY_MESSAGES: String(quota) } });
        this.client = new Client(this.server);
        // The checker looks at the first user's rooms; each of the others does one thing besides.
        const [sender, retrier, stopper, deleter, waiter] = await Promise.all(Array.from({ length: 5 }, () => User.signUp(this.client)));
        Object.assign(this, { sender, retrier, stopper, deleter, waiter, rooms: [] });
        while (queue.length > 0) {
            const name = queue.shift();
            try {
                await this.#dieAt(name, problems);
            } catch (failure) {
                problems.push(`${name}: ${failure.stack}`);
                if (this.server.program.exited) await this.server.start();
            }
        }
        await this.#checkAll(problems);
        this.client.close();
        await this.sim.stop();
    }

    async #dieAt(name, problems) {
        // The start itself commits a few times.
        const passes = name.startsWith('db_') ? this.random.between(8, 30) : /^(send|finish)_/.test(name) ? this.random.between(1, 3) : 1;
        await this.server.stop();
        await this.server.launch({ FAILPOINT: `${name}:abort@${passes}` });
        const workload = Promise.allSettled([this.#send(), this.#retry(), this.#stop(), this.#delete(), ...(name.startsWith('put_back') ? [this.#wait()] : [])]);
        await diesAt(this.server, name, problems);
        this.kills.push(Date.now());
        await this.server.start();
        for (const { reason } of await workload) if (reason) problems.push(`${name}: ${reason.stack}`);
    }

    // Three messages in one room, each sent with its key until it is accepted.
    async #send() {
        const room = await persist(() => this.sender.createRoom());
        this.rooms.push(room);
        for (const number of [1, 2, 3]) {
            const entry = { user: this.sender.id, room, key: randomUUID(), content: `${number} in room ${room}`, answers: [], streamed: [] };
            this.sends.push(entry);
            const sent = await this.sender.sendUntilAccepted(room, entry.content, { key: entry.key });
            entry.answers.push({ message: sent.message.id, reply: sent.reply.id, isReplayed: false });
        }
        const { reply } = this.sends.at(-1).answers[0];
        const reader = await this.sender.follow(room, reply);
        this.sends.at(-1).streamed.push({ reply, text: reader.text });
    }

    async #retry() {
        const { retrier: user } = this;
        const room = await persist(() => user.createRoom());
        const sent = await user.sendUntilAccepted(room, 'once more');
        await user.follow(room, sent.reply.id);
        const headers = { 'Idempotency-Key': randomUUID() };
        const ask = () => user.ask('POST', `/chatroom/${room}/message/${sent.reply.id}/retry/`, { headers, expect: 201 });
        const first = await persist(ask);
        const again = await persist(ask);
        await user.follow(room, first.reply.id);
        const variants = (await persist(() => user.ask('GET', `/chatroom/${room}/message/${sent.reply.id}/variants/`))).results;
        const statuses = variants.map(({ variant, status }) => `${variant} ${status}`).join(', ');
        if (again.reply.id !== first.reply.id || statuses !== '1 completed, 2 completed') throw new Error(`the retry: ${statuses}`);
    }

    // A reply that waits behind another one is stopped.
    async #stop() {
        const { stopper: user } = this;
        const room = await persist(() => user.createRoom());
        const before = (await persist(() => user.usage())).used;
        const first = await user.sendUntilAccepted(room, 'goes first');
        const second = await user.sendUntilAccepted(room, 'is stopped');
        const stopped = await persist(() => user.stop(room, second.reply.id));
        await user.follow(room, first.reply.id);
        const end = (await user.follow(room, second.reply.id)).message;
        if (end.status !== stopped.status || !['stopped', 'completed'].includes(end.status)) throw new Error(`the stop: ${end.status}`);
        const free = end.status === 'stopped' && end.content === '';
        const { used } = await persist(() => user.usage());
        if (used !== before + (free ? 1 : 2)) throw new Error(`the stop: ${used - before} units for ${free ? 'one reply and one that did not begin' : 'two replies'}`);
    }

    async #delete() {
        const { deleter: user } = this;
        const room = await persist(() => user.createRoom());
        const before = (await persist(() => user.usage())).used;
        for (const content of ['one', 'two']) await user.sendUntilAccepted(room, content);
        await persist(() => user.ask('DELETE', `/chatroom/${room}/`, { expect: 204 })).catch((failure) => {
            const isGone = failure instanceof Unexpected && failure.answer.status === 404; // The first one did it and could not say so.
            if (!isGone) throw failure;
        });
        await persist(() => user.ask('GET', `/chatroom/${room}/`, { expect: 404 }));
        const { used } = await persist(() => user.usage());
        if (used < before || used > before + 2) throw new Error(`the deletion: ${used - before} units for two replies`);
        this.deleted = [...(this.deleted ?? []), room];
    }

    // The model says "later", so the job is put back.
    async #wait() {
        const { waiter: user } = this;
        const room = await persist(() => user.createRoom());
        const content = `later in room ${room}`;
        await this.sim.plan({ matching: [{ match: content, status: 429, retry_delay: '2.1s' }] });
        const sent = await user.sendUntilAccepted(room, content);
        const reader = await user.follow(room, sent.reply.id);
        if (reader.message.status !== 'completed') throw new Error(`the reply that was put back: ${reader.message.status}`);
    }

    async #checkAll(problems) {
        const users = [{ user: this.sender, rooms: this.rooms }];
        const shown = await settledMessages(users, this.kills.at(-1) ?? Date.now());
        const stopped = await this.server.stop();
        if (stopped.code !== 0) problems.push(`the end: ${JSON.stringify(stopped)}`);
        const { server, sim, sends, kills } = this;
        const history = await readHistory({ store: server, sim, users, sends, kills, shown, quota });
        history.calls = history.calls.filter(({ question }) => sends.some(({ content }) => content === question));
        problems.push(...check(history), ...(await sqliteProblems(server)), ...(await this.#leftovers()));
    }

    async #leftovers() {
        const left = await this.server.rows(`select 'message' as what, id from messages where room_id in (${(this.deleted ?? []).join(',')})
            union all select 'job', id from jobs`);
        return left.map(({ what, id }) => `left over: ${what} ${id}`);
    }
}

// A failpoint of the first start, or of one that finds an older schema: the next start brings the database up to date all the same.
async function dieWhileStarting(name, problems) {
    const server = new Server({ env: roomySettings });
    const needsOlder = name.startsWith('backup') || name === 'migrate_after_copy';
    if (needsOlder) {
        await server.launch({ FAILPOINT: 'migrate_after_commit:abort@1' });
        await diesAt(server, 'migrate_after_commit', problems);
    }
    await server.launch({ FAILPOINT: `${name}:abort` });
    await diesAt(server, name, problems);
    await server.start();
    const client = new Client(server);
    const user = await User.signUp(client);
    const sent = await user.send(await user.createRoom(), 'hello', { wait: 20 });
    if (sent.reply.status !== 'completed') problems.push(`${name}: the first reply afterwards is ${sent.reply.status}`);
    client.close();
    await server.stop();
    problems.push(...(await sqliteProblems(server)));
}
