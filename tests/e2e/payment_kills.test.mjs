// Buying, with the server killed between every two of its steps, and with a Stripe that loses answers, is slow, or is away: the next request
// goes on where the last one stood, and in the end there is one customer, one payable session and one subscription.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { allFailpointNames } from '../chaos/failpoints.mjs';
import { User, onlyBroken } from './support/client.mjs';
import { endPrograms, sleep, until } from './support/process.mjs';
import { becomes, checkout, openShop, status } from './support/shop.mjs';

const requestMaxMs = 9_000; // 8 s at Stripe, and what Pollux itself needs; where the machine has other work, that as well: see Pulse.
const forgivenMsMax = 5_000; // So much of it at most: of a machine that stands still for longer nothing can be told.
const beatMs = 10; // What a look at the simulator's health may take without anybody having waited.
const patience = 120; // Seconds, for what takes a few: only what never comes is a failure.

// Asks until there is a session, as a person does who is told to come back. `onTry` sees every answer, and when it was asked for (ms).
async function insist(client, user, body, onTry = () => {}) {
    let answer;
    await until('a session', async () => {
        const asked = performance.now();
        answer = await client.ask('POST', '/subscription/checkout/', { token: user.token, body }).catch(onlyBroken);
        await onTry(answer, asked);
        return answer?.status === 200;
    }, { seconds: patience, everyMs: 200 });
    return answer.body.session_id;
}

// For how long the machine, and not Pollux, kept everybody waiting: what a client needs who does nothing but ask the simulator for its health,
// and pause between. Pollux has no part in it, so nothing that Pollux does is taken for the machine's.
class Pulse {
    #beats = []; // {to, late}
    #stopped = false;

    constructor(sim, pauseMs = 50) {
        this.running = this.#run(sim, pauseMs);
    }

