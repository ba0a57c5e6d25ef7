// `pollux stripe-setup`: makes at Stripe what Pollux needs, once; mends what is its own, names what it cannot mend, and leaves alone what is
// others'.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { command } from './support/command.mjs';
import { endPrograms, temporaryFolder } from './support/process.mjs';
import { StripeSim } from './support/stripe_sim.mjs';

const version = '2026-10-28.endive';
const kinds = ['product', 'price', 'billing_portal.configuration', 'webhook_endpoint', 'customer'];
const monthly = ['--amount', '20.00'];

let sim, folder;

before(async () => {
    sim = await StripeSim.start();
    folder = temporaryFolder();
});
beforeEach(() => sim.tell('reset'));
after(() => endPrograms());

function setUp(args = [], env = {}) {
    const settings = { PUBLIC_URL: 'https://chat.example.com', STRIPE_SECRET_KEY: 'sk_test_1', STRIPE_BASE_URL: sim.url, ...env };
    return command({ folder, env: settings }, 'stripe-setup', ...args);
}

// {made: 4, there: 0, mended: 0, LOOK: 0}, and the settings that it prints.
async function succeeds(args, env) {
    const { code, stdout, said } = await setUp(args, env);
    assert.equal(code, 0, said + stdout);
    assert.equal(said, '');
    const lines = stdout.split('\n');
    const count = (word) => lines.filter((line) => line.startsWith(`  ${word}`)).length;
    const settings = Object.fromEntries(lines.map((line) => /^(STRIPE_\w+)=(.*)$/.exec(line)).filter(Boolean).map(([, name, value]) => [name, value]));
    return { stdout, settings, made: count('made'), there: count('there'), mended: count('mended'), look: count('LOOK') };
}

const objects = async (kind) => (await sim.ask('objects', { kind })).objects;
const everything = async () => JSON.stringify(await Promise.all(kinds.map(objects)));
const changes = async () => (await sim.calls()).filter(({ method }) => method !== 'GET').length;

async function make(path, form) {
    const { status, body } = await sim.raw('POST', path, { form });
    assert.equal(status, 200, JSON.stringify(body));
    return body;
}

test('what is needed is made once, and found again', async () => {
    const first = await succeeds(monthly);
    assert.deepEqual([first.made, first.there, first.mended, first.look], [4, 0, 0, 0], first.stdout);
    const [price] = await objects('price');
    assert.deepEqual([price.lookup_key, price.unit_amount, price.currency, price.recurring.interval, price.product],
        ['pollux_pro_monthly', 2000, 'usd', 'month', 'pollux_pro']);
    const [portal] = await objects('billing_portal.configuration');
    assert.equal(portal.features.subscription_cancel.mode, 'at_period_end');
    assert.equal(portal.features.payment_method_update.enabled, true);
    assert.deepEqual(portal.features.subscription_update.products.map(({ product, prices }) => ({ product, prices })), [{ product: 'pollux_pro', prices: [price.id] }]);
    const [endpoint] = await objects('webhook_endpoint');
    assert.deepEqual([endpoint.url, endpoint.api_version, endpoint.status], ['https://chat.example.com/subscription/webhook/', version, 'enabled']);
    assert.equal(endpoint.enabled_events.length, 19);
    assert.equal(first.settings.STRIPE_PRICE_ID, price.id);
    assert.equal(portal.metadata.pollux, 'https://chat.example.com');
    assert.match(first.settings.STRIPE_WEBHOOK_SECRET, /^whsec_\w{20,}$/);

    const all = await everything();
    const changed = await changes();
    for (const args of [[], monthly]) {
        const again = await succeeds(args);
        assert.deepEqual([again.made, again.there, again.mended, again.look], [0, 3, 0, 0], again.stdout);
        assert.equal(again.settings.STRIPE_WEBHOOK_SECRET, undefined, 'it is shown once');
        assert.equal(again.settings.STRIPE_PRICE_ID, price.id);
    }
    assert.equal(await everything(), all);
    assert.equal(await changes(), changed, 'nothing was asked to be changed');
    assert.deepEqual([...new Set((await sim.calls()).map((call) => call.version))], [version]);
});

