// Lives of paying users whose events come in every order: each change at Stripe is followed by whatever events have come up by then, in the
// order of a permutation, each once to five times and eight at once, to all nodes, while the next changes happen and every fetch is slow or is
// answered late. What Pollux holds in the end is compared with what the simulator has, and what it held meanwhile with what had been paid.
import assert from 'node:assert/strict';

import { User } from './client.mjs';
import { sleep, until } from './process.mjs';
import { checkout, status } from './shop.mjs';

export const windowMs = 5_000; // How long a paid user may be basic after Stripe's answer.

// Six changes, and the event of each that the order is about. `pays`: whether the plan is paid for from then on.
const life = [
    { name: 'bought', type: 'customer.subscription.created', pays: true, act: (shop, { session }) => shop.act(session, 'pay') },
    { name: 'cancelled', type: 'customer.subscription.updated', pays: true, act: (shop, { subscription }) => shop.sim.tell('portal', { subscription, do: 'cancel' }) },
    { name: 'undone', type: 'customer.subscription.updated', pays: true, act: (shop, { subscription }) => shop.sim.tell('portal', { subscription, do: 'undo' }) },
    { name: 'unpaid', type: 'customer.subscription.updated', pays: false, act: (shop, { subscription }) => shop.sim.tell('subscription', { subscription, set: { status: 'unpaid' } }) },
    { name: 'paid again', type: 'customer.subscription.updated', pays: true, act: (shop, { subscription }) => shop.sim.tell('subscription', { subscription, set: { status: 'active' } }) },
];
const ends = [
    { name: 'cancelled at once', type: 'customer.subscription.deleted', pays: false, act: (shop, { subscription }) => shop.sim.tell('subscription', { subscription, do: 'cancel' }) },
    { name: 'cancelled for later', type: 'customer.subscription.updated', pays: true, act: (shop, { subscription }) => shop.sim.tell('portal', { subscription, do: 'cancel' }) },
];

export function permutations(count) {
    if (count === 0) return [[]];
    return permutations(count - 1).flatMap((rest) => Array.from({ length: count }, (_, place) => [...rest.slice(0, place), count - 1, ...rest.slice(place)]));
}

// The events that are held by the simulator, by the object that they are about.
class HeldEvents {
    #known = new Map();

    constructor(shop) {
        this.shop = shop;
    }

