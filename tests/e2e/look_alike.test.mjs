// Outside debug nobody learns from send-otp and verify-otp who has an account, or why a code was refused: the same status, headers
// and body in the same time, whether or not codes go to phones. Numbers of all kinds take turns at random; each request is sent alone.
// POLLUX_PAIRS=n: numbers of each kind (usually 300). POLLUX_DEEP=1: 10,000, and then the times decide, too.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Client } from './support/client.mjs';
import { median, ms, welch } from './support/figures.mjs';
import { endPrograms } from './support/process.mjs';
import { Random } from './support/random.mjs';
import { Server } from './support/server.mjs';
import { SmsSim } from './support/sms_sim.mjs';

const isDeep = process.env.POLLUX_DEEP === '1';
const roundSize = 300; // Numbers of each kind that are asked for before a cool-down or the life of a code can end.
const rounds = Math.ceil(Number(process.env.POLLUX_PAIRS ?? (isDeep ? 10_000 : roundSize)) / roundSize);
const pairs = rounds * roundSize;
const apartMax = 2; // Milliseconds between medians.
const tMax = 4.5;
const judged = isDeep && pairs >= 10_000; // Of fewer, chance has too large a part.

const env = {
    SECRET_KEY: 'Zk3vX9q-7Lw2TmB5sR8uYc1NhD6fGjPaQ',
    AI_MODELS: 'demo',
    OTP_PER_IP_HOUR: '1000000',
    RATE_RULES: 'auth=1000000/1,otp=1000000/1',
};

// Numbers of one kind begin alike; `verified` as in users.is_verified, null for numbers that nobody has.
const kinds = {
    verified: { first: 2_020_000_000, verified: 1 },
    unverified: { first: 3_030_000_000, verified: 0 },
    unknown: { first: 4_040_000_000, verified: null },
    'verified, never sent': { first: 5_050_000_000, verified: 1 },
    'unknown, never sent': { first: 6_060_000_000, verified: null },
};
const numbersOf = (kind, round) => Array.from({ length: roundSize }, (_, index) => `+1${kinds[kind].first + round * roundSize + index}`);

after(endPrograms);

function shuffled(list, random) {
    const all = [...list];
    for (let left = all.length; left > 1; --left) {
        const chosen = random.below(left);
        [all[left - 1], all[chosen]] = [all[chosen], all[left - 1]];
    }
    return all;
}

// What a stranger sees of an answer, without what is new in every one.
function looks({ status, headers, body }) {
    const { date, 'x-request-id': id, 'content-length': length, 'retry-after': wait, ...others } = headers;
    const seen = { ...body };
    if (seen.challenge) seen.challenge = seen.challenge.length;
    if (seen.request_id) seen.request_id = seen.request_id.length;
    if (wait !== undefined) seen.detail = seen.detail.replace(/\b\d+ seconds?\b/, 'some time');
    return JSON.stringify({ status, headers: others, body: seen, waits: wait !== undefined });
}

// What came of many requests, by kind.
class Found {
    #of = {};

