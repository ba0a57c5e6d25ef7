// Lives of paying users whose events come in every order: each change at Stripe is followed by whatever events have come up by then, in the
// order of a permutation, each once to five times and eight at once, to all nodes, while the next changes happen and every fetch is slow or is
// answered late. What Pollux holds in the end is compared with what the simulator has, and what it held meanwhile with what had been paid: half
// of the lives stay paid until it was looked at long enough after Stripe's answer, so that a plan that is missing would be seen.
import assert from 'node:assert/strict';

import { User } from './client.mjs';
import { sleep, until } from './process.mjs';
import { nothingFollows } from './quiet.mjs';
import { status } from './shop.mjs';

export const windowMs = 5_000; // How long a paid user may be basic after Stripe's answer.
const staysMs = 8_000; // How long half of the payments last after it, so that one that is not seen in time is not seen by whoever looks.
const looksMin = 3; // Behind a window, and behind that, for it to count as looked at.
const dwellSeconds = 120; // For Stripe's answer and those looks: it takes a dozen seconds, and on a machine that has other work more.

// A fetch that took its number before a payment may begin its call right after it, and be thrown away for one with a newer number that saw
// nothing of it. What begins later than that has a newer number: between number and call there is no wait but for a turn of the process.
const raceMs = 1500;

const staysPaid = (index) => index % 4 < 2; // Half of the lives, with either end.

// Among the problems of runOrders(), the others being of the test itself: another end than Stripe's, and a plan that came too late.
export const otherEnd = /where the simulator has/;
export const tooLate = /after Stripe had said/;

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

// Stripe is slow to who buys, too, and in a crowd the database is; who buys is told to come back then.
function buys(user) {
    return until('a session', async () => {
        const { status: code, body } = await user.client.ask('POST', '/subscription/checkout/', { token: user.token, body: { plan: 'pro' } });
        assert.ok(code === 200 || ['payment_provider_slow', 'storage_unavailable'].includes(body.code), JSON.stringify(body));
        return body.session_id;
    }, { seconds: dwellSeconds, everyMs: 500 });
}

// One user's life. `order`: of the six events.
async function live(run, user, order, index) {
    const { shop, clients, random, held } = run;
    const me = { user, session: await buys(user), paid: [], staysPaid: staysPaid(index) };
    const steps = [...life, ends[index % ends.length]];
    const events = [];
    const used = new Set();
    const waiting = [...order];
    const release = (event) => shop.sim.tell('deliveries/release', { order: [event], copies: [1, 5], parallel: 8, delay_ms: [0, 300] });
    for (const [number, step] of steps.entries()) {
        const before = Date.now();
        await step.act(shop, me);
        const isNew = step.pays && !me.paid.at(-1)?.pays;
        me.paid.push({ from: step.pays ? Date.now() : before, pays: step.pays });
        if (!me.subscription) ({ subscription: me.subscription, customer: me.customer } = (await shop.objects('checkout.session')).find(({ id }) => id === me.session));
        [events[number]] = await held.find(me.subscription, step.type, used);
        assert.ok(events[number], `${step.name} tells of nothing`);
        used.add(events[number]);
        while (waiting.length && events[waiting[0]] && random.chance(0.6)) await release(events[waiting.shift()]);
        if (number % 2 === 0) lookUp(clients[number % clients.length], me);
        if (isNew && me.staysPaid) await dwell(run, me);
        await sleep(random.between(0, 400));
    }
    while (waiting.length) {
        await release(events[waiting.shift()]);
        await sleep(random.between(0, 200));
    }
    return me;
}

// A tab that comes back from paying; whatever it is answered.
function lookUp(client, { user, session }) {
    return client.ask('GET', `/subscription/status/?session_id=${session}`, { token: user.token }).catch(() => {});
}

// Stays as it is until Stripe has said that it is paid, to whoever asks, and the user was looked at for long enough after that.
async function dwell({ clients, random, answers, watch }, me) {
    const { from } = me.paid.at(-1);
    const end = Date.now() + dwellSeconds * 1000;
    for (;;) {
        const answered = firstAnswer(await answers.read(), me, from);
        if (watch.looks(me.user, answered + staysMs, Infinity).length >= looksMin || Date.now() > end) return;
        if (answered === Infinity) await lookUp(random.pick(clients), me);
    }
}

// When the first fetch ended that began after `from`; Infinity: none has.
function firstAnswer(calls, { customer }, from) {
    const ends = calls.filter(({ params, started_at: began, status: code, state }) => params.customer === customer && began * 1000 > from + raceMs && code === 200 && state === 'finished');
    return Math.min(...ends.map(({ ended_at: ended }) => ended * 1000));
}

