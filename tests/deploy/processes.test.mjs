// The processes of Procfile, compose.yaml and render.yaml, started as they are written there, against a real PostgreSQL and Redis: a message is
// answered by the worker, each ends well within its grace, and two clients behind the proxies that TRUSTED_PROXIES speaks of have two budgets.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import yaml from 'yaml';

import { Client, User } from '../e2e/support/client.mjs';
import { Http2Client } from '../e2e/support/http2_client.mjs';
import { Load } from '../e2e/support/load.mjs';
import { Program, binary, endPrograms, freePort, repository, sleep, temporaryFolder } from '../e2e/support/process.mjs';
import { Caddy, Haproxy, Nginx, Postgres, Redis, unpacked } from '../e2e/support/services.mjs';

after(endPrograms);

const read = (name) => fs.readFileSync(path.join(repository, name), 'utf8');
const code = '135790';
const inTenDays = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10);
const numbers = Array.from({ length: 20 }, (_, number) => `+1202555${String(number).padStart(4, '0')}`);

// What a person fills in, or a platform provides, besides what the files say.
const filledIn = {
    SECRET_KEY: 'Vq8sT2mZr6Xw1Lk9Bn4Hd7Gy3Jc5Pf0E', AI_MODELS: 'demo', LOG_FORMAT: 'json',
    OTP_TEST_NUMBERS: numbers.map((mobile) => `${mobile}:${code}@${inTenDays}`).join(), BASIC_DAILY_MESSAGES: '10000',
};

let postgres, redis, bin;
before(async () => {
    [postgres, redis] = await Promise.all([Postgres.start(), Redis.start()]);
    bin = temporaryFolder(); // `pollux` is on the PATH, as in the image.
    fs.symlinkSync(binary('pollux'), path.join(bin, 'pollux'));
});
after(async () => {
    await redis?.kill();
    await postgres?.stop();
});

// A command line in a folder of its own, as it stands there: some platforms give it to a shell, others take its words.
function run(line, env) {
    const [program, ...args] = line.split(' ');
    const all = { PATH: `${bin}:${process.env.PATH}`, HOME: temporaryFolder(), LANG: 'C.UTF-8', METRICS_LISTEN: '', ...env };
    return new Program(program, args, { cwd: temporaryFolder(), env: all });
}

async function finishes(line, env) {
    const program = run(line, env);
    const { code: status } = await program.end;
    assert.equal(status, 0, program.stderr.slice(-2000));
}

async function empty() {
    await postgres.psql('drop database if exists pollux with (force)', 'postgres');
    await postgres.psql('create database pollux', 'postgres');
}

let lastNumber = 0;

async function signIn(client) {
    const mobile = numbers[lastNumber++];
    const user = Object.assign(new User(), { client, mobile });
    await user.ask('POST', '/auth/signup/', { body: { mobile }, expect: 201 });
    await user.ask('POST', '/auth/send-otp/', { body: { mobile, purpose: 'login' } });
    const login = await user.ask('POST', '/auth/verify-otp/', { body: { mobile, code, purpose: 'login' } });
    return Object.assign(user, { token: login.access });
}

async function tour(client) {
    const user = await signIn(client);
    const room = await user.createRoom();
    const { reply } = await user.send(room, 'Hello AI! Tell me a joke.', { wait: 25 });
    assert.equal(reply.status, 'completed');
    const health = (await client.ask('GET', '/health/')).body;
    assert.deepEqual(health, { status: 'ok', database: 'ok', redis: 'ok', workers: 'ok' }, 'and nothing is said of proxies');
}

// How often one client may ask until it is refused; another one may then ask all the same.
async function areTwo(one, other) {
    const body = { mobile: 'nonsense', purpose: 'login' };
    const ask = (client) => client.ask('POST', '/auth/send-otp/', { body });
    let count = 0;
    for (; count < 500; ++count) if ((await ask(one)).status === 429) break;
    assert.ok(count > 2 && count < 500, `one is refused after ${count}`);
    assert.equal((await ask(other)).status, 422, 'what one has used up is there for the other');
}

async function end(programs, graceSeconds) {
    const began = Date.now();
    const ended = await Promise.all(programs.map((program) => program.signal('SIGTERM')));
    for (const [index, { code: status }] of ended.entries()) assert.equal(status, 0, programs[index].stderr.slice(-2000));
    assert.ok(Date.now() - began < graceSeconds * 1000, 'within the grace');
}

const platform = () => ({ ...filledIn, DATABASE_URL: postgres.url, REDIS_URL: redis.url });