    // Ids of those about `subscription` with this type that are not among `used`.
    async find(subscription, type, used) {
        const { deliveries } = await this.shop.sim.ask('deliveries', { state: 'held' });
        for (const { event } of deliveries) {
            if (this.#known.has(event)) continue;
            const { data, type: its } = await this.shop.call('GET', `events/${event}`);
            this.#known.set(event, { about: data.object.id, type: its });
        }
        const found = new Set(deliveries.map(({ event }) => event).filter((event) => {
            const known = this.#known.get(event);
            return known.about === subscription && known.type === type && !used.has(event);
        }));
        return [...found];
    }
}

// One user's life. `order`: of the six events.
async function live({ shop, clients, random, held }, user, order, index) {
    const me = { user, session: (await checkout(user)).session_id, paid: [] };
    const steps = [...life, ends[index % ends.length]];
    const events = [];
    const used = new Set();
    const waiting = [...order];
    const release = (event) => shop.sim.tell('deliveries/release', { order: [event], copies: [1, 5], parallel: 8, delay_ms: [0, 300] });
    for (const [number, step] of steps.entries()) {
        await step.act(shop, me);
        me.paid.push({ from: Date.now(), pays: step.pays });
        me.subscription ??= (await shop.objects('checkout.session')).find(({ id }) => id === me.session).subscription;
        [events[number]] = await held.find(me.subscription, step.type, used);
        assert.ok(events[number], `${step.name} tells of nothing`);
        used.add(events[number]);
        while (waiting.length && events[waiting[0]] && random.chance(0.6)) await release(events[waiting.shift()]);
        if (number % 2 === 0) lookUp(clients[number % clients.length], user, me.session);
        await sleep(random.between(0, 400));
    }
    while (waiting.length) {
        await release(events[waiting.shift()]);
        await sleep(random.between(0, 200));
    }
    return me;
}

// A tab that comes back from paying; whatever it is answered.
function lookUp(client, user, session) {
    client.ask('GET', `/subscription/status/?session_id=${session}`, { token: user.token }).catch(() => {});
}

// Runs a life for each order, all at once. What is wrong, as sentences. `clients`: one a node.
export async function runOrders({ shop, clients, orders, random, settleSeconds = 180 }) {
    const { sim } = shop;
    const problems = [];
    await sim.tell('webhooks', { mode: 'hold', retries: 20, retry_ms: 200 });
    await sim.tell('plan', { reset: true, matching: [{ method: 'GET', path: '/v1/subscriptions', delay_ms: [0, 2500], late_ms: [0, 2500], times: -1 }] });
    const held = new HeldEvents(shop);
    const users = await Promise.all(orders.map(() => User.signUp(clients[0])));
    const watch = new TierWatch(clients.at(-1), users);
    const after = (await sim.ask('calls', {})).calls.at(-1)?.id ?? 0;
    let lives;
    try {
        lives = await Promise.all(orders.map((order, index) => live({ shop, clients, random, held }, users[index], order, index)));
        await isSettled(shop, lives, settleSeconds, problems);
        if (!problems.length) {
            await becomesQuiet(sim);
            await isSettled(shop, lives, 0, problems); // Nothing that came late has changed it again.
        }
    } finally {
        watch.stop();
        await sim.tell('plan', { reset: true });
    }
    const calls = await sim.calls({ after, method: 'GET', path: '/v1/subscriptions' });
    for (const me of lives) problems.push(...watch.tooLongBasic(me, calls.filter(({ params }) => params.customer === me.customer)));
    return problems;
}

async function becomesQuiet(sim) {
    await sim.tell('deliveries/drain', { timeout_ms: 60_000 });
    await until('an end of calls', async () => (await sim.ask('calls', { path: '/none' })).running === 0, { seconds: 60 });
    await sleep(1000); // Whoever had an answer has written it by then, or the next look finds it.
}

async function isSettled(shop, lives, seconds, problems) {
    const end = Date.now() + seconds * 1000; // For all of them together.
    for (const me of lives) {
        const [subscription] = (await shop.sim.ask('objects', { id: me.subscription })).objects;
        me.customer = subscription.customer;
        const pays = subscription.status === 'active';
        const item = subscription.items.data[0];
        const ends = subscription.cancel_at ?? (subscription.cancel_at_period_end ? item.current_period_end : null);
        const wanted = JSON.stringify({ tier: pays ? 'pro' : 'basic', status: subscription.status, cancels_at: ends, price: item.price.id });
        let seen;
        do {
            const { tier, status: word, cancels_at: cancels, price } = await status(me.user);
            seen = JSON.stringify({ tier, status: word, cancels_at: cancels && Date.parse(cancels) / 1000, price });
            if (seen !== wanted) await sleep(100);
        } while (seen !== wanted && Date.now() < end);
        if (seen !== wanted) problems.push(`${me.user.mobile}: ${seen} where the simulator has ${wanted}`);
    }
}

// Asks all the time which tier everybody has.
class TierWatch {
    #stopped = false;
    #seen = new Map();

    constructor(client, users) {
        this.client = client;
        for (const user of users) this.#seen.set(user.id, []);
        this.running = this.#run(users);
    }

    async #run(users) {
        while (!this.#stopped) {
            for (const user of users) {
                if (this.#stopped) return;
                const at = Date.now();
                const answer = await this.client.ask('GET', '/user/usage/', { token: user.token }).catch(() => null);
                if (answer?.status === 200) this.#seen.get(user.id).push({ at, tier: answer.body.tier });
            }
        }
    }

    stop() {
        this.#stopped = true;
    }

    // Whoever had paid, whose payment was in an answer of Stripe's, and who was basic later than that by more than the window.
    tooLongBasic({ user, paid }, calls) {
        const problems = [];
        for (const [index, { from, pays }] of paid.entries()) {
            if (!pays || (index > 0 && paid[index - 1].pays)) continue;
            const to = paid.slice(index).find((next) => !next.pays)?.from ?? Infinity;
            const answered = calls.filter(({ started_at: began, status: code, state }) => began * 1000 > from + 1000 && code === 200 && state === 'finished').map(({ ended_at: ended }) => ended * 1000);
            const since = Math.min(...answered) + windowMs;
            const late = this.#seen.get(user.id).find(({ at, tier }) => tier === 'basic' && at > since && at < to - 1000);
            if (late) problems.push(`${user.mobile}: basic ${Math.round(late.at - since + windowMs)} ms after Stripe had said that it is paid`);
        }
        return problems;
    }
}
