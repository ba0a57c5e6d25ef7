// What is left of payments, with a planted bug each. A checker that does not report them proves nothing.
import { checkPayments } from './payment_checker.mjs';

// Two users: one who pays, and one whose money went back.
export function goodPayments() {
    return {
        users: [{ id: '1', mobile: '+12025550001', tier: 'pro' }, { id: '2', mobile: '+12025550002', tier: 'basic' }],
        customers: [{ id: 'cus_1', user: '1' }, { id: 'cus_2', user: '2' }],
        sessions: [{ id: 'cs_1', user: '1', status: 'complete' }, { id: 'cs_2', user: '2', status: 'complete' }, { id: 'cs_3', user: '2', status: 'open' }],
        subscriptions: [{ id: 'sub_1', user: '1', customer: 'cus_1', status: 'active' }, { id: 'sub_2', user: '2', customer: 'cus_2', status: 'canceled' }],
        givenTwo: [],
        goneBack: ['sub_2'],
        changed: 1,
        taken: ['evt_1', 'evt_2'],
        kept: ['evt_1', 'evt_2', 'evt_3'],
    };
}

// name, what the checker must call it, what the bug does. Each works on any payments in which nothing is wrong.
export const paymentBugs = [
    ['answered before COMMIT: the event is gone', 'events', ({ taken, kept }) => kept.splice(kept.indexOf(taken.at(-1)), 1)],
    ['no event was ever taken', 'nothing', (payments) => { payments.taken = []; }],
    ['the refund was never looked at', 'money', ({ goneBack, subscriptions, users }) => {
        // So it goes on, and the plan with it: both say the same.
        const one = subscriptions.find(({ id }) => id === goneBack[0]);
        for (const other of subscriptions) if (other.user === one.user) other.status = 'canceled';
        one.status = 'active';
        users.find(({ id }) => id === one.user).tier = 'pro';
    }],
    ['no money went back', 'nothing', (payments) => { payments.goneBack = []; }],
    ['nobody cancelled', 'nothing', (payments) => { payments.changed = 0; }],
    ['one user bought nothing', 'nothing', ({ users, sessions }) => {
        for (const session of sessions) if (session.user === users[0].id) session.status = 'expired';
    }],
    ['a customer is made twice, and one of them buys nothing', 'customers', ({ customers }) => customers.push({ ...customers[0], id: 'cus_twice' })],
    ['a customer is made twice, and both buy', 'customers', ({ subscriptions }) => subscriptions.push({ ...subscriptions[0], id: 'sub_twice', customer: 'cus_other', status: 'canceled' })],
    ['two nodes make a session each', 'sessions', ({ users, sessions }) => {
        for (const id of ['cs_one', 'cs_two']) sessions.push({ id, user: users[0].id, status: 'open' });
    }],
    ['two clicks lead to two pages, of which one is over later', 'sessions', ({ users, givenTwo }) => givenTwo.push(users[0].mobile)],
    ['both are paid', 'subscriptions', ({ subscriptions, users, customers }) => {
        const [{ id: customer, user }] = customers;
        for (const id of ['sub_one', 'sub_two']) subscriptions.push({ id, user, customer, status: 'active' });
        users.find(({ id }) => id === user).tier = 'pro';
    }],
    ['an event is swallowed: who pays is not Pro, or who does not is', 'tier', ({ users }) => {
        users[0].tier = users[0].tier === 'pro' ? 'basic' : 'pro';
    }],
];

// The bugs that `checkPayments` does not call by their name, when each is planted in a copy of `payments`, in which nothing is wrong.
export function undetectedPayments(payments) {
    const missed = [];
    for (const [name, kind, plant] of paymentBugs) {
        const copy = structuredClone(payments);
        plant(copy);
        if (!checkPayments(copy).some((problem) => problem.startsWith(`${kind}:`))) missed.push(name);
    }
    return missed;
}
