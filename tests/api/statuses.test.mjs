// Traffic and document are the same: every documented status of every operation is provoked on real servers, and each answer is one that the
// document names, with a body that its schema takes. What no test could make a server say must not be documented.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

import { Node } from '../e2e/support/cluster.mjs';
import { command } from '../e2e/support/command.mjs';
import { SmallDisk, whyNoDisk } from '../e2e/support/disk.mjs';
import { endPrograms, repository, until } from '../e2e/support/process.mjs';
import { Server, roomySettings } from '../e2e/support/server.mjs';
import { Postgres } from '../e2e/support/services.mjs';
import { Shop } from '../e2e/support/shop.mjs';
import { SmsSim, twilioAccount } from '../e2e/support/sms_sim.mjs';

after(endPrograms);

const document = JSON.parse(fs.readFileSync(path.join(repository, 'api/openapi.json'), 'utf8'));
const resolve = (value) => (value?.$ref ? value.$ref.slice(2).split('/').reduce((at, name) => at[name], document) : value);

const operations = [];
for (const [route, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) operations.push({ ...operation, route, method: method.toUpperCase(), id: operation.operationId });
}
const byId = Object.fromEntries(operations.map((operation) => [operation.id, operation]));

const ajv = new Ajv({ strict: false });
addFormats(ajv);
ajv.addSchema({ $id: 'document', components: document.components });
const takes = (schema) => ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')));

const noDisk = whyNoDisk() ?? false;
const seen = new Map(); // 'sendMessage 404' -> Set of codes
const parametersOf = (operation, place) => (operation.parameters ?? []).map(resolve).filter((parameter) => parameter.in === place);

// One request, on a connection of its own; the answer is held against the document. {status, body}
function ask(server, operation, { ids = {}, query = '', body = operation.requestBody?.content['application/json']?.example, token, headers = {}, path: whole } = {}) {
    const place = whole ?? operation.route.replace(/\{(\w+)\}/g, (_, name) => ids[name] ?? '1') + query;
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const all = { ...(text === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }), ...(token ? { Authorization: `Bearer ${token}` } : {}), ...headers };
    for (const [name, value] of Object.entries(all)) if (value === null) delete all[name];
    return new Promise((done, fail) => {
        const request = http.request(server.url + place, { method: operation.method, headers: all, agent: false, timeout: 30_000 }, async (response) => {
            let said = '';
            const isStream = (response.headers['content-type'] ?? '').startsWith('text/event-stream');
            if (isStream) response.destroy();
            else for await (const chunk of response.setEncoding('utf8')) said += chunk;
            try {
                done(judge(operation, response, said, isStream));
            } catch (failure) {
                fail(failure);
            }
        });
        request.on('error', fail);
        request.end(text);
    });
}

function judge(operation, { statusCode: status, headers }, said, isStream) {
    const where = `${operation.id} ${status}`;
    const documented = resolve(operation.responses[status]);
    const type = (headers['content-type'] ?? '').split(';')[0];
    const body = /json$/.test(type) ? JSON.parse(said) : said;
    assert.ok(documented, `${where} is not documented: ${said.slice(0, 300)}`);
    if (status !== 204) {
        const content = documented.content?.[type];
        assert.ok(content, `${where}: ${type} is not documented`);
        if (/json$/.test(type)) {
            const isRight = takes(content.schema);
            assert.ok(isRight(body), `${where}: ${JSON.stringify(isRight.errors)} in ${said.slice(0, 500)}`);
        }
        if (status >= 400) assert.ok(content.examples[body.code], `${where}: ${body.code} is not among those that are documented`);
    }
    if (!seen.has(where)) seen.set(where, new Set());
    seen.get(where).add(body?.code ?? (isStream ? 'stream' : 'answer'));
    return { status, body };
}

function passwordFile(server) {
    const file = path.join(server.folder, 'password');
    fs.writeFileSync(file, 'a-pass-word-of-an-admin-7', { mode: 0o600 });
    return file;
}

async function logIn(server, mobile = '1234567890') {
    await ask(server, byId.signUp, { body: { mobile, password: 'a-long-pass-word-7' } });
    const sent = await ask(server, byId.sendOtp, { body: { mobile, purpose: 'login' } });
    const login = await ask(server, byId.verifyOtp, { body: { mobile, code: sent.body.otp ?? '123456', purpose: 'login' } });
    return login.body;
}

