// Rate limits as clients see them. However a client behaves, no window holds more accepted requests than the rule's count and its
// burst, and a client that keeps to 0.95 of the rate is never refused. A refusal says when to come back, and a client that obeys is let in.
// POLLUX_LIMIT_SECONDS=n: windows of 60 s and n seconds of every behaviour (usually 2 s and 8). POLLUX_DEEP=1: 1,000 clients who obey
// (usually 100).
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { endPrograms, sleep } from './support/process.mjs';
import { Random } from './support/random.mjs';
import { Server } from './support/server.mjs';

const seconds = Number(process.env.POLLUX_LIMIT_SECONDS ?? 8);
const windowSeconds = process.env.POLLUX_LIMIT_SECONDS ? 60 : 2;
const rate = 10; // A second.
const count = rate * windowSeconds; // Of a rule, which allows as many at once: the burst.
const addressCount = 2 * count;
const mostSeconds = 120; // More than usual, on a machine that is too busy to ask as fast as a behaviour says.

// Test numbers with codes, since outside debug no answer holds one. Behind a proxy, so that a client may have any address.
const mobiles = Array.from({ length: 20 }, (_, number) => `+120255501${String(number).padStart(2, '0')}`);
const code = '135790';
const lastDay = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10);
const env = {
    SECRET_KEY: 'Zk3vX9q-7Lw2TmB5sR8uYc1NhD6fGjPaQ',
    AI_MODELS: 'demo',
    TRUSTED_PROXIES: '1',
    OTP_TEST_NUMBERS: mobiles.map((mobile) => `${mobile}:${code}@${lastDay}`).join(),
};

after(endPrograms);

const headers = (from) => ({ 'X-Forwarded-For': from });

// A user who comes from an address of their own.
async function signUp(client, mobile, address) {
    const user = Object.assign(new User(), { client });
    const from = { headers: headers(address) };
    await user.ask('POST', '/auth/signup/', { body: { mobile, password: 'a-long-pass-word-7' }, expect: 201, ...from });
    await user.ask('POST', '/auth/send-otp/', { body: { mobile, purpose: 'login' }, ...from });
    user.token = (await user.ask('POST', '/auth/verify-otp/', { body: { mobile, code, purpose: 'login' }, ...from })).access;
    user.room = (await user.ask('POST', '/chatroom/', { body: { name: 'a room' }, expect: 201, ...from })).id;
    return user;
}

