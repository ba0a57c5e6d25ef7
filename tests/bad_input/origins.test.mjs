// Pages of other origins: none reads an answer unless its origin is listed, and none is shown a code.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { pathOf } from './support/api.mjs';
import { Suite, Verdicts, settings } from './support/suite.mjs';

const listed = 'https://chat.example.com';
let suite;
let token;
let ids;

before(async () => {
    suite = await Suite.open({ env: { ...settings, CORS_ALLOWED_ORIGINS: `${listed},http://localhost:5173` } });
    token = suite.users[0].token;
    ids = await suite.conversation(suite.users[0]);
});
after(() => suite?.close());

const foreign = [
    'https://evil.example', 'http://chat.example.com', 'https://chat.example.com:8443', 'https://chat.example.com:443', 'https://chat.example.com.evil.example', 'https://evilchat.example.com', 'https://sub.chat.example.com', 'https://chat.example.com/',
    'https://chat.example.com@evil.example', 'https://chat.example.com%60.evil.example', 'https://chat.example.comx', 'https://chat-example.com', 'https://example.com', 'null', 'NULL', 'file://', 'about:blank', 'chrome-extension://abc', '*', 'https://*', 'http://localhost:5174',
    'http://localhost', 'http://127.0.0.1:5173', 'https://localhost:5173', 'http://localhost:5173.evil.example', 'localhost:5173', '//chat.example.com', 'https://chat.example.com https://evil.example', 'https://chat.example.com, https://evil.example', 'x', 'https://ch\u00e4t.example.com', "https://chat.example.com'",
];

test('no answer is given to read to an origin that is not listed', async () => {
    assert.ok(foreign.length >= 30);
    const verdicts = new Verdicts();
    const reads = suite.api.operations.filter(({ method, id }) => method === 'GET' && id !== 'streamEvents');
    for (const origin of foreign) {
        for (const operation of reads) {
            const answer = await suite.wire.ask('GET', pathOf(operation, ids), { token, headers: [['Origin', origin]] });
            verdicts.hold(answer.headers['access-control-allow-origin'] === undefined, `${operation.id} for ${origin}`);
        }
        for (const path of ['/nothing', '/auth/login/', '/chatroom/x/']) {
            const answer = await suite.wire.ask('POST', path, { body: '{', headers: [['Origin', origin]] });
            verdicts.hold(answer.headers['access-control-allow-origin'] === undefined, `a refusal of ${path} for ${origin}`);
        }
    }
    verdicts.end(30 * 13);
});

test('a preflight allows listed origins only', async () => {
    const verdicts = new Verdicts();
    const preflight = (origin) => suite.wire.ask('OPTIONS', '/chatroom/', { headers: [['Origin', origin], ['Access-Control-Request-Method', 'POST'], ['Access-Control-Request-Headers', 'authorization,content-type']] });
    for (const origin of foreign) {
        const answer = await preflight(origin);
        verdicts.hold(answer.headers['access-control-allow-origin'] === undefined && answer.headers['access-control-allow-methods'] === undefined, `${origin}: ${JSON.stringify(answer.headers)}`);
    }
    for (const origin of [listed, 'http://localhost:5173']) {
        const { headers } = await preflight(origin);
        verdicts.hold(headers['access-control-allow-origin'] === origin && headers.vary?.includes('Origin'), JSON.stringify(headers));
        verdicts.hold(headers['access-control-allow-credentials'] === undefined, 'cookies are not allowed');
    }
    verdicts.end(34);
});

test('a listed origin reads answers and refusals', async () => {
    const headers = [['Origin', listed]];
    const large = Buffer.alloc(1_000_000, ' ');
    const answers = [
        await suite.wire.ask('GET', '/chatroom/', { token, headers }), await suite.wire.ask('GET', '/chatroom/', { headers }), await suite.wire.ask('GET', '/nothing', { headers }), await suite.wire.ask('PUT', '/chatroom/', { headers }),
        await suite.wire.ask('POST', '/chatroom/', { token, body: '{', headers }), await suite.wire.ask('POST', '/chatroom/', { token, body: 'x', headers: [...headers, ['Content-Type', 'text/plain']] }), await suite.wire.ask('POST', '/chatroom/', { token, body: large, headers }),
    ];
    assert.deepEqual(answers.map(({ status }) => status), [200, 401, 404, 405, 400, 415, 413]);
    for (const answer of answers) assert.equal(answer.headers['access-control-allow-origin'], listed, String(answer.status));
});