    async #run(sim, pauseMs) {
        while (!this.#stopped) {
            const from = performance.now();
            await sim.ask('health');
            await sleep(pauseMs);
            const to = performance.now();
            this.#beats.push({ to, late: Math.max(0, to - from - pauseMs - beatMs) });
        }
    }

    // All in all, of the beats since then; the one that has not ended counts as well.
    lateSince(from) {
        const open = Math.max(0, performance.now() - (this.#beats.at(-1)?.to ?? performance.now()) - beatMs);
        return this.#beats.filter(({ to }) => to > from).reduce((sum, { late }) => sum + late, open);
    }

    async stop() {
        this.#stopped = true;
        await this.running;
    }
}

async function isOneOfEach(shop, user, open) {
    const mine = ({ metadata }) => metadata.user === String(user.id);
    const customers = (await shop.objects('customer')).filter(mine);
    assert.equal(customers.length, 1, 'customers');
    const sessions = (await shop.objects('checkout.session')).filter(mine);
    assert.deepEqual(sessions.filter((session) => session.status === 'open').map(({ id }) => id), open, 'open sessions');
    return customers[0].id;
}

after(() => endPrograms());

describe('buying, with kills', () => {
    let shop, server, client;
    before(async () => ({ shop, server, client } = await openShop()));
    after(() => client.close());

    let deaths = 0;
    const restart = async () => {
        if (!server.program.exited) return;
        assert.equal(server.program.exited.signal, 'SIGKILL');
        deaths += 1;
        await server.start();
    };

    const restarting = async (ask) => {
        const answer = await ask().catch(onlyBroken);
        await restart();
        return answer;
    };
    const ask = (user, path) => client.ask('POST', `/subscription/${path}/`, { token: user.token });
    const insistOn = (user, path) => until(path, async () => (await restarting(() => ask(user, path)))?.status === 200, { seconds: patience, everyMs: 200 });
    const buying = (user, price) => insist(client, user, { plan: 'pro', ...(price && { price }) }, restart);
    const makingOnce = (fault) => shop.sim.tell('plan', { reset: true, matching: [{ method: 'POST', path: '/v1/checkout/sessions', times: 1, ...fault }] });

    // One who bought by a bank debit that failed: what is left of it is in the way of the next purchase.
    const isLetDown = async (user) => {
        const { session_id: session } = await checkout(user);
        await shop.act(session, 'pay_later');
        await becomes(user, 'pro', patience);
        await shop.act(session, 'async_fail');
        await becomes(user, 'basic', patience);
    };
    const cancels = async (user) => {
        await insistOn(user, 'cancel');
        assert.ok((await status(user)).cancels_at);
    };
    const reactivates = async (user) => {
        await cancels(user);
        await insistOn(user, 'reactivate');
        assert.equal((await status(user)).cancels_at ?? null, null);
    };
    const opensPortal = (user) => insistOn(user, 'portal');

    // How to come by the names that a first purchase does not pass: `before` it, in the state in which it is made, or `after` it, as a user
    // who has paid; `at`: which time of passing is meant.
    const ways = [
        { name: /^payment_session_(expired|dropped)$/, before: (user) => buying(user, shop.yearly) },
        { name: /^payment_session_found$/, before: () => makingOnce({ status: 500, acts: true }) },
        { name: /^payment_session_given_up$/, before: () => makingOnce({ status: 400, message: 'Not now.' }) },
        { name: /^payment_lost_ended$/, before: isLetDown },
        { name: /^payment_change_/, what: ' in cancelling', after: cancels },
        { name: /^payment_change_/, what: ' in undoing it', after: reactivates, at: 2 },
        { name: /^payment_portal_/, after: opensPortal },
    ];

    const names = allFailpointNames().filter((name) => name.startsWith('payment_'));
    const deathsOf = names.flatMap((name) => {
        const those = ways.filter((way) => way.name.test(name));
        return (those.length ? those : [{}]).map((way) => ({ what: '', at: 1, ...way, name }));
    });

    test('there are names to die at', () => assert.ok(names.length >= 18, names.join()));

    for (const { name, what, at, before: prepare, after: goOn } of deathsOf) {
        test(`dies at ${name}${what}`, { timeout: 600_000 }, async () => {
            const user = await User.signUp(client);
            await server.stop();
            deaths = 0;
            await server.start({ FAILPOINT: `${name}:abort@${at}` });
            await prepare?.(user);
            const session = await buying(user);
            await isOneOfEach(shop, user, [session]);
            await shop.act(session, 'pay');
            await until('Pro, or dead', async () => server.program.exited || (await status(user).catch(onlyBroken))?.tier === 'pro', { seconds: patience });
            await restart();
            await becomes(user, 'pro', patience);
            await goOn?.(user);
            assert.equal(deaths, 1);
            const customer = await isOneOfEach(shop, user, []);
            assert.equal((await shop.subscriptionsOf(customer)).filter((one) => one.status === 'active').length, 1);
            await shop.sim.tell('plan', { reset: true });
        });
    }
});

describe('buying from a Stripe with faults', () => {
    let shop, server, client, pulse;
    before(async () => {
        ({ shop, server, client } = await openShop());
        pulse = new Pulse(shop.sim);
    });
    after(async () => {
        await pulse.stop();
        client.close();
    });

    const plan = (next) => shop.sim.tell('plan', { reset: true, matching: next });

    // In time, and with the way on. `context`: of the test, which is skipped where the machine lets nothing be told of times.
    function isToComeBack(context, answer, asked) {
        const [took, late] = [performance.now() - asked, pulse.lateSince(asked)];
        assert.ok(took < requestMaxMs + late, `an answer after ${Math.round(took)} ms, of which the machine was busy for ${Math.round(late)}`);
        const isTold = took < requestMaxMs || late <= forgivenMsMax;
        if (!isTold) context.skip(`the machine kept everybody waiting for ${Math.round(late)} ms: how soon Pollux answers is not known`);
        if (answer.status === 200) return;
        assert.equal(`${answer.status} ${answer.body.code}`, '503 payment_provider_slow');
        assert.match(answer.headers['retry-after'], /^\d+$/);
    }

    for (const [what, next] of [
        ['the answer to the customer is lost', [{ method: 'POST', path: '/v1/customers', fault: 'cut', acts: true, times: 3 }]],
        ['the answer to the session is lost', [{ method: 'POST', path: '/v1/checkout/sessions', fault: 'cut', acts: true, times: 3 }]],
        ['the session is answered with an error that acted', [{ method: 'POST', path: '/v1/checkout/sessions', status: 500, acts: true, times: 3 }]],
        ['the customer hangs', [{ method: 'POST', path: '/v1/customers', fault: 'hang', times: 1 }]],
        ['the session hangs and acts', [{ method: 'POST', path: '/v1/checkout/sessions', fault: 'hang', acts: true, times: 1 }]],
        ['every call takes 3 s', [{ delay_ms: 3000, times: -1 }]],
        ['every answer comes 5 s late', [{ late_ms: 5000, times: -1 }]],
        ['too many requests', [{ status: 429, code: 'rate_limit', times: 4 }]],
        ['a lock of Stripe\'s', [{ status: 429, code: 'lock_timeout', times: 2 }]],
    ]) {
        test(what, { timeout: 400_000 }, async (context) => {
            const user = await User.signUp(client);
            await plan(next);
            const session = await insist(client, user, { plan: 'pro' }, (answer, asked) => isToComeBack(context, answer, asked));
            await plan([]);
            assert.deepEqual((await checkout(user)).session_id, session);
            await isOneOfEach(shop, user, [session]);
            await shop.act(session, 'pay');
            await becomes(user, 'pro', patience);
        });
    }

    test('a Stripe that is away takes nobody\'s plan, and nothing but buying and changing notices', { timeout: 400_000 }, async (context) => {
        const [payer, buyer, newcomer] = [await User.signUp(client), await User.signUp(client), await User.signUp(client)];
        await shop.act((await checkout(payer)).session_id, 'pay');
        await becomes(payer, 'pro', patience);
        const { session_id: session } = await checkout(buyer);
        const known = await status(payer);
        await plan([{ fault: 'hang', times: -1 }]);
        await server.stop(); // A node that starts now knows no less.
        await server.start();

        const ask = async (user, path, body) => {
            const asked = performance.now();
            return { asked, answer: await client.ask('POST', `/subscription/${path}/`, { token: user.token, body }) };
        };
        const refused = await Promise.all([
            ...[newcomer, buyer, payer].map((user) => ask(user, 'checkout', { plan: 'pro' })), ...['portal', 'cancel', 'reactivate'].map((path) => ask(payer, path)),
        ]);
        for (const { answer, asked } of refused) {
            assert.equal(answer.status, 503);
            isToComeBack(context, answer, asked);
        }
        // Who only looks sees what is known, also who comes back from paying.
        assert.deepEqual(await status(payer), known);
        assert.equal((await status(buyer, session)).status, 'pending');
        assert.equal((await payer.usage()).limit, 1000);
        assert.equal((await client.ask('GET', '/plans/')).body.results[1].prices.length, 2);
        const room = await buyer.createRoom();
        assert.equal((await buyer.post(room, 'hello', { wait: 20 })).status, 201);

        await plan([]);
        assert.equal((await checkout(buyer)).session_id, session);
        await isOneOfEach(shop, buyer, [session]);
        await isOneOfEach(shop, newcomer, [await insist(client, newcomer, { plan: 'pro' })]);
    });
});