    // Asks for all of {kind, body}, one after the other.
    async ask(client, path, asked) {
        const answers = [];
        for (const { kind, body } of asked) {
            const began = performance.now();
            const answer = await client.ask('POST', path, { body });
            const took = performance.now() - began;
            answers.push(answer);
            if (body.code && answer.status === 200) continue; // One guess in a million is right.
            const of = (this.#of[kind] ??= { took: [], looks: new Set() });
            of.took.push(took);
            of.looks.add(looks(answer));
        }
        client.problems.length = 0;
        return answers;
    }

    compare(what, one, other, status) {
        const [left, right] = [this.#of[one], this.#of[other]];
        assert.equal(left.looks.size, 1, `${what}: ${one} has ${[...left.looks].join('\n')}`);
        assert.deepEqual([...left.looks], [...right.looks], `${what}: ${one} and ${other}`);
        assert.equal(JSON.parse([...left.looks][0]).status, status, what);
        const [middle, otherMiddle] = [median(left.took), median(right.took)];
        const t = welch(left.took, right.took);
        console.log(`# ${what}: ${one} ${ms(middle)}, ${other} ${ms(otherMiddle)}, t ${t.toFixed(1)} of ${left.took.length} and ${right.took.length}`);
        const isAlike = Math.abs(middle - otherMiddle) < apartMax && Math.abs(t) < tMax;
        if (judged) assert.ok(isAlike, `${what}: ${one} and ${other} are told apart by time`);
    }
}

const sent = ['verified', 'unverified', 'unknown'];
const neverSent = ['verified, never sent', 'unknown, never sent'];

for (const way of ['none', 'sms']) test(`${pairs} numbers of each kind, codes by ${way}: who has an account cannot be told`, { timeout: 3_600_000 }, async () => {
    const random = Random.announced('look alike');
    const vendor = way === 'sms' ? await SmsSim.start() : null;
    const server = await Server.start({ env: { ...env, ...vendor?.webhookSettings(), SMS_PER_HOUR_MAX: '100000000', SMS_PER_BLOCK_HOUR: '1000000' } });
    await server.stop();
    for (const { first, verified } of Object.values(kinds)) {
        if (verified === null) continue;
        await server.rows(`insert into users (mobile, is_verified, date_joined) with recursive n (i) as (select 0 union all select i + 1 from n
            where i < ${pairs - 1}) select '+1' || (${first} + i), ${verified}, ${Date.now() * 1000} from n`);
    }
    await server.start();
    const client = new Client(server);

    const [sends, sendsAgain, guesses] = [new Found(), new Found(), new Found()];
    const everyone = (round) => shuffled(sent.flatMap((kind) => numbersOf(kind, round).map((mobile) => ({ kind, body: { mobile, purpose: 'login' } }))), random);
    for (let round = 0; round < rounds; ++round) {
        const asked = everyone(round);
        const answers = await sends.ask(client, '/auth/send-otp/', asked);
        await sendsAgain.ask(client, '/auth/send-otp/', everyone(round));

        // Every second code expires. They were made one after the other, so the order tells which.
        await server.stop();
        const codes = await server.rows('select count(*) as count, max(id) as last from one_time_codes');
        const made = (round + 1) * asked.length;
        assert.deepEqual(codes, [{ count: made, last: made }], 'a code for each number, whoever has it');
        await server.rows('update one_time_codes set expires_at = created_at where id % 2 = 0');
        await server.start();

        const tries = asked.flatMap(({ kind, body: { mobile } }, index) => {
            const isExpired = (round * asked.length + index + 1) % 2 === 0;
            const guess = { mobile, purpose: 'login', code: '000000' };
            const name = `${kind}, ${isExpired ? 'expired' : 'wrong'}`;
            return [{ kind: name, body: guess }, { kind: `${name}, with challenge`, body: { ...guess, challenge: answers[index].body.challenge } }];
        });
        for (const kind of neverSent) tries.push(...numbersOf(kind, round).map((mobile) => ({ kind, body: { mobile, purpose: 'login', code: '000000' } })));
        await guesses.ask(client, '/auth/verify-otp/', shuffled(tries, random));
    }
    client.close();
    assert.equal((await server.stop()).code, 0);
    await vendor?.stop();

    for (const kind of ['verified', 'unverified']) {
        sends.compare('send-otp', kind, 'unknown', 200);
        sendsAgain.compare('send-otp again', kind, 'unknown', 429);
        for (const why of ['wrong', 'expired', 'wrong, with challenge', 'expired, with challenge']) {
            guesses.compare('verify-otp', `${kind}, ${why}`, `unknown, ${why}`, 400);
        }
    }
    guesses.compare('verify-otp', 'verified, wrong', 'verified, expired', 400);
    guesses.compare('verify-otp', 'verified, wrong', 'unknown, never sent', 400);
    guesses.compare('verify-otp', 'verified, never sent', 'unknown, never sent', 400);
});
