// What an operator can see: metrics on their own listener, and health.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { endPrograms, freePort, logged, repository } from './support/process.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { openShop } from './support/shop.mjs';
import { Sim } from './support/sim.mjs';
import { twilioSettings } from './support/sms_sim.mjs';

let sim, server, client, metricsUrl;

before(async () => {
    sim = await Sim.start();
    metricsUrl = `http://127.0.0.1:${await freePort()}`;
    server = await Server.start({ env: { ...roomySettings, ...sim.settings(), METRICS_LISTEN: metricsUrl.slice('http://'.length) } });
    client = new Client(server);
});
after(() => {
    endPrograms();
    client.close();
});

// {'name{label="x"}': number}
async function metrics() {
    const response = await fetch(`${metricsUrl}/metrics`);
    assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return Object.fromEntries(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

test('requests, replies, tokens and streams are counted', async () => {
    const user = await User.signUp(client);
    const room = await user.createRoom();
    await sim.plan({ default: { duration_ms: 300, chunks: 6 } });
    const before = await metrics();
    const sent = await user.send(room, 'hello');
    const stream = await user.openStream(room, sent.reply.id);
    const iterator = stream.events[Symbol.asyncIterator]();
    await iterator.next();
    assert.equal((await metrics())['pollux_http_streams{listener="api"}'], 1);
    stream.cut();
    await user.follow(room, sent.reply.id);
    const now = await metrics();
    const more = (name) => now[name] - before[name];
    assert.equal(more('pollux_http_requests_total{method="POST",route="/chatroom/{room}/message/",status="2xx"}'), 1);
    assert.equal(more('pollux_http_request_seconds_count{method="POST",route="/chatroom/{room}/message/"}'), 1);
    assert.equal(more('pollux_replies_total{status="completed"}'), 1);
    assert.equal(more('pollux_reply_first_text_seconds_count'), 1);
    assert.ok(more('pollux_tokens_total{kind="completion"}') > 0);
    assert.ok(now['process_resident_memory_bytes'] > 1e6);
});

test('metrics are not shown where users are, nor hold what they sent', async () => {
    assert.equal((await client.ask('GET', '/metrics')).status, 404);
    const text = await (await fetch(`${metricsUrl}/metrics`)).text();
    assert.ok(!text.includes('hello') && !text.includes('+1'), 'a message or a number');
});

test('health is there too, and says what each part does', async () => {
    for (const path of ['/health/', '/readyz']) {
        const { status, body } = await client.ask('GET', path);
        assert.deepEqual([status, body], [200, { status: 'ok', database: 'ok', redis: 'not set', workers: 'ok' }]);
    }
    assert.deepEqual((await client.ask('GET', '/livez')).body, { status: 'ok' });
    for (const path of ['/livez', '/readyz']) assert.equal((await fetch(metricsUrl + path)).status, 200, path);
});

test('a port that is taken is a line in the log and not an end', async () => {
    const second = await Server.start({ env: { ...roomySettings, METRICS_LISTEN: metricsUrl.slice('http://'.length) } });
    await logged(second, '"event":"metrics_off"');
    assert.equal((await fetch(`${second.url}/livez`)).status, 200);
    await second.stop();
});

test('every metric that the dashboard and the alerts name is there', async () => {
    // Some come with a model's first call, some with payments, some with Twilio, which nobody calls here.
    const listen = `127.0.0.1:${await freePort()}`;
    const { server: selling, client: buyer } = await openShop({ METRICS_LISTEN: listen, ...twilioSettings('http://127.0.0.1:9') });
    const shown = (await Promise.all([metricsUrl, `http://${listen}`].map(async (url) => (await fetch(`${url}/metrics`)).text()))).join('');
    buyer.close();
    await selling.stop();
    // These come with PostgreSQL and with Redis; `up` is Prometheus' own.
    const elsewhere = ['pollux_db_wait_seconds', 'pollux_redis_up'];
    for (const file of ['grafana.json', 'alerts.yml']) {
        const text = fs.readFileSync(path.join(repository, 'deploy', file), 'utf8');
        const names = new Set((text.match(/(pollux|process)_[a-z_]+/g) ?? []).map((name) => name.replace(/_bucket$/, '')));
        assert.ok(names.size > 5, file);
        for (const name of names) assert.ok(elsewhere.includes(name) || shown.includes(`# TYPE ${name} `), `${file}: ${name}`);
    }
});