const nobodys = { room: '999999', message: '999999', session: '999999' };
const needsToken = (operation) => operation.security?.length !== 0;
const takesJson = (operation) => Boolean(operation.requestBody?.content['application/json']);

describe('what a server in debug says', { timeout: 500_000 }, () => {
    let server, user;
    before(async () => {
        server = await Server.start({ env: { RATE_LIMITS: 'off', PASSWORD_LOGIN: 'True' }, args: ['--dev'] });
        user = await logIn(server);
    });
    after(() => server.stop());

    test('refusals that any operation of a kind has', async () => {
        for (const operation of operations) {
            const ask1 = (options) => ask(server, operation, { token: user.access, ...options });
            if (needsToken(operation)) {
                assert.equal((await ask1({ token: undefined })).body.code, 'token_missing');
                assert.equal((await ask1({ token: 'x.y.z' })).body.code, 'token_invalid');
            }
            const isRaw = Boolean(operation.requestBody?.content['*/*']);
            if (!isRaw) assert.equal((await ask1({ query: '?%ff' })).body.code, 'invalid_query');
            if (operation.responses[400] && operation.responses[400].content['application/problem+json'].examples.host_not_allowed) {
                assert.ok(['host_not_allowed', 'debug_is_local'].includes((await ask1({ headers: { Host: 'elsewhere.example.com' } })).body.code));
            }
            if (takesJson(operation)) {
                assert.equal((await ask1({ body: '{' })).body.code, 'invalid_json');
                assert.equal((await ask1({ headers: { 'Content-Type': 'text/plain' } })).body.code, 'unsupported_media_type');
                assert.equal((await ask1({ body: { no_such_field: 1 } })).status, 422);
                assert.equal((await ask1({ body: ' '.repeat(operation.requestBody['x-body-bytes-max'] + 1) })).body.code, 'body_too_large');
            }
            if (operation.responses[403]?.content['application/problem+json'].examples.foreign_origin) {
                assert.equal((await ask1({ headers: { 'X-Pollux-Client': 'web', Origin: 'https://elsewhere.example.com' } })).body.code, 'foreign_origin', operation.id);
            }
            if (isRaw) {
                assert.equal((await ask1({ body: ' '.repeat(operation.requestBody['x-body-bytes-max'] + 1) })).body.code, 'body_too_large');
                await ask1({ body: '{}' });
            }
            const parameter = parametersOf(operation, 'query').find(({ schema }) => schema.type !== 'string' || schema.maxLength);
            if (parameter) assert.equal((await ask1({ query: `?${parameter.name}=${'x'.repeat((parameter.schema.maxLength ?? 4) + 1)}` })).status, 422, operation.id);
            if (parametersOf(operation, 'path').length > 0) assert.equal((await ask1({ ids: nobodys })).status, 404);
        }
    });

    test('answers, and refusals of their own', async () => {
        const as = (id, options = {}) => ask(server, byId[id], { token: user.access, ...options });
        const status = async (id, expected, options) => assert.equal((await as(id, options)).status, expected, id);
        for (const id of ['me', 'changeMe', 'listSessions', 'listModels', 'showUsage', 'listPlans', 'health', 'readyz', 'livez', 'openapi', 'config', 'streamEvents']) await status(id, 200);
        assert.equal((await as('signUp', { body: { mobile: '1234567890', password: 'a-long-pass-word-7' } })).body.code, 'mobile_taken');
        const room = (await as('createRoom')).body.id;
        const sent = (await as('sendMessage', { ids: { room }, query: '?wait=20' })).body;
        const ids = { room, message: sent.reply.id };
        for (const id of ['listRooms', 'showRoom', 'changeRoom', 'showMessage', 'streamReply', 'stopReply', 'listVariants']) await status(id, 200, { ids });
        await status('streamReply', 204, { ids, headers: { 'Last-Event-ID': '1-end' } });
        await status('streamReply', 400, { ids, headers: { 'Last-Event-ID': 'nonsense' } });
        await status('retryReply', 201, { ids });
        const again = (await as('sendMessage', { ids: { room }, body: { content: 'Tell me a long story.' } })).body;
        assert.equal((await as('retryReply', { ids: { room, message: again.reply.id } })).body.code, 'reply_running');
        await as('stopReply', { ids: { room, message: again.reply.id } });
        for (const [id, query] of [['listRooms', '?cursor=x'], ['showRoom', '?cursor=x'], ['listSessions', '?cursor=*'], ['listVariants', '?cursor=x']]) {
            assert.equal((await as(id, { ids, query })).status, 400, id);
        }
        const key = { 'Idempotency-Key': 'a-key' };
        for (const id of ['createRoom', 'sendMessage', 'retryReply']) assert.equal((await as(id, { ids, headers: { 'Idempotency-Key': 'not a key' } })).body.code, 'invalid_idempotency_key');
        await status('createRoom', 201, { headers: key, body: { name: 'one' } });
        assert.equal((await as('createRoom', { headers: key, body: { name: 'other' } })).body.code, 'idempotency_key_reused');
        await status('retryReply', 422, { ids, headers: key });

        for (const id of ['openPortal', 'cancelSubscription', 'reactivateSubscription']) await status(id, 404);
        assert.equal((await as('buyPlan', { body: { plan: 'no-such-plan' } })).body.code, 'plan_not_sold');
        await status('buyPro', 200);
        const { checkout_url: page, session_id: session } = (await as('buyPlan')).body;
        await fetch(page, { method: 'POST', body: new URLSearchParams({ action: 'pay' }), redirect: 'manual' });
        await status('showSubscription', 404, { query: '?session_id=cs_none' });
        assert.equal((await as('showSubscription', { query: `?session_id=${session}` })).body.tier, 'pro');
        for (const id of ['buyPlan', 'buyPro']) assert.equal((await as(id)).body.code, 'already_subscribed');
        for (const id of ['openPortal', 'cancelSubscription', 'reactivateSubscription']) await status(id, 200);

        await status('deleteRoom', 204, { ids });
        const spare = await logIn(server);
        const sessions = (await as('listSessions')).body.results;
        await status('endSession', 204, { ids: { session: sessions.find(({ current }) => !current).id } });
        assert.equal((await as('me', { token: spare.access })).body.code, 'session_ended');
        assert.equal((await as('refreshSession', { body: { refresh: 'v1.nonsense' } })).status, 401);
        Object.assign(user, (await as('refreshSession', { body: { refresh: user.refresh } })).body);
        assert.equal((await as('verifyOtp', { body: { mobile: '1234567890', code: '000000', purpose: 'login' } })).body.code, 'invalid_code');
        assert.equal((await as('verifyOtp', { token: undefined, body: { mobile: '1234567890', code: '123456', purpose: 'confirm' } })).body.code, 'token_missing');
        assert.equal((await as('verifyOtp', { body: { mobile: '1234567890', code: '123456', purpose: 'login' }, headers: { Origin: 'https://elsewhere.example.com' } })).body.code, 'foreign_origin');
        assert.equal((await as('sendOtp', { token: undefined, body: { mobile: '1234567890', purpose: 'confirm' } })).body.code, 'token_missing');
        for (const id of ['sendOtp', 'forgotPassword']) await status(id, 404, { body: { mobile: '+12025550111', ...(id === 'sendOtp' ? { purpose: 'login' } : {}) } });
        assert.equal((await as('logIn', { body: { mobile: '1234567890', password: 'not-this-one-9' } })).body.code, 'wrong_credentials');
        await status('logInByLink', 400);
        const made = await command(server, 'createsuperuser', '+12025550122', '--password-file', passwordFile(server), '--dev');
        assert.equal(made.code, 0, made.said);
        await status('logInByLink', 200, { body: JSON.parse(/-d '(.*)'$/m.exec(made.stdout)[1]) });
        await status('resetPassword', 400);
        await status('changePassword', 403);
        await status('forgotPassword', 200, { body: { mobile: '1234567890' } });
        const reset = await as('verifyOtp', { body: { mobile: '1234567890', code: '123456', purpose: 'reset_password' } });
        await status('resetPassword', 204, { body: { reset_token: reset.body.reset_token, new_password: 'another-pass-word-8' } });
        Object.assign(user, (await as('logIn', { body: { mobile: '1234567890', password: 'another-pass-word-8' } })).body);
        await status('changePassword', 204, { body: { old_password: 'another-pass-word-8', new_password: 'a-third-pass-word-9' } });
        await status('deleteMe', 403, { body: {} });
        await status('logOut', 204);
        Object.assign(user, await logIn(server));
        await status('deleteMe', 204, { body: { password: 'a-third-pass-word-9' } });
    });
});

