// Every named failpoint (base/failpoint.hpp) ends the embedded process once, in the middle of a workload that passes all of them; after
// a start without it, everything that was asked for must be there once.
import fs from 'node:fs';
import path from 'node:path';

import { Client, User } from '../e2e/support/client.mjs';
import { repository, sleep } from '../e2e/support/process.mjs';
import { Server, roomySettings } from '../e2e/support/server.mjs';
import { check } from './checker.mjs';
import { readHistory, settledMessages } from './history.mjs';
import { startModels } from './models.mjs';
import { sqliteProblems } from './shapes/embedded.mjs';
import { Workload } from './workload.mjs';

const atOnce = 3; // Servers that work through the list side by side.
export const quota = 1_000_000;
const ofMoney = /^(grant|payment|demo|walk|sms)_/; // Tests of plans, payments and texts (tests/e2e) end processes at those.
const ofTheStart = /^(migrate|backup|task)_/; // A first start begins each period of tasks.

// As they stand in the code, so that none is forgotten.
export function failpointNames() {
    return allFailpointNames().filter((name) => !ofMoney.test(name));
}

export function allFailpointNames() {
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

// Waits until `process` (a Server or a Node) is dead, and says what is wrong when it did not die by `name`.
export async function diesAt(process, name, problems, seconds = 20) {
    const { program } = process;
    await Promise.race([program.end, sleep(seconds * 1000)]);
    if (program.exited?.signal === 'SIGKILL') return;
    problems.push(`${name}: ${program.exited ? `ended with ${JSON.stringify(program.exited)}` : 'the workload does not pass it (tests/chaos/workload.mjs)'}`);
    await process.kill();
}

// At which time it is passed. Those of `once` the workload passes a single time.
export function passes(name, random, once = []) {
    return /^(db|send|finish)_/.test(name) && !once.includes(name) ? random.between(1, 3) : 1;
}

// Those that only a model in trouble leads to.
export const needsTrouble = (name) => /^(put_back|call|attempt)_/.test(name);

// One server with its users, which goes through failpoint after failpoint.
class Lane {
    kills = [];

    constructor(random) {
        this.random = random;
    }

    async work(queue, problems) {
        this.models = await startModels();
        await this.models.first.plan({ default: { duration_ms: 120, chunks: 6 } });
        this.server = await Server.start({ env: { ...roomySettings, ...this.models.settings, BASIC_DAILY_MESSAGES: String(quota) } });
        this.client = new Client(this.server);
        this.workload = await Workload.of(this.client);
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
        await this.models.stop();
    }

    async #dieAt(name, problems) {
        await this.server.stop();
        const startCommits = name.startsWith('db_') ? 8 : 0;
        await this.server.launch({ FAILPOINT: `${name}:abort@${startCommits + passes(name, this.random)}` });
        const working = this.workload.run(needsTrouble(name) ? this.models.first : undefined);
        await diesAt(this.server, name, problems);
        this.kills.push(Date.now());
        await this.server.start();
        for (const problem of await working) problems.push(`${name}: ${problem}`);
    }

    async #checkAll(problems) {
        const { server, models, kills } = this;
        const { sender, rooms, sends, deleted } = this.workload;
        const users = [{ user: sender, rooms }];
        const shown = await settledMessages(users, kills.at(-1) ?? Date.now());
        const stopped = await server.stop();
        if (stopped.code !== 0) problems.push(`the end: ${JSON.stringify(stopped)}`);
        const history = await readHistory({ store: server, models, users, sends, kills, shown, quota, named: namedOf(rooms) });
        problems.push(...check(history), ...(await sqliteProblems(server)), ...(await leftovers(server, deleted)));
    }
}

// The rooms of a workload's sender have the name that makeRoom() gave them.
export const namedOf = (rooms) => rooms.map((room) => ({ room, name: 'a room', isFromTheStart: true }));

// What is there of deleted rooms, and jobs when all is done. `store` has rows(query).
export async function leftovers(store, deleted) {
    const left = await store.rows(`select 'message' as what, id from messages where room_id in (${deleted.join(',')}) union all select 'job', id from jobs`);
    return left.map(({ what, id }) => `left over: ${what} ${id}`);
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