test('the Procfile', { timeout: 180_000 }, async () => {
    await empty();
    const lines = Object.fromEntries(read('Procfile').trim().split('\n').map((line) => /^(\w+): (.*)$/.exec(line).slice(1)));
    assert.deepEqual(Object.keys(lines), ['release', 'web', 'worker']);
    const port = await freePort();
    const env = { ...platform(), ALLOWED_HOSTS: '127.0.0.1', TRUSTED_PROXIES: '1' };
    await finishes(lines.release, env);
    const programs = [run(lines.web, { ...env, PORT: String(port) }), run(lines.worker, env)];
    await programs[0].printed(/is ready/);
    await programs[1].printed(/writes replies/);
    // As it comes from the platform's proxy.
    const from = (address) => new HeadedClient(port, { 'X-Forwarded-For': address });
    await tour(from('198.51.100.1'));
    await areTwo(from('198.51.100.2'), from('198.51.100.3'));
    await end(programs, 40);
});

describe('what compose.yaml starts', { timeout: 300_000 }, () => {
    const it = {};

    before(async () => {
        await empty();
        const compose = yaml.parse(read('compose.yaml'), { merge: true });
        const settings = { ...filledIn, ALLOWED_HOSTS: `127.0.0.1,${Caddy.host}`, POSTGRES_PASSWORD: 'secret', DOMAIN: Caddy.host };
        const filled = (text) => String(text).replace(/\$\{(\w+)(?::\?[^}]*)?\}/g, (_, name) => settings[name]);
        // The names of the network of containers are ports of this machine here.
        const here = (text) => filled(text).replace(/@postgres\/(\w+)$/, `@127.0.0.1:${postgres.port}/$1`).replace(/^redis:\/\/redis$/, redis.url);
        const environmentOf = (service) => Object.fromEntries(Object.entries(service.environment).map(([name, value]) => [name, here(value)]));
        const { migrate, serve1, serve2, worker, caddy } = compose.services;
        it.grace = parseInt(serve1.stop_grace_period);
        await finishes(migrate.command, { ...settings, ...environmentOf(migrate) });
        // The image's own test of its health, unless the service has another one.
        const ofImage = JSON.parse(/^HEALTHCHECK .*CMD (\[.*\])$/m.exec(read('Dockerfile'))[1]);
        it.start = async (service, port) => {
            // Each container has a network of its own, so each process here has a port of its own for its metrics.
            const env = { ...settings, ...environmentOf(service), PORT: String(port) };
            env.METRICS_LISTEN = env.METRICS_LISTEN.replace(/:9464$/, `:${await freePort()}`);
            const program = run(service.command, env);
            await program.printed(/is ready|writes replies/, 60);
            const [check, ...args] = service.healthcheck?.test.slice(1) ?? ofImage;
            await promisify(execFile)(check, args, { env: { PATH: `${bin}:${process.env.PATH}`, ...env }, cwd: temporaryFolder() });
            return program;
        };
        it.services = { serve1, serve2, worker };
        it.ports = { serve1: await freePort(), serve2: await freePort(), worker: await freePort() };
        it.programs = {};
        for (const [name, service] of Object.entries(it.services)) it.programs[name] = await it.start(service, it.ports[name]);
        it.upstreams = String(caddy.environment.UPSTREAMS).replace(/\b(serve\d):8000\b/g, (_, name) => `127.0.0.1:${it.ports[name]}`);
        it.serves = [it.ports.serve1, it.ports.serve2];
    });
    after(() => end(Object.values(it.programs), it.grace));

    const close = (clients) => clients.forEach((client) => client.close());

    test('behind Caddy', { skip: unpacked('caddy') ? false : 'Caddy is not there' }, async () => {
        const proxy = await Caddy.start(it.serves, { upstreams: it.upstreams });
        const client = new Http2Client(proxy);
        await tour(client);
        const two = ['127.2.1.1', '127.2.1.2'].map((address) => new Http2Client(proxy, { address }));
        await areTwo(...two);
        close([client, ...two]);
        await proxy.stop();
    });

    test('an upgrade as its head has it, one server after the other, fails no request', { skip: unpacked('caddy') ? false : 'Caddy is not there' }, async () => {
        const lines = [...read('compose.yaml').matchAll(/^# +docker compose up -d --wait (.*)$/gm)].map(([, names]) => names.split(' '));
        assert.deepEqual(lines.flat().sort(), Object.keys(it.services).sort(), 'each service of Pollux is replaced once');
        assert.ok(lines.every((names) => names.filter((name) => name.startsWith('serve')).length <= 1), 'and never both servers at once');
        const proxy = await Caddy.start(it.serves, { upstreams: it.upstreams });
        const client = new Http2Client(proxy, { address: '127.2.1.9' });
        const load = new Load([await signIn(client), await signIn(client)]);
        await load.during(async () => {
            for (const names of lines) {
                await Promise.all(names.map(async (name) => {
                    await end([it.programs[name]], it.grace);
                    it.programs[name] = await it.start(it.services[name], it.ports[name]);
                }));
                await sleep(1000); // `--wait` looks at most every second; Caddy asks every half.
            }
        });
        await load.end();
        assert.ok(load.counts.replies > 2);
        client.close();
        await proxy.stop();
    });

    for (const [Proxy, skip] of [[Haproxy, false], [Nginx, unpacked('nginx') ? false : 'nginx is not there']]) {
        test(`behind ${Proxy.name}`, { skip }, async () => {
            const proxy = await Proxy.start(it.serves);
            const client = new Client(proxy);
            await tour(client);
            const two = [1, 2].map((number) => new AddressedClient(proxy, `127.2.${Proxy.name.length}.${number}`));
            await areTwo(...two);
            close([client, ...two]);
            await proxy.program.signal('SIGTERM');
        });
    }
});

// Calls with these headers, as a proxy adds them.
class HeadedClient extends Client {
    constructor(port, headers) {
        super({ url: `http://127.0.0.1:${port}` });
        this.own = headers;
    }

    open(method, path, options = {}) {
        return super.open(method, path, { ...options, headers: { ...this.own, ...options.headers } });
    }
}

// Calls from an address of this machine.
class AddressedClient extends Client {
    constructor(server, address) {
        super(server);
        this.agent.options.localAddress = address;
    }
}

test('the blueprint in render.yaml', { timeout: 180_000 }, async () => {
    await empty();
    const blueprint = yaml.parse(read('render.yaml'));
    const groups = Object.fromEntries(blueprint.envVarGroups.map(({ name, envVars }) => [name, envVars]));
    // What Render asks for; the rest stays empty. In groups it ignores what has `sync: false`.
    const asked = { ...filledIn, AI_MODELS: undefined, GEMINI_API_KEY: 'AIzaSyTest', PUBLIC_URL: 'https://pollux-1.onrender.com' };
    for (const entry of Object.values(groups).flat()) assert.ok(!('sync' in entry), `${entry.key} would be asked for by nobody`);
    const generated = {};
    const valueOf = (entry, group) => {
        if (entry.generateValue) return (generated[`${group} ${entry.key}`] ??= filledIn.SECRET_KEY);
        if (entry.fromDatabase) {
            assert.ok(blueprint.databases.some(({ name }) => name === entry.fromDatabase.name));
            return postgres.url;
        }
        if (entry.fromService) {
            const { envVarKey } = entry.fromService;
            const other = blueprint.services.find(({ name, type }) => name === entry.fromService.name && type === entry.fromService.type);
            assert.ok(other, `${entry.key} is of a service that there is`);
            if (envVarKey === undefined) return redis.url;
            const there = other.envVars.find(({ key }) => key === envVarKey);
            assert.ok(there, `${envVarKey} is among the variables of ${other.name}`);
            return valueOf(there, '');
        }
        return entry.sync === false ? asked[entry.key] ?? '' : entry.value;
    };
    const environmentOf = ({ envVars }) => {
        const env = {};
        for (const entry of envVars) {
            if (entry.fromGroup) for (const one of groups[entry.fromGroup]) env[one.key] = valueOf(one, entry.fromGroup);
            else env[entry.key] = valueOf(entry, '');
        }
        for (const value of Object.values(env)) assert.equal(typeof value, 'string', 'Render takes texts');
        return env;
    };
    const [web, worker] = ['web', 'worker'].map((kind) => blueprint.services.find(({ type }) => type === kind));
    const [ofWeb, ofWorker] = [environmentOf(web), environmentOf(worker)];
    for (const { key } of web.envVars.filter(({ sync }) => sync === false)) assert.equal(ofWorker[key], ofWeb[key], `${key} is the worker's too`);
    assert.equal(ofWorker.GEMINI_API_KEY, 'AIzaSyTest');
    const port = await freePort();
    const own = { AI_MODELS: 'demo', AI_TITLE_MODEL: 'off', BASIC_DAILY_MESSAGES: '10000', OTP_TEST_NUMBERS: filledIn.OTP_TEST_NUMBERS, LOG_FORMAT: 'json' };
    // They come at the same time, on an empty database.
    const programs = [run(worker.dockerCommand, { ...environmentOf(worker), ...own })];
    await finishes(web.preDeployCommand, { ...environmentOf(web), ...own });
    programs.unshift(run(web.dockerCommand, { ...environmentOf(web), ...own, PORT: String(port), RENDER: 'true', RENDER_EXTERNAL_URL: 'https://pollux-1.onrender.com' }));
    for (const program of programs) await program.printed(/is ready|writes replies/, 60);

    // Addresses that nobody has used yet: limits are counted in Redis.
    // As it comes from Render: the client, and then Cloudflare's edge, which Render's own proxy adds.
    const from = (addresses) => new HeadedClient(port, { Host: 'pollux-1.onrender.com', 'X-Forwarded-For': `${addresses}, 104.22.17.40` });
    assert.equal((await new HeadedClient(port, {}).ask('GET', web.healthCheckPath)).status, 200);
    await tour(from('192.0.2.1'));
    await areTwo(from('192.0.2.2'), from('192.0.2.3'));
    await areTwo(from('203.0.113.1, 192.0.2.4'), from('203.0.113.1, 192.0.2.5')); // Whatever they write themselves.
    await end(programs, web.maxShutdownDelaySeconds);
});
