// `pollux stripe-setup`: makes at Stripe what Pollux needs, once; mends what is its own, names what it cannot mend, and leaves alone what is
// others'.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { command } from './support/command.mjs';
import { endPrograms, temporaryFolder, until } from './support/process.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { checkout, status } from './support/shop.mjs';
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

// `where`: beside whose database; by default beside none.
function setUp(args = [], env = {}, where = folder) {
    const settings = { PUBLIC_URL: 'https://chat.example.com', STRIPE_SECRET_KEY: 'sk_test_1', STRIPE_BASE_URL: sim.url, ...env };
    return command({ folder: where, env: settings }, 'stripe-setup', ...args);
}

// {made: 4, there: 0, mended: 0, LOOK: 0}, and the settings that it prints.
async function succeeds(args, env, where) {
    const { code, stdout, said } = await setUp(args, env, where);
    assert.equal(code, 0, said + stdout);
    assert.equal(said, '');
    const lines = stdout.split('\n');
    const count = (word) => lines.filter((line) => line.startsWith(`  ${word}`)).length;
    const settings = Object.fromEntries(lines.map((line) => /^(STRIPE_\w+)=(.*)$/.exec(line)).filter(Boolean).map(([, name, value]) => [name, value]));
    return { stdout, settings, made: count('made'), there: count('there'), mended: count('mended'), look: count('LOOK') };
}

// With what answers leave out otherwise.
const expansion = { 'billing_portal.configuration': { 'expand[]': 'features.subscription_update.products' } };
const objects = async (kind) => (await sim.ask('objects', { kind, ...expansion[kind] })).objects;
// Between which prices the portal of the first configuration switches: {product: [price]}.
const switches = async () => Object.fromEntries((await objects('billing_portal.configuration'))[0].features.subscription_update.products.map(({ product, prices }) => [product, prices]));
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
    assert.deepEqual(await switches(), { pollux_pro: [price.id] });
    const [endpoint] = await objects('webhook_endpoint');
    assert.deepEqual([endpoint.url, endpoint.api_version, endpoint.status], ['https://chat.example.com/subscription/webhook/', version, 'enabled']);
    assert.equal(endpoint.enabled_events.length, 20);
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
        const known = await succeeds(args, { STRIPE_PRICE_ID: price.id });
        assert.match(known.stdout, /Nothing was to be changed, and the settings stay as they are\./);
        assert.doesNotMatch(known.stdout, /anew|new secret/);
        assert.match(again.stdout, /Start the servers anew with this STRIPE_PRICE_ID/);
        assert.doesNotMatch(again.stdout, /new secret/);
    }
    assert.match(first.stdout, /^The secret is shown this once\. Start the servers anew with these settings: .* the new secret\. `pollux doctor` looks at all of it\.$/m);
    assert.equal(await everything(), all);
    assert.equal(await changes(), changed, 'nothing was asked to be changed');
    assert.deepEqual([...new Set((await sim.calls()).map((call) => call.version))], [version]);
});