// What Stripe was asked for subscriptions and what became of it, read from its log for all lives together.
class Answers {
    #reading = null;

    // `after`: the call behind which it begins.
    constructor(sim, after) {
        Object.assign(this, { sim, after });
    }

    read() {
        this.#reading ??= this.#read().finally(() => { this.#reading = null; });
        return this.#reading;
    }

    async #read() {
        await sleep(250);
        return this.sim.calls({ after: this.after, method: 'GET', path: '/v1/subscriptions' });
    }
}

// Runs a life for each order, all at once: what is wrong, as sentences, and how many windows after a payment were looked behind, at least two
// of each life that stays paid. `clients`: one a node. `store`: what they have in common.
export async function runOrders({ shop, clients, store, orders, random, settleSeconds = 180 }) {
    const { sim } = shop;
    const problems = [];
    await sim.tell('webhooks', { mode: 'hold', retries: 20, retry_ms: 200 });
    await sim.tell('plan', { reset: true, matching: [{ method: 'GET', path: '/v1/subscriptions', delay_ms: [0, 2500], late_ms: [0, 2500], times: -1 }] });
    await sim.tell('deliveries/drop'); // Those of lives before these, through which every look would search.
    const held = new HeldEvents(shop);
    const users = await Promise.all(orders.map(() => User.signUp(clients[0])));
    const watch = new TierWatch(clients, users);
    const answers = new Answers(sim, (await sim.ask('calls', {})).calls.at(-1)?.id ?? 0);
    let lives;
    try {
        lives = await Promise.all(orders.map((order, index) => live({ shop, clients, random, held, answers, watch }, users[index], order, index)));
        await isSettled(shop, lives, settleSeconds, problems);
        if (!problems.length) {
            await nothingFollows(shop, store);
            await isSettled(shop, lives, 0, problems); // Nothing that came late has changed it again.
        }
    } finally {
        watch.stop();
        await sim.tell('plan', { reset: true });
    }
    const calls = await answers.read();
    let windows = 0;
    for (const me of lives) windows += judgeWindows(me, calls, watch, problems);
    return { problems, windows };
}

// From when to when it was paid.
function paidTimes(paid) {
    const begins = paid.map(({ pays }, index) => pays && !paid[index - 1]?.pays);
    return paid.flatMap(({ from }, index) => begins[index] ? [{ from, to: paid.slice(index).find(({ pays }) => !pays)?.from ?? Infinity }] : []);
}

// Whoever had paid, whose payment was in an answer of Stripe's, and who was basic later than that by more than the window. An answer that never
// came is later than any window. How many windows were looked behind.
function judgeWindows(me, calls, watch, problems) {
    let windows = 0;
    for (const { from, to } of paidTimes(me.paid)) {
        const answered = firstAnswer(calls, me, from);
        const looks = watch.looks(me.user, answered + windowMs, to);
        const late = looks.find(({ tier }) => tier === 'basic');
        if (late) problems.push(`${me.user.mobile}: basic ${Math.round(late.asked - answered)} ms after Stripe had said that it is paid`);
        if (looks.length >= looksMin) ++windows;
        else if (me.staysPaid && answered >= to) problems.push(`${me.user.mobile}: Stripe was never asked while it was paid`);
        else if (me.staysPaid) problems.push(`${me.user.mobile}: looked at ${looks.length} times behind the window`);
    }
    return windows;
}

async function isSettled(shop, lives, seconds, problems) {
    const end = Date.now() + seconds * 1000; // For all of them together.
    for (const me of lives) {
        const [subscription] = (await shop.sim.ask('objects', { id: me.subscription })).objects;
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

// Asks all the time, each node in turn, which tier everybody has.
class TierWatch {
    #stopped = false;
    #seen = new Map();

    constructor(clients, users) {
        for (const user of users) this.#seen.set(user.id, []);
        this.running = this.#run(clients, users);
    }

    async #run(clients, users) {
        for (let turn = 0; !this.#stopped; ++turn) {
            for (const [index, user] of users.entries()) {
                if (this.#stopped) return;
                const asked = Date.now();
                const answer = await clients[(turn + index) % clients.length].ask('GET', '/user/usage/', { token: user.token }).catch(() => null);
                if (answer?.status === 200) this.#seen.get(user.id).push({ asked, answered: Date.now(), tier: answer.body.tier });
            }
        }
    }

    stop() {
        this.#stopped = true;
    }

    // Those that began after `from` and ended before `to`.
    looks({ id }, from, to) {
        return this.#seen.get(id).filter(({ asked, answered }) => asked > from && answered < to);
    }
}
