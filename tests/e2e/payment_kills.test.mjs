// Buying, with the server killed between every two of its steps, and with a Stripe that loses answers, is slow, or is away: the next request
// goes on where the last one stood, and in the end there is one customer, one payable session and one subscription.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { allFailpointNames } from '../chaos/failpoints.mjs';
import { Client, User, onlyBroken } from './support/client.mjs';
import { endPrograms, until } from './support/process.mjs';
import { becomes, checkout, openShop, status } from './support/shop.mjs';

const requestMaxMs = 9_500; // 8 s at Stripe, and some for a machine that has other work.
const patience = 60;

// Asks until there is a session, as a person does who is told to come back. `onTry` sees every answer.
async function insist(client, user, body, onTry = () => {}) {
    let answer;
    await until('a session', async () => {
        answer = await client.ask('POST', '/subscription/checkout/', { token: user.token, body }).catch(onlyBroken);
        await onTry(answer);
        return answer?.status === 200;
    }, { seconds: patience, everyMs: 200 });
    return answer.body.session_id;
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

    // What passes the name before the payment: who has a session for another price passes them all.
    const walk = async (user, name) => {
        if (name === 'payment_session_expired') await insist(client, user, { plan: 'pro', price: shop.yearly }, restart);
        return insist(client, user, { plan: 'pro' }, restart);
    };

    const names = allFailpointNames().filter((name) => name.startsWith('payment_'));

    test('there are names to die at', () => assert.ok(names.length >= 10, names.join()));

    for (const name of names) {
        test(`dies at ${name}`, { timeout: 180_000 }, async () => {
            const user = await User.signUp(client);
            await server.stop();
            deaths = 0;
            await server.start({ FAILPOINT: `${name}:abort` });
            const session = await walk(user, name);
            await isOneOfEach(shop, user, [session]);
            await shop.act(session, 'pay');
            await until('Pro, or dead', async () => server.program.exited || (await status(user).catch(onlyBroken))?.tier === 'pro', { seconds: patience });
            await restart();
            await becomes(user, 'pro', patience);
            assert.equal(deaths, 1);
            const customer = await isOneOfEach(shop, user, []);
            assert.equal((await shop.subscriptionsOf(customer)).length, 1);
        });
    }
});

describe('buying from a Stripe with faults', () => {
    let shop, server, client;
    before(async () => ({ shop, server, client } = await openShop()));
    after(() => client.close());

    const plan = (next) => shop.sim.tell('plan', { reset: true, matching: next });

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
        test(what, { timeout: 180_000 }, async () => {
            const user = await User.signUp(client);
            await plan(next);
            let began = performance.now();
            const session = await insist(client, user, { plan: 'pro' }, (answer) => {
                const took = performance.now() - began;
                assert.ok(took < requestMaxMs, `an answer after ${took} ms`);
                if (answer.status !== 200) {
                    assert.equal(`${answer.status} ${answer.body.code}`, '503 payment_provider_slow');
                    assert.match(answer.headers['retry-after'], /^\d+$/);
                }
                began = performance.now() + 200;
            });
            await plan([]);
            assert.deepEqual((await checkout(user)).session_id, session);
            await isOneOfEach(shop, user, [session]);
            await shop.act(session, 'pay');
            await becomes(user, 'pro', patience);
        });
    }

    test('a Stripe that is away takes nobody\'s plan, and nothing but buying notices', { timeout: 120_000 }, async () => {
        const [payer, buyer] = [await User.signUp(client), await User.signUp(client)];
        await shop.act((await checkout(payer)).session_id, 'pay');
        await becomes(payer, 'pro');
        await plan([{ fault: 'hang', times: -1 }]);
        await server.stop(); // A node that starts now knows no less.
        await server.start();
        const refused = await client.ask('POST', '/subscription/checkout/', { token: buyer.token, body: { plan: 'pro' } });
        assert.equal(refused.body.code, 'payment_provider_slow');
        assert.equal((await status(payer)).tier, 'pro');
        assert.equal((await payer.usage()).limit, 1000);
        assert.equal((await client.ask('GET', '/plans/')).body.results[1].prices.length, 2);
        const room = await buyer.createRoom();
        assert.equal((await buyer.post(room, 'hello', { wait: 20 })).status, 201);
        await plan([]);
        await checkout(buyer);
    });
});
