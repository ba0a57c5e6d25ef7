// Two `pollux serve` behind HAProxy and two `pollux worker`, over a PostgreSQL and a Redis of their own.
import { Cluster as Processes } from '../../e2e/support/cluster.mjs';
import { sleep } from '../../e2e/support/process.mjs';
import { Crowd } from '../../e2e/support/services.mjs';

// What can happen to a process: how it begins, and how it ends after a moment; the end is given what the beginning led to.
const harms = {
    stop: [(victim) => victim.pause(), (victim) => victim.resume()],
    pause: [(redis, lastsMs) => redis.command('CLIENT', 'PAUSE', lastsMs, 'ALL'), (redis) => redis.command('PING')],
    flush: [(redis) => redis.command('FLUSHALL'), () => {}],
    full: [(redis) => redis.command('CONFIG', 'SET', 'maxmemory', 1), (redis) => redis.command('CONFIG', 'SET', 'maxmemory', 0)],
    crowd: [(postgres) => Crowd.take(postgres), (postgres, lastsMs, crowd) => crowd.leave()], // No connection is left.
    kill: [(victim) => victim.kill(), (victim) => (victim.start ? victim.startAgain() : victim.launch())],
};
// A call of the model may be lost with these, and begin again.
const cutsCalls = (role) => !role.startsWith('redis');

export class Cluster {
    static roles = ['serve', 'worker'];
    static all = ['serve', 'worker', 'postgres', 'redis'];

    // `roles`: what may be harmed: serve, worker, postgres and redis are killed; `redis:flush` and the like name another harm.
    // `clients`: users who log in.
    static async start({ env, roles, clients, redis = true, harmMsMax = 1500 }) {
        const shape = new Cluster();
        Object.assign(shape, { roles, harmMsMax });
        shape.target = await Processes.start({ env, users: clients, redis, postgresSettings: { synchronous_commit: 'on' } });
        return shape;
    }

    // Harms one process, sometimes two, and mends them after a moment. Returns [{role, began, ended, cutsCalls}].
    async harmOnce(random) {
        const chosen = [this.#pick(random), ...(random.chance(0.2) ? [this.#pick(random)] : [])];
        const isTwice = chosen[1]?.victim === chosen[0].victim;
        return Promise.all((isTwice ? [chosen[0]] : chosen).map(async ({ role, victim }) => {
            const [, harm = 'kill'] = role.split(':');
            const [begin, end] = harms[harm];
            const lastsMs = harm === 'kill' ? random.below(500) : random.between(Math.floor(this.harmMsMax / 5), this.harmMsMax);
            const begun = await begin(victim, lastsMs);
            const began = Date.now(); // What had begun before is what it hit.
            await sleep(lastsMs);
            await end(victim, lastsMs, begun);
            return { role, began, ended: Date.now(), cutsCalls: cutsCalls(role) };
        }));
    }

    #pick(random) {
        const { postgres, redis, serves, workers } = this.target;
        const role = random.pick(this.roles);
        return { role, victim: { postgres, redis, serve: random.pick(serves), worker: random.pick(workers) }[role.split(':')[0]] };
    }

    rows(query) {
        return this.target.rows(query);
    }

    stop() {
        return this.target.stop();
    }

    // Every index against its table.
    async integrityProblems() {
        await this.target.postgres.psql('create extension if not exists amcheck');
        const check = `select c.relname as name, bt_index_check(c.oid, true)::text as found from pg_class c join pg_am a on a.oid = c.relam
            where a.amname = 'btree' and c.relkind = 'i' and c.relnamespace = 'public'::regnamespace`;
        return this.rows(check).then(() => [], (failure) => [failure.message]);
    }

    // Where the database goes away, errors are what the log is for.
    errorsInLog() {
        if (this.roles.some((role) => role.startsWith('postgres'))) return [];
        return this.target.log.split('\n').filter((line) => line.includes('"level":"error"'));
    }

    async end() {
        await this.target.end();
    }
}
