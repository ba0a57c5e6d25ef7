// Clients send while processes are killed with SIGKILL at random moments and started again; then, embedded, every named failpoint ends
// the process once. In the end every message that was accepted has exactly one reply, and nothing else is there.
//
//   node tests/chaos/chaos.mjs [--shape embedded|cluster] [--sends 1000] [--kills 20] [--clients 20] [--seed N] [--failpoints yes|no]
//                              [--roles serve,worker,postgres,redis] [--redis yes|no]
//
// The seed decides what is sent, where and how, and what is killed when; when the processes get to it, it cannot decide.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { Client, User } from '../e2e/support/client.mjs';
import { sleep, until } from '../e2e/support/process.mjs';
import { Random } from '../e2e/support/random.mjs';
import { Sim } from '../e2e/support/sim.mjs';
import { check } from './checker.mjs';
import { ChaosClient } from './clients.mjs';
import { runFailpoints } from './failpoints.mjs';
import { readHistory, settledMessages } from './history.mjs';
import { bugs, goodHistory, undetected } from './planted.mjs';
import { Cluster } from './shapes/cluster.mjs';
import { Embedded } from './shapes/embedded.mjs';

const quota = 1_000_000;
const replyMsMax = 300;
// Of sending, a kill. A process that is killed again and again before a reply can end comes to suspect all of its replies, and runs
// each of them alone: right, and slower than what is measured here.
const msAKill = 1000;

const { values: options } = parseArgs({
    options: {
        shape: { type: 'string', default: 'embedded' },
        roles: { type: 'string' },
        redis: { type: 'string', default: 'yes' },
        sends: { type: 'string', default: '1000' },
        kills: { type: 'string', default: '20' },
        clients: { type: 'string', default: '20' },
        seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
        failpoints: { type: 'string', default: 'yes' },
    },
});
const Shape = { embedded: Embedded, cluster: Cluster }[options.shape];
const roles = options.roles?.split(',') ?? Shape.roles;
const [sends, kills, clientCount, seed] = [options.sends, options.kills, options.clients, options.seed].map(Number);

const results = { passed: 0, failed: 0 };

function verdict(what, problems) {
    const isGood = problems.length === 0;
    ++results[isGood ? 'passed' : 'failed'];
    console.log(`${isGood ? 'ok' : 'NOT OK'}: ${what}`);
    for (const problem of problems.slice(0, 20)) console.log(`    ${problem}`);
    if (problems.length > 20) console.log(`    and ${problems.length - 20} more`);
}

async function makeUsers(client) {
    const users = await Promise.all(Array.from({ length: clientCount }, () => User.signUp(client)));
    return Promise.all(users.map(async (user) => ({ user, rooms: await Promise.all([1, 2, 3].map(() => user.createRoom())) })));
}

// Kills at moments that are spread over the sends. Returns when they were.
async function killAndStart(shape, random, accepted) {
    const moments = [];
    while (moments.length < kills) {
        const next = ((moments.length + random.fraction()) * sends) / (kills + 1);
        await until(`${Math.round(next)} sends to be accepted`, () => accepted() >= next, { seconds: 180, everyMs: 2 });
        await sleep(random.between(replyMsMax / 2, 3 * replyMsMax));
        moments.push(...(await shape.killOnce(random)));
    }
    return moments;
}

async function runKills() {
    const random = new Random(seed);
    const sim = await Sim.start();
    await sim.plan({ default: { duration_ms: replyMsMax - 50, chunks: 12, pieces: 'random' } });
    const shape = await Shape.start({
        env: { ...sim.settings(), BASIC_DAILY_MESSAGES: String(quota) }, roles, clients: clientCount, redis: options.redis === 'yes',
    });
    const client = new Client(shape.target);
    const users = await makeUsers(client);

    const ledger = [];
    let accepted = 0;
    const began = performance.now();
    const running = users.map(({ user, rooms }, index) => {
        const share = Math.floor(sends / clientCount) + (index < sends % clientCount ? 1 : 0);
        const chaos = new ChaosClient({ user, rooms, random: random.fork(), ledger, pauseMs: (kills * msAKill) / share, onAccepted: () => ++accepted });
        return chaos.run(share);
    });
    const [moments] = await Promise.all([killAndStart(shape, random.fork(), () => accepted), ...running]);
    const shown = await settledMessages(users, moments.at(-1) ?? Date.now());
    const seconds = (performance.now() - began) / 1000;
    client.close();
    const stopped = await shape.stop();
    const stubborn = stopped.filter(({ code, seconds: took }) => code !== 0 || took > 30).map((exit) => JSON.stringify(exit));
    verdict('SIGTERM ends each process with 0 within 30 s', stubborn);

    const history = await readHistory({ store: shape, sim, users, sends: ledger, kills: moments, shown, quota });
    await sim.stop();
    const problems = check(history);
    verdict(`${sends} sends of ${clientCount} clients, ${moments.length} kills: each accepted message has exactly one reply`, problems);
    verdict('the database finds itself whole', await shape.integrityProblems());
    verdict('no error in the log', shape.errorsInLog());
    await shape.end();
    if (problems.length === 0) {
        verdict(`the checker finds ${bugs.length} bugs planted in this very history`, undetected(history));
    } else {
        keep(history);
    }
    printCounts(history, seconds);
}

function printCounts({ sends, replies, calls, kills }, seconds) {
    const lastKill = kills.at(-1) ?? Infinity;
    const lag = Math.max(0, ...replies.filter(({ createdAt }) => createdAt < lastKill).map(({ completedAt }) => completedAt - lastKill));
    const repeats = sends.reduce((sum, { answers }) => sum + answers.filter(({ isReplayed }) => isReplayed).length, 0);
    const streamed = sends.reduce((sum, { streamed }) => sum + streamed.length, 0);
    const most = Math.max(...Object.values(calls.reduce((counts, { question }) => ({ ...counts, [question]: (counts[question] ?? 0) + 1 }), {})));
    console.log(`    ${sends.length} sends, ${repeats} repeats answered, ${replies.length} replies, ${streamed} read as a stream, in ${seconds.toFixed(1)} s`);
    console.log(`    ${calls.length} calls of the model for ${replies.length} replies, at most ${most} for one; ${(lag / 1000).toFixed(1)} s from the last kill to the end of all that was accepted before`);
}

function keep(history) {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'pollux-chaos-')), 'history.json');
    fs.writeFileSync(file, JSON.stringify(history, null, 1));
    console.log(`    the history is in ${file}`);
}

async function main() {
    console.log(`chaos: seed ${seed} (--seed ${seed} makes the same choices)`);
    assert.deepEqual(check(goodHistory()), []);
    verdict(`the checker finds ${bugs.length} planted bugs in a small history`, undetected(goodHistory()));
    await runKills();
    if (options.failpoints === 'yes' && options.shape === 'embedded') await runFailpoints(new Random(seed + 1), verdict);
    console.log(`${results.passed} passed, ${results.failed} failed`);
    process.exit(results.failed === 0 ? 0 : 1);
}

await main();