test('what others have there is untouched, byte by byte', async () => {
    const product = await make('/v1/products', { name: 'Pro' });
    const price = await make('/v1/prices', { product: product.id, currency: 'usd', unit_amount: '2000', 'recurring[interval]': 'month', lookup_key: 'pro_monthly' });
    await make('/v1/billing_portal/configurations', { 'features[invoice_history][enabled]': 'true', 'metadata[pollux]': 'https://elsewhere.example.com' });
    await sim.tell('portal_default', { features: { invoice_history: { enabled: true } } });
    for (const url of ['https://chat.example.com/', 'https://chat.example.com/subscription/webhook', 'https://elsewhere.example.com/subscription/webhook/'])
        await make('/v1/webhook_endpoints', { url, 'enabled_events[0]': 'invoice.paid' });
    await make('/v1/customers', { name: 'Ada', 'metadata[user]': '1' });
    const before = new Map();
    for (const kind of kinds) for (const object of await objects(kind)) before.set(object.id, JSON.stringify(object));
    assert.equal(before.size, 8);

    assert.equal((await succeeds(monthly)).made, 4);
    await succeeds(['--amount', '30.00']);
    await succeeds([], { STRIPE_PRICE_ID: price.id });
    await succeeds();
    for (const [id, text] of before) assert.equal(JSON.stringify((await sim.ask('objects', { id })).objects[0]), text);
});