test('a server without passwords and payments, in production', { timeout: 300_000 }, async () => {
    const inTenDays = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10);
    const server = await Server.start({ env: { SECRET_KEY: 'Vq8sT2mZr6Xw1Lk9Bn4Hd7Gy3Jc5Pf0E', AI_MODELS: 'demo', LOG_FORMAT: 'json', OTP_TEST_NUMBERS: `+11234567890:123456@${inTenDays}` } });
    const user = await logIn(server);
    assert.equal((await ask(server, byId.logIn)).body.code, 'password_login_disabled');
    for (const id of ['buyPlan', 'buyPro', 'openPortal', 'cancelSubscription', 'reactivateSubscription', 'takePaymentEvent']) {
        assert.equal((await ask(server, byId[id], { token: user.access, ...(id === 'takePaymentEvent' ? { body: '{}' } : {}) })).body.code, 'billing_not_configured', id);
    }
    const room = (await ask(server, byId.createRoom, { token: user.access })).body.id;
    for (let count = 0; count < 5; ++count) await ask(server, byId.sendMessage, { token: user.access, ids: { room }, query: '?wait=20' });
    assert.equal((await ask(server, byId.sendMessage, { token: user.access, ids: { room } })).body.code, 'daily_limit_reached');
    await server.stop();
});

