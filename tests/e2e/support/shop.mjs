// Pollux that sells through the Stripe simulator: product, prices and webhook endpoint as `stripe-setup` would leave them there.
import assert from 'node:assert/strict';

import { Client } from './client.mjs';
import { Cluster } from './cluster.mjs';
import { until } from './process.mjs';
import { Server, roomySettings } from './server.mjs';
import { StripeSim } from './stripe_sim.mjs';

export class Shop {
    // `endpoints`: how many there are; deliverTo() says where. `key`: of which account and mode.
    static async open({ endpoints = 1, key = 'sk_test_1', sim } = {}) {
        const shop = new Shop();
        shop.key = key;
        shop.sim = sim ?? await StripeSim.start();
        // A server that is away for a moment hears of it soon; Stripe itself takes hours (payment_stripe_ways.test.mjs).
        await shop.sim.tell('webhooks', { retries: 3, retry_ms: [200, 1000] });
        shop.product = (await shop.make('products', { name: 'Pro' })).id;
        shop.monthly = await shop.makePrice(shop.product, 2000, 'month');
        shop.yearly = await shop.makePrice(shop.product, 20000, 'year');
        await shop.savePortal();
        shop.endpoints = [];
        while (shop.endpoints.length < endpoints) {
            shop.endpoints.push(await shop.make('webhook_endpoints', { url: `http://127.0.0.1:9/${shop.endpoints.length}`, 'enabled_events[0]': '*', api_version: '2026-10-28.endive' }));
        }
        return shop;
    }

    async makePrice(product, amount, interval) {
        return (await this.make('prices', { product, currency: 'usd', unit_amount: amount, 'recurring[interval]': interval })).id;
    }

    // What the portal offers where no configuration is named. `products`: between whose prices it switches, more than the plan's own.
    async savePortal({ products = [], ...features } = {}) {
        const all = [{ product: this.product, prices: [this.monthly, this.yearly] }, ...products];
        await this.sim.tell('portal_default', {
            account: this.key.at(-1) === '2' ? 'acct_2' : 'acct_1', mode: this.key.includes('_live_') ? 'live' : 'test',
            features: {
                subscription_cancel: { enabled: true, mode: 'at_period_end' }, payment_method_update: { enabled: true }, invoice_history: { enabled: true },
                subscription_update: { enabled: true, default_allowed_updates: ['price'], products: all }, ...features,
            },
        });
    }

    // Servers, whose ports are known only when they run.
    async deliverTo(...servers) {
        for (const [index, { url }] of servers.entries()) await this.make(`webhook_endpoints/${this.endpoints[index].id}`, { url: `${url}/subscription/webhook/` });
    }

    get settings() {
        return {
            STRIPE_SECRET_KEY: this.key, STRIPE_BASE_URL: this.sim.url, STRIPE_PRICE_ID: `${this.monthly},${this.yearly}`,
            STRIPE_WEBHOOK_SECRET: this.endpoints.map(({ secret }) => secret).join(),
        };
    }

    // A call with our key; its answer must be well.
    async call(method, path, form) {
        const { status, body } = await this.sim.raw(method, `/v1/${path}`, { key: this.key, form });
        assert.equal(status, 200, `${method} ${path}: ${JSON.stringify(body)}`);
        return body;
    }

    make(path, form) {
        return this.call('POST', path, form);
    }

    act(session, what) {
        return this.sim.tell('checkout', { session, do: what });
    }

    async objects(kind) {
        return (await this.sim.ask('objects', { kind })).objects;
    }

    async subscriptionsOf(customer) {
        return (await this.call('GET', `subscriptions?customer=${customer}&status=all&limit=100`)).data;
    }
}

// One server over SQLite that sells, with its prices known.
export async function openShop(options = {}) {
    const shop = await Shop.open();
    const server = await Server.start({ env: { ...roomySettings, AI_MODELS: 'demo', ...shop.settings, ...options } });
    await shop.deliverTo(server);
    const client = new Client(server);
    await pricesAreKnown(client);
    return { shop, server, client };
}

// Two nodes over PostgreSQL that sell, each with an endpoint of its own. `liar`: what stands between them and Stripe.
export async function twoNodes({ users, liar = null, env = {} }) {
    const shop = await Shop.open({ endpoints: 2 });
    const settings = { ...shop.settings, PUBLIC_URL: 'http://127.0.0.1:8000', AI_MODELS: 'demo', ...env };
    if (liar) settings.STRIPE_BASE_URL = await liar.listen(shop.sim.url);
    const cluster = await Cluster.start({ serves: 2, workers: 0, users, redis: false, env: settings });
    await shop.deliverTo(...cluster.serves.map((serve) => liar ? liar.before(serve) : serve));
    const clients = cluster.serves.map(({ url }) => new Client({ url, testNumber: () => cluster.testNumber() }));
    await pricesAreKnown(clients[0]);
    const close = async () => {
        for (const client of clients) client.close();
        liar?.close();
        await cluster.stop();
        await cluster.end();
        await shop.sim.stop();
    };
    return { shop, cluster, clients, close };
}

export function pricesAreKnown(client) {
    return until('prices', async () => (await client.ask('GET', '/plans/')).body.results[1].prices.length === 2, { seconds: 60 });
}

export const status = (user, session) => user.ask('GET', `/subscription/status/${session ? `?session_id=${session}` : ''}`);
export const checkout = (user, body = { plan: 'pro' }) => user.ask('POST', '/subscription/checkout/', { body });

// Until the user has this tier, in every way in which it is told. How soon that is, the tests of orders judge.
export async function becomes(user, tier, seconds = 30) {
    const isSo = async () => (await status(user)).tier === tier && (await user.ask('GET', '/user/me/')).tier === tier;
    await until(`${tier} for ${user.mobile}`, isSo, { seconds });
}

// Buys as a user does, and is Pro, for tests of what comes then: how soon that is, others judge. The session.
export async function buyPro(shop, user, body) {
    const { session_id: session } = await checkout(user, body);
    await shop.act(session, 'pay');
    await becomes(user, 'pro', 60);
    return session;
}

// What a button on a page of the simulator's does: `fields` of its form. Where it leads.
export async function press(page, button, fields = {}) {
    const answer = await fetch(`${page}/${button}`, { method: 'POST', redirect: 'manual', body: new URLSearchParams(fields) });
    assert.equal(answer.status, 303, `${button} on ${page}: ${answer.status} ${await answer.text()}`);
    return answer.headers.get('location');
}

// What a user sees of a price that is not the own one: the page of the portal to which a purchase is sent. {page, flows}: the types of flow
// that Stripe was asked for, one after another.
export async function sentToPortal(shop, user, body = { plan: 'pro' }) {
    const [last] = (await shop.sim.calls({ path: portalCalls })).slice(-1);
    const answer = await user.client.ask('POST', '/subscription/checkout/', { token: user.token, body });
    assert.equal(`${answer.status} ${answer.body.code}`, '409 already_subscribed');
    assert.match(answer.body.portal_url, /^http/);
    return { page: answer.body.portal_url, flows: await portalFlows(shop, last?.id ?? 0) };
}

const portalCalls = '/v1/billing_portal/sessions';

// Of the calls behind `after`: their flows, each with what it was answered where that was a refusal.
export async function portalFlows(shop, after) {
    const calls = await shop.sim.calls({ path: portalCalls, after });
    return calls.map(({ params, status: code }) => `${params.flow_data?.type ?? 'none'}${code === 200 ? '' : ` ${code}`}`);
}
