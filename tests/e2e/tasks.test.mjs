// Tasks under kills: several processes that ask for work and do it, on wrong clocks, killed again and again. Every effect comes at least
// once after it was last asked for, periods begin once each, no lane waits for another that hangs, and the dead are as promised. The same
// checks must find what is planted: a twin that is swallowed, a fence that is missing.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, test } from 'node:test';
import { promisify } from 'node:util';

import { Program, binary, endPrograms, temporaryFolder, until } from './support/process.mjs';
import { Random } from './support/random.mjs';
import { Server } from './support/server.mjs';
import { Postgres } from './support/services.mjs';
import { faketime, skewed } from './support/skew.mjs';

after(endPrograms);

const isDeep = process.env.POLLUX_DEEP === '1';
const enqueues = Number(process.env.POLLUX_TASKS ?? (isDeep ? 10_000 : 1_000));
const kills = Number(process.env.POLLUX_TASK_KILLS ?? (isDeep ? 100 : 8));
const leaseSeconds = 20;
const skews = ['+0', '-3600', '+86400', '-40'];

const tables = `
    create table harness_wanted (kind text not null, subject text not null, n bigint not null, primary key (kind, subject));
    create table harness_effects (kind text not null, subject text not null, n bigint not null, primary key (kind, subject));
    create table harness_ticks (at bigint not null);
    create table harness_periods (done_until bigint not null);
`;

// A runner that moves a period on is written down; so is a runner that claims, and one that ends a run of another while its lease holds.
const watchPostgres = `
    create function harness_period() returns trigger language plpgsql as $$ begin
        insert into harness_periods values (new.done_until); return new; end $$;
    create trigger harness_period after insert or update on task_periods for each row execute function harness_period();
    create table harness_claims (number bigint generated always as identity, id bigint, app text);
    create table harness_thefts (id bigint, app text, claimed_by text);
    create function harness_watch() returns trigger language plpgsql as $$
        declare me text := current_setting('application_name'); owner text;
        begin
            if tg_op = 'UPDATE' and new.state = 'running' and old.state = 'ready' then
                insert into harness_claims (id, app) values (new.id, me);
            elsif old.state = 'running' and (tg_op = 'DELETE' or new.state <> 'running') then
                select app into owner from harness_claims where id = old.id order by number desc limit 1;
                if owner is distinct from me and old.lease_until >= now_us() then
                    insert into harness_thefts values (old.id, me, owner);
                end if;
            end if;
            return null;
        end $$;
    create trigger harness_watch after update or delete on tasks for each row execute function harness_watch();
`;
const watchSqlite = `
    create trigger harness_period_1 after insert on task_periods begin insert into harness_periods values (new.done_until); end;
    create trigger harness_period_2 after update on task_periods begin insert into harness_periods values (new.done_until); end;
`;

const bug = (name, timing, body) => `
    create function ${name}() returns trigger language plpgsql as $$ begin ${body} return new; end $$;
    create trigger ${name} ${timing} on tasks for each row execute function ${name}();`;
const swallowedTwin = bug('harness_swallow', 'before update', 'if new.again = 1 then new.again := 0; end if;');
const missingFence = bug('harness_no_fence', 'before update', 'new.attempts := old.attempts;');

async function migrate(url) {
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, SECRET_KEY: 'Vq8sT2mZr6Xw1Lk9Bn4Hd7Gy3Jc5Pf0E', DATABASE_URL: url, AI_MODELS: 'demo', ALLOWED_HOSTS: 'localhost' };
    await promisify(execFile)(binary('pollux'), ['migrate'], { cwd: temporaryFolder(), env });
}

class Worker {
    constructor(number, place, plan, random) {
        Object.assign(this, { number, place, plan, random });
    }

    async start() {
        const skew = skews[this.number % skews.length];
        const clock = faketime && this.place.startsWith('postgres') ? skewed(skew) : {};
        const place = this.place.startsWith('postgres') ? `${this.place}?application_name=worker${this.number}` : this.place;
        const args = [place, String(this.plan.enqueues), String(this.plan.subjects), String(this.random.below(2 ** 30))];
        this.program = new Program(binary('pollux-task-worker'), args, { cwd: temporaryFolder(), env: { PATH: process.env.PATH, ...clock } });
        await this.program.printed(/is ready/, 60);
    }
}

