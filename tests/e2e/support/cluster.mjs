// Pollux in its cluster shape: N x `pollux serve` behind HAProxy and M x `pollux worker`, over a PostgreSQL and, if wanted, a Redis of
// their own. Every part may be killed, stopped and started again.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { Program, binary, freePort, sleep, temporaryFolder } from './process.mjs';
import { Haproxy, Postgres, Redis } from './services.mjs';

const surroundings = { PATH: process.env.PATH, HOME: process.env.HOME, LANG: 'C.UTF-8', METRICS_LISTEN: '', AI_TITLE_MODEL: 'off' };
const code = '135790';
const inTenDays = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10);

// Codes in answers do not pass proxies, so users log in by test numbers, and what is off in debug is only wide here.
function settings(mobiles) {
    return {
        SECRET_KEY: 'Vq8sT2mZr6Xw1Lk9Bn4Hd7Gy3Jc5Pf0E',
        OTP_TEST_NUMBERS: mobiles.map((mobile) => `${mobile}:${code}@${inTenDays}`).join(),
        OTP_PER_IP_HOUR: '1000000',
        RATE_RULES: ['auth', 'otp', 'send', 'send_address', 'create', 'create_address', 'read', 'read_address', 'plan'].map((name) => `${name}=1000000/60`).join(),
        TRUSTED_PROXIES: '127.0.0.1',
        BASIC_DAILY_MESSAGES: '1000000',
        ACCESS_TOKEN_MINUTES: '600',
        LOG_FORMAT: 'json',
    };
}

// One process, which may be killed and started again on its port.
export class Node {
    logs = [];
    program = null;

    // `version`: the name of another binary, such as pollux-next.
    constructor(role, env, version = 'pollux') {
        Object.assign(this, { role, env, version, folder: temporaryFolder(), port: 0 });
    }

    async launch(extra = {}) {
        if (this.program) this.logs.push(this.program.stderr);
        const args = [this.role];
        if (this.role === 'serve') {
            if (this.port === 0) this.port = await freePort();
            args.push('--listen', `127.0.0.1:${this.port}`);
        }
        this.program = new Program(binary(this.version), args, { cwd: this.folder, env: { ...surroundings, ...this.env, ...extra } });
    }

    // Returns when it says that it is ready, or throws.
    async start(extra = {}) {
        await this.launch(extra);
        await this.program.printed(/is ready|writes replies/, 60);
        return this;
    }

    // As a supervisor does it: until the start succeeds, which it does not while the database is away.
    async startAgain(seconds = 60, extra = {}) {
        for (const end = Date.now() + seconds * 1000;;) {
            try {
                return await this.start(extra);
            } catch (failure) {
                if (!this.program.exited || Date.now() > end) throw failure;
            }
            await sleep(200);
        }
    }

    get url() {
        return `http://127.0.0.1:${this.port}`;
    }

    async kill() {
        await this.program.signal('SIGKILL');
    }

    pause() {
        this.program.child.kill('SIGSTOP');
    }
    resume() {
        this.program.child.kill('SIGCONT');
    }

    // {code, signal, seconds}
    async stop() {
        const began = performance.now();
        const exited = await this.program.signal('SIGTERM');
        return { ...exited, seconds: (performance.now() - began) / 1000 };
    }

    get log() {
        return [...this.logs, this.program?.stderr ?? ''].join('');
    }
}

export class Cluster {
    #nextNumber = 0;

    // `redis: false`: PostgreSQL alone. `postgres`: one that runs already. `version`: the binary of all nodes.
    static async start({ serves = 2, workers = 2, users = 40, redis = true, env = {}, postgres = null, postgresSettings = {}, redisSettings = {}, version = 'pollux' } = {}) {
        const cluster = new Cluster();
        cluster.mobiles = Array.from({ length: users }, (_, number) => `+1202555${String(number).padStart(4, '0')}`);
        [cluster.postgres, cluster.redis] = await Promise.all([postgres ?? Postgres.start(postgresSettings), redis ? Redis.start(redisSettings) : null]);
        cluster.env = { ...settings(cluster.mobiles), DATABASE_URL: cluster.postgres.url, ...(redis ? { REDIS_URL: cluster.redis.url } : {}), ...env };
        await cluster.migrate(version);
        cluster.serves = Array.from({ length: serves }, () => new Node('serve', { WORKERS: workers > 0 ? 'external' : 'internal', ...cluster.env }, version));
        cluster.workers = Array.from({ length: workers }, () => new Node('worker', cluster.env, version));
        await Promise.all(cluster.nodes.map((node) => node.start()));
        cluster.haproxy = await Haproxy.start(cluster.serves.map(({ port }) => port));
        return cluster;
    }

    get nodes() {
        return [...this.serves, ...this.workers];
    }

    get url() {
        return this.haproxy.url;
    }

    // What it printed.
    async migrate(version = 'pollux') {
        const options = { cwd: temporaryFolder(), env: { ...surroundings, ...this.env } };
        return (await promisify(execFile)(binary(version), ['migrate'], options)).stdout;
    }

    // The next number with a code that is known.
    testNumber() {
        const mobile = this.mobiles[this.#nextNumber++];
        if (!mobile) throw new Error('start the cluster with more users');
        return { mobile, code };
    }

    rows(query) {
        return this.postgres.rows(query);
    }

    get log() {
        return this.nodes.map(({ log }) => log).join('');
    }

    // What each process answered to SIGTERM, all at once.
    async stop() {
        const stopped = await Promise.all(this.nodes.map((node) => node.stop()));
        await this.haproxy.stop();
        return stopped;
    }

    async end() {
        await this.redis?.kill();
        await this.postgres.stop();
    }
}
