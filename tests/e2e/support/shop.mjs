// Pollux that sells through the Stripe simulator: product, prices and webhook endpoint as `stripe-setup` would leave them there.
import assert from 'node:assert/strict';

import { Client } from './client.mjs';
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
        const product = await shop.make('products', { name: 'Pro' });
        shop.monthly = (await shop.make('prices', { product: product.id, currency: 'usd', unit_amount: 2000, 'recurring[interval]': 'month' })).id;
        shop.yearly = (await shop.make('prices', { product: product.id, currency: 'usd', unit_amount: 20000, 'recurring[interval]': 'year' })).id;
        const account = key.at(-1) === '2' ? 'acct_2' : 'acct_1';
        await shop.sim.tell('portal_default', {
            account, mode: key.includes('_live_') ? 'live' : 'test',
            features: {
                subscription_cancel: { enabled: true, mode: 'at_period_end' }, payment_method_update: { enabled: true }, invoice_history: { enabled: true },
                subscription_update: { enabled: true, default_allowed_updates: ['price'], products: [{ product: product.id, prices: [shop.monthly, shop.yearly] }] },
            },
        });
        shop.endpoints = [];
        while (shop.endpoints.length < endpoints) {
            shop.endpoints.push(await shop.make('webhook_endpoints', { url: `http://127.0.0.1:9/${shop.endpoints.length}`, 'enabled_events[0]': '*', api_version: '2026-10-28.endive' }));
        }
        return shop;
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

export function pricesAreKnown(client) {
    return until('prices', async () => (await client.ask('GET', '/plans/')).body.results[1].prices.length === 2, { seconds: 60 });
}

export const status = (user, session) => user.ask('GET', `/subscription/status/${session ? `?session_id=${session}` : ''}`);
export const checkout = (user, body = { plan: 'pro' }) => user.ask('POST', '/subscription/checkout/', { body });

// Until the user has this tier, in every way in which it is told.
export async function becomes(user, tier, seconds = 5) {
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
