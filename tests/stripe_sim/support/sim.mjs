// The Stripe simulator (sims/README.md) with npm's client for it. Every answer, to the client or to a raw call, is checked against the
// client's types, and for what it shows unasked.
import assert from 'node:assert/strict';
import http from 'node:http';
import Stripe from 'stripe';

import { listening } from '../../e2e/support/listening.mjs';
import { StripeSim as Simulator } from '../../e2e/support/stripe_sim.mjs';
import { complaintsOf, uninvited } from './shapes.mjs';

export { Stripe };

export class StripeSim extends Simulator {
    checked = 0;
    #complaints = new Set();

    // The official client with that key. It does not repeat anything unless it is told to.
    client(key = 'sk_test_1', options = {}) {
        const { hostname, port } = new URL(this.url);
        const checked = async (url, init) => {
            const response = await fetch(url, init);
            this.#check(new URL(url), init.body, JSON.parse(await response.clone().text()));
            return response;
        };
        return new Stripe(key, {
            host: hostname,
            port: Number(port),
            protocol: 'http',
            maxNetworkRetries: 0,
            telemetry: false,
            httpClient: Stripe.createFetchHttpClient(checked),
            ...options,
        });
    }

    // The official client, which waits for long and goes away when it is told to.
    leaving(signal) {
        return this.client('sk_test_1', { httpClient: Stripe.createFetchHttpClient((url, init) => fetch(url, { ...init, signal })) });
    }

    async raw(method, path, how = {}) {
        const answer = await super.raw(method, path, how);
        this.#check(new URL(path, this.url), how.form, answer.body);
        return answer;
    }

    #check(url, form, answer) {
        ++this.checked;
        const params = [...url.searchParams, ...new URLSearchParams(form ?? '')];
        const asked = params.filter(([name]) => name.startsWith('expand[')).map(([, way]) => way);
        for (const complaint of [...complaintsOf(answer), ...uninvited(answer, asked)]) this.#complaints.add(`${url.pathname}: ${complaint}`);
    }

    // For the end of a test: that no answer so far was unlike its type, or showed what it should leave out.
    answersAreRight() {
        assert.ok(this.checked > 0, 'no answer was checked');
        assert.deepEqual([...this.#complaints], []);
    }
}

export const day = 86_400;

// {product, price, dearer, yearly} in an account.
export async function makePrices(stripe) {
    const product = await stripe.products.create({ name: 'Pro' });
    const make = (unit_amount, interval = 'month') => stripe.prices.create({ product: product.id, unit_amount, currency: 'usd', recurring: { interval } });
    return { product, price: await make(2000), dearer: await make(5000), yearly: await make(20_000, 'year') };
}

// A customer who can pay, and a subscription of that one.
export async function subscribe(stripe, price, params = {}) {
    const customer = await stripe.customers.create({ payment_method: 'pm_card_visa', email: 'a@example.com' });
    const methods = await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: 'pm_card_visa' } });
    const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], ...params });
    return { customer: methods, subscription };
}

// What the client throws for a call that must fail.
export async function refusal(promise) {
    try {
        await promise;
    } catch (error) {
        if (error instanceof Stripe.errors.StripeError) return error;
        throw error;
    }
    throw new assert.AssertionError({ message: 'the call was not refused' });
}

// Where events are sent to: each as {event, headers, at}, in the order of their coming.
export class Receiver {
    got = [];
    answer = () => 200;

    static async start(secrets = []) {
        const receiver = new Receiver();
        receiver.secrets = secrets;
        receiver.server = http.createServer((request, response) => {
            const pieces = [];
            request.on('data', (piece) => pieces.push(piece));
            request.on('end', async () => {
                const body = Buffer.concat(pieces);
                const one = { body, headers: request.headers, event: JSON.parse(body), at: Date.now() };
                receiver.running = (receiver.running ?? 0) + 1;
                receiver.most = Math.max(receiver.most ?? 0, receiver.running);
                receiver.got.push(one);
                const status = await receiver.answer(one);
                --receiver.running;
                response.writeHead(status).end();
            });
        });
        receiver.url = `http://127.0.0.1:${await listening(receiver.server)}/webhook/`;
        return receiver;
    }

    types() {
        return this.got.map(({ event }) => event.type);
    }

    stop() {
        this.server.closeAllConnections();
        return new Promise((resolve) => this.server.close(resolve));
    }
}
