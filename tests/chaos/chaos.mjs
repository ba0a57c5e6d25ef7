// Clients send while processes are killed with SIGKILL at random moments and started again, or harmed otherwise; then every named
// failpoint ends a process of each role once. In the end every message that was accepted has exactly one reply, and nothing else is there.
//
//   node tests/chaos/chaos.mjs [--shape embedded|cluster] [--sends 1000] [--kills 20] [--clients 20] [--seed N] [--failpoints yes|no]
//                              [--roles serve,worker,postgres,redis,redis:stop,...] [--harm-ms 1500] [--redis yes|no] [--buyers 4] [--nightly]
//
// The seed decides what is sent, where and how, and what is harmed when; when the processes get to it, it cannot decide.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { Client, User } from '../e2e/support/client.mjs';
import { ms, percentile } from '../e2e/support/figures.mjs';
import { sleep, until } from '../e2e/support/process.mjs';
import { Random } from '../e2e/support/random.mjs';
import { TimedClient } from '../e2e/support/timed_client.mjs';
import { check } from './checker.mjs';
import { Buyers, keptEvents } from './buyers.mjs';
import { ChaosClient, persist } from './clients.mjs';
import { runFailpoints } from './failpoints.mjs';
import { readHistory, settledMessages } from './history.mjs';
import { checkPayments } from './payment_checker.mjs';
import { faultyPlans, startModels } from './models.mjs';
import { bugs, goodHistory, undetected } from './planted.mjs';
import { goodPayments, paymentBugs, undetectedPayments } from './planted_payments.mjs';
import { runRoleFailpoints } from './role_failpoints.mjs';
import { Cluster } from './shapes/cluster.mjs';
import { Embedded } from './shapes/embedded.mjs';

const quota = 1_000_000;
const replyMsMax = 300;
// Of sending, a kill. A process that is killed again and again before a reply can end comes to suspect all of its replies, and runs
// each of them alone: right, and slower than what is measured here.
const msAKill = 1000;
const sendsARoom = 20; // More would not all be shown to the model, and the checker expects that they are.
const hangMs = 5000;

const { values: options } = parseArgs({
    options: {
        shape: { type: 'string', default: 'embedded' },
        roles: { type: 'string' },
        redis: { type: 'string', default: 'yes' },
        buyers: { type: 'string', default: '4' }, // Who pay through Stripe meanwhile.
        sends: { type: 'string', default: '1000' },
        kills: { type: 'string', default: '20' },
        clients: { type: 'string', default: '20' },
        seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
        failpoints: { type: 'string', default: 'yes' },
        'harm-ms': { type: 'string', default: '1500' }, // What is not a kill lasts so long at most.
        nightly: { type: 'boolean', default: false }, // 30,000 sends, and 1,000 kills of every role.
    },
});
const Shape = { embedded: Embedded, cluster: Cluster }[options.shape];
if (options.nightly) Object.assign(options, { sends: '30000', kills: '1000', roles: options.roles ?? Shape.all.join() });
const roles = options.roles?.split(',') ?? Shape.roles;
const [sends, kills, clientCount, seed, harmMsMax, buyerCount] = [options.sends, options.kills, options.clients, options.seed, options['harm-ms'], options.buyers].map(Number);

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
    const count = Math.max(3, Math.ceil(sends / clientCount / sendsARoom));
    // Every third room is named by its user from the beginning; the others have no name, and a model may give them one.
    const bodyOf = (index) => (index % 3 === 0 ? { name: nameOf(index) } : {});
    return Promise.all(users.map(async (user) => ({ user, rooms: await Promise.all(Array.from({ length: count }, (_, index) => user.createRoom(bodyOf(index)))) })));
}

const nameOf = (index) => `Mine, number ${index}`;

// Names every other room of those that have none, at moments that are spread over the sends. Returns what users named, and which of it
// was there before the first message: [{room, name, isFromTheStart}].
async function nameRooms(users, random, accepted) {
    const named = [];
    const toName = [];
    for (const { user, rooms } of users) {
        rooms.forEach((room, index) => {
            if (index % 3 === 0) named.push({ room, name: nameOf(index), isFromTheStart: true });
            if (index % 3 === 1) toName.push({ user, room, name: nameOf(index) });
        });
    }
    const inOrder = random.shuffled(toName);
    for (const [index, { user, room, name }] of inOrder.entries()) {
        await until('enough sends', () => accepted() >= (index * sends) / (inOrder.length + 1), { seconds: 180 + 3 * kills, everyMs: 5 });
        await persist(() => user.ask('PATCH', `/chatroom/${room}/`, { body: { name } }));
        named.push({ room, name });
    }
    return named;
}