test('what is no longer right of its own is mended', async () => {
    await succeeds(monthly);
    const whole = await everything();
    const [[endpoint], [portal]] = await Promise.all([objects('webhook_endpoint'), objects('billing_portal.configuration')]);
    const without = (list, ...names) => list.filter((name) => !names.includes(name));
    const damages = [
        ['the endpoint is switched off', () => sim.tell('endpoint', { endpoint: endpoint.id, do: 'disable' }), /mended .*switched on again/],
        ['events are missing', () => sim.tell('endpoint', { endpoint: endpoint.id, set: { enabled_events: without(endpoint.enabled_events, 'refund.failed') } }),
            /mended .*1 events that were missing/],
        ['nobody can cancel', () => make(`/v1/billing_portal/configurations/${portal.id}`, { 'features[subscription_cancel][enabled]': 'false' }),
            /mended .*cancelling at the period's end/],
        ['cancelling is at once', () => make(`/v1/billing_portal/configurations/${portal.id}`, { 'features[subscription_cancel][mode]': 'immediately' }),
            /mended .*cancelling at the period's end/],
        ['no card can be changed', () => make(`/v1/billing_portal/configurations/${portal.id}`, { 'features[payment_method_update][enabled]': 'false' }),
            /mended .*changing the card/],
        ['the portal is off', () => make(`/v1/billing_portal/configurations/${portal.id}`, { active: 'false' }), /mended .*active/],
        ['the product is archived', () => make('/v1/products/pollux_pro', { active: 'false' }), /mended .*product pollux_pro, which is active again/],
    ];
    const stable = (text) => text.replaceAll(/"updated":\d+/g, '"updated":0');
    for (const [what, damage, expected] of damages) {
        await damage();
        const mended = await succeeds();
        assert.match(mended.stdout, expected, what);
        assert.deepEqual([mended.made, mended.mended], [0, 1], `${what}: ${mended.stdout}`);
        assert.equal(stable(await everything()), stable(whole), what);
        assert.equal((await succeeds()).mended, 0, what);
    }
});

test('events that somebody added stay', async () => {
    await succeeds(monthly);
    const [{ id, enabled_events: events }] = await objects('webhook_endpoint');
    await sim.tell('endpoint', { endpoint: id, set: { enabled_events: [...events.slice(1), 'customer.created'] } });
    assert.equal((await succeeds()).mended, 1);
    assert.deepEqual(new Set((await objects('webhook_endpoint'))[0].enabled_events), new Set([...events, 'customer.created']));
    await sim.tell('endpoint', { endpoint: id, set: { enabled_events: ['*'] } });
    assert.equal((await succeeds()).mended, 0);
});

test('what cannot be mended is named', async () => {
    await succeeds(monthly);
    const [endpoint] = await objects('webhook_endpoint');
    await sim.tell('endpoint', { endpoint: endpoint.id, set: { api_version: '2024-06-20' } });
    const named = await succeeds();
    assert.deepEqual([named.made, named.mended, named.look], [0, 0, 1], named.stdout);
    assert.match(named.stdout, /LOOK .*2024-06-20 instead of 2026-10-28\.endive.*delete it there, and run this again/);

    const [price] = await objects('price');
    await make(`/v1/prices/${price.id}`, { active: 'false' });
    const { code, said } = await setUp();
    assert.equal(code, 1);
    assert.match(said, /no price that is sold: say what it costs, like --amount 20\.00/);
    assert.equal((await succeeds(monthly)).mended, 1, 'who names it sells it again');
    assert.equal((await objects('price')).length, 1);
});

test('another amount is another price, and the old one goes on for who pays it', async () => {
    const first = await succeeds(monthly);
    const second = await succeeds(['--amount', '25', '--currency', 'EUR']);
    const yearly = await succeeds(['--amount', '200', '--interval', 'year']);
    const prices = await objects('price');
    assert.deepEqual(prices.map(({ lookup_key, unit_amount, currency, active }) => [lookup_key, unit_amount, currency, active]),
        [[null, 2000, 'usd', false], ['pollux_pro_monthly', 2500, 'eur', true], ['pollux_pro_yearly', 20000, 'usd', true]]);
    assert.equal(first.settings.STRIPE_PRICE_ID, prices[0].id);
    assert.equal(second.settings.STRIPE_PRICE_ID, prices[1].id);
    assert.deepEqual(yearly.settings.STRIPE_PRICE_ID.split(',').sort(), [prices[1].id, prices[2].id].sort());
    const [portal] = await objects('billing_portal.configuration');
    assert.deepEqual(new Set(portal.features.subscription_update.products[0].prices), new Set(prices.map(({ id }) => id)));
    assert.equal((await objects('product')).length, 1);
});

test('two installations on one account share the price, and nothing else', async () => {
    await succeeds(monthly);
    const other = await succeeds(monthly, { PUBLIC_URL: 'https://other.example.com' });
    assert.deepEqual([other.made, other.there, other.mended], [2, 1, 0], other.stdout);
    assert.equal((await objects('webhook_endpoint')).length, 2);
    assert.equal((await objects('billing_portal.configuration')).length, 2);
});

test('a lost answer makes nothing twice', async () => {
    await sim.tell('plan', { matching: [{ method: 'POST', fault: 'cut', acts: true, times: 1 }, { method: 'POST', fault: 'cut', acts: true, times: 1, path: '/v1/webhook_endpoints' }] });
    const first = await succeeds(monthly);
    assert.equal(first.made, 4);
    for (const kind of kinds.slice(0, 4)) assert.equal((await objects(kind)).length, 1, kind);
});

test('what keeps it from its work is said in one line', async () => {
    const cases = [
        [[], {}, /no price that is sold: say what it costs, like --amount 20\.00 --currency usd --interval month/],
        [['--amount', '20,00'], {}, /--amount takes a number above 0 with at most 2 digits behind the point, like 20\.00, for usd/],
        [['--amount', '20.00', '--currency', 'dollars'], {}, /--currency takes three letters/],
        [['--amount', '20.00', '--interval', 'fortnight'], {}, /--interval is day, week, month or year/],
        [monthly, { STRIPE_SECRET_KEY: '' }, /STRIPE_SECRET_KEY is not set/],
        [monthly, { STRIPE_SECRET_KEY: 'sk_test_wrong' }, /Stripe does not say whose the key is: Invalid API Key/],
        [monthly, { PUBLIC_URL: 'http://chat.example.com' }, /PUBLIC_URL must be where Stripe reaches this server/],
        [monthly, { PUBLIC_URL: '' }, /PUBLIC_URL must be where Stripe reaches this server/],
        [monthly, { STRIPE_BASE_URL: 'http://192.0.2.1' }, /STRIPE_BASE_URL would send the key in clear/],
    ];
    for (const [args, env, expected] of cases) {
        const { code, said } = await setUp(args, env);
        assert.equal(code, 1, String(expected));
        assert.equal(said.split('\n').length, 1, said);
        assert.match(said, expected);
        assert.doesNotMatch(said, /sk_test_1/);
    }
    for (const kind of kinds) assert.equal((await objects(kind)).length, 0, kind);
});