test('what a plan does not allow', { timeout: 300_000 }, async () => {
    const models = { AI_MODELS: 'demo,openai:other', AI_BASE_URL: 'http://127.0.0.1:9/v1' };
    const server = await Server.start({ env: { ...models, RATE_LIMITS: 'off' }, args: ['--dev'] });
    const user = await logIn(server);
    const as = (id, options) => ask(server, byId[id], { token: user.access, ...options });
    const room = (await as('createRoom')).body.id;
    const { reply } = (await as('sendMessage', { ids: { room }, query: '?wait=20' })).body;
    await as('changeRoom', { ids: { room }, body: { model: 'demo' } });
    assert.equal((await command({ folder: server.folder, env: models }, 'plans', 'set', 'basic', 'rooms_max=1', 'models=openai:other', '--dev')).code, 0);
    await until('that it holds', async () => (await as('createRoom')).body.code === 'rooms_max_reached');
    await until('that it holds', async () => (await as('sendMessage', { ids: { room } })).body.code === 'model_not_in_plan');
    assert.equal((await as('retryReply', { ids: { room, message: reply.id } })).body.code, 'model_not_in_plan');
    await server.stop();
});

test('a Stripe that refuses, and what Stripe and Twilio post', { skip: noDisk, timeout: 300_000 }, async () => {
    const disk = new SmallDisk(24);
    const [shop, vendor] = await Promise.all([Shop.open(), SmsSim.start()]);
    await vendor.tell('report_plan', { mode: 'hold' });
    const env = { ...roomySettings, AI_MODELS: 'demo', DATA_DIR: disk.folder, ...shop.settings, STRIPE_PRICE_ID: '', ...vendor.twilioSettings() };
    const server = await Server.start({ env });
    const mobile = '+12025550143';
    await ask(server, byId.signUp, { body: { mobile, password: 'a-long-pass-word-7' } });
    await ask(server, byId.sendOtp, { body: { mobile, purpose: 'login' } });
    const login = await ask(server, byId.verifyOtp, { body: { mobile, code: await vendor.code(mobile), purpose: 'login' } });
    const as = (id, options) => ask(server, byId[id], { token: login.body.access, ...options });
    for (const id of ['buyPlan', 'buyPro']) assert.equal((await as(id)).body.code, 'plan_not_sold', id);
    await server.stop();
    await server.start({ STRIPE_PRICE_ID: shop.settings.STRIPE_PRICE_ID });
    await shop.deliverTo(server);
    await until('prices', async () => (await as('listPlans')).body.results[1].prices.length > 0, { seconds: 60 });
    const refuse = (where) => shop.sim.tell('plan', { next: [{ ...where, status: 403, times: 1 }] });
    for (const id of ['buyPlan', 'buyPro']) {
        await refuse({ method: 'POST', path: '/v1/checkout/sessions' });
        assert.equal((await as(id)).body.code, 'payment_refused', id);
    }
    const { session_id: session } = (await as('buyPro')).body;
    await shop.act(session, 'pay');
    await until('Pro', async () => (await as('showSubscription', { query: `?session_id=${session}` })).body.tier === 'pro', { seconds: 60 });
    for (const [id, path] of [['openPortal', '/v1/billing_portal/sessions'], ['cancelSubscription', '/v1/subscriptions/*'], ['reactivateSubscription', '/v1/subscriptions/*']]) {
        if (id === 'reactivateSubscription') assert.equal((await as('cancelSubscription')).status, 200); // Else there is nothing to undo.
        await refuse({ method: 'POST', path });
        assert.equal((await as(id)).body.code, 'payment_refused', id);
    }

    // Signed as they sign, over the very bytes.
    const event = (id) => {
        const body = JSON.stringify({ id, object: 'event', type: 'customer.subscription.updated', created: Math.floor(Date.now() / 1000), livemode: false, data: { object: { id: 'sub_1', object: 'subscription', customer: 'cus_none' } } });
        const at = Math.floor(Date.now() / 1000);
        const signature = createHmac('sha256', shop.endpoints[0].secret).update(`${at}.${body}`).digest('hex');
        return { body, headers: { 'Stripe-Signature': `t=${at},v1=${signature}` } };
    };
    const report = (text, state) => {
        const fields = { MessageSid: text.id, MessageStatus: state };
        const callback = new URL(text.status_url);
        const signed = callback.href + Object.keys(fields).sort().map((name) => name + fields[name]).join('');
        return {
            path: callback.pathname + callback.search, body: new URLSearchParams(fields).toString(),
            headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'X-Twilio-Signature': createHmac('sha1', twilioAccount.token).update(signed).digest('base64') },
        };
    };
    const [text] = await vendor.texts({ to: mobile });
    assert.equal((await as('takePaymentEvent', event('evt_1'))).status, 200);
    assert.equal((await as('takeTextReport', report(text, 'sent'))).status, 200);
    disk.fill();
    assert.equal((await as('takePaymentEvent', event('evt_2'))).status, 507);
    assert.equal((await as('takeTextReport', report(text, 'delivered'))).status, 507);
    disk.free();
    await server.stop();
    disk.unmount();
    await Promise.all([shop.sim.stop(), vendor.stop()]);
});

