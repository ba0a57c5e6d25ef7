// Codes from two nodes that are killed all the time: by Twilio, which knows no repeats, none comes twice and at most one a kill is lost, and of
// each lost one the row is `unknown`; by a webhook each comes exactly once. None comes in its last minute, or behind a newer one.
// POLLUX_KILLS=n: kills for each vendor (8). POLLUX_DEEP=1: 100, and 1,000 numbers, some of which the vendor takes nothing for until it is too
// late.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Cluster } from './support/cluster.mjs';
import { Client, onlyBroken } from './support/client.mjs';
import { endPrograms, sleep, until } from './support/process.mjs';
import { Random } from './support/random.mjs';
import { SmsSim } from './support/sms_sim.mjs';

const isDeep = process.env.POLLUX_DEEP === '1';
const kills = Number(process.env.POLLUX_KILLS ?? (isDeep ? 100 : 8));
const numbers = kills * 10;
const asksAtOnce = 4;
const failpoints = ['sms_marked', 'sms_answered', 'sms_kept'];
const lateAfterMs = 240_000; // Of the five minutes that a code lives.
const patience = 300; // Seconds that a node may take to start where the machine has other work.
const heldUp = isDeep ? 10 : 0; // Numbers that the vendor takes nothing for.

// The cool-down of a number is over where its last code is old. What the codes' times were in truth stays in a table beside them.
const keepTimes = `
    create table asked (code_id bigint primary key, at bigint not null);
    create function keep_time() returns trigger language plpgsql as $$ begin insert into asked values (new.id, new.created_at); return new; end $$;
    create trigger keep_time after insert on one_time_codes for each row execute function keep_time()`;
// One at a time: two would wait for each other's rows.
const endCoolDowns = 'select pg_advisory_xact_lock(1); update one_time_codes set created_at = asked.at - 61000000 from asked where code_id = id and created_at = asked.at';

// Every code with what became of it, and when the next one of its number was asked for.
const everyCode = `select l.message_id, l.mobile_key, l.outcome, a.code_id, a.at / 1000 as at,
    lead(a.at) over (partition by l.mobile_key order by a.code_id) / 1000 as newer_at from asked a left join sms_log l using (code_id) order by a.code_id`;

const messageIdOf = (text) => (text.vendor === 'twilio' ? new URL(text.status_url).searchParams.get('id') : text.id);

after(() => endPrograms());

// One node after the other, at a random moment or at a named place; the other one goes on. {killed, isAtPlace, end}: `isAtPlace`, while a node
// waits for a code that brings it to its place.
function startKilling(cluster, random, isAsking) {
    const killing = { killed: 0, isAtPlace: false };
    killing.end = (async () => {
        while (killing.killed < kills) {
            const node = cluster.serves[killing.killed % 2];
            if (random.below(2) === 0) {
                await sleep(random.between(50, 600));
                await node.kill();
            } else {
                await node.stop();
                await node.startAgain(patience);
                await node.stop();
                await node.startAgain(patience, { FAILPOINT: `${failpoints[killing.killed % failpoints.length]}:abort` });
                killing.isAtPlace = true;
                await Promise.race([node.program.end, until('the end of asking', () => !isAsking(), { seconds: 600 })]);
                killing.isAtPlace = false;
                if (!node.program.exited) await node.kill();
            }
            killing.killed += 1;
            await node.startAgain(patience);
        }
    })();
    return killing;
}

// Whether a code was made; of an answer that got lost the next one tells.
async function askFor(client, mobile) {
    for (let tries = 0; ; ++tries) {
        assert.ok(tries < 300, 'no node answers');
        const answer = await client.ask('POST', '/auth/send-otp/', { body: { mobile, purpose: 'login' } }).catch(onlyBroken);
        if (answer?.status === 200) return true;
        if (answer?.status === 429) return tries > 0;
        await sleep(100);
    }
}

