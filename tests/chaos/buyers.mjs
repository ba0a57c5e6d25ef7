// Users who buy, cancel, undo and get their money back at Stripe while the processes die: what they ask for is repeated until it is answered,
// and Stripe posts each event until somebody takes it. In the end everybody has what Stripe says, and every event that was taken is there once.
import { User, onlyBroken } from '../e2e/support/client.mjs';
import { sleep } from '../e2e/support/process.mjs';
import { Shop, pricesAreKnown, status } from '../e2e/support/shop.mjs';

const giveUpAfterMs = 300_000;

export class Buyers {
    bought = 0;
    changed = 0;
    #over = false;

    // The settings of whoever sells; deliverTo() once it runs.
    static async open() {
        const buyers = new Buyers();
        buyers.shop = await Shop.open();
        await buyers.shop.sim.tell('webhooks', { mode: 'send', copies: [1, 3], parallel: 8, retries: 10_000, retry_ms: [200, 400] });
        return buyers;
    }

    get settings() {
        return { ...this.shop.settings, PUBLIC_URL: 'http://127.0.0.1:8000' };
    }

    async begin(target, client, count, random) {
        await this.shop.deliverTo(target);
        await pricesAreKnown(client);
        this.users = await Promise.all(Array.from({ length: count }, () => User.signUp(client)));
        this.running = Promise.all(this.users.map((user) => this.#live(user, random.fork())));
        this.running.catch(() => {}); // Is told by end().
    }

    async #live(user, random) {
        while (!this.#over) {
            const session = await this.#untilAnswered(user, () => user.client.ask('POST', '/subscription/checkout/', { token: user.token, body: { plan: 'pro' } }));
            if (session) {
                await this.shop.act(session.session_id, 'pay');
                ++this.bought;
            }
            await sleep(random.between(100, 1500));
            await this.#change(user, random);
            await sleep(random.between(100, 1500));
        }
    }

    // null: there is a subscription already.
    async #untilAnswered(user, ask) {
        for (const end = Date.now() + giveUpAfterMs; !this.#over;) {
            const answer = await ask().catch(onlyBroken);
            if (answer?.status === 200) return answer.body;
            if (answer?.body?.code === 'already_subscribed') return null;
            if (answer && answer.status !== 503) throw new Error(`a purchase was answered with ${answer.status} ${answer.text}`);
            if (Date.now() > end) throw new Error(`a purchase was not answered for ${giveUpAfterMs / 1000} s`);
            await sleep(300);
        }
        return null;
    }

    async #change(user, random) {
        const mine = (await this.shop.objects('subscription')).find(({ metadata, status: word }) => metadata.user === String(user.id) && word === 'active');
        if (!mine) return;
        const { id: subscription, cancel_at_period_end: cancels, cancel_at: at } = mine;
        const what = random.pick(['end', 'refund', 'portal', 'nothing']);
        if (what === 'end') await this.shop.sim.tell('subscription', { subscription, do: 'cancel' });
        if (what === 'refund') await this.shop.sim.tell('refund', { subscription });
        if (what === 'portal') await this.shop.sim.tell('portal', { subscription, do: cancels || at ? 'undo' : 'cancel' });
        if (what !== 'nothing') ++this.changed;
    }

    // What is wrong when all is settled.
    async end() {
        this.#over = true;
        await this.running;
        const problems = [];
        for (const user of this.users) problems.push(...await this.#settled(user));
        const taken = (await this.shop.sim.ask('deliveries', { state: 'sent' })).deliveries.map(({ event }) => event);
        this.taken = new Set(taken);
        return problems;
    }

    // Of the events that were answered with 2xx those that are not there; `rows`: of a query.
    async lostEvents(rows) {
        const kept = new Set((await rows('select event_id from payment_events')).map(({ event_id: id }) => id));
        return [...this.taken].filter((event) => !kept.has(event)).map((event) => `the event ${event} was taken and is not there`);
    }

    async #settled(user, seconds = 120) {
        const all = (await this.shop.objects('subscription')).filter(({ metadata }) => metadata.user === String(user.id));
        const problems = [];
        if (all.filter(({ status: word }) => word === 'active').length > 1) problems.push(`${user.mobile} has two subscriptions`);
        const customers = new Set(all.map(({ customer }) => customer));
        if (customers.size > 1) problems.push(`${user.mobile} is two customers`);
        for (const end = Date.now() + seconds * 1000;;) {
            const isPaid = (await this.shop.objects('subscription')).some(({ metadata, status: word }) => metadata.user === String(user.id) && word === 'active');
            const seen = await status(user).catch(() => null);
            if (seen?.tier === (isPaid ? 'pro' : 'basic')) return problems;
            if (Date.now() > end) return [...problems, `${user.mobile} is ${seen?.tier}, and Stripe says ${isPaid ? 'paid' : 'not paid'}`];
            await sleep(200);
        }
    }

    async close() {
        await this.shop.sim.stop();
    }
}
