// Buying in the demo, as people and integrators try it out in debug: pages without scripts, every outcome, kills, and nothing of it where
// real people could meet it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { endPrograms, until } from './support/process.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { becomes, checkout as buy, status } from './support/shop.mjs';

const settings = { ...roomySettings, SECRET_KEY: 'Zk3vX9q-7Lw2TmB5sR8uYc1NhD6fGjPaQ', AI_MODELS: 'demo', DEMO_TOKENS_PER_SECOND: '0',
    OTP_TEST_NUMBERS: '+12025550177:135790' };
const day = 86_400_000;
const elsewhere = 'http://localhost:5173/plan?tab=1'; // A page that is being developed.

const patience = 30; // Seconds.
const checkout = (user, body = { plan: 'pro', return_url: elsewhere }) => buy(user, body);
const pathOf = (url) => new URL(url).pathname;

// As a browser posts a form without scripts.
function post(client, url, fields) {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', Origin: client.server.url, 'Sec-Fetch-Site': 'same-origin' };
    return client.ask('POST', pathOf(url), { body: new URLSearchParams(fields).toString(), headers });
}

// What a browser would show, after it has checked that the page may be shown under its policy.
function look(answer) {
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['content-type'], 'text/html; charset=utf-8');
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    const policy = answer.headers['content-security-policy'];
    const style = /<style>([^]*)<\/style>/.exec(answer.text)[1];
    assert.match(policy, /^default-src 'none';/);
    assert.ok(policy.includes(`style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`), policy);
    assert.doesNotMatch(answer.text, /<script|<link rel="stylesheet"|<img|style=|javascript:| on[a-z]+=/i);
    return answer.text;
}

after(() => endPrograms());

async function buyPro(client, user) {
    const opened = await checkout(user);
    assert.equal((await post(client, opened.checkout_url, { action: 'pay' })).status, 303);
    await becomes(user, 'pro', patience);
    return opened;
}

async function openPortal(user) {
    return (await user.ask('POST', '/subscription/portal/', { body: { return_url: elsewhere } })).url;
}

