// Two `pollux serve` behind HAProxy and two `pollux worker`, over a PostgreSQL and a Redis of their own.
import { Cluster as Processes } from '../../e2e/support/cluster.mjs';
import { sleep } from '../../e2e/support/process.mjs';

export class Cluster {
    static roles = ['serve', 'worker'];

    // `roles`: what may be killed, of serve, worker, postgres and redis. `clients`: users who log in.
    static async start({ env, roles, clients, redis = true }) {
        const shape = new Cluster();
        shape.roles = roles;
        shape.target = await Processes.start({ env, users: clients, redis, postgresSettings: { synchronous_commit: 'on' } });
        return shape;
    }

    // Kills one process, sometimes two, and starts them again after a moment. Returns when they were killed.
    async killOnce(random) {
        const victims = [this.#pick(random), ...(random.chance(0.2) ? [this.#pick(random)] : [])];
        const moments = [];
        await Promise.all([...new Set(victims)].map(async (victim) => {
            await victim.kill();
            moments.push(Date.now());
            await sleep(random.below(500));
            await (victim.start ?? victim.launch).call(victim);
        }));
        return moments;
    }

    #pick(random) {
        const { postgres, redis, serves, workers } = this.target;
        const role = random.pick(this.roles);
        return { postgres, redis, serve: random.pick(serves), worker: random.pick(workers) }[role];
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

    // Where services die, errors are what the log is for.
    errorsInLog() {
        if (this.roles.some((role) => !Cluster.roles.includes(role))) return [];
        return this.target.log.split('\n').filter((line) => line.includes('"level":"error"'));
    }

    async end() {
        await this.target.end();
    }
}
