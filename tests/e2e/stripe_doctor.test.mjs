// `pollux doctor` on payments by Stripe: what is right is called well, and each mistake is named in one line that says how to mend it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, beforeEach, test } from 'node:test';

import { command } from './support/command.mjs';
import { endPrograms, temporaryFolder } from './support/process.mjs';
import { Server } from './support/server.mjs';
import { SmsSim } from './support/sms_sim.mjs';
import { StripeSim } from './support/stripe_sim.mjs';

const callSecondsMax = 5;

let sim, texts, folder, right;

const production = () => ({
    SECRET_KEY: 'Vq8sT2mZr6Xw1Lk9Bn4Hd7Gy3Jc5Pf0E',
    AI_MODELS: 'demo',
    ALLOWED_HOSTS: 'chat.example.com',
    PUBLIC_URL: 'https://chat.example.com',
    STRIPE_SECRET_KEY: 'sk_live_1',
    STRIPE_PUBLISHABLE_KEY: 'pk_live_1',
    STRIPE_BASE_URL: sim.url,
    ...texts.webhookSettings(),
});

before(async () => {
    [sim, texts] = await Promise.all([StripeSim.start(), SmsSim.start()]);
    folder = temporaryFolder();
});
// As `stripe-setup` leaves it.
beforeEach(async () => {
    await sim.tell('reset');
    await sim.tell('plan', { reset: true });
    const { code, stdout, said } = await command({ folder, env: production() }, 'stripe-setup', '--amount', '20.00');
    assert.equal(code, 0, said);
    right = { ...production() };
    for (const [, name, value] of stdout.matchAll(/^(STRIPE_\w+)=(.*)$/gm)) right[name] = value;
});
after(() => endPrograms());

// What it says of Stripe: [{health, what, mend}].
async function examine(env = {}, where = folder) {
    const { code, stdout, said } = await command({ folder: where, env: { ...right, ...env } }, 'doctor');
    assert.equal(said, '', stdout);
    const findings = [];
    for (const line of stdout.split('\n')) {
        const found = /^ {2}(ok {2}|note|ILL ) (.*)$/.exec(line);
        if (found) findings.push({ health: found[1].trim(), what: found[2] });
        const mend = /^ {7}-> (.*)$/.exec(line);
        if (mend) findings.at(-1).mend = mend[1];
    }
    return { code, stdout, findings: findings.filter(({ what }) => what.startsWith('Stripe:')) };
}

const price = () => right.STRIPE_PRICE_ID;
const endpoint = async () => (await sim.ask('objects', { kind: 'webhook_endpoint', mode: 'live' })).objects[0];
const portal = async () => (await sim.ask('objects', { kind: 'billing_portal.configuration', mode: 'live' })).objects[0];
const tellEndpoint = async (what) => sim.tell('endpoint', { endpoint: (await endpoint()).id, ...what });

async function post(path, form, key = 'sk_live_1') {
    const { status, body } = await sim.raw('POST', path, { key, form });
    assert.equal(status, 200, JSON.stringify(body));
    return body;
}

test('what is right is called well, with few calls', async () => {
    await fetch(`${sim.url}/_sim/calls`, { method: 'DELETE' });
    const { code, findings, stdout } = await examine();
    assert.equal(code, 0, stdout);
    assert.deepEqual(findings.map(({ health }) => health), ['ok', 'ok'], stdout);
    assert.match(findings[0].what, /the key is right: account acct_1, live mode/);
    const calls = await sim.calls();
    assert.ok(calls.length <= 5, `${calls.length} calls`);
    assert.ok(calls.every(({ method }) => method === 'GET'));
    assert.doesNotMatch(stdout, /sk_live_1|whsec_/);
});

test('without a key nothing is said of Stripe', async () => {
    assert.deepEqual((await examine({ STRIPE_SECRET_KEY: '', STRIPE_WEBHOOK_SECRET: '' })).findings, []);
});

// All that a restricted key needs, as the simulator has it, and as doctor calls those that it can look at.
const rights = ['customers:write', 'checkout/sessions:write', 'subscriptions:write', 'billing_portal/sessions:write', 'account:read', 'prices:read', 'invoices:read',
    'invoice_payments:read', 'charges:read', 'disputes:read', 'events:read', 'billing_portal/configurations:read', 'webhook_endpoints:read'];
