// Codes from two nodes that are killed all the time: by Twilio, which knows no repeats, none comes twice and at most one a kill is lost, each of
// them seen as `unknown`; by a webhook each comes exactly once. None comes in its last minute, or behind a newer one.
// POLLUX_KILLS=n: kills for each vendor (8). POLLUX_DEEP=1: 100, and 1,000 codes.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Cluster } from './support/cluster.mjs';
import { Client, onlyBroken } from './support/client.mjs';
import { endPrograms, sleep, until } from './support/process.mjs';
import { Random } from './support/random.mjs';
import { TextVendor } from './support/text_vendor.mjs';

const isDeep = process.env.POLLUX_DEEP === '1';
const kills = Number(process.env.POLLUX_KILLS ?? (isDeep ? 100 : 8));
const codes = kills * 10;
const asksAtOnce = 4;
const failpoints = ['sms_marked', 'sms_answered', 'sms_kept'];

after(() => endPrograms());

for (const kind of ['twilio', 'webhook']) {
    test(`${codes} codes by ${kind}, ${kills} kills`, { timeout: 3_600_000 }, async () => {
        const random = Random.announced(`sms kills ${kind}`);
        const vendor = await TextVendor.start();
        await vendor.tell('plan', { default: { late_ms: [5, 60] } });
        const cluster = await Cluster.start({
            serves: 2, workers: 0, users: 0, redis: false,
            env: { ...vendor[kind](), PUBLIC_URL: 'https://chat.example.com', ALLOWED_HOSTS: '127.0.0.1,chat.example.com', SMS_PER_HOUR_MAX: '1000000', OTP_TEST_NUMBERS: '', AI_MODELS: 'demo' },
        });
        const mobiles = Array.from({ length: codes }, (_, index) => `+1202${2_000_000 + index * 7_919}`);
        const values = mobiles.map((mobile) => `('${mobile}', 1, ${Date.now() * 1000})`).join();
        await cluster.postgres.psql(`insert into users (mobile, is_verified, date_joined) values ${values}`);

        // One node after the other, at a random moment or at a named place; the other one goes on.
        let killed = 0;
        let isAsking = true;
        const killer = (async () => {
            while (killed < kills) {
                const node = cluster.serves[killed % 2];
                if (random.below(2) === 0) {
                    await sleep(random.between(50, 600));
                    await node.kill();
                } else {
                    await node.stop();
                    await node.startAgain();
                    await node.stop();
                    await node.start({ FAILPOINT: `${failpoints[killed % failpoints.length]}:abort` });
                    await Promise.race([node.program.end, until('the end of asking', () => !isAsking, { seconds: 600 })]);
                    if (!node.program.exited) await node.kill();
                }
                ++killed;
                await node.startAgain();
            }
        })();

        const queue = [...mobiles];
        const client = new Client(cluster);
        const asked = new Set(); // Whose 200 was seen.
        const asker = async () => {
            for (let mobile = queue.pop(); mobile; mobile = queue.pop()) {
                for (let tries = 0; ; ++tries) {
                    assert.ok(tries < 300, 'no node answers');
                    const answer = await client.ask('POST', '/auth/send-otp/', { body: { mobile, purpose: 'login' } }).catch(onlyBroken);
                    if (answer?.status === 200) {
                        asked.add(mobile);
                        break;
                    }
                    if (answer?.status === 429) break; // The answer of the try before got lost.
                    await sleep(100);
                }
                // As many as there are kills, over all of their time.
                while (killed < kills && codes - queue.length > ((killed + 2) / kills) * codes) await sleep(20);
            }
        };
        await Promise.all(Array.from({ length: asksAtOnce }, asker));
        isAsking = false;
        await killer;
        client.problems.length = 0;
        client.close();
        await until('an end of all tasks', async () => Number((await cluster.rows("select count(*) as open from tasks where kind = 'send_code'"))[0].open) === 0, { seconds: 120, everyMs: 200 });

        const texts = (await vendor.texts()).filter((text) => text.vendor === kind);
        const byNumber = new Map();
        for (const { to } of texts) byNumber.set(to, (byNumber.get(to) ?? 0) + 1);
        const doubled = [...byNumber.values()].filter((count) => count > 1).length;
        const lost = [...asked].filter((mobile) => !byNumber.has(mobile));
        const outcomes = Object.fromEntries((await cluster.rows('select outcome, count(*) as count from sms_log group by outcome')).map(({ outcome, count }) => [outcome, Number(count)]));
        console.log(`# ${kind}: ${texts.length} texts, ${doubled} doubled, ${lost.length} lost, ${killed} kills, ${JSON.stringify(outcomes)}`);
        assert.equal(doubled, 0, 'doubled');
        if (kind === 'webhook') {
            assert.deepEqual(lost, []);
            assert.equal(outcomes.accepted, codes);
        } else {
            assert.ok(lost.length <= killed, `${lost.length} lost by ${killed} kills`);
            assert.ok((outcomes.unknown ?? 0) >= lost.length, 'each lost one is seen');
            assert.ok((outcomes.unknown ?? 0) <= killed * asksAtOnce);
        }
        assert.equal(Object.keys(outcomes).filter((outcome) => !['accepted', 'unknown'].includes(outcome)).length, 0, JSON.stringify(outcomes));
        await cluster.stop();
        await cluster.end();
        await vendor.stop();
    });
}