describe('demo checkout', () => {
    let server, client;
    before(async () => {
        server = await Server.start({ env: settings });
        client = new Client(server);
    });
    after(() => client.close());

    test('the demo\'s prices are shown with the plans', async () => {
        const prices = async () => (await client.ask('GET', '/plans/')).body.results.find(({ name }) => name === 'pro').prices;
        await until('prices', async () => (await prices()).length === 2);
        assert.deepEqual(await prices(), [
            { id: 'demo_pro_monthly', amount_minor: 1200, currency: 'usd', exponent: 2, interval: 'month', interval_count: 1 },
            { id: 'demo_pro_yearly', amount_minor: 12000, currency: 'usd', exponent: 2, interval: 'year', interval_count: 1 },
        ]);
    });

    test('who pays comes back and is Pro in the first answer', async () => {
        const user = await User.signUp(client);
        const opened = await checkout(user);
        assert.equal(opened.checkout_url, `${server.url}/demo/checkout/${opened.session_id}/`);
        assert.equal((await status(user)).status, 'pending');
        const shown = await client.ask('GET', pathOf(opened.checkout_url));
        const page = look(shown);
        assert.match(page, /<title>Demo checkout, no money moves<\/title>/);
        assert.match(page, /no card is asked for, and no money moves/);
        assert.match(page, /\$12\.00/);
        assert.match(shown.headers['content-security-policy'], /form-action 'self' http:\/\/localhost:5173/, 'the redirect after the form may go there');
        for (const action of ['pay', 'decline', 'pay_later']) assert.ok(page.includes(`value="${action}"`), action);

        const paid = await post(client, opened.checkout_url, { action: 'pay' });
        assert.equal(paid.status, 303);
        assert.equal(paid.headers.location, `${elsewhere}&session_id=${opened.session_id}`);
        const now = await status(user, opened.session_id);
        const { current_period_end: end, ...rest } = now;
        assert.deepEqual(rest, { tier: 'pro', status: 'active', plan: 'pro', price: 'demo_pro_monthly', cancels_at: null, grace_until: null, other_subscriptions: 0, source: 'demo', publishable_key: null });
        assert.ok(Date.parse(end) > Date.now() + 27 * day && Date.parse(end) < Date.now() + 32 * day, end);
        assert.match(look(await client.ask('GET', pathOf(opened.checkout_url))), /This checkout is done\./);
    });

    test('a form that names no origin, as curl posts it, is taken', async () => {
        const user = await User.signUp(client);
        const opened = await checkout(user);
        const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
        const paid = await client.ask('POST', pathOf(opened.checkout_url), { body: 'action=pay', headers });
        assert.equal(paid.status, 303);
        await becomes(user, 'pro', patience);
    });

    test('who never comes back is Pro too, told by the webhook', async () => {
        const user = await User.signUp(client);
        const opened = await checkout(user, { plan: 'pro', price: 'demo_pro_yearly' });
        const paid = await post(client, opened.checkout_url, { action: 'pay' });
        assert.equal(paid.headers.location, `${server.url}/subscription/done/?session_id=${opened.session_id}`);
        await becomes(user, 'pro', patience);
        assert.ok(Date.parse((await status(user)).current_period_end) > Date.now() + 364 * day);
    });

    test('a page thanks who comes back without a page of their own', async () => {
        const bare = new Client(await Server.start({ env: { ...settings, PAGES: 'False' } }));
        assert.match(look(await bare.ask('GET', '/subscription/done/?session_id=cs_demo_1')), /Your payment is being confirmed/);
        assert.doesNotMatch(look(await bare.ask('GET', '/subscription/done/')), /payment/i);
        bare.close();
        const { status, text } = await client.ask('GET', '/subscription/done/?session_id=cs_demo_1');
        assert.deepEqual([status, text], [200, (await client.ask('GET', '/')).text], 'one of the pages, which knows its user');
    });

    test('a card that is declined leaves all as it was, and the next try goes on there', async () => {
        const user = await User.signUp(client);
        const opened = await checkout(user);
        const page = look(await post(client, opened.checkout_url, { action: 'decline' }));
        assert.match(page, /The card was declined/);
        assert.match(page, /value="pay"/);
        assert.equal((await status(user, opened.session_id)).tier, 'basic');
        assert.deepEqual(await checkout(user), opened);
        assert.equal((await post(client, opened.checkout_url, { action: 'pay' })).status, 303);
        await becomes(user, 'pro', patience);
    });

    test('money that comes later makes Pro when it comes', async () => {
        const user = await User.signUp(client);
        const opened = await checkout(user);
        const back = await post(client, opened.checkout_url, { action: 'pay_later' });
        assert.equal(back.status, 303);
        assert.equal(back.headers.location, `${elsewhere}&session_id=${opened.session_id}`);
        const waiting = await status(user, opened.session_id);
        assert.deepEqual([waiting.tier, waiting.status], ['basic', 'incomplete']);
        await becomes(user, 'pro', patience);
        assert.equal((await status(user)).status, 'active');
    });

    test('forty clicks buy once', async () => {
        const user = await User.signUp(client);
        const opened = await checkout(user);
        const answers = await Promise.all(Array.from({ length: 40 }, (_, number) =>
            post(client, opened.checkout_url, { action: ['pay', 'pay_later'][number % 2] })));
        const wanted = `${elsewhere}&session_id=${opened.session_id}`;
        assert.deepEqual(new Set(answers.map(({ status: code, headers }) => `${code} ${headers.location}`)), new Set([`303 ${wanted}`]));
        await becomes(user, 'pro', patience);
        await server.stop();
        const [{ count }] = await server.rows(`select count(*) as count from demo_subscriptions where for_user = '${user.id}'`);
        await server.start();
        assert.equal(count, 1);
    });

    test('who has bought is sent to the portal', async () => {
        const user = await User.signUp(client);
        await buyPro(client, user);
        const again = await client.ask('POST', '/subscription/checkout/', { token: user.token, body: { plan: 'pro', price: 'demo_pro_yearly' } });
        assert.equal(again.status, 409);
        assert.equal(again.body.code, 'already_subscribed');
        assert.match(look(await client.ask('GET', pathOf(again.body.portal_url))), /Pollux Pro, monthly/);
    });

    test('what was bought is cancelled, kept and switched in the portal, and by the API', async () => {
        const user = await User.signUp(client);
        await buyPro(client, user);
        const portal = await openPortal(user);
        assert.match(look(await client.ask('GET', pathOf(portal))), /Renews on \d{4}-\d\d-\d\d/);

        assert.match(look(await post(client, portal, { action: 'cancel' })), /Ends on \d{4}-\d\d-\d\d/);
        await until('the cancellation', async () => (await status(user)).cancels_at !== null);
        assert.equal((await user.ask('POST', '/subscription/reactivate/')).cancels_at, null);
        assert.match(look(await client.ask('GET', pathOf(portal))), /Renews on/);

        const cancelled = await user.ask('POST', '/subscription/cancel/');
        assert.equal(cancelled.tier, 'pro');
        assert.equal(cancelled.cancels_at, cancelled.current_period_end);
        assert.match(look(await post(client, portal, { action: 'keep' })), /Renews on/);
        await until('the undoing', async () => (await status(user)).cancels_at === null);

        const nothing = await post(client, portal, { action: 'switch' });
        assert.deepEqual([nothing.status, nothing.body.errors[0].field, nothing.body.errors[0].code], [422, 'price', 'required']);
        assert.match(look(await post(client, portal, { action: 'switch', price: 'demo_pro_yearly' })), /Pollux Pro, yearly/);
        await until('the other price', async () => (await status(user)).price === 'demo_pro_yearly');
        assert.ok(Date.parse((await status(user)).current_period_end) > Date.now() + 364 * day);
        assert.equal((await user.usage()).tier, 'pro');
    });

    test('a page of somebody is found by nobody who guesses', async () => {
        for (const path of ['/demo/checkout/cs_demo_00000000000000000000000000000000/', '/demo/portal/bps_demo_0/', '/demo/checkout/%27/']) {
            for (const ask of [() => client.ask('GET', path), () => post(client, server.url + path, { action: 'pay' })]) {
                const answer = await ask();
                assert.ok([404, 422].includes(answer.status), `${path}: ${answer.text}`);
                assert.match(answer.headers['content-type'], /^application\/problem\+json/);
            }
            const inABrowser = { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
            for (const page of [await fetch(server.url + path, { headers: inABrowser }), await fetch(server.url + path, { method: 'POST', headers: inABrowser, body: new URLSearchParams({ action: path.includes('portal') ? 'cancel' : 'pay' }) })]) {
                assert.deepEqual([page.status, page.headers.get('content-type')], [404, 'text/html; charset=utf-8'], path);
                assert.match(await page.text(), /<h1>There is no such page<\/h1>/);
            }
        }
    });

    test('a deleted account takes what it bought along', async () => {
        const [mobile, code] = settings.OTP_TEST_NUMBERS.split(':'); // In debug it may be sent codes without a pause.
        const user = new User();
        Object.assign(user, { client, mobile });
        await user.ask('POST', '/auth/signup/', { body: { mobile, password: 'a-long-pass-word-7' }, expect: 201 });
        await user.ask('POST', '/auth/send-otp/', { body: { mobile, purpose: 'login' } });
        user.token = (await user.ask('POST', '/auth/verify-otp/', { body: { mobile, code, purpose: 'login' } })).access;
        const opened = await buyPro(client, user);
        await user.ask('POST', '/auth/send-otp/', { body: { mobile, purpose: 'confirm' } });
        await user.ask('POST', '/auth/verify-otp/', { body: { mobile, code, purpose: 'confirm' } });
        await user.ask('DELETE', '/user/me/', { expect: 204 });
        assert.equal((await client.ask('GET', pathOf(opened.checkout_url))).status, 404);
    });
});

describe('demo checkout, killed', () => {
    for (const point of ['demo_before_commit', 'demo_before_webhook']) {
        test(`at ${point}, it ends as if nothing had happened`, async () => {
            const server = await Server.start({ env: settings });
            const client = new Client(server);
            const user = await User.signUp(client);
            const opened = await checkout(user);
            await server.stop();
            await server.start({ FAILPOINT: `${point}:abort` });
            await post(client, opened.checkout_url, { action: 'pay' }).catch(() => {});
            await server.program.end;
            await server.start();
            if (point === 'demo_before_commit') {
                assert.equal((await user.usage()).tier, 'basic');
                assert.equal((await post(client, opened.checkout_url, { action: 'pay' })).status, 303);
            }
            await becomes(user, 'pro', patience); // Nobody asks the demo: the event came.
            client.close();
            await server.stop();
        });
    }
});

describe('demo checkout, where it must not be', () => {
    const places = [
        ['outside debug', { DEBUG: 'False', OTP_TEST_NUMBERS: '', ALLOWED_HOSTS: '127.0.0.1', RATE_LIMITS: 'on' }],
        ['beside a key of Stripe', { STRIPE_SECRET_KEY: 'sk_test_1', STRIPE_WEBHOOK_SECRET: 'whsec_1', STRIPE_PRICE_ID: 'price_1', STRIPE_BASE_URL: 'http://127.0.0.1:9' }],
    ];
    for (const [where, more] of places) {
        test(`${where} there are no pages`, async () => {
            const server = await Server.start({ env: settings });
            const client = new Client(server);
            const user = await User.signUp(client);
            const opened = await buyPro(client, user);
            const pending = await checkout(await User.signUp(client));
            await server.stop();
            server.env = { ...settings, ...more };
            await server.start();
            for (const path of [pathOf(opened.checkout_url), pathOf(pending.checkout_url), '/demo/portal/bps_demo_1/']) {
                for (const answer of [await client.ask('GET', path), await post(client, server.url + path, { action: 'pay' })]) {
                    assert.equal(answer.status, 404);
                    assert.equal(answer.body.code, 'path_not_found');
                }
            }
            if (server.env.DEBUG === 'False') {
                await becomes(user, 'basic', patience); // What was bought for nothing is nobody's plan there.
                const { body } = await client.ask('GET', '/subscription/status/', { token: user.token });
                assert.deepEqual([body.tier, body.status, body.source], ['basic', 'none', 'none']);
                const refused = await client.ask('POST', '/subscription/checkout/', { token: user.token, body: { plan: 'pro' } });
                assert.deepEqual([refused.status, refused.body.code], [503, 'billing_not_configured']);
            }
            client.close();
            await server.stop();
            const bought = await server.rows('select count(*) as count from demo_subscriptions');
            assert.equal(bought[0].count, 1);
        });
    }
});