const readable = { customers: 'customers', 'checkout/sessions': 'checkout sessions', subscriptions: 'subscriptions', prices: 'price', invoices: 'invoices', invoice_payments: 'invoice payments',
    charges: 'charges', disputes: 'disputes', events: 'events', 'billing_portal/configurations': "the portal's configurations", webhook_endpoints: 'the webhook endpoints' };

test('a restricted key with all its rights is well', async () => {
    await sim.tell('keys', { key: 'rk_live_7', account: 'acct_1', rights });
    await fetch(`${sim.url}/_sim/calls`, { method: 'DELETE' });
    const { code, findings, stdout } = await examine({ STRIPE_SECRET_KEY: 'rk_live_7' });
    assert.equal(code, 0, stdout);
    assert.deepEqual(findings.map(({ health }) => health), ['ok', 'ok', 'ok'], stdout);
    assert.match(findings[1].what, /may read what it must/);
    const calls = await sim.calls();
    assert.ok(calls.every(({ method }) => method === 'GET'));
    for (const { params } of calls) assert.ok(!('limit' in params) || Number(params.limit) <= 100);
});

// name: [plant, settings, expected health, what, mend]
const mistakes = {
    'a key that is none': [null, { STRIPE_SECRET_KEY: 'sk_live_wrong' }, 'ILL', /refuses the key/, /STRIPE_SECRET_KEY/],
    'a restricted key that may not see its account': [() => sim.tell('keys', { key: 'rk_live_9', account: 'acct_1', rights: ['prices:read'] }),
        { STRIPE_SECRET_KEY: 'rk_live_9' }, 'ILL', /does not let the key see its own account/, /all its rights: to write customers/],
    ...Object.fromEntries(Object.entries(readable).map(([right, shown]) => [`a restricted key that may not read ${right}`, [
        () => sim.tell('keys', { key: 'rk_live_8', account: 'acct_1', rights: rights.filter((one) => !one.startsWith(`${right}:`)) }),
        { STRIPE_SECRET_KEY: 'rk_live_8' }, 'ILL', new RegExp(`refuses to show [a-z ]*${shown} ?\\w* to this key \\(.*permission`), /all its rights: to write customers, .*; to read account, /]])),
    'no price': [null, { STRIPE_PRICE_ID: '' }, 'ILL', /no price is set/, /stripe-setup/],
    'a price that is not there': [null, { STRIPE_PRICE_ID: 'price_none' }, 'ILL', /there is no price price_none/, /STRIPE_PRICE_ID/],
    'a price of the other mode': [async () => {
        const made = await post('/v1/prices', { currency: 'usd', unit_amount: '1', 'recurring[interval]': 'month', 'product_data[name]': 'x' }, 'sk_test_1');
        return { STRIPE_PRICE_ID: made.id };
    }, {}, 'ILL', /is of the other mode than the key/, /STRIPE_PRICE_ID/],
    'a price that is archived': [async () => void (await post(`/v1/prices/${price()}`, { active: 'false' })), {}, 'ILL', /is archived, so nobody can buy/, /STRIPE_PRICE_ID/],
    'a price that is paid once': [async () => {
        const made = await post('/v1/prices', { currency: 'usd', unit_amount: '1', product: 'pollux_pro' });
        return { STRIPE_PRICE_ID: made.id };
    }, {}, 'ILL', /is paid once/, /stripe-setup/],
    'a second price that the portal does not know': [async () => {
        const made = await post('/v1/prices', { currency: 'usd', unit_amount: '9', product: 'pollux_pro', 'recurring[interval]': 'year' });
        return { STRIPE_PRICE_ID: `${price()},${made.id}` };
    }, {}, 'note', /does not switch to the price/, /stripe-setup/],
    'a second price that the portal cannot offer beside the first': [async () => {
        const made = await post('/v1/prices', { currency: 'eur', unit_amount: '1800', product: 'pollux_pro', 'recurring[interval]': 'month' });
        return { STRIPE_PRICE_ID: `${price()},${made.id}` };
    }, {}, 'note', /cannot switch to the price price_\w+ beside price_\w+: Stripe's portal takes one price of a product for each interval/, /another product/],
    'no portal configuration': [async () => void (await post(`/v1/billing_portal/configurations/${(await portal()).id}`, { active: 'false' })), {}, 'ILL',
        /the portal has no configuration/, /stripe-setup/],
    'a portal in which nobody can cancel': [
        async () => void (await post(`/v1/billing_portal/configurations/${(await portal()).id}`, { 'features[subscription_cancel][enabled]': 'false' })),
        {}, 'ILL', /does not let customers cancel/, /stripe-setup/],
    'another URL than the endpoint has': [async () => void (await sim.tell('portal_default', { mode: 'live', features: {
        subscription_cancel: { enabled: true, mode: 'at_period_end' }, payment_method_update: { enabled: true } } })), { PUBLIC_URL: 'https://moved.example.com' }, 'ILL', /no webhook endpoint has the URL/, /PUBLIC_URL/],
    'an endpoint that is switched off': [async () => void (await tellEndpoint({ do: 'disable' })), {}, 'ILL', /is switched off/, /stripe-setup.*reconcile/],
    'an endpoint of another version': [async () => void (await tellEndpoint({ set: { api_version: '2024-06-20' } })), {}, 'note', /2024-06-20/, /Delete it/],
    'an endpoint that misses events': [
        async () => void (await tellEndpoint({ set: { enabled_events: (await endpoint()).enabled_events.filter((name) => !name.startsWith('customer.')) } })),
        {}, 'ILL', /does not hear of 6 events, such as customer\.deleted/, /stripe-setup/],
    'two endpoints': [async () => void (await post('/v1/webhook_endpoints', { url: 'https://chat.example.com/webhook/stripe/', 'enabled_events[0]': '*' })), {}, 'note',
        /2 webhook endpoints lead here/, /Delete/],
    'Stripe is not reached': [() => sim.tell('plan', { default: { fault: 'cut' } }), {}, 'ILL', /cannot be reached/, /network/],
};

for (const [name, [plant, settings, health, what, mend]] of Object.entries(mistakes)) {
    test(`a mistake is named: ${name}`, async () => {
        const planted = plant ? await plant() : {};
        const { code, findings, stdout } = await examine({ ...settings, ...(planted?.STRIPE_PRICE_ID && planted) });
        const wrong = findings.filter((finding) => finding.health !== 'ok');
        assert.equal(wrong.length, 1, stdout);
        assert.equal(wrong[0].health, health, stdout);
        assert.match(wrong[0].what, what);
        assert.match(wrong[0].mend, mend);
        assert.equal(code, health === 'ILL' ? 1 : 0, stdout);
    });
}

// Where settings are wrong too, those are named beside it.
test('a mistake is named: a test key in production', async () => {
    await command({ folder, env: { ...production(), STRIPE_SECRET_KEY: 'sk_test_1' } }, 'stripe-setup', '--amount', '20.00');
    const { stdout } = await examine({ STRIPE_SECRET_KEY: 'sk_test_1', STRIPE_PUBLISHABLE_KEY: 'pk_test_1' });
    assert.match(stdout, /^ {2}note .*STRIPE_SECRET_KEY is a test key: no real money moves\. Set the live keys/m);
    assert.equal(stdout.match(/test key|no real money/g).length, 2, `it is said once: ${stdout}`);
});

test('a mistake is named: no webhook secret', async () => {
    const { code, stdout } = await examine({ STRIPE_WEBHOOK_SECRET: '' });
    assert.equal(code, 1);
    assert.match(stdout, /^ {2}ILL {2}Settings: STRIPE_WEBHOOK_SECRET: is needed .*stripe-setup/m);
    assert.equal(stdout.match(/STRIPE_WEBHOOK_SECRET/g).length, 1, `it is said once: ${stdout}`);
});

test('a start and doctor say the same line of a PUBLIC_URL that is not answered', async () => {
    const its = { ALLOWED_HOSTS: 'www.example.com' };
    const { code, stdout } = await examine(its);
    assert.equal(code, 1);
    const [, line] = /^ {2}ILL {2}Settings: (PUBLIC_URL: its host chat\.example\.com is not in ALLOWED_HOSTS.*)$/m.exec(stdout);
    const start = await command({ folder: temporaryFolder(), env: { ...right, ...its } }, 'serve');
    assert.deepEqual([start.code, start.said], [2, `pollux: ${line}`]);
});

test('where no price is set that is said once', async () => {
    const { stdout } = await examine({ STRIPE_PRICE_ID: '' });
    assert.doesNotMatch(stdout, /STRIPE_PRICE_ID is not set/);
    assert.match(stdout, /^ {2}ILL {2}Stripe: no price is set/m);
});

// What a start refuses stands among the settings, once.
for (const [what, env, line] of [
    ['PUBLIC_URL without https', { PUBLIC_URL: 'http://chat.example.com' }, /PUBLIC_URL: is not https/],
    ['a publishable key of the other mode', { STRIPE_PUBLISHABLE_KEY: 'pk_test_1' }, /STRIPE_PUBLISHABLE_KEY: is of the other mode.*pk_live_/],
    ['a secret where the publishable key belongs', { STRIPE_PUBLISHABLE_KEY: 'sk_live_1' }, /STRIPE_PUBLISHABLE_KEY: is no publishable key.*pk_live_/],
]) {
    test(`a mistake is named: ${what}`, async () => {
        const { code, stdout } = await examine(env);
        assert.equal(code, 1);
        const lines = stdout.split('\n').filter((one) => one.startsWith('  ILL  '));
        assert.equal(lines.length, 1, stdout);
        assert.match(lines[0], new RegExp(`^ {2}ILL {2}Settings: ${line.source}`));
    });
}

test('prices that the database names are judged by the account of the key, and those of the settings by the settings', async () => {
    const server = await Server.start();
    await server.stop();
    const insert = (id, account, { mode = 'live', position = 1000, plan = 'pro' } = {}) => execFileSync('sqlite3', [server.database,
        `insert into plan_prices (mode, account, price_id, plan, state, position) values ('${mode}', '${account}', '${id}', '${plan}', 'sold', ${position})`]);
    for (let number = 10; number < 40; ++number) insert(`price_theirs_${number}`, 'acct_0');
    insert('price_theirs', 'acct_2');
    insert('price_of_tests', 'acct_1', { mode: 'test' });
    insert('price_of_older_settings', 'acct_1', { position: 0 });
    const own = await post('/v1/prices', { currency: 'usd', unit_amount: '9', 'recurring[interval]': 'month', 'product_data[name]': 'Max' });
    insert(own.id, 'acct_1');
    const wrong = ({ findings }) => findings.filter(({ health }) => health !== 'ok').map(({ what }) => what);
    const [lacking, ...others] = wrong(await examine({}, server.folder));
    assert.match(lacking, new RegExp(`does not switch to the price ${own.id}`));
    assert.deepEqual(others, []);
    insert('price_gone', 'acct_1');
    assert.match(wrong(await examine({}, server.folder))[0], /there is no price price_gone in this account/);
    // What it advises mends it.
    const { mend } = (await examine({}, server.folder)).findings.find(({ what }) => /price_gone/.test(what));
    assert.match(mend, /^`pollux plans price pro price_gone --retire` ends its sale;/);
    assert.ok((await sim.calls({ method: 'GET' })).every(({ path }) => !/theirs|of_tests|of_older/.test(path)));
});

test('a price whose id somebody chose is asked for', async () => {
    const { findings } = await examine({ STRIPE_PRICE_ID: `${price()},pro-monthly` });
    assert.match(findings.find(({ health }) => health === 'ILL').what, /there is no price pro-monthly in this account/);
    assert.equal((await sim.calls({ path: '/v1/prices/pro-monthly' })).length, 1, 'Stripe said so');
});

test('an endpoint without the slash at its end leads here', async () => {
    await post(`/v1/webhook_endpoints/${(await endpoint()).id}`, { url: 'https://chat.example.com/subscription/webhook' });
    const { findings, stdout } = await examine();
    assert.deepEqual(findings.filter(({ health }) => health !== 'ok'), [], stdout);
});

test('a Stripe that hangs holds nobody up', { timeout: 60_000 }, async () => {
    await sim.tell('plan', { default: { fault: 'hang' } });
    const began = performance.now();
    const { code, findings } = await examine();
    assert.equal(code, 1);
    assert.match(findings.at(-1).what, /cannot be reached/);
    const seconds = (performance.now() - began) / 1000;
    assert.ok(seconds < callSecondsMax + 5, `${seconds} s`);
});
