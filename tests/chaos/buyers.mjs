// Users who buy, cancel, undo and get their money back at Stripe while the processes die: what they ask for is repeated until it is answered,
// and Stripe posts each event until somebody takes it. In the end everybody has what Stripe says, what was promised is done, and every event
// that was taken is there: payment_checker.mjs.
import { User, onlyBroken } from '../e2e/support/client.mjs';
import { sleep } from '../e2e/support/process.mjs';
import { Shop, pricesAreKnown, status } from '../e2e/support/shop.mjs';
import { checkPayments } from './payment_checker.mjs';

const giveUpAfterMs = 300_000;
const settledWithinMs = 120_000;

export class Buyers {
    bought = 0;
    changed = 0;
    goneBack = new Set(); // Subscriptions whose latest payment went back.
    givenTwo = new Set(); // Numbers of users whose two clicks at once led to two pages.
    #over = 0; // When.

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

    // Until all is over, and all of this was done: bought, paid back, and changed once more. What never comes, the checker reports.
    async #live(user, random) {
        const done = { bought: 0, goneBack: 0, changed: 0 };
        const isAtIt = () => !this.#over || (Object.values(done).includes(0) && Date.now() < this.#over + settledWithinMs);
        while (isAtIt()) {
            const session = await this.#clickOnceOrTwice(user, random);
            if (session) {
                await this.shop.act(session.session_id, 'pay');
                ++done.bought;
                ++this.bought;
            }
            await sleep(random.between(100, 1500));
            await this.#change(user, random, done);
            await sleep(random.between(100, 1500));
        }
    }

    async #clickOnceOrTwice(user, random) {
        const clicks = Array.from({ length: random.chance(0.3) ? 2 : 1 }, () => this.#untilAnswered(user));
        const sessions = (await Promise.all(clicks)).filter((session) => session !== null);
        if (new Set(sessions.map(({ session_id: id }) => id)).size > 1) this.givenTwo.add(user.mobile);
        return sessions[0] ?? null;
    }

    // A session; null: there is a subscription already.
    async #untilAnswered(user) {
        for (const end = Date.now() + giveUpAfterMs;;) {
            const answer = await user.client.ask('POST', '/subscription/checkout/', { token: user.token, body: { plan: 'pro' } }).catch(onlyBroken);
            if (answer?.status === 200) return answer.body;
            if (answer?.body?.code === 'already_subscribed') return null;
            if (answer && answer.status !== 503) throw new Error(`a purchase was answered with ${answer.status} ${answer.text}`);
            if (Date.now() > end) throw new Error(`a purchase was not answered for ${giveUpAfterMs / 1000} s`);
            await sleep(300);
        }
    }

    // What is done with a subscription of this user whose money was not paid back; the first of all: that.
    async #change(user, random, done) {
        const isTheirs = ({ id, metadata, status: word }) => metadata.user === String(user.id) && word === 'active' && !this.goneBack.has(id);
        const mine = (await this.shop.objects('subscription')).find(isTheirs);
        if (!mine) return;
        const { id: subscription, cancel_at_period_end: cancels, cancel_at: at } = mine;
        const what = done.goneBack === 0 ? random.pick(['refund', 'dispute']) : random.pick(['end', 'refund', 'dispute', 'portal', 'portal', 'nothing']);
        if (what === 'nothing') return;
        const { sim } = this.shop;
        if (what === 'end') await sim.tell('subscription', { subscription, do: 'cancel' });
        if (what === 'portal') await sim.tell('portal', { subscription, do: cancels || at ? 'undo' : 'cancel' });
        if (what === 'refund') await sim.tell('refund', { subscription });
        if (what === 'dispute') {
            const { id: dispute } = await sim.tell('dispute', { do: 'open', subscription });
            await sim.tell('dispute', { do: 'close', dispute, status: 'lost' });
        }
        const wentBack = what === 'refund' || what === 'dispute';
        if (wentBack) this.goneBack.add(subscription);
        ++done[wentBack ? 'goneBack' : 'changed'];
        if (!wentBack) ++this.changed;
    }

    // What payment_checker.mjs reads, when all is settled, or what it is after the time for that; `kept` is for who can read the database.
    async end() {
        this.#over = Date.now();
        await this.running;
        for (const end = Date.now() + settledWithinMs;;) {
            const payments = await this.#gather();
            const isSettled = checkPayments({ ...payments, kept: payments.taken }).length === 0;
            if (isSettled || Date.now() > end) return payments;
            await sleep(200);
        }
    }

    async #gather() {
        const { shop, changed } = this;
        const objects = async (kind, fields) => (await shop.objects(kind)).map((object) => ({ id: object.id, user: object.metadata.user, ...fields(object) }));
        const users = await Promise.all(this.users.map(async (user) => ({ id: String(user.id), mobile: user.mobile, tier: (await status(user).catch(() => null))?.tier })));
        const { deliveries } = await shop.sim.ask('deliveries', { state: 'succeeded' });
        return {
            users,
            customers: await objects('customer', () => ({})),
            sessions: await objects('checkout.session', ({ status: word }) => ({ status: word })),
            subscriptions: await objects('subscription', ({ status: word, customer }) => ({ status: word, customer })),
            goneBack: [...this.goneBack],
            givenTwo: [...this.givenTwo],
            changed,
            taken: [...new Set(deliveries.map(({ event }) => event))],
        };
    }

    async close() {
        await this.shop.sim.stop();
    }
}

// Of all events that were kept, their ids; `store` has rows(query).
export async function keptEvents(store) {
    return (await store.rows('select event_id from payment_events')).map(({ event_id: id }) => id);
}