// What is wrong, in words; empty when nothing is.
function problemsOf({ lost, open, dead, periods, ticks, thefts, seconds }) {
    const problems = [];
    for (const { kind, subject, n, done } of lost) problems.push(`${kind} ${subject} was asked for ${n} times, its effect saw ${done}`);
    for (const { kind, state, count } of open) problems.push(`${count} tasks ${kind} are ${state}`);
    for (const { kind, subject, failures } of dead) {
        if (kind !== 'fail' && kind !== 'refuse') problems.push(`a dead task ${kind} ${subject}`);
        else if (kind === 'fail' ? failures < 3 : failures < 1) problems.push(`${kind} ${subject} is dead after ${failures} attempts`);
    }
    const begun = new Set(periods.map(({ done_until }) => done_until));
    if (begun.size !== periods.length) problems.push(`${periods.length - begun.size} periods began twice`);
    if (begun.size > seconds / 2 + 2) problems.push(`${begun.size} periods began in ${seconds} s`);
    if (begun.size < seconds / 4) problems.push(`only ${begun.size} periods began in ${seconds} s`);
    if (ticks < 1) problems.push('no tick');
    for (const { id, app, claimed_by: owner } of thefts) problems.push(`${app} ended task ${id}, which ${owner} was running`);
    return problems;
}

const queries = {
    lost: `select w.kind, w.subject, w.n, coalesce(e.n, 0) as done from harness_wanted w left join harness_effects e on e.kind = w.kind and e.subject = w.subject
        where w.kind in ('effect', 'slow') and coalesce(e.n, 0) < w.n`,
    open: "select kind, state, count(*) as count from tasks where state <> 'dead' and kind in ('effect', 'slow', 'fail', 'refuse') group by kind, state",
    dead: "select kind, subject, failures from tasks where state = 'dead'",
    periods: 'select done_until from harness_periods',
    ticks: 'select count(*) as count from harness_ticks',
};
const undeadQuery = `select w.kind, w.subject from harness_wanted w where w.kind in ('fail', 'refuse')
    and not exists (select 1 from tasks t where t.kind = w.kind and t.subject = w.subject and t.state = 'dead')`;

async function judge(rows, began, hasThefts) {
    const found = { thefts: hasThefts ? await rows('select * from harness_thefts') : [] };
    for (const [name, query] of Object.entries(queries)) found[name] = await rows(query);
    found.ticks = found.ticks[0].count;
    found.seconds = (performance.now() - began) / 1000; // Asking takes its time, too.
    const problems = problemsOf(found);
    for (const { kind, subject } of await rows(undeadQuery)) problems.push(`${kind} ${subject} should be dead`);
    return problems;
}

// All was asked for, and nothing waits any more but what hangs.
async function becomeQuiet(rows, plan, seconds) {
    await until('the last enqueue', async () => Number((await rows('select sum(n) as n from harness_wanted'))[0].n) >= plan.enqueues, { seconds, everyMs: 200 });
    await until('the last task', async () => (await rows(queries.open)).length === 0, { seconds: seconds + leaseSeconds, everyMs: 200 });
}

// What is planted may keep its tasks from ever being quiet: `settle` says what is waited for instead.
async function onPostgres({ plan, plant = '', disturb, settle = (rows) => becomeQuiet(rows, plan, 300) }) {
    const postgres = await Postgres.start();
    await migrate(postgres.url);
    await postgres.psql(tables + watchPostgres + plant);
    const random = Random.announced('tasks');
    const workers = Array.from({ length: 4 }, (_, number) => new Worker(number, postgres.url, plan, random.fork()));
    const began = performance.now();
    await Promise.all(workers.map((worker) => worker.start()));
    const rows = (query) => postgres.rows(query);
    await disturb({ workers, rows, random });
    await settle(rows);
    const hanging = await rows("select count(*) as count from tasks where kind = 'hang' and state = 'running'");
    const problems = await judge(rows, began, true);
    await Promise.all(workers.map(({ program }) => program.signal('SIGTERM')));
    const [leftRunning] = await rows("select count(*) as count from tasks where state = 'running'");
    await postgres.stop();
    return { problems, hanging: hanging[0].count, leftRunning: leftRunning.count };
}