for (const kind of ['twilio', 'webhook']) {
    test(`codes to ${numbers} numbers by ${kind}, ${kills} kills`, { timeout: 3_600_000 }, async () => {
        const random = Random.announced(`sms kills ${kind}`);
        const vendor = await SmsSim.start();
        const mobiles = Array.from({ length: numbers }, (_, index) => `+1202${2_000_000 + index * 7_919}`);
        const late = new Set(mobiles.slice(0, heldUp));
        await vendor.tell('plan', { default: { late_ms: [5, 60] }, matching: [...late].map((to) => ({ to, status: 429, times: -1 })) });
        const cluster = await Cluster.start({
            serves: 2, workers: 0, users: 0, redis: false,
            env: { ...vendor[`${kind}Settings`](), PUBLIC_URL: 'https://chat.example.com', ALLOWED_HOSTS: '127.0.0.1,chat.example.com', SMS_PER_HOUR_MAX: '1000000', OTP_TEST_NUMBERS: '', AI_MODELS: 'demo' },
        });
        const values = mobiles.map((mobile) => `('${mobile}', 1, ${Date.now() * 1000})`).join();
        await cluster.postgres.psql(`insert into users (mobile, is_verified, date_joined) values ${values}; ${keepTimes}`);

        let isAsking = true;
        const killing = startKilling(cluster, random, () => isAsking);
        const queue = [...mobiles].reverse();
        const client = new Client(cluster);
        let askedAgain = 0;
        const asker = async () => {
            for (let mobile = queue.pop(); mobile; mobile = queue.pop()) {
                assert.ok(await askFor(client, mobile), mobile);
                // For some of them once more, while the first one is on its way, or waits for the lease of a node that was killed.
                if (!late.has(mobile) && random.below(4) === 0) {
                    await cluster.postgres.psql(endCoolDowns);
                    if (await askFor(client, mobile)) ++askedAgain;
                }
                // As many as there are kills, over all of their time.
                while (killing.killed < kills && !killing.isAtPlace && numbers - queue.length > ((killing.killed + 2) / kills) * numbers) await sleep(20);
            }
        };
        await Promise.all(Array.from({ length: asksAtOnce }, asker));
        isAsking = false;
        await killing.end;
        client.problems.length = 0;
        client.close();
        const isOver = async () => Number((await cluster.rows("select count(*) as open from tasks where kind = 'send_code'"))[0].open) === 0;
        await until('an end of all tasks', isOver, { seconds: 120 + (heldUp > 0 ? lateAfterMs / 1000 : 0), everyMs: 200 });

        const codes = await cluster.rows(everyCode);
        const texts = await vendor.texts({ vendor: kind });
        const textsOf = Map.groupBy(texts, messageIdOf);
        const outcomes = Object.fromEntries([...Map.groupBy(codes, ({ outcome }) => outcome)].map(([outcome, all]) => [outcome, all.length]));
        const doubled = [...textsOf.values()].filter(({ length }) => length > 1);
        const lost = codes.filter(({ message_id, outcome }) => outcome === 'unknown' && !textsOf.has(message_id));
        console.log(`# ${kind}: ${codes.length} codes, ${askedAgain} of them asked for again, ${texts.length} texts, ${doubled.length} doubled, ${lost.length} lost, ${killing.killed} kills, ${JSON.stringify(outcomes)}`);
        assert.ok(askedAgain > 0);
        assert.deepEqual(doubled, []);
        assert.deepEqual(texts.filter((text) => !codes.some(({ message_id }) => message_id === messageIdOf(text))), [], 'each text is that of a code');
        // A kill while one of them was refused leaves it unknown.
        assert.ok((outcomes.late ?? 0) <= late.size && (late.size === 0 || outcomes.late > 0));

        // What each row says is what happened. A newer code may have overtaken the one that a killed node had marked, or it had become too late;
        // who was reached says below that the latter are those that were held up.
        for (const code of codes) {
            const [text] = textsOf.get(code.message_id) ?? [];
            const mayBeUnknown = kind === 'twilio' || code.newer_at !== null || (!text && late.size > 0);
            const expected = text ? ['accepted', ...(mayBeUnknown ? ['unknown'] : [])] : [...(mayBeUnknown ? ['unknown'] : []), ...(code.newer_at !== null ? ['overtaken'] : []), ...(late.size > 0 ? ['late'] : [])];
            assert.ok(expected.includes(code.outcome), `${JSON.stringify(code)}, ${text ? 'sent' : 'not sent'}`);
            if (!text) continue;
            const sentAt = text.created_at * 1000;
            assert.ok(sentAt < code.at + lateAfterMs, `in its last minute: ${JSON.stringify(code)}`);
        }
        const codeIds = new Map(codes.map(({ message_id, code_id }) => [message_id, code_id]));
        for (const [to, all] of Map.groupBy(texts, ({ to }) => to)) {
            const order = all.map((text) => codeIds.get(messageIdOf(text)));
            assert.deepEqual(order, order.toSorted((one, other) => one - other), `none behind a newer one, to ${to}`);
            assert.ok(!late.has(to));
        }
        // Who got none is whose codes are all lost, overtaken or late.
        const reached = new Set(codes.filter(({ message_id }) => textsOf.has(message_id)).map(({ mobile_key }) => mobile_key));
        assert.equal(new Set(texts.map(({ to }) => to)).size, reached.size);
        assert.equal(new Set(codes.map(({ mobile_key }) => mobile_key)).size, numbers);
        assert.ok(lost.length <= killing.killed, `${lost.length} lost by ${killing.killed} kills`);
        if (kind === 'webhook') assert.equal(reached.size, numbers - late.size);
        assert.ok((outcomes.unknown ?? 0) <= killing.killed * asksAtOnce);
        await cluster.stop();
        await cluster.end();
        await vendor.stop();
    });
}