test('no code is shown to a page of another origin', async () => {
    const verdicts = new Verdicts();
    let count = 0;
    const ask = async (headers) => {
        const mobile = `+1202556${String(++count).padStart(4, '0')}`;
        await suite.wire.ask('POST', '/auth/signup/', { body: { mobile, password: 'a-long-pass-word-7' } });
        return suite.wire.ask('POST', '/auth/send-otp/', { body: { mobile, purpose: 'signup' }, headers });
    };
    for (const headers of [...foreign.slice(0, 8).map((origin) => [['Origin', origin]]), [['Origin', 'null']], [['Origin', listed]], [['Sec-Fetch-Site', 'cross-site']]]) {
        const answer = await ask(headers);
        verdicts.hold(answer.body?.otp === undefined, `${JSON.stringify(headers)}: ${answer.text}`);
    }
    for (const headers of [[], [['Origin', 'http://localhost']], [['Sec-Fetch-Site', 'same-origin']], [['Sec-Fetch-Site', 'none']]]) {
        const answer = await ask(headers);
        verdicts.hold(answer.body?.otp?.length === 6, `${JSON.stringify(headers)}: ${answer.text}`);
    }
    verdicts.end(15);
});

test('a fixed code lets no foreign page in, whatever CORS says', async () => {
    const mobile = '+12025557777';
    const open = await Suite.open({ env: { ...settings, CORS_ALLOWED_ORIGINS: '*', OTP_TEST_NUMBERS: `${mobile}:123456` } });
    const ask = (path, body, origin) => open.wire.ask('POST', path, { body, headers: origin ? [['Origin', origin]] : [] });
    await ask('/auth/signup/', { mobile, password: 'a-long-pass-word-7' });
    await ask('/auth/send-otp/', { mobile, purpose: 'login' });
    const verify = (origin) => ask('/auth/verify-otp/', { mobile, code: '123456', purpose: 'login' }, origin);
    for (const origin of ['https://evil.example', 'null']) {
        const answer = await verify(origin);
        assert.equal(answer.status, 403, answer.text);
        assert.equal(answer.body.code, 'foreign_origin');
        assert.equal(answer.headers['access-control-allow-origin'], '*');
    }
    assert.equal((await verify('http://localhost:5173')).status, 200);
    open.wire.close();
    assert.equal((await open.server.stop()).code, 0);
});

test('a page may send the headers that tracing adds', async () => {
    const asked = 'authorization,baggage,sentry-trace,traceparent,x-requested-with';
    const preflight = (origin) => suite.wire.ask('OPTIONS', '/chatroom/', { headers: [['Origin', origin], ['Access-Control-Request-Method', 'GET'], ['Access-Control-Request-Headers', asked]] });
    const { headers } = await preflight(listed);
    const allowed = headers['access-control-allow-headers'].toLowerCase().split(', ');
    for (const name of asked.split(',')) assert.ok(allowed.includes(name), name);
    assert.equal((await preflight('https://evil.example')).headers['access-control-allow-headers'], undefined);
});

test('a page may not send what a form can send', async () => {
    const verdicts = new Verdicts();
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', null]) {
        const answer = await suite.wire.ask('POST', '/auth/signup/', { body: '{"mobile":"+12025560999","password":"a-long-pass-word-7"}', headers: [['Content-Type', type], ['Origin', 'https://evil.example']] });
        verdicts.status(answer, 415, String(type));
    }
    verdicts.end(4);
});

test('answers cannot be sniffed, framed or kept', async () => {
    for (const path of ['/chatroom/', '/openapi.json', '/nothing']) {
        const { headers } = await suite.wire.ask('GET', path, { token });
        assert.equal(headers['x-content-type-options'], 'nosniff');
        assert.equal(headers['cache-control'], 'no-store');
        assert.match(headers['content-type'], /json$/);
        assert.equal(headers.server, undefined, 'the server does not say what it is');
    }
});

test('debug answers nobody who came from elsewhere', async () => {
    const verdicts = new Verdicts();
    const remote = [
        [['Host', 'pollux.example.com']], [['Host', 'localhost.example.com']], [['Host', '192.168.1.5']], [['X-Forwarded-For', '127.0.0.1']], [['Forwarded', 'for=127.0.0.1']], [['Via', '1.1 x']], [['X-Real-IP', '127.0.0.1']], [['X-Forwarded-Host', 'localhost']],
        [['X-Forwarded-Proto', 'https']], [['X-Forwarded-Port', '443']], [['X-Forwarded-Prefix', '/x']], [['X-Forwarded-Scheme', 'https']], [['CF-Connecting-IP', '127.0.0.1']], [['True-Client-IP', '127.0.0.1']], [['Fly-Client-IP', '127.0.0.1']],
    ];
    for (const headers of remote) {
        for (const operation of suite.api.operations.filter(({ body }) => !body)) {
            const answer = await suite.wire.ask(operation.method, pathOf(operation, ids), { token, headers });
            verdicts.status(answer, [400, 403], `${operation.id} ${JSON.stringify(headers)}`);
        }
    }
    verdicts.end(100);
});