// Kills in the midst of it: the next one when more has been asked for, so that they fall over the whole.
async function killAll({ workers, rows, random }, count, plan) {
    for (let kill = 1; kill <= count; ++kill) {
        const share = (plan.enqueues * kill) / (count + 1);
        await until(`${share} enqueues`, async () => Number((await rows('select coalesce(sum(n), 0) as n from harness_wanted'))[0].n) >= share, { seconds: 120, everyMs: 20 });
        const worker = random.pick(workers);
        await worker.program.signal('SIGKILL');
        await worker.start();
    }
}

// One process stands still until another has taken over what it was running, then goes on as if nothing had been.
async function standStill({ workers, rows }) {
    const slow = "select c.id, c.app from harness_claims c join tasks t on t.id = c.id where t.kind = 'slow' and t.state = 'running' and c.number = (select max(number) from harness_claims where id = c.id)";
    const [claim] = await until('a slow task that runs', async () => {
        const found = await rows(slow);
        return found.length > 0 && found;
    }, { seconds: 60 });
    const { program } = workers[Number(claim.app.slice('worker'.length))];
    program.child.kill('SIGSTOP');
    await until('the takeover', async () => (await rows(slow)).some(({ id, app }) => id === claim.id && app !== claim.app), { seconds: 60 });
    program.child.kill('SIGCONT');
}

// Two that end each other's runs may do so for ever.
async function firstTheft(rows) {
    await until('a theft', async () => (await rows('select count(*) as count from harness_thefts'))[0].count > 0, { seconds: 120 });
}

test('four processes on wrong clocks, killed again and again', { timeout: 1_800_000 }, async () => {
    const plan = { enqueues, subjects: Math.max(20, enqueues / 50) };
    const { problems, hanging, leftRunning } = await onPostgres({ plan, disturb: (test) => killAll(test, kills, plan) });
    assert.deepEqual(problems, []);
    assert.ok(hanging > 0, 'nothing hung: that it starved nobody shows nothing');
    assert.equal(leftRunning, 0, 'a stop hands back');
    console.log(`# ${enqueues} enqueues, ${kills} kills, ${hanging} hanging beside them`);
});

test('a process that stood still ends nothing that another has taken over', { timeout: 300_000 }, async () => {
    const { problems } = await onPostgres({ plan: { enqueues: 500, subjects: 20 }, disturb: standStill });
    assert.deepEqual(problems, []);
});

test('the checks find a twin that is swallowed', { timeout: 300_000 }, async () => {
    const { problems } = await onPostgres({ plan: { enqueues: 1000, subjects: 30 }, plant: swallowedTwin, disturb: async () => {} });
    assert.ok(problems.some((problem) => /was asked for/.test(problem)), 'not found');
});

test('the checks find a fence that is missing', { timeout: 300_000 }, async () => {
    const { problems } = await onPostgres({ plan: { enqueues: 500, subjects: 20 }, plant: missingFence, disturb: standStill, settle: firstTheft });
    assert.ok(problems.some((problem) => /ended task/.test(problem)), 'not found');
});

test('one process on SQLite, killed again and again', { timeout: 600_000 }, async () => {
    const server = await Server.start(); // Makes the database.
    await server.stop();
    const file = server.database;
    const sqlite = async (query) => (await promisify(execFile)('sqlite3', ['-json', '-cmd', '.timeout 10000', file, query], { maxBuffer: 1 << 30 })).stdout;
    const rows = async (query) => JSON.parse((await sqlite(query)).trim() || '[]');
    await sqlite(tables + watchSqlite);
    const random = Random.announced('tasks on SQLite');
    const plan = { enqueues: Math.ceil(enqueues / 2), subjects: 20 };
    const workers = [new Worker(0, file, plan, random.fork())];
    const began = performance.now();
    await workers[0].start();
    await killAll({ workers, rows, random }, Math.ceil(kills / 2), plan);
    await becomeQuiet(rows, plan, 300);
    const problems = await judge(rows, began, false);
    await workers[0].program.signal('SIGTERM');
    assert.deepEqual(problems, []);
});