// Harms at moments that are spread over the sends. Returns what they were, in the order of their beginning.
async function harmAndMend(shape, random, accepted, sims) {
    const done = [];
    while (done.length < kills) {
        const next = ((done.length + random.fraction()) * sends) / (kills + 1);
        await until(`${Math.round(next)} sends to be accepted`, () => accepted() >= next, { seconds: 180, everyMs: 2 });
        await sleep(random.between(replyMsMax / 2, 3 * replyMsMax));
        done.push(...(await shape.harmOnce(random)));
        for (const sim of sims) await sim.history(); // Simulators keep the latest calls only.
    }
    return done.sort((one, two) => one.began - two.began);
}

async function runKills() {
    const random = new Random(seed);
    const models = await startModels();
    await models.first.plan(faultyPlans({ duration_ms: replyMsMax - 50, chunks: 12, pieces: 'random' }, sends, random.fork()));
    const buyers = await Buyers.open();
    const shape = await Shape.start({
        env: { ...models.settings, ...buyers.settings, BASIC_DAILY_MESSAGES: String(quota) }, roles, clients: clientCount + buyerCount, redis: options.redis === 'yes', harmMsMax,
    });
    const client = new TimedClient(shape.target);
    const users = await makeUsers(client);
    const buying = new Client(shape.target);
    await buyers.begin(shape.target, buying, buyerCount, random.fork());
    client.waits = []; // Signing up prepares what is measured, and the passwords of a crowd take as long as the cores let them.

    const ledger = [];
    let accepted = 0;
    const began = performance.now();
    const running = users.map(({ user, rooms }, index) => {
        const share = Math.floor(sends / clientCount) + (index < sends % clientCount ? 1 : 0);
        const chaos = new ChaosClient({
            user, rooms, random: random.fork(), ledger, pauseMs: (kills * msAKill) / share, giveUpAfterMs: 120_000 + 3 * kills * msAKill,
            onAccepted: () => ++accepted,
        });
        return chaos.run(share);
    });
    const both = [models.first, models.second];
    const [harmed, named] = await Promise.all([
        harmAndMend(shape, random.fork(), () => accepted, both), nameRooms(users, random.fork(), () => accepted), ...running,
    ]);
    const harmedUntil = Math.max(0, ...harmed.map(({ ended }) => ended));
    const shown = await settledMessages(users, harmedUntil || Date.now());
    const seconds = (performance.now() - began) / 1000;
    const payments = await buyers.end();
    client.close();
    buying.close();
    const stopped = await shape.stop();
    const stubborn = stopped.filter(({ code, seconds: took }) => code !== 0 || took > 30).map((exit) => JSON.stringify(exit));
    verdict('SIGTERM ends each process with 0 within 30 s', stubborn);

    const killed = harmed.filter(({ cutsCalls }) => cutsCalls).map(({ began }) => began);
    const history = await readHistory({ store: shape, models, users, sends: ledger, kills: killed, harmedUntil, shown, quota, named, callsAllowed: 4 });
    payments.kept = await keptEvents(shape);
    await buyers.close();
    if (buyerCount > 0) judgePayments(payments, buyers);
    await models.stop();
    const problems = check(history);
    verdict(`${sends} sends of ${clientCount} clients, ${harmed.length} harms (${[...new Set(harmed.map(({ role }) => role))].join(', ')}): each accepted message has exactly one reply`, problems);
    verdict('the database finds itself whole', await shape.integrityProblems());
    verdict('no error in the log', shape.errorsInLog());
    verdict(`no answer took longer than ${hangMs / 1000} s, and what it was asked to wait`, hangs(client.waits));
    if (roles.every((role) => role.startsWith('redis'))) verdict('whatever Redis did, nobody was told of it', refusals(client.waits));
    await shape.end();
    if (problems.length === 0) {
        verdict(`the checker finds ${bugs.length} bugs planted in this very history`, undetected(history));
    } else {
        keep(history);
    }
    printCounts(history, seconds);
    printWaits(client.waits, harmed);
}

