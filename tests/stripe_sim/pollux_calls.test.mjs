// Every call that Pollux makes of Stripe: it is driven through all that it does there, and each kind of call that the simulator then has in its
// log is made once more by npm's official client, which must send the very same, and be answered as well.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Client, User } from '../e2e/support/client.mjs';
import { command } from '../e2e/support/command.mjs';
import { endPrograms, freePort, repository, until } from '../e2e/support/process.mjs';
import { Server, roomySettings } from '../e2e/support/server.mjs';
import { becomes, buyPro, checkout, status } from '../e2e/support/shop.mjs';
import { StripeSim } from './support/sim.mjs';

after(endPrograms);

const patience = 60; // Seconds.
const its = 'rk_test_1'; // The key that is Pollux' alone; this test itself has another one.
const code = '135790';
const mobile = '+12025550151';

const patternOf = (where) => where.replace(/\/(?:cus|sub|cs_test|cs|price|prod|pollux|we|bpc|in|pi|ch|evt)_\w+/g, '/{id}');
const kindOf = ({ method, path: where }) => `${method} ${patternOf(where)}`;

// Names as they stand in the form, without the numbers of lists; of words that decide what is done, the word too.
function namesOf(params, prefix = '') {
    return Object.entries(params).flatMap(([name, value]) => {
        const whole = prefix ? `${prefix}[${/^\d+$/.test(name) ? '' : name}]` : name;
        if (typeof value === 'object') return namesOf(value, whole);
        return /^(expand\[\]|status|type|.*\[type\])$/.test(whole) ? `${whole}=${value}` : whole;
    });
}
const signatureOf = (call) => `${kindOf(call)} ${[...new Set(namesOf(call.params))].sort().join(' ')}`;

// As the client takes them: lists as lists.
function forClient(value) {
    if (typeof value !== 'object') return value;
    const entries = Object.entries(value).map(([name, one]) => [name, forClient(one)]);
    return entries.length && entries.every(([name], index) => name === String(index)) ? entries.map(([, one]) => one) : Object.fromEntries(entries);
}

const methods = {
    'GET /v1/account': (stripe, ids, params, options) => stripe.accounts.retrieveCurrent(params, options),
    'GET /v1/customers': (stripe, ids, params) => stripe.customers.list(params),
    'POST /v1/customers': (stripe, ids, params) => stripe.customers.create(params),
    'GET /v1/customers/{id}': (stripe, [id], params) => stripe.customers.retrieve(id, params),
    'GET /v1/products/{id}': (stripe, [id], params) => stripe.products.retrieve(id, params),
    'POST /v1/products': (stripe, ids, params) => stripe.products.create(params),
    'POST /v1/products/{id}': (stripe, [id], params) => stripe.products.update(id, params),
    'GET /v1/prices': (stripe, ids, params) => stripe.prices.list(params),
    'GET /v1/prices/{id}': (stripe, [id], params) => stripe.prices.retrieve(id, params),
    'POST /v1/prices': (stripe, ids, params) => stripe.prices.create(params),
    'POST /v1/prices/{id}': (stripe, [id], params) => stripe.prices.update(id, params),
    'GET /v1/billing_portal/configurations': (stripe, ids, params) => stripe.billingPortal.configurations.list(params),
    'POST /v1/billing_portal/configurations': (stripe, ids, params) => stripe.billingPortal.configurations.create(params),
    'POST /v1/billing_portal/configurations/{id}': (stripe, [id], params) => stripe.billingPortal.configurations.update(id, params),
    'POST /v1/billing_portal/sessions': (stripe, ids, params) => stripe.billingPortal.sessions.create(params),
    'GET /v1/webhook_endpoints': (stripe, ids, params) => stripe.webhookEndpoints.list(params),
    'POST /v1/webhook_endpoints': (stripe, ids, params) => stripe.webhookEndpoints.create(params),
    'POST /v1/webhook_endpoints/{id}': (stripe, [id], params) => stripe.webhookEndpoints.update(id, params),
    'GET /v1/checkout/sessions': (stripe, ids, params) => stripe.checkout.sessions.list(params),
    'POST /v1/checkout/sessions': (stripe, ids, params) => stripe.checkout.sessions.create(params),
    'GET /v1/checkout/sessions/{id}': (stripe, [id], params) => stripe.checkout.sessions.retrieve(id, params),
    'POST /v1/checkout/sessions/{id}/expire': (stripe, [id], params) => stripe.checkout.sessions.expire(id, params),
    'GET /v1/subscriptions': (stripe, ids, params) => stripe.subscriptions.list(params),
    'GET /v1/subscriptions/{id}': (stripe, [id], params) => stripe.subscriptions.retrieve(id, params),
    'POST /v1/subscriptions/{id}': (stripe, [id], params) => stripe.subscriptions.update(id, params),
    'DELETE /v1/subscriptions/{id}': (stripe, [id], params) => stripe.subscriptions.cancel(id, params),
    'GET /v1/charges': (stripe, ids, params) => stripe.charges.list(params),
    'GET /v1/disputes': (stripe, ids, params) => stripe.disputes.list(params),
    'GET /v1/invoice_payments': (stripe, ids, params) => stripe.invoicePayments.list(params),
    'GET /v1/invoices': (stripe, ids, params) => stripe.invoices.list(params),
    'GET /v1/events': (stripe, ids, params) => stripe.events.list(params),
};

