// docs/runbook.md, drilled: each symptom is produced on a machine with two servers, a worker, PostgreSQL and Redis, its alert fires in a
// Prometheus that reads deploy/alerts.yml, the commands are typed as they stand in the runbook, and the symptom and its alert are gone.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Client, User } from '../e2e/support/client.mjs';
import { SmallDisk, whyNoDisk } from '../e2e/support/disk.mjs';
import { endPrograms, freePort, sleep, until } from '../e2e/support/process.mjs';
import { Postgres, Redis, unpacked } from '../e2e/support/services.mjs';
import { ModelSim, Sim } from '../e2e/support/sim.mjs';
import { SmsSim, twilioAccount } from '../e2e/support/sms_sim.mjs';
import { StripeSim } from '../e2e/support/stripe_sim.mjs';
import { Machine, Unit, sectionsOf } from './support/machine.mjs';
import { Prometheus } from './support/prometheus.mjs';

after(endPrograms);

const skip = unpacked('prometheus') ? false : 'Prometheus is not there (./test --install)';
const sections = sectionsOf('docs/runbook.md');
const first = sections[0].blocks.first;
const drilled = new Set();

describe('the runbook', { skip, timeout: 1_800_000 }, () => {
    const it = {};
    const inDays = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
    const numbers = Array.from({ length: 30 }, (_, number) => `+1202555${String(number).padStart(4, '0')}`);
    let lastNumber = 0;

    before(async () => {
        [it.postgres, it.redis, it.model, it.other, it.vendor, it.stripe] = await Promise.all(
            [Postgres.start(), Redis.start(), Sim.start(), new ModelSim().launch('openai'), SmsSim.start(), StripeSim.start()]);
        await it.model.plan({ default: { duration_ms: 300, chunks: 5 } });
        await it.stripe.tell('webhooks', { retries: 3, retry_ms: [200, 1000] });
        const [listen, metrics, workerMetrics] = [await freePort(), await freePort(), await freePort()];
        it.settings = {
            SECRET_KEY: 'Vq8sT2mZr6Xw1Lk9Bn4Hd7Gy3Jc5Pf0E', DATABASE_URL: it.postgres.url, REDIS_URL: it.redis.url, DATA_DIR: 'data',
            LISTEN: `127.0.0.1:${listen}`, METRICS_LISTEN: `127.0.0.1:${metrics}`, WORKER_METRICS_LISTEN: `127.0.0.1:${workerMetrics}`, MIGRATE_ON_START: 'True', WORKERS: 'external',
            ALLOWED_HOSTS: 'chat.example.com,127.0.0.1', PUBLIC_URL: 'https://chat.example.com', LOG_FORMAT: 'json', AI_TITLE_MODEL: 'off',
            ...it.model.settings(), AI_BASE_URL: `${it.other.url}/v1`, AI_API_KEY: 'key',
            ...it.vendor.twilioSettings(), SMS_PER_HOUR_MAX: '1000', OTP_TEST_NUMBERS: numbers.map((mobile) => `${mobile}:135790@${inDays(10)}`).join(),
            STRIPE_SECRET_KEY: 'sk_test_1', STRIPE_BASE_URL: it.stripe.url, STRIPE_WEBHOOK_SECRET: 'whsec_not_made_yet', OTP_PER_IP_HOUR: '1000000',
            RATE_RULES: ['auth', 'otp', 'send_address', 'create_address', 'read_address', 'plan'].map((name) => `${name}=1000000/60`).join(),
            BASIC_DAILY_MESSAGES: '100000',
        };
        it.machine = await Machine.start(it.settings);
        const units = {
            one: new Unit(it.machine, 'serve'),
            two: new Unit(it.machine, 'serve'),
            worker: new Unit(it.machine, 'worker'),
        };
        // As the package has it: the server and the worker of one machine read one file.
        Object.assign(units.one, { port: listen, metricsPort: metrics });
        Object.assign(units.worker, { metricsPort: workerMetrics });
        for (const unit of Object.values(units)) await unit.prepare();
        Object.assign(it, units);
        it.machine.services = {
            pollux: [it.one, it.two], 'pollux-worker': it.worker,
            postgresql: { start: () => it.postgres.launch(), stop: () => it.postgres.stop() },
            'redis-server': { start: () => it.redis.launch(), stop: () => it.redis.kill() },
        };
        await it.one.start(); // It migrates.
        const setup = await it.machine.types(`${first}\npollux stripe-setup --amount 20.00`);
        assert.equal(setup.code, 0, setup.said);
        for (const [, name, value] of setup.said.matchAll(/^(STRIPE_\w+)=(.*)$/gm)) it.settings[name] = value;
        it.machine.writeSettings(it.settings);
        await it.one.stop();
        for (const unit of [it.one, it.two, it.worker]) await unit.start();
        // What Stripe would reach by the name, the simulator reaches by the port.
        it.endpoint = (await it.stripe.ask('objects', { kind: 'webhook_endpoint' })).objects[0];
        it.prometheus = await Prometheus.start([it.one.metrics, it.two.metrics, it.worker.metrics]);
        it.client = new Client(it.one);
        it.user = await signUp();
        it.room = await it.user.createRoom();
    });

    async function signUp() {
        const mobile = numbers[lastNumber++];
        const user = Object.assign(new User(), { client: it.client, mobile });
        await user.ask('POST', '/auth/signup/', { body: { mobile, password: 'a-long-pass-word-7' }, expect: 201 });
        await user.ask('POST', '/auth/send-otp/', { body: { mobile, purpose: 'login' } });
        const login = await user.ask('POST', '/auth/verify-otp/', { body: { mobile, code: '135790', purpose: 'login' } });
        return Object.assign(user, { id: login.user.id, token: login.access });
    }

    // A message and its whole reply.
    async function talks(user = it.user, room = it.room) {
        const { reply } = await user.send(room, 'Hello', { wait: 20 });
        return reply;
    }

    // Types the section's block, and returns what was said. Commands to look with may complain: that is what they are for. `earlier`: what
    // the section has typed before.
    async function type(number, block, env, earlier = '') {
        const section = sections.find(({ title }) => title.startsWith(`${number}. `));
        const script = section.blocks[block];
        assert.ok(script, `section ${number} has a block ${block}`);
        const { code, said } = await it.machine.types(`${first}\n${block === 'look' ? '' : 'set -e\n'}${earlier}\n${script}`, env);
        if (block !== 'look') assert.equal(code, 0, said);
        drilled.add(section.title);
        return said;
    }

    const alertOf = (number) => /^Alert: `(\w+)`/m.exec(sections.find(({ title }) => title.startsWith(`${number}. `)).text)[1];
    const fires = (number, seconds) => it.prometheus.fires(alertOf(number), seconds);
    const rests = (number, seconds) => it.prometheus.rests(alertOf(number), seconds);

    // The last hour's texts become older: what an hour's wait would do.
    const anHourPasses = () => it.postgres.psql('update sms_log set created_at = created_at - 3700000000, marked_at = marked_at - 3700000000, ended_at = ended_at - 3700000000');

    // Codes to numbers that are known, none in the same block.
    async function asksForCodes(count) {
        for (let index = 0; index < count; ++index) {
            const mobile = `+1202${3_000_000 + 10_000 * ++it.blocks}`;
            assert.equal((await it.client.ask('POST', '/auth/signup/', { body: { mobile } })).status, 201);
            assert.equal((await it.client.ask('POST', '/auth/send-otp/', { body: { mobile, purpose: 'login' } })).status, 200);
        }
    }
    it.blocks = 0;

    test('all is well', async () => {
        assert.equal((await talks()).status, 'completed');
        await sleep(5000);
        assert.deepEqual([...await it.prometheus.firing()].filter((name) => name !== 'PolluxPaymentEndpointMissing'), []);
    });

    test('1: replies come late', async () => {
        await it.worker.stop();
        const { reply } = await it.user.send(it.room, 'Is anybody there?');
        await fires(1);
        assert.match(await type(1, 'look'), /pollux: .*unreachable|pollux: .*connect/i);
        await type(1, 'mend');
        await until('the reply', async () => (await it.user.message(it.room, reply.id)).status === 'completed');
        await rests(1);
    });

    test('2: the model does not answer', async () => {
        await it.model.program.signal('SIGKILL');
        const sent = [];
        await until('the alert', async () => {
            sent.push((await it.user.post(it.room, 'Hello')).body);
            return (await it.prometheus.firing()).has(alertOf(2));
        }, { seconds: 120, everyMs: 1000 });
        assert.match(await type(2, 'look'), /ILL +Gemini|note +Gemini/);
        await type(2, 'mend');
        const reply = await talks(it.user, await it.user.createRoom());
        assert.deepEqual([reply.status, reply.model], ['completed', 'openai:llama3.2']);
        await rests(2);
        it.model = await Sim.start();
        await it.model.plan({ default: { duration_ms: 300, chunks: 5 } });
        Object.assign(it.settings, it.model.settings());
    });

    test('3: codes do not arrive', async () => {
        const token = 'fedcba9876543210fedcba9876543210';
        it.machine.writeSettings({ ...it.settings, TWILIO_AUTH_TOKEN: token });
        await it.machine.types('systemctl restart pollux pollux-worker');
        await asksForCodes(6);
        await fires(3);
        assert.match(await type(3, 'look'), /refused +\| +(20003|http_401)/);
        const before = (await it.vendor.texts()).length;
        await type(3, 'mend', { NEW_TOKEN: twilioAccount.token, YOUR_NUMBER: '+12025550100' });
        await asksForCodes(1);
        await until('a text', async () => (await it.vendor.texts()).length >= before + 2);
        await anHourPasses();
        await rests(3);
    });

    test('4: codes are kept back', async () => {
        it.machine.writeSettings({ ...it.settings, SMS_PER_HOUR_MAX: '8' });
        assert.equal((await it.machine.types('systemctl restart pollux pollux-worker')).code, 0);
        await asksForCodes(9);
        await fires(4);
        assert.match(await type(4, 'look'), /US +\| +new_hour/);
        const before = (await it.vendor.texts()).length;
        await type(4, 'mend');
        await asksForCodes(1);
        await until('a text', async () => (await it.vendor.texts()).length > before, { seconds: 90 });
        await anHourPasses();
        await rests(4);
        it.machine.writeSettings(it.settings);
        await it.machine.types('systemctl restart pollux pollux-worker');
    });

    async function buys() {
        const user = await signUp();
        await until('prices', async () => (await user.ask('GET', '/plans/')).results[1].prices.length > 0, { seconds: 60 });
        const { session_id: session } = await user.ask('POST', '/subscription/checkout/', { body: { plan: 'pro' } });
        await it.stripe.tell('checkout', { session, do: 'pay' });
        return user;
    }
    const tier = async (user) => (await user.ask('GET', '/user/me/')).tier;

    test('5: payments do not count', async () => {
        await it.stripe.tell('endpoint', { endpoint: it.endpoint.id, do: 'disable' });
        assert.equal((await it.machine.types(`${first}\npollux reconcile`)).code, 0); // The hourly walk, which sees it.
        const user = await buys();
        await fires(5);
        assert.match(await type(5, 'look'), /ILL +Stripe: .*(disabled|switched off)/);
        assert.equal(await tier(user), 'basic');
        await type(5, 'mend');
        await until('Pro', async () => await tier(user) === 'pro');
        await rests(5);
    });

    test('6: events are refused', async () => {
        await it.stripe.raw('POST', `/v1/webhook_endpoints/${it.endpoint.id}`, { form: { url: `${it.one.url}/subscription/webhook/` } });
        it.machine.writeSettings({ ...it.settings, STRIPE_WEBHOOK_SECRET: 'whsec_of_another_endpoint_than_this_one' });
        await it.machine.types('systemctl restart pollux pollux-worker');
        const user = await buys();
        await fires(6, 120);
        assert.match(await type(6, 'look'), /payment_signature_refused/);
        await type(6, 'mend', { RIGHT_SECRET: it.settings.STRIPE_WEBHOOK_SECRET });
        await until('Pro', async () => await tier(user) === 'pro');
        await rests(6, 150);
    });

    const noDisk = whyNoDisk() ?? false;

    // A machine of its own, whose database fills the disk; `earlier`: what is typed before the section's lines.
    async function fills(disk, settings, earlier = '') {
        const machine = await Machine.start({ ...it.settings, REDIS_URL: '', WORKERS: '', ...settings });
        const unit = await new Unit(machine, 'serve').prepare();
        await unit.start();
        const usual = { machine: it.machine, client: it.client, prometheus: it.prometheus };
        Object.assign(it, { machine, client: new Client(unit), prometheus: await Prometheus.start([unit.metrics]) });
        const user = await signUp();
        const room = await user.createRoom();
        fs.writeFileSync(path.join(disk.folder, 'ballast'), randomBytes(16 << 20));
        disk.fill();
        const content = randomBytes(9000).toString('base64');
        let isOver = false;
        const load = (async () => {
            while (!isOver) {
                await user.post(room, content);
                await sleep(50);
            }
        })();
        await fires(7);
        assert.ok(it.client.problems.some(({ code }) => code === 'storage_full'));
        await user.rooms();
        assert.match(await type(7, 'look', {}, earlier), /100%[^]*ballast/);
        await type(7, 'mend', {}, earlier);
        isOver = true;
        await load;
        await until('a message that is accepted', async () => (await user.post(await user.createRoom(), 'Hello')).status === 201, { seconds: 10, everyMs: 300 });
        await rests(7);
        await unit.stop();
        it.prometheus.program.child.kill('SIGKILL');
        it.client.close();
        Object.assign(it, usual);
    }

    test('7: the database is full', { skip: noDisk }, async () => {
        const disk = new SmallDisk(48);
        await fills(disk, { DATABASE_URL: '', DATA_DIR: disk.folder });
        disk.unmount();
    });

    test('7: the database is full, on PostgreSQL', { skip: noDisk }, async () => {
        const disk = new SmallDisk(64, { owner: process.getuid() === 0 ? 'postgres' : null });
        const postgres = await Postgres.start({}, { tables: disk.folder });
        await fills(disk, { DATABASE_URL: postgres.url }, `DATA_DIR=${disk.folder}`); // On Debian it is /var/lib/postgresql.
        await postgres.stop();
        disk.unmount();
    });

    const usesRedis = () => until('Redis is used again', async () => (await it.client.ask('GET', '/readyz')).body.redis === 'ok', { seconds: 60 });

    test('8: Redis does not answer', async () => {
        await it.redis.kill();
        await fires(8);
        assert.equal((await talks()).status, 'completed', 'everything works');
        assert.match(await type(8, 'look'), /refused|Could not connect/);
        await type(8, 'mend');
        await usesRedis();
        await rests(8);
    });

    test('8: Redis is full', async () => {
        const used = Number(/^used_memory:(\d+)/m.exec(await it.redis.command('info', 'memory'))[1]);
        await it.redis.command('config', 'set', 'maxmemory', used + (1 << 20));
        await it.redis.command('setrange', 'of-somebody-else', 4 << 20, 'x');
        await fires(8);
        assert.equal((await talks()).status, 'completed', 'everything works');
        assert.match(await type(8, 'look'), /does not serve \(.*OOM/);
        await type(8, 'full');
        await usesRedis();
        await rests(8);
        await it.redis.command('config', 'set', 'maxmemory', 0);
    });

    test('8: another Redis is the primary now', async () => {
        const other = await Redis.start();
        await it.redis.command('replicaof', '127.0.0.1', other.port);
        await fires(8);
        assert.match(await type(8, 'look'), /does not serve \(.*READONLY/);
        await type(8, 'address', { RIGHT_URL: other.url });
        await usesRedis();
        await rests(8);
        it.machine.writeSettings(it.settings);
        await it.redis.command('replicaof', 'no', 'one');
        assert.equal((await it.machine.types('systemctl restart pollux pollux-worker')).code, 0);
    });

    test('9: a node is gone', async () => {
        await it.one.kill();
        await fires(9);
        const other = new Client(it.two);
        const elsewhere = Object.assign(new User(), it.user, { client: other }); // As a proxy leads everybody to the one that is left.
        assert.equal((await talks(elsewhere)).status, 'completed', 'users notice nothing');
        const said = await type(9, 'look');
        assert.match(said, new RegExp(`pollux: 127\\.0\\.0\\.1:${it.one.port}: `), 'the server that is gone is named');
        assert.doesNotMatch(said, new RegExp(`:${it.worker.metricsPort}: `), 'and the worker beside it is well');
        await type(9, 'mend');
        await rests(9);
        assert.equal((await fetch(`${it.one.url}/livez`)).status, 200);
        other.close();
    });

    test('a machine with SQLite has a server and no worker, and the same lines mend it', async () => {
        const [port, metricsPort] = [await freePort(), await freePort()];
        const places = { LISTEN: `127.0.0.1:${port}`, METRICS_LISTEN: `127.0.0.1:${metricsPort}` };
        const own = await Machine.start({ ...it.settings, ...places, DATABASE_URL: '', REDIS_URL: '', WORKERS: '' });
        const [server, worker] = [Object.assign(new Unit(own, 'serve'), { port, metricsPort }), new Unit(own, 'worker')];
        own.services = { pollux: server, 'pollux-worker': worker };
        await server.start();
        const usual = { machine: it.machine, client: it.client };
        Object.assign(it, { machine: own, client: new Client(server) });
        const user = await signUp();

        assert.equal((await own.types(`${first}\npollux worker`)).code, 2, 'which systemd starts no second time');
        await type(2, 'mend'); // Any that changes a setting: they all end in the same line.
        const { reply } = await user.send(await user.createRoom(), 'Hello', { wait: 20 });
        assert.deepEqual([reply.status, reply.model], ['completed', 'openai:llama3.2'], 'the server was started anew');

        await server.kill();
        assert.match(await type(9, 'look'), new RegExp(`pollux: 127\\.0\\.0\\.1:${port}: `));
        await type(9, 'mend');
        assert.equal((await own.types(`${first}\npollux healthcheck --server`)).code, 0);
        assert.ok(!worker.isRunning, 'a worker was never started');
        it.client.close();
        await server.stop();
        Object.assign(it, usual);
    });

    test('10: PostgreSQL does not answer', async () => {
        await it.postgres.kill();
        let isOver = false;
        const load = (async () => {
            while (!isOver) {
                await it.client.ask('GET', '/user/me/', { token: it.user.token });
                await sleep(50);
            }
        })();
        await fires(10);
        assert.match(await type(10, 'look'), /no response[^]*ILL +Database: PostgreSQL cannot be used/);
        assert.equal((await it.client.ask('GET', '/readyz')).status, 503);
        await type(10, 'mend');
        await until('all is well', async () => (await it.client.ask('GET', '/readyz')).status === 200, { seconds: 60 });
        await rests(10);
        isOver = true;
        await load;
        await until('a reply', async () => (await talks()).status === 'completed', { seconds: 60 });
    });

    test('every section was drilled', { skip: noDisk }, () => {
        const numbered = sections.map(({ title }) => title).filter((title) => /^\d+\. /.test(title));
        assert.ok(numbered.length >= 10);
        assert.deepEqual(numbered.filter((title) => !drilled.has(title)), []);
    });
});