describe('rate limits', { concurrency: true }, () => {
    // A user and an address of their own. `read()` and `send()` give {sent, came, answer} with times in ms; `all` is what they gave.
    async function asker(client, mobile, address) {
        const user = await signUp(client, mobile, address);
        const { room } = user;
        const all = [];
        const stamped = async (expected, ask) => {
            const sent = performance.now();
            const answer = await ask();
            assert.ok([expected, 429].includes(answer.status), `${answer.status} ${answer.text}`);
            const one = { sent, came: performance.now(), answer };
            all.push(one);
            return one;
        };
        return {
            all,
            read: (from = address) => stamped(200, () => client.ask('GET', '/user/me/', { token: user.token, headers: headers(from) })),
            // Refused for what it holds, but only after it was counted.
            send: (from = address) => {
                const options = { token: user.token, body: { content: '' }, headers: headers(from) };
                return stamped(422, () => client.ask('POST', `/chatroom/${room}/message/`, options));
            },
        };
    }

    const isAccepted = ({ answer }) => answer.status !== 429;

    // The most accepted requests that lie in one window for certain: sent after its begin, answered before its end.
    function fullestWindow(all) {
        const accepted = all.filter(isAccepted);
        const inWindowFrom = (begin) => accepted.filter(({ sent, came }) => sent >= begin && came <= begin + windowSeconds * 1000).length;
        return Math.max(...accepted.map(({ sent }) => inWindowFrom(sent)));
    }

    const burst = (size, ask) => Promise.all(Array.from({ length: size }, () => ask()));

    // How a client may come, again and again until it is over.
    const behaviours = {
        async flood(ask, isOver) {
            const lane = async () => {
                while (!isOver()) {
                    await ask();
                    await sleep(1000 / rate / 5);
                }
            };
            await burst(4, lane);
        },
        async bursts(ask, isOver) {
            while (!isOver()) {
                await burst(count + 5, ask);
                await sleep((windowSeconds * 1000) / 2);
            }
        },
        // Saves up a full budget, spends it at the end of a window, goes on at twice the rate, however long the answers take.
        async 'saved up'(ask, isOver) {
            while (!isOver()) {
                await sleep(windowSeconds * 1000);
                const asked = [burst(count, ask)];
                const end = performance.now() + windowSeconds * 1000;
                while (performance.now() < end) {
                    asked.push(ask());
                    await sleep(1000 / rate / 2);
                }
                await Promise.all(asked);
            }
        },
        async 'at random'(ask, isOver, random) {
            while (!isOver()) {
                await burst(random.between(1, count), ask);
                await sleep(random.below(windowSeconds * 400));
            }
        },
    };

    async function steady(ask, isOver) {
        for (let due = performance.now(); !isOver(); due = Math.max(due + 1000 / (0.95 * rate), performance.now())) {
            await sleep(due - performance.now());
            await ask();
        }
    }

    test(`no window of ${windowSeconds} s holds more than ${count} and the burst, and 0.95 of the rate is never refused`, { timeout: 1_200_000 }, async () => {
        const random = Random.announced('limits');
        const [ofUser, ofAddress] = [`${count}/${windowSeconds}`, `${addressCount}/${windowSeconds}`];
        const rules = `read=${ofUser},read_address=${ofAddress},send=${ofUser},send_address=${ofAddress},auth=100000/1,otp=100000/1,plan=1000000/1`;
        const server = await Server.start({ env: { ...env, RATE_RULES: rules } });
        const client = new Client(server);
        let addresses = 0;
        const nextAddress = () => `203.0.113.${++addresses}`;
        let askers = 0;
        const newAsker = (address = nextAddress()) => asker(client, mobiles[askers++], address);

        const wild = [];
        const gentle = [];
        for (const kind of ['read', 'send']) {
            for (const [name, behave] of Object.entries(behaviours)) wild.push({ what: `${kind}, ${name}`, kind, behave, asker: await newAsker() });
            gentle.push({ what: kind, kind, asker: await newAsker() });
        }
        // A user who keeps to the limit beside one who does not, at one address.
        const home = nextAddress();
        gentle.push({ what: 'send beside a flood', kind: 'send', asker: await newAsker(home) });
        wild.push({ what: 'send, flood beside another', kind: 'send', behave: behaviours.flood, asker: await newAsker(home) });
        // One address with more users than it has room for.
        const office = [];
        const shared = nextAddress();
        for (let user = 0; user < 4; ++user) office.push(await newAsker(shared));

        const crowd = () => office.flatMap(({ all }) => all);
        // On a machine that is too busy to ask fast enough it takes as long as it takes until something is shown.
        const shows = [
            ...wild.map(({ what, asker: { all } }) => ({ isShown: () => isFull(all, count), check: () => checkWindow(what, all, count) })),
            ...gentle.map(({ what, asker: { all } }) => ({ isShown: () => all.length >= 0.5 * rate * seconds, check: () => checkSteady(what, all) })),
            { isShown: () => isFull(crowd(), addressCount), check: () => checkWindow('an address', crowd(), addressCount) },
        ];
        let isOver = false;
        const asking = Promise.all([
            ...wild.map(({ kind, behave, asker }) => behave(asker[kind], () => isOver, random.fork())),
            ...gentle.map(({ kind, asker }) => steady(asker[kind], () => isOver)),
            ...office.map((asker) => behaviours.flood(asker.read, () => isOver)),
        ]);
        const end = performance.now() + seconds * 1000;
        do await Promise.race([asking, sleep(Math.max(1000, end - performance.now()))]);
        while (performance.now() < end + mostSeconds * 1000 && !shows.every(({ isShown }) => isShown()));
        isOver = true;
        await asking;
        for (const { check } of shows) check();
        client.close();
        assert.equal((await server.stop()).code, 0);
    });

    // `all` had what the rule allows at once, and more was refused.
    const isFull = (all, allowed) => all.some((one) => !isAccepted(one)) && fullestWindow(all) >= allowed;

    function checkWindow(what, all, allowed) {
        const fullest = fullestWindow(all);
        console.log(`# ${what}: ${all.filter(isAccepted).length} of ${all.length} accepted, ${fullest} in the fullest window, ${2 * allowed} allowed`);
        assert.ok(isFull(all, allowed), `${what}: neither refused nor filled, so nothing is shown`);
        assert.ok(fullest <= 2 * allowed, `${what}: ${fullest} in one window, ${2 * allowed} allowed`);
    }

    function checkSteady(what, all) {
        assert.ok(all.length >= 0.5 * rate * seconds, `only ${all.length} requests: this says nothing about a steady rate`);
        assert.equal(all.filter((one) => !isAccepted(one)).length, 0, `${what} at 0.95 of the rate was refused`);
    }

    const many = process.env.POLLUX_DEEP ? 1000 : 100;
    test(`${many} clients who come back as they were told are let in each time`, { timeout: 120_000 }, async () => {
        const [limit, window] = [3, 3];
        const server = await Server.start({ env: { ...env, RATE_RULES: `read=100000/1,read_address=${limit}/${window},plan=1000000/1` } });
        const client = new Client(server);
        const { read } = await asker(client, mobiles[0], '198.51.100.1');
        let refusals = 0;
        const obey = async (address) => {
            for (let round = 0; round < 3; ++round) {
                let answer = null;
                for (let asked = 0; asked <= 10 * limit && answer?.status !== 429; ++asked) ({ answer } = await read(address));
                assert.equal(answer.status, 429, 'a limit that never comes');
                assert.equal(answer.body.code, 'rate_limited');
                assert.equal(answer.headers['ratelimit-policy'], `"read_address";q=${limit};w=${window}`);
                const [, remaining, reset] = /^"read_address";r=(\d+);t=(\d+)$/.exec(answer.headers.ratelimit ?? '') ?? assert.fail(JSON.stringify(answer.headers));
                const wait = Number(answer.headers['retry-after']);
                assert.equal(remaining, '0');
                assert.ok(wait >= 1 && wait <= Number(reset) && Number(reset) <= window, `Retry-After ${wait}, reset ${reset}`);
                ++refusals;
                await sleep(wait * 1000 + 5); // Timers may ring a moment early.
                assert.equal((await read(address)).answer.status, 200, 'refused a second time');
            }
        };
        await Promise.all(Array.from({ length: many }, (_, number) => obey(`203.0.${100 + (number >> 8)}.${number & 255}`)));
        assert.equal(refusals, 3 * many);
        client.close();
        assert.equal((await server.stop()).code, 0);
    });
});

