// When nothing follows any more: what a test that says that nothing happens waits for before it looks. No time is waited for: what is on its
// way is seen at the simulator and among the tasks.
import { until } from './process.mjs';

// `moved` counts whatever goes between Pollux and Stripe: where it is the same in two looks, nothing went between them.
async function look(sim, stores) {
    const { waiting, running: posting, sent } = await sim.ask('deliveries', { state: 'running' });
    const { running: asking, total } = await sim.ask('calls', { path: '/none' });
    const open = (await Promise.all(stores.map((store) => store.rows("select kind, state, last_error from tasks where kind like 'stripe%'")))).flat();
    const dead = open.filter(({ state }) => state === 'dead');
    if (dead.length > 0) throw new Error(`tasks are dead: ${JSON.stringify(dead)}`);
    return { waiting, posting, asking, open, isQuiet: waiting + posting + asking + open.length === 0, moved: `${sent} ${total}` };
}

// Until no event is on its way, no call of Stripe runs, and all tasks of payments are done: seen twice in a row, with nothing between. Events
// that the simulator holds stay held. `stores`: whatever has rows(query), a Server or a Cluster.
export async function nothingFollows({ sim }, ...stores) {
    let last;
    await until('an end of all events, calls and tasks of payments', async () => {
        const before = last;
        last = await look(sim, stores);
        return before?.isQuiet && last.isQuiet && last.moved === before.moved;
    }, { seconds: 120, everyMs: 50 }).catch((failure) => {
        throw new Error(`${failure.message}; there is ${JSON.stringify(last)}`, { cause: failure });
    });
}