test('limits of rate, everywhere', { timeout: 300_000 }, async () => {
    const rules = ['send', 'create', 'read', 'auth', 'otp', 'webhook', 'send_address', 'create_address', 'read_address'].map((name) => `${name}=40/3600`).join();
    const server = await Server.start({ env: { RATE_RULES: rules }, args: ['--dev'] });
    const user = await logIn(server);
    for (const operation of operations.filter(({ responses }) => responses[429])) {
        await until(`${operation.id} 429`, async () => {
            // Rates are judged before a body is read: half a body, and ids of nobody, change nothing.
            const { status } = await ask(server, operation, { token: user.access, ids: nobodys, ...(operation.requestBody ? { body: '{' } : {}) });
            return status === 429;
        }, { everyMs: 0 });
    }
    await server.stop();
});

test('no database, everywhere that needs one', { timeout: 300_000 }, async () => {
    const postgres = await Postgres.start();
    const node = await new Node('serve', { ...roomySettings, AI_MODELS: 'demo', DATABASE_URL: postgres.url, MIGRATE_ON_START: 'True', LOG_FORMAT: 'json' }).start();
    const user = await logIn(node, '+12025550100');
    // A send that waits for its user's row longer than it may, while another one has it.
    const room = (await ask(node, byId.createRoom, { token: user.access })).body.id;
    const holding = postgres.psql(`begin; select id from users where id = ${user.user.id} for update; select pg_sleep(6); commit`);
    await until('that the row is held', async () => (await postgres.psql(`select count(*) from pg_locks where relation = 'users'::regclass and mode = 'RowShareLock' and pid <> pg_backend_pid()`)).trim() !== '0');
    const held = await ask(node, byId.sendMessage, { token: user.access, ids: { room }, headers: { 'Idempotency-Key': 'a-key' } });
    assert.equal(held.body.code, 'idempotency_in_progress');
    await holding;
    // Somebody who is gone, whose token has not expired.
    const gone = await logIn(node, '+12025550101');
    await postgres.psql(`delete from users where id = ${gone.user.id}`);
    for (const id of ['listModels', 'showUsage']) assert.equal((await ask(node, byId[id], { token: gone.access })).body.code, 'user_not_found');

    await postgres.kill();
    for (const operation of operations.filter(({ responses }) => responses[503])) {
        const { status, body } = await ask(node, operation, { token: user.access, ...(operation.requestBody?.content['*/*'] ? { body: '{}' } : {}) });
        if (status === 503) assert.ok(['storage_unavailable', 'database_unavailable', 'sms_not_configured', 'billing_not_configured', 'outcome_unknown'].includes(body.code), `${operation.id} ${body.code}`);
    }
    await node.kill();
});