describe('obeying, class by class', () => {
    const [limit, window] = [2, 4]; // So that one second is not enough.
    const clients = 3; // Of each rule.

    // What each rule counts, by what a client asks for. It may be refused for what it holds: it was counted before.
    const asks = {
        auth: ['POST', '/auth/verify-otp/', {}],
        otp: ['POST', '/auth/send-otp/', {}],
        webhook: ['POST', '/subscription/webhook/', {}],
        send: ['POST', '/chatroom/ROOM/message/', { content: '' }],
        create: ['POST', '/chatroom/', { name: 7 }],
        read: ['GET', '/user/me/'],
    };

    // Of an address, or of a user who comes from a new one each time.
    for (const [what, rules] of [['address', ['auth', 'otp', 'webhook', 'send_address', 'create_address', 'read_address']], ['user', ['send', 'create', 'read']]]) {
        test(`by ${what}: who comes back as told is let in, and told all that there is to know`, { timeout: 120_000 }, async () => {
            const wide = Object.keys(asks).flatMap((name) => (name in { auth: 1, otp: 1, webhook: 1 } ? [name] : [name, `${name}_address`])).filter((name) => !rules.includes(name));
            const given = [...wide.map((name) => `${name}=1000000/60`), ...rules.map((name) => `${name}=${limit}/${window}`), 'plan=1000000/1'].join();
            const stripe = { STRIPE_SECRET_KEY: 'sk_test_1', STRIPE_BASE_URL: 'http://127.0.0.1:9', STRIPE_WEBHOOK_SECRET: 'whsec_for_a_test_of_limits_12345', PUBLIC_URL: 'https://chat.example.com', ALLOWED_HOSTS: 'chat.example.com,127.0.0.1' };
            const server = await Server.start({ env: { ...env, ...stripe, RATE_RULES: given } });
            const client = new Client(server);
            let addresses = 0;

            const obey = async (rule, user) => {
                const [method, path, body] = asks[rule.replace('_address', '')];
                const address = `198.51.100.${++addresses}`;
                const ask = () => {
                    const from = what === 'address' ? address : `203.0.113.${++addresses}`;
                    return client.ask(method, path.replace('ROOM', user.room), { body, token: user.token, headers: headers(from) });
                };
                for (let round = 0; round < 2; ++round) {
                    let answer = await ask();
                    for (let asked = 1; asked <= 10 * limit && answer.status !== 429; ++asked) answer = await ask();
                    assert.equal(`${answer.status} ${answer.body?.code}`, '429 rate_limited', `${rule}: a limit that never comes`);
                    assert.equal(answer.headers['ratelimit-policy'], `"${rule}";q=${limit};w=${window}`);
                    const [, reset] = new RegExp(`^"${rule}";r=0;t=(\\d+)$`).exec(answer.headers.ratelimit) ?? assert.fail(JSON.stringify(answer.headers));
                    const wait = Number(answer.headers['retry-after']);
                    assert.ok(wait >= 1 && wait <= Number(reset) && Number(reset) <= window, `${rule}: Retry-After ${wait}, reset ${reset}`);
                    await sleep(wait * 1000 + 5); // Timers may ring a moment early.
                    assert.notEqual((await ask()).status, 429, `${rule}: refused a second time`);
                }
            };
            const users = [];
            while (users.length < clients * rules.length) users.push(await signUp(client, mobiles[users.length], `192.0.2.${users.length + 1}`));
            await Promise.all(users.map((user, index) => obey(rules[index % rules.length], user)));
            client.close();
            assert.equal((await server.stop()).code, 0);
        });
    }
});
