// Coming from the Django original: a client that was written for it, with its paths, bodies and variables, signs up, logs in, chats and pays
// here without a change of a path (docs/from-the-original.md).
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { endPrograms, until } from './support/process.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { Redis } from './support/services.mjs';
import { Shop } from './support/shop.mjs';

after(endPrograms);

// As such clients are: every path with its slash, JSON in and out, a bearer token, and nothing known of streams, keys or problem documents but that
// an error has a `detail`.
class OriginalClient {
    constructor(url) {
        this.url = url;
    }

    async call(method, path, data) {
        const headers = { 'Content-Type': 'application/json' };
        if (this.access) headers.Authorization = `Bearer ${this.access}`;
        const response = await fetch(this.url + path, { method, headers, body: data === undefined ? undefined : JSON.stringify(data) });
        const body = await response.json();
        if (!response.ok) throw Object.assign(new Error(body.detail), { status: response.status });
        return body;
    }

    async signUpAndLogIn(mobile, password) {
        await this.call('POST', '/auth/signup/', { mobile, password });
        const { otp } = await this.call('POST', '/auth/send-otp/', { mobile, purpose: 'login' });
        const { access, refresh } = await this.call('POST', '/auth/verify-otp/', { mobile, code: otp, purpose: 'login' });
        Object.assign(this, { access, refresh });
    }

    async refreshToken() {
        const { access } = await this.call('POST', '/auth/token/refresh/', { refresh: this.refresh });
        this.access = access;
    }

    // Asked again and again for the reply, as there was no stream.
    async talk(room, content) {
        await this.call('POST', `/chatroom/${room}/message/`, { content });
        return until('a reply', async () => {
            const { messages } = await this.call('GET', `/chatroom/${room}/`);
            const last = messages.at(-1);
            return last.role === 'assistant' && last.status === 'completed' && last.content;
        });
    }
}

test('a client of the original signs up, logs in, chats and pays', { timeout: 120_000 }, async () => {
    const shop = await Shop.open();
    const server = await Server.start({ env: { ...roomySettings, AI_MODELS: 'demo', ...shop.settings } });
    await shop.deliverTo(server);
    const client = new OriginalClient(server.url);
    await client.signUpAndLogIn('1234567890', 'securepassword123');
    await client.refreshToken();

    const room = await client.call('POST', '/chatroom/create/', { name: 'My AI Assistant' });
    assert.equal(room.name, 'My AI Assistant');
    assert.ok((await client.talk(room.id, 'Hello AI! How are you today?')).length > 0);
    const list = await client.call('GET', '/chatroom/');
    assert.deepEqual(list.results.map(({ id }) => id), [room.id]);

    assert.equal((await client.call('GET', '/subscription/status/')).tier, 'basic');
    const { checkout_url: page, session_id: session } = await client.call('POST', '/subscription/pro/');
    assert.match(page, /^http/);
    await shop.act(session, 'pay');
    await until('Pro', async () => (await client.call('GET', '/subscription/status/')).tier === 'pro', { seconds: 60 });

    // Errors say what is wrong where such a client looks for it.
    await assert.rejects(client.call('GET', '/chatroom/999/'), { status: 404, message: 'There is no such room among yours.' });
    await assert.rejects(new OriginalClient(server.url).call('GET', '/chatroom/'), { status: 401 });
    await server.stop();
    await shop.sim.stop();
});

test('the variables of the original are taken', { timeout: 60_000 }, async () => {
    const redis = await Redis.start();
    const env = {
        SECRET_KEY: 'Vq8sT2mZr6Xw1Lk9Bn4Hd7Gy3Jc5Pf0E', DEBUG: 'False', ALLOWED_HOSTS: 'localhost,127.0.0.1', DATABASE_URL: 'sqlite:///db.sqlite3',
        CELERY_BROKER_URL: redis.url, CELERY_RESULT_BACKEND: redis.url, STRIPE_PUBLISHABLE_KEY: 'pk_test_1', CORS_ALLOW_ALL_ORIGINS: 'True', GEMINI_API_KEY: 'a-key',
    };
    const server = await Server.start({ env });
    const health = await (await fetch(`${server.url}/health/`)).json();
    assert.equal(health.redis, 'ok', 'CELERY_BROKER_URL stands in for REDIS_URL');
    assert.match(server.console, /CELERY_RESULT_BACKEND is ignored/);
    const answer = await fetch(`${server.url}/plans/`, { headers: { Origin: 'https://elsewhere.example.com' } });
    assert.equal(answer.headers.get('access-control-allow-origin'), '*');
    await server.stop();
    await redis.kill();
});
