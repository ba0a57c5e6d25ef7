// The whole tour of a product that is on the internet, in production settings, through Caddy with TLS and HTTP/2 by the example in deploy/: sign up,
// a code by SMS, chatting, buying, what Pro allows, the portal, cancelling; then every process is restarted in turn under it, and no request fails; and one
// is killed, and only what it held does.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { User } from './support/client.mjs';
import { Node } from './support/cluster.mjs';
import { command } from './support/command.mjs';
import { Http2Client } from './support/http2_client.mjs';
import { Load } from './support/load.mjs';
import { endPrograms, sleep, temporaryFolder, until } from './support/process.mjs';
import { Caddy, Haproxy, Nginx, Postgres, Redis, unpacked } from './support/services.mjs';
import { Shop, status } from './support/shop.mjs';
import { Sim } from './support/sim.mjs';
import { SmsSim } from './support/sms_sim.mjs';
import { ReplyReader } from './support/sse.mjs';

after(endPrograms);

const skip = unpacked('caddy') ? false : 'Caddy is not there (./test --install unpacks it)';

describe('in public', { skip, timeout: 400_000 }, () => {
    const it = {};

    before(async () => {
        [it.postgres, it.redis, it.model, it.vendor, it.shop] = await Promise.all([Postgres.start(), Redis.start(), Sim.start(), SmsSim.start(), Shop.open({ key: 'sk_live_1' })]);
        await it.model.plan({ default: { duration_ms: 1500, chunks: 30 } });
        // As a platform or a person would set them; no limit is wider than it is by default, and no code is known beforehand.
        const env = {
            SECRET_KEY: 'Vq8sT2mZr6Xw1Lk9Bn4Hd7Gy3Jc5Pf0E', DATABASE_URL: it.postgres.url, REDIS_URL: it.redis.url, MIGRATE_ON_START: 'True',
            ALLOWED_HOSTS: Caddy.host, PUBLIC_URL: `https://${Caddy.host}`, TRUSTED_PROXIES: '127.0.0.1,::1', LOG_FORMAT: 'json',
            ...it.model.settings(), ...it.vendor.twilioSettings(), ...it.shop.settings, STRIPE_PUBLISHABLE_KEY: 'pk_live_1',
        };
        const roles = ['serve', 'serve', 'worker', 'worker'];
        it.nodes = roles.map((role) => new Node(role, { ...env, ...(role === 'serve' ? { WORKERS: 'external' } : {}) }));
        await Promise.all(it.nodes.map((node) => node.start()));
        it.serves = it.nodes.filter(({ role }) => role === 'serve');
        it.caddy = await Caddy.start(it.serves.map(({ port }) => port));
        await it.shop.deliverTo(await it.caddy.entrance());
        // Addresses of their own, as people have.
        it.client = (number) => new Http2Client(it.caddy, { address: `127.1.${number >> 8}.${number & 255}` });
    });

    async function logIn(client, mobile, { password, name } = {}) {
        const user = Object.assign(new User(), { client, mobile });
        await user.ask('POST', '/auth/signup/', { body: { mobile, password, name }, expect: 201 });
        const sent = await user.ask('POST', '/auth/send-otp/', { body: { mobile, purpose: 'login' } });
        assert.equal(sent.otp, undefined, 'the code stands in no answer');
        const code = await it.vendor.code(mobile);
        const login = await user.ask('POST', '/auth/verify-otp/', { body: { mobile, code, purpose: 'login', password } });
        return Object.assign(user, { id: login.user.id, token: login.access, refresh: login.refresh });
    }

    async function buy(user) {
        const { checkout_url: page, session_id: session } = await user.ask('POST', '/subscription/pro/', { body: {} });
        assert.match(page, /^http/);
        await it.shop.act(session, 'pay');
        await until('Pro by the webhook alone', async () => (await user.ask('GET', '/user/me/')).tier === 'pro', { seconds: 60 });
    }

    async function leave(user) {
        assert.match((await user.ask('POST', '/subscription/portal/', { body: {} })).url, /^http/);
        const cancelled = await user.ask('POST', '/subscription/cancel/', {});
        assert.ok(cancelled.cancels_at && cancelled.tier === 'pro', 'until the end of what is paid');
    }

    test('the tour: sign up, code by SMS, chat, checkout, webhook, what Pro allows, portal, cancel', async () => {
        const client = it.client(1);
        const health = await client.ask('GET', '/health/');
        assert.deepEqual(health.body, { status: 'ok', database: 'ok', redis: 'ok', workers: 'ok' }, 'and nothing is said of proxies');
        assert.equal(health.headers['strict-transport-security'], 'max-age=31536000');
        const user = await logIn(client, '+12025550143', { password: 'correct horse 7', name: 'Ada' });
        assert.equal((await user.ask('GET', '/user/me/')).name, 'Ada');

        const room = await user.ask('POST', '/chatroom/create/', { body: { name: 'Test Chatroom' }, expect: 201 });
        assert.deepEqual((await user.ask('GET', '/chatroom/')).results.map(({ id, name }) => [id, name]), [[room.id, 'Test Chatroom']]);
        const sent = await user.send(room.id, 'Hello AI! Tell me a joke.');
        const reader = new ReplyReader();
        const stream = await user.openStream(room.id, sent.reply.id);
        reader.connected();
        let first = 0;
        for await (const event of stream.events) {
            reader.take(event);
            if (!first && reader.text.length > 0) first = Date.now();
        }
        assert.ok(Date.now() - first > 100, 'the first words are there while the last are still being written'); // A proxy that keeps them gives all at once.
        assert.equal(reader.text, reader.message.content);
        const shown = await user.ask('GET', `/chatroom/${room.id}/`);
        assert.deepEqual(shown.messages.map(({ content }) => content), ['Hello AI! Tell me a joke.', reader.text]);

        // Five a day, and then the way up.
        for (let count = 2; count <= 5; ++count) await user.send(room.id, `message ${count}`, { wait: 20 });
        const full = await user.post(room.id, 'one more');
        assert.deepEqual([full.status, full.body.code, full.body.upgrade.checkout], [429, 'daily_limit_reached', '/subscription/checkout/']);

        const sold = await until('prices', async () => {
            const { results } = await user.ask('GET', '/plans/');
            return results.find(({ name, prices }) => name === 'pro' && prices.length > 0);
        }, { seconds: 60 });
        assert.ok(sold.prices.some(({ amount_minor: amount }) => amount === 2000));
        await buy(user);
        const paid = await status(user);
        assert.deepEqual([paid.tier, paid.status, paid.source, paid.publishable_key], ['pro', 'active', 'stripe', 'pk_live_1']);
        assert.equal((await user.usage()).limit, 1000);
        const more = await user.send(room.id, 'one more', { wait: 20 });
        assert.equal(more.reply.status, 'completed');

        await leave(user);
        client.close();
    });

    test('two clients behind it are two', async () => {
        const [one, other] = [it.client(21), it.client(22)];
        const body = { mobile: 'nonsense', purpose: 'login' };
        const uses = async (client) => {
            for (let count = 1; ; ++count) {
                const { status: code } = await client.ask('POST', '/auth/send-otp/', { body });
                if (code === 429) return count;
                assert.equal(code, 422);
                assert.ok(count < 500, 'there is no limit');
            }
        };
        assert.ok(await uses(one) > 2);
        assert.equal((await other.ask('POST', '/auth/send-otp/', { body })).status, 422, 'what one has used up is there for the other');
        for (const node of it.serves) assert.doesNotMatch(node.log, /forwarded_for_untrusted/);
        one.close();
        other.close();
    });

    test('a header of the client chooses no address', async () => {
        const client = it.client(23);
        const body = { mobile: 'nonsense', purpose: 'login' };
        let refused = 0;
        for (let count = 0; count < 500 && !refused; ++count) {
            const { status: code } = await client.ask('POST', '/auth/send-otp/', { body, headers: { 'X-Forwarded-For': `198.51.100.${count % 250}` } });
            if (code === 429) refused = count;
        }
        assert.ok(refused > 0, 'whoever writes another address each time is refused all the same');
        client.close();
    });

    test('a rolling restart under it fails no request', async () => {
        const clients = Array.from({ length: 6 }, (_, number) => it.client(100 + number));
        const users = [];
        for (const [number, client] of clients.entries()) users.push(await logIn(client, `+1202555${String(2000 + number * 137)}`));
        for (const { mobile } of users) await grant(mobile);
        for (const user of users) await until('Pro by a grant', async () => (await user.usage()).limit === 1000);
        const load = new Load(users);
        let tours = 0;
        const touring = (async () => {
            for (; !load.isOver; ++tours) {
                const client = it.client(300 + tours);
                const user = await logIn(client, `+1202556${String(2000 + tours * 137)}`);
                await user.send(await user.createRoom(), 'Hello', { wait: 20 });
                await buy(user);
                await leave(user);
                client.close();
            }
        })();
        const slowest = [];
        const restarting = (async () => {
            await sleep(500);
            for (const node of it.nodes) {
                const stopped = await node.stop();
                assert.equal(stopped.code, 0, node.log.slice(-2000));
                slowest.push(stopped.seconds.toFixed(1));
                await node.start();
                await sleep(1500); // Caddy asks each node every 500 ms.
            }
        })();
        await load.during(() => Promise.race([restarting, touring]));
        await load.end();
        await touring;
        console.log(`# ${load.counts.requests} requests, ${load.counts.replies} replies, ${tours} tours, 0 failed; stops took ${slowest.join(', ')} s`);
        assert.ok(load.counts.replies > users.length && tours > 1);
        assert.equal((await it.postgres.rows('select count(*)::int as open from jobs'))[0].open, 0);
        for (const client of clients) client.close();
    });

    test('a node that is killed under sends costs those that it held, and the other one is used on', async () => {
        const users = [];
        for (let number = 0; number < 6; ++number) users.push(await logIn(it.client(200 + number), `+1202555${String(5000 + number * 137)}`));
        for (const { mobile } of users) await grant(mobile);
        for (const user of users) await until('Pro by a grant', async () => (await user.usage()).limit === 1000);
        const answers = []; // {began, took, status}
        let isOver = false;
        const body = JSON.stringify({ content: 'Hello' });
        const lengths = [{ 'Content-Length': String(body.length) }, {}]; // As browsers send it, and as it may be over HTTP/2.
        const sends = async (user, room, length) => {
            while (!isOver) {
                const began = Date.now();
                const headers = { 'Idempotency-Key': randomUUID(), ...length };
                const answer = await user.client.open('POST', `/chatroom/${room}/message/`, { token: user.token, body, headers });
                answer.resume();
                answers.push({ began, took: Date.now() - began, status: answer.statusCode });
                await sleep(50);
            }
        };
        const senders = [];
        for (const user of users) for (const length of lengths) senders.push(sends(user, await user.createRoom(), length));
        await until('some answers', () => answers.length > 30);
        const [dying] = it.serves;
        dying.pause(); // So that it holds some for certain.
        await sleep(700);
        await dying.kill();
        const dead = Date.now();
        await sleep(3000);
        isOver = true;
        await Promise.all(senders);
        await dying.start();

        const failed = answers.filter(({ status: code }) => code >= 500);
        const slowest = Math.max(...answers.map(({ took }) => took));
        console.log(`# ${answers.length} sends, ${failed.length} failed, the slowest took ${slowest} ms`);
        assert.ok(failed.length > 0 && failed.length <= senders.length, `${failed.length} of ${senders.length} senders met the node that died, once each`);
        const refused = answers.filter(({ status: code }) => code >= 400 && code < 500 && code !== 429);
        assert.deepEqual(refused, [], 'no request comes to the other one without its body');
        assert.ok(failed.every(({ began }) => began <= dead), `what began after its death was answered: ${JSON.stringify(failed)}`);
        if (process.env.POLLUX_DEEP === '1') assert.ok(slowest < 4500, `nobody waits while Caddy tries again and again: ${slowest} ms`);
        assert.ok(answers.filter(({ began }) => began > dead).length > senders.length, 'the other one is used');
        for (const { client } of users) client.close();
    });

    for (const Proxy of [Haproxy, Nginx]) {
        test(`behind ${Proxy.name} with TLS browsers are told to come by https alone`, { skip: Proxy === Nginx && !unpacked('nginx') && 'nginx is not there' }, async () => {
            const tls = path.join(temporaryFolder(), 'both.pem');
            execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${Caddy.host}`, '-keyout', tls, '-out', `${tls}.crt`], { stdio: 'ignore' });
            fs.appendFileSync(tls, fs.readFileSync(`${tls}.crt`));
            const ports = it.serves.map(({ port }) => port);
            const told = async (proxy, scheme) => {
                const { status: code, headers } = await until('an answer', () => asksOnce(`${scheme}://127.0.0.1:${proxy.port}/livez`).catch(() => null));
                assert.equal(code, 200);
                await proxy.program.signal('SIGTERM');
                return headers['strict-transport-security'];
            };
            assert.equal(await told(await Proxy.start(ports, { tls }), 'https'), 'max-age=31536000');
            assert.equal(await told(await Proxy.start(ports), 'http'), undefined);
        });
    }

    // Whatever the certificate.
    function asksOnce(url) {
        return new Promise((resolve, reject) => {
            const request = (url.startsWith('https') ? https : http).get(url, { rejectUnauthorized: false, agent: false }, (answer) => {
                answer.resume();
                resolve({ status: answer.statusCode, headers: answer.headers });
            });
            request.on('error', reject);
        });
    }

    async function grant(mobile) {
        const { code, said } = await command({ folder: temporaryFolder(), env: it.serves[0].env }, 'grant', mobile, 'pro');
        assert.equal(code, 0, said);
    }
});