test('what others have there is untouched, byte by byte', async () => {
    const product = await make('/v1/products', { name: 'Pro' });
    const price = await make('/v1/prices', { product: product.id, currency: 'usd', unit_amount: '2000', 'recurring[interval]': 'month', lookup_key: 'pro_monthly' });
    await make('/v1/billing_portal/configurations', { 'features[invoice_history][enabled]': 'true', 'metadata[pollux]': 'https://elsewhere.example.com' });
    await sim.tell('portal_default', { features: { invoice_history: { enabled: true } } });
    for (const url of ['https://chat.example.com/', 'https://chat.example.com/subscription/webhooks', 'https://elsewhere.example.com/subscription/webhook/'])
        await make('/v1/webhook_endpoints', { url, 'enabled_events[0]': 'invoice.paid' });
    await make('/v1/customers', { name: 'Ada', 'metadata[user]': '1' });
    const texts = async () => {
        const all = new Map();
        for (const kind of kinds) for (const object of await objects(kind)) all.set(object.id, JSON.stringify(object));
        return all;
    };
    const before = await texts();
    assert.equal(before.size, 8);

    assert.equal((await succeeds(monthly)).made, 4);
    await succeeds(['--amount', '30.00']);
    await succeeds([], { STRIPE_PRICE_ID: price.id });
    await succeeds();
    const now = await texts();
    for (const [id, text] of before) assert.equal(now.get(id), text);
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
        ['no price can be switched to', () => make(`/v1/billing_portal/configurations/${portal.id}`, { 'features[subscription_update][enabled]': 'false' }),
            /mended .*switching between the prices/],
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

test('it says what is to be done with what it prints, and what a restricted key needs', async () => {
    const { stdout } = await succeeds(monthly);
    assert.match(stdout, /Start the servers anew with these settings/);
    assert.match(stdout, /of the servers: {2}to write customers, checkout sessions, subscriptions, .*; to read account, .*, webhook endpoints\n/);
    assert.match(stdout, /of this command: to write products, prices, .*, besides\n/);

    // What it says is enough, and less is not.
    const rights = ['account:read', 'products:write', 'prices:write', 'billing_portal/configurations:write', 'webhook_endpoints:write'];
    await sim.tell('keys', { key: 'rk_test_5', account: 'acct_1', rights });
    const again = await succeeds(['--amount', '25'], { STRIPE_SECRET_KEY: 'rk_test_5' });
    assert.equal(again.look, 0, again.stdout);
    for (const lacking of rights) {
        await sim.tell('reset');
        await sim.tell('keys', { key: 'rk_test_5', account: 'acct_1', rights: rights.filter((right) => right !== lacking) });
        const { code, said } = await setUp(monthly, { STRIPE_SECRET_KEY: 'rk_test_5' });
        assert.equal(code, 1, lacking);
        assert.match(said, /permission/, lacking);
        assert.match(said, /to write customers, /, 'the line says what is needed');
        assert.equal(said.split('\n').length, 1, said);
    }
});

test('another amount is another price, and the old one goes on for who pays it', async () => {
    const first = await succeeds(monthly);
    const second = await succeeds(['--amount', '25', '--currency', 'EUR']);
    const yearly = await succeeds(['--amount', '200', '--interval', 'year']);
    const prices = await objects('price');
    assert.deepEqual(prices.map(({ lookup_key, unit_amount, currency, active }) => [lookup_key, unit_amount, currency, active]),
        [[null, 2000, 'usd', true], ['pollux_pro_monthly', 2500, 'eur', true], ['pollux_pro_yearly', 20000, 'usd', true]]);
    assert.equal(first.settings.STRIPE_PRICE_ID, prices[0].id);
    assert.equal(second.settings.STRIPE_PRICE_ID, prices[1].id);
    assert.deepEqual(yearly.settings.STRIPE_PRICE_ID.split(',').sort(), [prices[1].id, prices[2].id].sort());
    assert.deepEqual(await switches(), { pollux_pro: [prices[2].id, prices[1].id] });
    assert.equal((await objects('product')).length, 1);
});

// A price of a product of its own, or of ours.
const another = (form = {}) => make('/v1/prices', { currency: 'usd', unit_amount: '900', 'recurring[interval]': 'month', ...(!form.product && { 'product_data[name]': 'Other' }), ...form });
const archive = (price) => make(`/v1/prices/${price}`, { active: 'false' });

test('what is sold no more is none of the settings that are printed', async () => {
    const { settings: { STRIPE_PRICE_ID: old } } = await succeeds(monthly);
    const other = await another();
    const second = await succeeds(['--amount', '25'], { STRIPE_PRICE_ID: `${old},${other.id}` });
    const ours = (await objects('price')).find(({ lookup_key: key }) => key === 'pollux_pro_monthly').id;
    assert.notEqual(ours, old);
    assert.equal(second.settings.STRIPE_PRICE_ID, `${ours},${other.id}`, 'the one whose place was taken just now is left out');
    assert.equal(second.look, 0, second.stdout);
    assert.match(second.stdout, new RegExp(`mended .*${old}.*sold no more once the servers are started anew, and who pays by it goes on`));
    const { active } = (await objects('price')).find(({ id }) => id === old);
    assert.equal(active, true, 'servers that run sell by it');

    // Archived before, or not there at all.
    const [archived, last] = [await another(), await another()];
    await archive(archived.id);
    const { id: once } = await make('/v1/prices', { currency: 'usd', unit_amount: '900', 'product_data[name]': 'Once' });
    const third = await succeeds([], { STRIPE_PRICE_ID: [old, other.id, archived.id, 'price_none', once, last.id].join() });
    assert.equal(third.settings.STRIPE_PRICE_ID, [ours, other.id, last.id].join(), 'the order stays');
    assert.equal(third.look, 4, third.stdout);
    assert.match(third.stdout, new RegExp(`LOOK +price ${old} of STRIPE_PRICE_ID is one whose place another of ours has taken, so it is left out below`));
    assert.match(third.stdout, new RegExp(`LOOK +price ${archived.id} of STRIPE_PRICE_ID is archived, so it is left out below; who pays by it goes on`));
    assert.match(third.stdout, new RegExp(`LOOK +price ${once} of STRIPE_PRICE_ID is paid once, .* left out below`));
    assert.match(third.stdout, /LOOK +price price_none of STRIPE_PRICE_ID is not there in this account and mode, so it is left out below/);
});

test('who pays by a price that is retired stays Pro, and nobody else buys by it', async () => {
    const PUBLIC_URL = 'https://chat.example.com';
    const first = await succeeds(monthly);
    const old = first.settings.STRIPE_PRICE_ID;
    const env = { ...roomySettings, AI_MODELS: 'demo', PUBLIC_URL, STRIPE_SECRET_KEY: 'sk_test_1', STRIPE_BASE_URL: sim.url };
    const server = await Server.start({ env: { ...env, ...first.settings } });
    const client = new Client(server);
    const sells = (price) => until(`${price} is sold alone`, async () => {
        const { prices } = (await client.ask('GET', '/plans/')).body.results[1];
        return prices.length === 1 && prices[0].id === price;
    }, { seconds: 20 });
    try {
        await sells(old);
        const payer = await User.signUp(client);
        const { session_id: session } = await checkout(payer);
        await sim.tell('checkout', { session, do: 'pay' });
        assert.equal((await status(payer, session)).tier, 'pro');

        const { settings, stdout } = await succeeds(['--amount', '25'], first.settings, server.folder);
        assert.doesNotMatch(settings.STRIPE_PRICE_ID, new RegExp(old));
        // As it says: until it is started anew, the server sells by the old one.
        assert.match(stdout, /until then they sell by the old one/);
        await sells(old);
        const early = await User.signUp(client);
        const { session_id: theirs } = await checkout(early);
        await sim.tell('checkout', { session: theirs, do: 'pay' });
        assert.equal((await status(early, theirs)).price, old);
        await server.stop();
        server.env = { ...env, ...first.settings, ...settings };
        await server.start();
        await sells(settings.STRIPE_PRICE_ID);

        // Fetched afresh: by the user, and by a walk through everybody.
        const seen = await status(payer, session);
        assert.deepEqual([seen.tier, seen.status, seen.plan, seen.price], ['pro', 'active', 'pro', old]);
        assert.equal((await command(server, 'reconcile', '--all')).code, 0);
        assert.equal((await status(payer)).tier, 'pro');

        const buyer = await User.signUp(client);
        const refused = await client.ask('POST', '/subscription/checkout/', { token: buyer.token, body: { plan: 'pro', price: old } });
        assert.deepEqual([refused.status, refused.body.errors[0].code], [422, 'not_sold']);
        const bought = await checkout(buyer);
        await sim.tell('checkout', { session: bought.session_id, do: 'pay' });
        assert.equal((await status(buyer, bought.session_id)).price, settings.STRIPE_PRICE_ID);

        // The payer may change over, in the portal that was set up.
        const changed = await client.ask('POST', '/subscription/checkout/', { token: payer.token, body: { plan: 'pro' } });
        assert.deepEqual([changed.status, changed.body.code], [409, 'already_subscribed']);
        const [{ params }] = (await sim.calls({ path: '/v1/billing_portal/sessions' })).slice(-1);
        assert.equal(params.flow_data.type, 'subscription_update_confirm');
    } finally {
        client.close();
        await server.stop();
    }
});

test('the portal switches between what is sold, as far as Stripe lets it', async () => {
    const { settings: { STRIPE_PRICE_ID: ours } } = await succeeds(monthly);
    const [rival, quarterly] = [await another({ product: 'pollux_pro' }), await another({ product: 'pollux_pro', 'recurring[interval_count]': '3' })];
    const [one, two] = [await another(), await another()];
    const STRIPE_PRICE_ID = [rival.id, quarterly.id, one.id].join();
    const first = await succeeds([], { STRIPE_PRICE_ID });
    assert.deepEqual([first.made, first.mended, first.look], [0, 1, 1], first.stdout);
    assert.match(first.stdout, new RegExp(`LOOK +price ${rival.id} is none that customers can switch to: .* one price of a product for each interval, and here that is ${ours};`));
    assert.equal(first.settings.STRIPE_PRICE_ID, [ours, STRIPE_PRICE_ID].join(), 'it is sold all the same');
    const expected = { pollux_pro: [ours, quarterly.id], [one.product]: [one.id] };
    assert.deepEqual(await switches(), expected);
    const changed = await changes();
    assert.equal((await succeeds([], { STRIPE_PRICE_ID })).mended, 0);
    assert.equal(await changes(), changed, 'nothing was asked to be changed');

    // What somebody adds stays where no database can tell what is sold, until it is archived or ours is of its product and interval.
    const [portal] = await objects('billing_portal.configuration');
    const yearly = await another({ product: 'pollux_pro', 'recurring[interval]': 'year' });
    const products = 'features[subscription_update][products]';
    await make(`/v1/billing_portal/configurations/${portal.id}`, {
        [`${products}[0][product]`]: 'pollux_pro', [`${products}[0][prices][0]`]: yearly.id, [`${products}[0][prices][1]`]: ours,
        [`${products}[1][product]`]: two.product, [`${products}[1][prices][0]`]: two.id,
    });
    assert.equal((await succeeds([], { STRIPE_PRICE_ID })).mended, 1);
    assert.deepEqual(await switches(), { ...expected, pollux_pro: [ours, quarterly.id, yearly.id], [two.product]: [two.id] });
    await archive(two.id);
    await archive(quarterly.id);
    const { mended, stdout } = await succeeds(['--amount', '200', '--interval', 'year'], { STRIPE_PRICE_ID });
    assert.equal(mended, 1, stdout);
    assert.match(stdout, new RegExp(`LOOK +price ${yearly.id} is none that customers can switch to`));
    const made = (await objects('price')).find(({ lookup_key: key }) => key === 'pollux_pro_yearly').id;
    assert.deepEqual(await switches(), { pollux_pro: [made, ours], [one.product]: [one.id] });
});

// A server that sells what `stripe-setup` printed, a plan `max` besides, and where it says so. `plans`: `pollux plans ...`, `doctor`: what is
// not well of Stripe.
async function soldByTwoPlans() {
    const PUBLIC_URL = 'https://chat.example.com';
    const first = await succeeds(monthly);
    const own = { ...roomySettings, AI_MODELS: 'demo', PUBLIC_URL, STRIPE_SECRET_KEY: 'sk_test_1', STRIPE_BASE_URL: sim.url, ...first.settings };
    const server = await Server.start({ env: own });
    const client = new Client(server);
    const said = async (...args) => {
        const { code, stdout, said: wrong } = await command(server, ...args);
        assert.equal(code, 0, wrong + stdout);
        return stdout;
    };
    const plans = (...args) => said('plans', ...args);
    await plans('add', 'max', 'rank=2', 'is_public=yes');
    const { id: max, product } = await another();
    await plans('price', 'max', max);
    const again = (env = {}, args = []) => succeeds(args, { ...first.settings, ...env }, server.folder);
    const doctor = async (env = {}) => {
        const { stdout } = await command({ folder: server.folder, env: { ...server.env, ...env } }, 'doctor');
        return stdout.split('\n').filter((line) => /^ {2}(note|ILL ) Stripe: /.test(line) && !/test key|is not https/.test(line)).map((line) => line.trim());
    };
    const close = async () => {
        client.close();
        await server.stop();
    };
    return { server, client, pro: first.settings.STRIPE_PRICE_ID, max, product, plans, again, doctor, close };
}

test('prices that plans have in the database are among what customers can switch to, and none of the settings', async () => {
    const { client, pro, max, product, again, doctor, close } = await soldByTwoPlans();
    try {
        assert.match((await doctor()).join(), new RegExp(`does not switch to the price ${max}`));
        const second = await again();
        assert.deepEqual([second.made, second.mended, second.look], [0, 1, 0], second.stdout);
        assert.equal(second.settings.STRIPE_PRICE_ID, pro, 'a start would make them prices of Pro');
        assert.deepEqual(await switches(), { pollux_pro: [pro], [product]: [max] });
        assert.deepEqual(await doctor(), [], 'what it advised has mended it');
        assert.equal((await again()).mended, 0);

        // Whoever has Pro comes to what they want.
        const user = await User.signUp(client);
        const { session_id: session } = await checkout(user);
        await sim.tell('checkout', { session, do: 'pay' });
        assert.equal((await status(user, session)).tier, 'pro');
        const answer = await client.ask('POST', '/subscription/checkout/', { token: user.token, body: { plan: 'max' } });
        assert.deepEqual([answer.status, answer.body.code], [409, 'already_subscribed']);
        const { params, status: code } = (await sim.calls({ path: '/v1/billing_portal/sessions' })).at(-1);
        assert.deepEqual([params.flow_data.type, params.flow_data.subscription_update_confirm.items[0].price, code], ['subscription_update_confirm', max, 200]);
    } finally {
        await close();
    }
});

test('what is sold no more is none of what customers can switch to', async () => {
    const { pro, max, product, plans, again, doctor, close } = await soldByTwoPlans();
    try {
        const other = await another();
        await again({ STRIPE_PRICE_ID: `${pro},${other.id}` });
        assert.deepEqual(await switches(), { pollux_pro: [pro], [product]: [max], [other.product]: [other.id] });
        // The settings name it no more, and no server was ever started with it.
        const [found, ...others] = await doctor();
        assert.match(found, new RegExp(`ILL .* lets customers switch to the price ${other.id}, which no plan names`));
        assert.deepEqual(others, []);
        const { stdout, mended } = await again();
        assert.equal(mended, 1, stdout);
        assert.match(stdout, new RegExp(`without ${other.id}, which nothing is sold by`));
        assert.deepEqual(await switches(), { pollux_pro: [pro], [product]: [max] });
        assert.deepEqual(await doctor(), []);

        const ends = [
            ['retired', ['price', 'max', max, '--retire'], ['price', 'max', max]],
            ['not public', ['set', 'max', 'is_public=no'], ['set', 'max', 'is_public=yes']],
            ['archived', ['archive', 'max']],
        ];
        for (const [what, end, back] of ends) {
            await plans(...end);
            assert.match((await doctor()).join(), new RegExp(`note .* lets customers switch to the price ${max}, which is sold no more`), what);
            await again();
            assert.deepEqual(await switches(), { pollux_pro: [pro] }, what);
            assert.deepEqual(await doctor(), [], what);
            if (!back) continue;
            await plans(...back);
            await again();
            assert.deepEqual(await switches(), { pollux_pro: [pro], [product]: [max] }, what);
        }
    } finally {
        await close();
    }
});

test('a price of another plan stays its own, whatever the settings name', async () => {
    const { server, client, pro, max, product, plans, again, doctor, close } = await soldByTwoPlans();
    const prices = async () => (await client.ask('GET', '/plans/')).body.results.map(({ name, prices: all }) => [name, all.map(({ id }) => id)]);
    try {
        const payer = await User.signUp(client);
        const { session_id: session } = await checkout(payer, { plan: 'max' });
        await sim.tell('checkout', { session, do: 'pay' });
        assert.equal((await status(payer, session)).tier, 'max');

        const STRIPE_PRICE_ID = `${pro},${max}`;
        await server.stop();
        server.env = { ...server.env, STRIPE_PRICE_ID };
        const earlier = server.log.length;
        await server.start();
        await until('it is said', () => server.log.slice(earlier).includes('price_of_another_plan'));
        const seen = await status(payer, session);
        assert.deepEqual([seen.tier, seen.plan], ['max', 'max']);
        assert.deepEqual(await prices(), [['basic', []], ['pro', [pro]], ['max', [max]]]);

        const { settings, stdout, look } = await again({ STRIPE_PRICE_ID });
        assert.equal(look, 1, stdout);
        assert.match(stdout, new RegExp(`LOOK +price ${max} of STRIPE_PRICE_ID is of the plan max, so it is left out below`));
        assert.equal(settings.STRIPE_PRICE_ID, pro);
        assert.deepEqual(await switches(), { pollux_pro: [pro], [product]: [max] });
        const [found, ...others] = await doctor();
        assert.match(found, new RegExp(`note .*STRIPE_PRICE_ID names the price ${max}, which is of the plan max`));
        assert.deepEqual(others, []);
        assert.deepEqual(await doctor(settings), [], 'with the settings that were printed');

        // Who wants it to be Pro's says so.
        assert.match(await plans('price', 'pro', max), /buys pro from now on/);
        await until('they are Pro', async () => (await status(payer)).tier === 'pro');
    } finally {
        await close();
    }
});

test('a price that is archived at Stripe is not sold, and the way out that is named is one', async () => {
    const { client, pro, max, plans, again, doctor, close } = await soldByTwoPlans();
    try {
        await archive(max);
        const user = await User.signUp(client);
        const refused = await client.ask('POST', '/subscription/checkout/', { token: user.token, body: { plan: 'max' } });
        assert.deepEqual([refused.status, refused.body.code], [404, 'plan_not_sold']);
        assert.deepEqual((await client.ask('GET', '/plans/')).body.results.find(({ name }) => name === 'max').prices, []);
        const mend = new RegExp(`pollux plans price max ${max} --retire`);
        const { stdout, look } = await again();
        assert.equal(look, 1, stdout);
        assert.match(stdout, mend);
        assert.deepEqual(await switches(), { pollux_pro: [pro] });
        assert.match((await doctor()).join(), new RegExp(`the price ${max} is archived, so nobody can buy by it`));
        await plans('price', 'max', max, '--retire');
        assert.deepEqual([(await again()).look, await doctor()], [0, []]);
        assert.equal((await checkout(user)).checkout_url.startsWith('http'), true, 'others are sold as before');
    } finally {
        await close();
    }
});

test('where no database can be read it says so, and takes nothing out', async () => {
    const { max, again, close } = await soldByTwoPlans();
    try {
        await again();
        const all = await switches();
        const { stdout, mended, look } = await succeeds(monthly);
        assert.deepEqual([mended, look], [0, 1], stdout);
        assert.match(stdout, new RegExp(`LOOK +price ${max} stays among those that customers can switch to, since no database was there`));
        assert.match(stdout, /\nNo database was looked at \(there is none at .* yet\)/);
        assert.deepEqual(await switches(), all);
    } finally {
        await close();
    }
});

test('who sells by prices of the own making needs none of ours', async () => {
    const own = await another();
    const { settings, stdout } = await succeeds([], { STRIPE_PRICE_ID: own.id });
    assert.equal(settings.STRIPE_PRICE_ID, own.id, stdout);
    assert.deepEqual(await switches(), { [own.product]: [own.id] });
    assert.equal((await objects('price')).length, 1);
});

test('an endpoint without the slash at its end is ours', async () => {
    const url = 'https://chat.example.com/subscription/webhook';
    const { id } = await make('/v1/webhook_endpoints', { url, 'enabled_events[0]': 'invoice.paid', api_version: version });
    const first = await succeeds(monthly);
    assert.deepEqual([first.made, first.mended], [3, 1], first.stdout);
    assert.match(first.stdout, new RegExp(`mended +webhook endpoint ${id}: ${url}: \\d+ events that were missing`));
    assert.equal((await objects('webhook_endpoint')).length, 1);
    assert.equal((await succeeds()).mended, 0);
});

test('its own configuration is found among however many of others', async () => {
    await succeeds(monthly);
    const [{ id }] = await objects('billing_portal.configuration');
    const others = (active) => make('/v1/billing_portal/configurations', { 'features[invoice_history][enabled]': 'true', 'metadata[whose]': 'others' })
        .then((made) => active || make(`/v1/billing_portal/configurations/${made.id}`, { active: 'false' }));
    for (let number = 0; number < 110; ++number) await others(true);
    assert.deepEqual([(await succeeds()).made, (await succeeds()).mended], [0, 0]);
    // Also when it is switched off, behind others that are.
    await make(`/v1/billing_portal/configurations/${id}`, { active: 'false' });
    for (let number = 0; number < 110; ++number) await others(false);
    const { made, mended, stdout } = await succeeds();
    assert.deepEqual([made, mended], [0, 1], stdout);
    assert.equal((await objects('billing_portal.configuration')).filter(({ metadata }) => metadata.pollux).length, 1);
});

test('how much a price may be is for Stripe to say', async () => {
    const { settings: { STRIPE_PRICE_ID: price } } = await succeeds(['--amount', '1500000', '--currency', 'idr']);
    assert.equal((await objects('price')).find(({ id }) => id === price).unit_amount, 150_000_000);
    const { code, said } = await setUp(['--amount', '1000000.00', '--currency', 'usd', '--interval', 'year']);
    assert.equal(code, 1);
    assert.match(said, /^pollux: Stripe does not make the price: .*no more than/);
});

test('products that are too many for the portal keep nobody from selling', async () => {
    const others = [];
    while (others.length < 11) others.push(await another());
    const { settings, look, stdout } = await succeeds(monthly, { STRIPE_PRICE_ID: others.map(({ id }) => id).join() });
    assert.equal(settings.STRIPE_PRICE_ID.split(',').length, 12);
    assert.equal(look, 2, stdout);
    assert.match(stdout, /LOOK .* is none that customers can switch to: Stripe's portal takes 10 products/);
    assert.equal(Object.keys(await switches()).length, 10);
});

test('what Stripe has against the portal keeps no event away', async () => {
    const rights = ['account:read', 'prices:write', 'products:write', 'webhook_endpoints:write', 'billing_portal/configurations:read'];
    await sim.tell('keys', { key: 'rk_test_7', account: 'acct_1', rights });
    const { code, said, stdout } = await setUp(monthly, { STRIPE_SECRET_KEY: 'rk_test_7' });
    assert.equal(code, 1);
    assert.match(said, /^pollux: Stripe does not make the portal's configuration: .*permission.*\.$/);
    assert.equal(said.split('\n').length, 1, said);
    const [[price], [endpoint]] = await Promise.all([objects('price'), objects('webhook_endpoint')]);
    assert.equal(endpoint.status, 'enabled');
    assert.match(stdout, /made +webhook endpoint /);
    assert.match(stdout, new RegExp(`\nThe settings so far .*\n\nSTRIPE_PRICE_ID=${price.id}\nSTRIPE_WEBHOOK_SECRET=whsec_\\w{20,}\n`), 'it is shown this once');
    assert.match(stdout, /run this again/);

    const again = await succeeds();
    assert.deepEqual([again.made, again.there, again.mended], [1, 2, 0], again.stdout);
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
        [monthly, { STRIPE_SECRET_KEY: 'sk_test_wrong' }, /^pollux: Stripe refuses the key \(Invalid API Key.*\)\. Take STRIPE_SECRET_KEY from Stripe's Dashboard \(Developers, API keys\)\.$/],
        [monthly, { STRIPE_BASE_URL: 'http://127.0.0.1:9' }, /^pollux: Stripe cannot be reached \(.*\)\. See to the network, or to STRIPE_BASE_URL\.$/],
        [monthly, { STRIPE_SECRET_KEY: 'sk_live_1', PUBLIC_URL: '', DEBUG: 'True' }, /STRIPE_SECRET_KEY is a live key: PUBLIC_URL must be where Stripe reaches/],
        [['--dev', ...monthly], { STRIPE_SECRET_KEY: 'sk_live_1', PUBLIC_URL: 'http://chat.example.com' }, /STRIPE_SECRET_KEY is a live key: PUBLIC_URL must be/],
        [monthly, { PUBLIC_URL: 'http://chat.example.com' }, /PUBLIC_URL must be where Stripe reaches this server/],
        [monthly, { PUBLIC_URL: '' }, /PUBLIC_URL must be where Stripe reaches this server/],
        [monthly, { STRIPE_BASE_URL: 'http://192.0.2.1' }, /STRIPE_BASE_URL would send the key in clear/],
    ];
    for (const [args, env, expected] of cases) {
        const { code, said, stdout } = await setUp(args, env);
        assert.equal(code, 1, String(expected));
        assert.doesNotMatch(stdout, /restricted/, 'nothing stands before the line');
        assert.doesNotMatch(said, /\.\.$/);
        assert.equal(said.split('\n').length, 1, said);
        assert.match(said, expected);
        assert.doesNotMatch(said, /sk_test_1/);
    }
    for (const kind of kinds) assert.equal((await objects(kind)).length, 0, kind);
});

test('on a laptop, where Stripe posts nothing, events are left to its own command', async () => {
    const refusal = { method: 'POST', path: '/v1/webhook_endpoints', status: 400, code: 'url_invalid' };
    const local = { PUBLIC_URL: '', DEBUG: 'True' };
    await sim.tell('plan', { matching: [refusal, refusal] });
    const { made, look, stdout } = await succeeds(monthly, local);
    assert.deepEqual([made, look], [3, 1], stdout);
    assert.match(stdout, /LOOK +webhook endpoint: .*`stripe listen --forward-to http:\/\/127\.0\.0\.1:8000\/subscription\/webhook\/`.*STRIPE_WEBHOOK_SECRET/);
    assert.doesNotMatch(stdout, /STRIPE_WEBHOOK_SECRET stays/);
    const { code, said } = await setUp(monthly, { PUBLIC_URL: 'https://chat.example.com' });
    assert.equal(code, 1, 'one that others reach is to have its endpoint');
    assert.match(said, /^pollux: Stripe does not make the webhook endpoint: /);
});