describe('every call of Pollux\'', () => {
    let sim, stripe, server, client, calls;
    let monthly, yearly;
    const signatures = new Map(); // The last call of each that was answered well, or else the last one.

    const run = async (...args) => {
        const { code: ended, stdout, said } = await command(server, ...args);
        assert.equal(ended, 0, said + stdout);
        return stdout;
    };
    const setUp = async (...args) => Object.fromEntries([...(await run('stripe-setup', ...args)).matchAll(/^(STRIPE_\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
    const act = (session, what) => sim.tell('checkout', { session, do: what });
    const objectOf = async (id) => (await sim.ask('objects', { id })).objects[0];
    const shop = { act };
    const flows = ['payment_method', 'change_plan', 'cancel'];

    async function subscriber(body) {
        const user = await User.signUp(client);
        const session = await buyPro(shop, user, body);
        await status(user, session);
        return { user, session, ...(await objectOf(session)) };
    }
    const ends = (subscription) => until('its end', async () => (await objectOf(subscription)).status === 'canceled', { seconds: patience });

    async function startOver(more) {
        if (server.program) {
            client.close();
            await server.stop();
        }
        Object.assign(server.env, more);
        await server.start();
        client = new Client(server);
        await until('prices', async () => (await client.ask('GET', '/plans/')).body.results[1].prices.length === 2, { seconds: patience });
    }

    // Set up, mended, with another amount, and looked at by doctor.
    async function settingUp() {
        server.env.PUBLIC_URL = server.url;
        Object.assign(server.env, await setUp('--amount', '15.00'));
        await setUp();
        monthly = (await setUp('--amount', '20.00')).STRIPE_PRICE_ID.split(',')[0]; // The old price is retired.
        server.env.STRIPE_PRICE_ID = monthly;
        server.env.STRIPE_PRICE_ID = (await setUp('--amount', '200.00', '--interval', 'year')).STRIPE_PRICE_ID;
        yearly = server.env.STRIPE_PRICE_ID.split(',').find((one) => one !== monthly);
        const [endpoint] = (await sim.ask('objects', { kind: 'webhook_endpoint' })).objects;
        await sim.tell('endpoint', { endpoint: endpoint.id, do: 'disable' });
        const [portal] = (await sim.ask('objects', { kind: 'billing_portal.configuration' })).objects;
        await stripe.billingPortal.configurations.update(portal.id, { features: { payment_method_update: { enabled: false } } });
        await stripe.products.update('pollux_pro', { active: false });
        await setUp();
        await command(server, 'doctor');
    }

    async function buying() {
        const { user, subscription } = await subscriber();
        for (const body of [undefined, ...flows.map((flow) => ({ flow }))]) await user.ask('POST', '/subscription/portal/', { body });
        for (const price of [monthly, yearly]) assert.equal((await client.ask('POST', '/subscription/checkout/', { token: user.token, body: { plan: 'pro', price } })).status, 409);
        await user.ask('POST', '/subscription/cancel/');
        await user.ask('POST', '/subscription/reactivate/');
        await sim.tell('portal', { subscription, do: 'cancel' });
        await until('the portal\'s end', async () => (await status(user)).cancels_at !== null, { seconds: patience });
        await user.ask('POST', '/subscription/reactivate/');
        const other = await User.signUp(client);
        for (const price of [monthly, yearly]) await checkout(other, { plan: 'pro', price }); // The first one is expired.
    }

    async function goingBack() {
        const refunded = await subscriber();
        await sim.tell('refund', { subscription: refunded.subscription });
        await ends(refunded.subscription);
        await becomes(refunded.user, 'basic', patience); // Whether the customer is there is asked when nothing lives.
        const disputed = await subscriber();
        const { id } = await sim.tell('dispute', { do: 'open', subscription: disputed.subscription });
        await sim.tell('dispute', { do: 'close', dispute: id, status: 'lost' });
        await ends(disputed.subscription);
    }

    // With a session that could be paid, and with a subscription.
    async function leaving() {
        const user = await User.signUp(client, { mobile });
        const session = await buyPro(shop, user);
        const { customer, subscription } = await objectOf(session);
        const left = await stripe.checkout.sessions.create({ mode: 'subscription', customer, line_items: [{ price: monthly, quantity: 1 }], success_url: 'https://example.com/' });
        await user.ask('POST', '/auth/send-otp/', { body: { mobile, purpose: 'confirm' } });
        await user.ask('POST', '/auth/verify-otp/', { body: { mobile, code, purpose: 'confirm' } });
        await user.ask('DELETE', '/user/me/', { expect: 204 });
        await ends(subscription);
        assert.equal((await stripe.checkout.sessions.retrieve(left.id)).status, 'expired');
    }

    // More than a page of each.
    async function reconciling() {
        await sim.tell('many', { customers: 120, price: monthly });
        const acts = (await sim.ask('objects', { kind: 'subscription' })).objects.map(({ id }) => ({ on: 'subscription', subscription: id, set: { description: 'told again' } }));
        await sim.tell('batch', { acts });
        await run('reconcile');
        await run('reconcile', '--all');
    }

    before(async () => {
        sim = await StripeSim.start();
        stripe = sim.client();
        server = new Server({ env: { ...roomySettings, AI_MODELS: 'demo', STRIPE_SECRET_KEY: its, STRIPE_BASE_URL: sim.url, OTP_TEST_NUMBERS: `${mobile}:${code}` } });
        server.port = await freePort();
        await settingUp();
        await startOver({});
        await buying();
        await goingBack();
        await leaving();
        await reconciling();
        await startOver({ STRIPE_AUTOMATIC_TAX: 'True', STRIPE_PROMOTION_CODES: 'True', STRIPE_TRIAL_DAYS: '7' });
        await subscriber();
        client.close();
        await server.stop();
        calls = (await sim.calls()).filter(({ key }) => key === its);
        for (const call of calls) {
            const signature = signatureOf(call);
            if (call.status < 400 || !signatures.has(signature)) signatures.set(signature, call);
        }
    });
    after(() => sim.answersAreRight());

    test('each path that the code names was asked for', () => {
        const folder = path.join(repository, 'src/billing/stripe');
        const named = fs.readdirSync(folder).filter((name) => name.endsWith('.cpp') && !name.endsWith('_test.cpp'))
            .flatMap((name) => [...fs.readFileSync(path.join(folder, name), 'utf8').matchAll(/"(\/v1\/[a-z_/]+)"/g)].map(([, literal]) => literal));
        assert.ok(new Set(named).size >= 15, named.join());
        const asked = new Set(calls.map(({ path: where }) => patternOf(where)));
        const isAsked = (literal) => (literal.endsWith('/') ? asked.has(`${literal}{id}`) : asked.has(literal));
        assert.deepEqual([...new Set(named)].filter((literal) => !isAsked(literal)), []);
    });

    test('each names the version', () => assert.deepEqual([...new Set(calls.map(({ version }) => version))], ['2026-10-28.endive']));

    test('each is one that the official client makes too, and is answered', async () => {
        assert.ok(signatures.size >= 35, [...signatures.keys()].join('\n'));
        const price = monthly;
        const fresh = {
            subscription: async () => {
                const customer = await stripe.customers.create({ invoice_settings: { default_payment_method: 'pm_card_visa' } });
                return (await stripe.subscriptions.create({ customer: customer.id, items: [{ price }] })).id;
            },
            session: async () => (await stripe.checkout.sessions.create({ mode: 'subscription', line_items: [{ price, quantity: 1 }], success_url: 'https://example.com/' })).id,
        };
        // What can be done once is done to another one.
        const others = {
            'POST /v1/subscriptions/{id}': fresh.subscription,
            'DELETE /v1/subscriptions/{id}': fresh.subscription,
            'POST /v1/checkout/sessions/{id}/expire': fresh.session,
        };
        const problems = [];
        let number = 0;
        for (const [signature, call] of signatures) {
            const kind = kindOf(call);
            const method = methods[kind];
            if (!method) {
                problems.push(`${signature}: the table of this test has no such method`);
                continue;
            }
            const params = forClient(call.params);
            if (kind === 'POST /v1/products') params.id += `_${++number}`;
            if (kind === 'POST /v1/prices' && params.lookup_key) params.lookup_key += `_${++number}`;
            const ids = others[kind] ? [await others[kind]()] : call.path.split('/').filter((part, index) => kind.split(' ')[1].split('/')[index] === '{id}');
            const answered = await method(stripe, ids, params).then(() => 200, (error) => error.statusCode ?? String(error));
            const sent = (await sim.calls({ after: call.id })).filter(({ key }) => key !== its).at(-1);
            if (signatureOf(sent) !== signature) problems.push(`${signature}: the client sends ${signatureOf(sent)}`);
            if (sent.version !== call.version) problems.push(`${signature}: the client names ${sent.version}`);
            if (answered !== 200 && answered !== call.status) problems.push(`${signature}: Pollux is answered ${call.status}, the client ${answered}`);
        }
        assert.deepEqual(problems, []);
    });
});
