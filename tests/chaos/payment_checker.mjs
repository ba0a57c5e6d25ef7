// What must hold of users who bought, cancelled and got their money back, whatever was killed meanwhile: a pure function over what is at
// Stripe and in the database at the end; planted_payments.mjs shows that it finds what it is for.

// payments: {
//   users: [{id, mobile, tier}]: as the API shows them.
//   customers: [{id, user}], sessions: [{id, user, status}], subscriptions: [{id, user, customer, status}]: of Stripe's, `user` as they name it.
//   givenTwo: numbers of users whose two clicks at once, for one price, led to two pages.
//   goneBack: ids of subscriptions whose latest payment went back, by a refund or a dispute. changed: how many changes there were else.
//   taken: ids of events that were answered with 2xx. kept: of those that are in the database.
// }
// Returns a line for each thing that is wrong.
export function checkPayments(payments) {
    const problems = [];
    const report = (kind, what) => problems.push(`${kind}: ${what}`);
    checkEnough(payments, report);
    for (const user of payments.users) checkUser(user, payments, report);
    for (const mobile of payments.givenTwo) report('sessions', `${mobile} was given two at once`);
    checkMoney(payments, report);
    checkEvents(payments, report);
    return problems;
}

// Where nothing happened, nothing is shown.
function checkEnough({ users, sessions, goneBack, changed, taken }, report) {
    if (users.length === 0) report('nothing', 'nobody bought');
    for (const { id, mobile } of users) {
        if (!sessions.some(({ user, status }) => user === id && status === 'complete')) report('nothing', `${mobile} bought nothing`);
    }
    if (goneBack.length === 0) report('nothing', 'no money went back');
    if (changed === 0) report('nothing', 'no subscription was changed');
    if (taken.length === 0) report('nothing', 'no event was taken');
}

function checkUser({ id, mobile, tier }, { customers, sessions, subscriptions }, report) {
    const [theirCustomers, theirSessions, theirs] = [customers, sessions, subscriptions].map((all) => all.filter(({ user }) => user === id));
    if (theirCustomers.length > 1) report('customers', `${mobile} is ${theirCustomers.length}`);
    const others = theirs.filter(({ customer }) => !theirCustomers.some(({ id: known }) => known === customer));
    if (others.length > 0) report('customers', `${mobile} has a subscription of another one, ${others[0].customer}`);
    const open = theirSessions.filter(({ status }) => status === 'open');
    if (open.length > 1) report('sessions', `${mobile} could pay for ${open.length}`);
    const active = theirs.filter(({ status }) => status === 'active');
    if (active.length > 1) report('subscriptions', `${mobile} pays for ${active.length}`);
    const wanted = active.length > 0 ? 'pro' : 'basic';
    if (tier !== wanted) report('tier', `${mobile} is ${tier}, and by what Stripe has ${wanted}`);
}

// What was promised when the money went back: that nothing more is taken.
function checkMoney({ goneBack, subscriptions }, report) {
    for (const id of goneBack) {
        const status = subscriptions.find((one) => one.id === id)?.status;
        if (status !== 'canceled') report('money', `${id} is ${status}, though its latest payment went back`);
    }
}

function checkEvents({ taken, kept }, report) {
    const known = new Set(kept);
    for (const event of taken) if (!known.has(event)) report('events', `${event} was taken and is not there`);
}