function judgePayments(payments, { bought }) {
    const { users, changed, goneBack, taken } = payments;
    const problems = checkPayments(payments);
    verdict(`${users.length} buyers, ${bought} purchases, ${changed} changes, ${goneBack.length} payments that went back, ${taken.length} events taken: nothing is lost, made twice or left over`, problems);
    if (problems.length === 0) verdict(`the checker finds ${paymentBugs.length} bugs planted in these very payments`, undetectedPayments(payments));
}

const told = ({ asked, status, at, ms }) => `${asked}: ${status || 'broken'} after ${ms} ms, at ${at}`;
const askedToWaitMs = ({ asked }) => 1000 * Number(/[?]wait=(\d+)$/.exec(asked)?.[1] ?? 0);
const hangs = (waits) => waits.filter((wait) => wait.ms > hangMs + askedToWaitMs(wait)).map(told);
const refusals = (waits) => waits.filter(({ status }) => status === 0 || status >= 500).map(told);

// Sends that were accepted while something was harmed, beside those of the rest of the time.
function printWaits(waits, harmed) {
    const overlaps = ({ at, ms }) => harmed.some(({ began, ended }) => at < ended && at + ms > began);
    const sent = waits.filter(({ asked, status }) => /^POST .*\/message\/$/.test(asked) && status === 201);
    const [during, beside] = [sent.filter(overlaps), sent.filter((wait) => !overlaps(wait))].map((list) => list.map(({ ms }) => ms));
    if (during.length === 0 || beside.length === 0) return;
    const line = (list) => `p50 ${ms(percentile(list, 50))}, p99 ${ms(percentile(list, 99))} of ${list.length}`;
    console.log(`    accepted sends while harmed: ${line(during)}; else: ${line(beside)}; p99 ratio ${(percentile(during, 99) / percentile(beside, 99)).toFixed(2)}`);
    console.log(`    the longest wait for an answer: ${ms(Math.max(...waits.map(({ ms }) => ms)))}`);
}

function printCounts({ sends, replies, calls, harmedUntil, rooms, second }, seconds) {
    const lag = Math.max(0, ...replies.filter(({ createdAt }) => createdAt < harmedUntil).map(({ completedAt }) => completedAt - harmedUntil));
    const repeats = sends.reduce((sum, { answers }) => sum + answers.filter(({ isReplayed }) => isReplayed).length, 0);
    const streamed = sends.reduce((sum, { streamed }) => sum + streamed.length, 0);
    const callsOf = new Map();
    for (const { question } of calls) callsOf.set(question, (callsOf.get(question) ?? 0) + 1);
    console.log(`    ${sends.length} sends, ${repeats} repeats answered, ${replies.length} replies, ${streamed} read as a stream, in ${seconds.toFixed(1)} s`);
    console.log(`    ${calls.length} calls of the model for ${replies.length} replies, at most ${Math.max(...callsOf.values())} for one; ${(lag / 1000).toFixed(1)} s from the last harm's end to the end of all that was accepted before`);
    const of = (who) => rooms.filter(({ namedBy }) => namedBy === who).length;
    console.log(`    ${second} of the calls went to the second model; ${of('user')} rooms are named by their users, ${of('model')} by a model, ${of('message')} by their first message`);
}

function keep(history) {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'pollux-chaos-')), 'history.json');
    fs.writeFileSync(file, JSON.stringify(history, null, 1));
    console.log(`    the history is in ${file}`);
}

async function main() {
    console.log(`chaos: seed ${seed} (--seed ${seed} makes the same choices)`);
    assert.deepEqual(check(goodHistory()), []);
    assert.deepEqual(checkPayments(goodPayments()), []);
    verdict(`the checkers find ${bugs.length} planted bugs in a small history, and ${paymentBugs.length} in a few payments`, [...undetected(goodHistory()), ...undetectedPayments(goodPayments())]);
    await runKills();
    if (options.failpoints === 'yes') {
        const run = { embedded: runFailpoints, cluster: runRoleFailpoints }[options.shape];
        await run(new Random(seed + 1), verdict, { redis: options.redis === 'yes' });
    }
    console.log(`${results.passed} passed, ${results.failed} failed`);
    process.exit(results.failed === 0 ? 0 : 1);
}

await main();