test('no connection left', { timeout: 300_000 }, async () => {
    const server = await Server.start({ env: { RATE_LIMITS: 'off', CONNECTIONS_MAX: '16' }, args: ['--dev'] });
    const user = await logIn(server);
    // Streams are not given up for those that come.
    const held = [];
    const hold = () => new Promise((done) => {
        const request = http.get(`${server.url}/events/`, { agent: false, headers: { Authorization: `Bearer ${user.access}` } }, (response) => {
            response.resume();
            response.on('error', () => {});
            if (response.statusCode === 200) held.push(request);
            done(response.statusCode);
        });
        request.on('error', () => done(0));
    });
    await until('that there is no connection left', async () => (await hold()) === 503, { everyMs: 0 });
    for (const operation of operations) {
        const { body } = await ask(server, operation, { token: user.access, ...(operation.requestBody?.content['*/*'] ? { body: '{}' } : {}) });
        assert.equal(body.code, 'too_many_connections', operation.id);
    }
    for (const request of held) request.destroy();
    await server.stop();
});

test('no room left', { skip: noDisk, timeout: 300_000 }, async () => {
    const disk = new SmallDisk(24);
    const server = await Server.start({ env: { RATE_LIMITS: 'off', PASSWORD_LOGIN: 'True', DATA_DIR: disk.folder }, args: ['--dev'] });
    const user = await logIn(server);
    const room = (await ask(server, byId.createRoom, { token: user.access })).body.id;
    const { reply } = (await ask(server, byId.sendMessage, { token: user.access, ids: { room }, query: '?wait=20' })).body;
    // What the operations need to come to the point where they write.
    const spare = await logIn(server);
    const session = (await ask(server, byId.listSessions, { token: user.access })).body.results.find(({ current }) => !current).id;
    await ask(server, byId.forgotPassword, { body: { mobile: '1234567890' } });
    const reset = await ask(server, byId.verifyOtp, { body: { mobile: '1234567890', code: '123456', purpose: 'reset_password' } });
    const made = await command(server, 'createsuperuser', '+12025550122', '--password-file', passwordFile(server), '--dev');
    const bodies = {
        ...bodiesOnFullDisk, resetPassword: { reset_token: reset.body.reset_token, new_password: 'another-pass-word-8' },
        refreshSession: { refresh: spare.refresh }, logInByLink: JSON.parse(/-d '(.*)'$/m.exec(made.stdout)[1]),
    };
    const { checkout_url: page, session_id: bought } = (await ask(server, byId.buyPlan, { token: user.access })).body;
    await fetch(page, { method: 'POST', body: new URLSearchParams({ action: 'pay' }), redirect: 'manual' });
    await ask(server, byId.showSubscription, { token: user.access, query: `?session_id=${bought}` });
    disk.fill();
    const ids = { room, message: reply.id, session };
    for (const operation of operations.filter(({ responses }) => responses[507])) {
        await ask(server, operation, { token: user.access, ids, ...(operation.requestBody?.content['*/*'] ? { body: '{}' } : {}), ...(bodies[operation.id] ? { body: bodies[operation.id] } : {}) });
    }
    disk.free();
    await server.stop();
    disk.unmount();
});

const bodiesOnFullDisk = {
    signUp: { mobile: '+12025550177', password: 'a-long-pass-word-7' },
    sendOtp: { mobile: '1234567890', purpose: 'login' },
    forgotPassword: { mobile: '1234567890' },
    verifyOtp: { mobile: '1234567890', code: '123456', purpose: 'login' },
    logIn: { mobile: '1234567890', password: 'a-long-pass-word-7' },
    changePassword: { old_password: 'a-long-pass-word-7', new_password: 'another-pass-word-8' },
};

test('every documented status was seen', { skip: noDisk }, () => {
    const missing = [];
    for (const operation of operations) {
        for (const status of Object.keys(operation.responses)) if (/^\d+$/.test(status) && !seen.has(`${operation.id} ${status}`)) missing.push(`${operation.id} ${status}`);
    }
    console.log(`# ${seen.size} statuses, ${[...seen.values()].reduce((sum, codes) => sum + codes.size, 0)} with their codes`);
    assert.deepEqual(missing, []);
});
