// Every named failpoint ends a process of a cluster once, in each role that passes it: `serve` with WORKERS=external, `worker`, `migrate`.
// Which those are is written here, and both directions are checked: what is listed must kill, and a process in which all other names are
// armed must live through the same workload.
import { Client, User } from '../e2e/support/client.mjs';
import { Cluster, Node } from '../e2e/support/cluster.mjs';
import { check } from './checker.mjs';
import { diesAt, failpointNames, leftovers, namedOf, needsTrouble, passes, quota } from './failpoints.mjs';
import { readHistory, settledMessages } from './history.mjs';
import { startModels } from './models.mjs';
import { Workload, usersOfAWorkload } from './workload.mjs';

const reached = {
    serve: [
        'send_before_job', 'send_before_commit', 'send_after_commit', 'retry_before_commit', 'retry_after_commit', 'stop_before_commit', 'stop_after_commit', 'room_delete_before_commit', 'room_delete_after_commit',
        'db_before_commit', 'db_after_commit',
    ],
    worker: [
        'claim_before_commit', 'claim_after_commit', 'upstream_before_call', 'upstream_first_delta', 'put_back_before_commit', 'put_back_after_commit',
        'call_after_count', 'attempt_before_feed', 'title_before_rename', 'title_after_commit', 'finish_after_message', 'finish_after_job', 'finish_after_quota', 'finish_before_commit', 'finish_after_commit',
        'db_before_commit', 'db_after_commit',
    ],
    migrate: ['migrate_before_commit', 'migrate_after_commit'],
    // SQLite's file is copied, and a send writes statement by statement there.
    embedded: ['backup_before_rename', 'migrate_after_copy', 'send_after_quota', 'send_after_question', 'send_after_reply', 'send_after_room'],
    // When a period begins, by the clock, and in whichever process: tests/e2e/tasks.test.mjs kills those.
    anywhere: ['task_before_finish', 'task_claimed', 'task_period_begun'],
};
const once = ['send_before_job']; // A send is one statement on PostgreSQL, so the only retry passes it.

export async function runRoleFailpoints(random, verdict, { redis }) {
    const names = failpointNames();
    const nowhere = names.filter((name) => !Object.values(reached).flat().includes(name)).map((name) => `${name}: in which role? (tests/chaos/role_failpoints.mjs)`);
    const unknown = Object.values(reached).flat().filter((name) => !names.includes(name)).map((name) => `${name}: not in src/`);
    verdict('each failpoint is listed with the roles that reach it', [...nowhere, ...unknown]);
    const lanes = ['serve', 'worker'].map((role) => new RoleLane(role, random.fork(), redis));
    const [migrating, ...inLanes] = await Promise.all([dieWhileMigrating(), ...lanes.map((lane) => lane.work(names))]);
    for (const [index, { role }] of lanes.entries()) {
        const { problems, outOfReach } = inLanes[index];
        verdict(`${reached[role].length} failpoints, each of which ended a ${role} once`, problems);
        console.log(`    out of reach in a ${role}: ${outOfReach.join(', ')}`);
    }
    verdict(`${reached.migrate.length} failpoints, each of which ended a migration once`, migrating);
}

// A cluster of one server and one worker, of which one dies again and again. What waits for the end of a dead worker's lease goes on
// in the background, so each failpoint has users of its own.
class RoleLane {
    kills = [];
    problems = [];
    workloads = [];
    working = [];

    constructor(role, random, redis) {
        Object.assign(this, { role, random, redis });
    }

    async work(names) {
        const outOfReach = names.filter((name) => !reached[this.role].includes(name) && !reached.anywhere.includes(name));
        await this.#start();
        for (const name of this.random.shuffled(reached[this.role])) await this.#dieAt(name);
        this.problems.push(...(await Promise.all(this.working)).flat());
        await this.#liveThrough(outOfReach);
        await this.#checkAll();
        return { problems: this.problems, outOfReach };
    }

    async #start() {
        this.models = await startModels();
        await this.models.first.plan({ default: { duration_ms: 120, chunks: 6 } });
        const count = reached[this.role].length + 1;
        const env = { ...this.models.settings, BASIC_DAILY_MESSAGES: String(quota), STOP_DELAY_SECONDS: '0' };
        this.cluster = await Cluster.start({ serves: 1, workers: 1, users: usersOfAWorkload * count, redis: this.redis, env });
        const [serve] = this.cluster.serves;
        this.client = new Client({ url: serve.url, testNumber: () => this.cluster.testNumber() });
        while (this.workloads.length < count) this.workloads.push(await Workload.of(this.client));
        this.victim = { serve, worker: this.cluster.workers[0] }[this.role];
        this.unused = [...this.workloads];
    }

    async #dieAt(name) {
        await this.victim.stop();
        await this.victim.launch({ FAILPOINT: `${name}:abort@${passes(name, this.random, once)}` });
        const workload = this.unused.pop().run(needsTrouble(name) ? this.models.first : undefined);
        this.working.push(workload.then((problems) => problems.map((problem) => `${name}: ${problem}`)));
        await diesAt(this.victim, name, this.problems);
        this.kills.push(Date.now());
        await this.victim.start();
    }

    async #liveThrough(outOfReach) {
        await this.victim.stop();
        await this.victim.start({ FAILPOINT: outOfReach.map((name) => `${name}:abort`).join() });
        const working = this.unused.pop().run(this.models.first);
        await Promise.race([working, this.victim.program.end]);
        if (this.victim.program.exited) {
            this.problems.push(`a ${this.role} died at a failpoint that it is said not to reach`);
            await this.victim.start();
        }
        this.problems.push(...(await working));
    }

    async #checkAll() {
        const { cluster, models, kills, problems, workloads } = this;
        const users = workloads.map(({ sender, rooms }) => ({ user: sender, rooms }));
        const shown = await settledMessages(users, kills.at(-1));
        for (const exit of await cluster.stop()) if (exit.code !== 0) problems.push(`the end: ${JSON.stringify(exit)}`);
        const sends = workloads.flatMap((workload) => workload.sends);
        problems.push(...check(await readHistory({ store: cluster, models, users, sends, kills, shown, quota, named: namedOf(users.flatMap(({ rooms }) => rooms)) })));
        problems.push(...(await leftovers(cluster, workloads.flatMap(({ deleted }) => deleted))));
        this.client.close();
        await cluster.end();
        await models.stop();
    }
}

// The next `pollux migrate` goes on where one died, and what it leads to works.
async function dieWhileMigrating() {
    const problems = [];
    const cluster = await Cluster.start({ serves: 1, workers: 0, users: 1, redis: false, env: { AI_MODELS: 'demo', DEMO_TOKENS_PER_SECOND: '0' } });
    await cluster.stop();
    for (const [index, name] of reached.migrate.entries()) {
        for (const command of ['drop database pollux with (force)', 'create database pollux']) await cluster.postgres.psql(command, 'postgres');
        const migration = new Node('migrate', cluster.env);
        await migration.launch({ FAILPOINT: `${name}:abort@${1 + index}` });
        await diesAt(migration, name, problems);
        await cluster.migrate();
    }
    const [node] = cluster.serves;
    await node.start();
    const client = new Client({ url: node.url, testNumber: () => cluster.testNumber() });
    const user = await User.signUp(client);
    const sent = await user.send(await user.createRoom(), 'hello', { wait: 20 });
    if (sent.reply.status !== 'completed') problems.push(`after the migration the first reply is ${sent.reply.status}`);
    client.close();
    await node.stop();
    await cluster.end();
    return problems;
}
