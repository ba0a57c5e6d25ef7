// Access tokens that are none, on every operation that asks for one: 401 with WWW-Authenticate. Refresh tokens that are none: 401.
import assert from 'node:assert/strict';
import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { after, before, test } from 'node:test';

import { exampleBody, pathOf } from './support/api.mjs';
import { Suite, Verdicts, forAll, signingKey } from './support/suite.mjs';

let suite;
let user;
let other;
let ids;
let claims; // Of the user's own token.

before(async () => {
    suite = await Suite.open({ users: 2 });
    [user, other] = suite.users;
    ids = await suite.conversation(user);
    claims = JSON.parse(Buffer.from(user.token.split('.')[1], 'base64url'));
});
after(() => suite?.close());

const kid = createHash('sha256').update(signingKey).digest('hex').slice(0, 8);
const encoded = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const header = { alg: 'HS256', typ: 'JWT', kid };

function signed(payload, { head = header, key = signingKey, algorithm = 'sha256' } = {}) {
    const text = `${encoded(head)}.${encoded(payload)}`;
    return `${text}.${createHmac(algorithm, key).update(text).digest('base64url')}`;
}

function without(name) {
    const { [name]: dropped, ...rest } = claims;
    return rest;
}

function expiredToken() {
    return signed({ ...claims, iat: claims.iat - 10_000, exp: claims.iat - 1 });
}

// Values of the Authorization header.
function badHeaders() {
    const [head, payload, mac] = user.token.split('.');
    const now = Math.floor(Date.now() / 1000);
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const rsaText = `${encoded({ ...header, alg: 'RS256' })}.${payload}`;
    const tokens = [
        // Not in the form of a token.
        'x', '.', '..', '...', 'a.b', 'a.b.c', 'a.b.c.d', `${head}`, `${head}.${payload}`, `${head}.${payload}.`, `.${payload}.${mac}`, `${head}..${mac}`, `${user.token}.`, `${user.token}.x`, `.${user.token}`, `${user.token}=`,
        `${user.token}A`, user.token.slice(0, -1), user.token.slice(1), user.token.toLowerCase(), user.token.replaceAll('.', ' '), `${user.token} ${user.token}`, `${user.token},${user.token}`, encodeURIComponent('a.b.c').repeat(3),
        'null', 'undefined', 'true', '0', '{}', '""', "' or '1'='1", '\u00e9', 'x'.repeat(5000), `${head}.${payload}.${'A'.repeat(43)}`,
        // Altered.
        `${head}.${encoded({ ...claims, sub: String(other.id) })}.${mac}`, `${encoded({ ...header, extra: 1 })}.${payload}.${mac}`, `${head}.${payload}.${mac.slice(0, -2)}AA`, `${head}.${payload.slice(0, -1)}${payload.endsWith('A') ? 'B' : 'A'}.${mac}`,
        // Unsigned, or signed by other means.
        `${encoded({ alg: 'none', typ: 'JWT', kid })}.${payload}.`, `${encoded({ alg: 'None', typ: 'JWT', kid })}.${payload}.`, `${encoded({ alg: 'none' })}.${payload}.${mac}`, signed(claims, { head: { ...header, alg: 'none' } }),
        signed(claims, { head: { ...header, alg: 'HS384' }, algorithm: 'sha384' }), signed(claims, { head: { ...header, alg: 'HS512' }, algorithm: 'sha512' }), signed(claims, { head: { ...header, alg: 'hs256' } }),
        `${rsaText}.${sign('sha256', Buffer.from(rsaText), privateKey).toString('base64url')}`, signed(claims, { head: { ...header, alg: ['HS256'] } }),
        // Another key, or a key named otherwise.
        signed(claims, { key: 'another-key-for-tests-0123456789abcdef' }), signed(claims, { key: '' }), signed(claims, { key: kid }), signed(claims, { key: encoded(signingKey) }), signed(claims, { head: { ...header, kid: '00000000' } }),
        signed(claims, { head: { alg: 'HS256', typ: 'JWT' } }), signed(claims, { head: { ...header, kid: '../../dev/null' } }), signed(claims, { head: { ...header, kid: "x' union select '" } }),
        signed(claims, { head: { ...header, jwk: { kty: 'oct', k: encoded('x') } } }), signed(claims, { head: { ...header, jku: 'http://127.0.0.1:1/' } }), signed(claims, { head: { ...header, crit: ['exp'] } }), signed(claims, { head: { ...header, b64: false } }),
        // The right key, but not what it is for.
        expiredToken(), signed({ ...claims, exp: 0 }), signed({ ...claims, exp: -1 }), signed({ ...claims, exp: now - 1, iat: now - 5 }), signed({ ...claims, iat: now + 10_000, exp: now + 20_000 }), signed({ ...claims, exp: String(claims.exp) }),
        signed({ ...claims, exp: null }), signed({ ...claims, exp: 1e308 }), signed({ ...claims, exp: claims.exp + 0.5 }), signed({ ...claims, iss: 'castor' }), signed({ ...claims, aud: 'castor' }), signed({ ...claims, aud: ['pollux', 'x'] }),
        signed({ ...claims, typ: 'refresh' }), signed({ ...claims, typ: 'reset' }), signed({ ...claims, typ: undefined }), ...['iss', 'aud', 'sub', 'sid', 'iat', 'exp', 'typ'].map((name) => signed(without(name))),
        signed({ ...claims, sub: '0' }), signed({ ...claims, sub: '-1' }), signed({ ...claims, sub: '' }), signed({ ...claims, sub: Number(claims.sub) }), signed({ ...claims, sub: '99999999999999999999' }), signed({ ...claims, sub: `${claims.sub} or 1=1` }),
        signed({ ...claims, sid: '0' }), signed({ ...claims, sid: null }), signed({ ...claims, nbf: now + 10_000 }), signed({ ...claims, is_admin: true }), signed({}), signed('null'), signed('[]'), signed('"x"'), signed(''),
        signed(`${JSON.stringify(claims)} `), signed(JSON.stringify(claims).replace('"sub"', '"sub":"2","sub"')), signed(JSON.stringify(claims).replace('"sub"', '"\\u0073ub"')), signed(Buffer.from([0xff, 0xfe]).toString('latin1')),
        // Another kind of token.
        user.refresh, other.refresh,
    ];
    const others = [
        '', 'Bearer', 'Bearer ', `Bearer${user.token}`, `Bearer:${user.token}`, `Token ${user.token}`, `Basic ${user.token}`, `Basic ${Buffer.from('admin:admin').toString('base64')}`, `JWT ${user.token}`, user.token, `"Bearer ${user.token}"`,
        `Bearer "${user.token}"`, `Bearer token=${user.token}`, `Digest username="x"`, `Basic x, Bearer ${user.token}`, `Bearer\u00a0${user.token}`,
    ];
    return [null, ...others, ...tokens.map((token) => `Bearer ${token}`)];
}

test('the right token is signed as these tests sign theirs', async () => {
    const answer = await suite.wire.ask('GET', '/user/me/', { token: signed(claims) });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(signed(claims), user.token);
});

test('no operation lets in a token that is none', async () => {
    const headers = badHeaders();
    const verdicts = new Verdicts();
    const cases = suite.api.protected.flatMap((operation) => headers.map((value) => [operation, value]));
    await forAll(cases, async ([operation, value]) => {
        const body = operation.body ? exampleBody(operation) : undefined;
        const answer = await suite.wire.ask(operation.method, pathOf(operation, ids), { body, headers: [['Authorization', value]] });
        verdicts.status(answer, 401, `${operation.id} ${String(value).slice(0, 300)}`);
        verdicts.hold(answer.headers['www-authenticate']?.startsWith('Bearer'), `${operation.id}: no WWW-Authenticate`);
    });
    assert.ok(headers.length >= 100, `${headers.length} headers`);
    verdicts.end(2 * 20 * 100);
});

test('an expired token says so', async () => {
    const answer = await suite.wire.ask('GET', '/user/me/', { token: expiredToken() });
    assert.equal(answer.body.code, 'token_expired');
});

test('a token of 100 KB is 431', async () => {
    const verdicts = new Verdicts();
    for (const operation of suite.api.operations) {
        verdicts.status(await suite.wire.ask(operation.method, pathOf(operation, ids), { token: 'x'.repeat(100_000) }), 431, operation.id);
    }
    verdicts.end(25);
});

test('no token is taken from a URL, a cookie or another header', async () => {
    const verdicts = new Verdicts();
    for (const query of ['access_token', 'token', 'access', 'Authorization', 'jwt', 'key']) {
        verdicts.status(await suite.wire.ask('GET', `/user/me/?${query}=${user.token}`), 401, query);
    }
    for (const name of ['Cookie', 'X-Access-Token', 'X-Authorization', 'Proxy-Authorization', 'X-Api-Key', 'X-User-Id', 'X-Forwarded-User', 'Remote-User', 'X-Original-Authorization']) {
        const answer = await suite.wire.ask('GET', '/user/me/', { headers: [[name, name === 'Cookie' ? `access=${user.token}` : `Bearer ${user.token}`]] });
        verdicts.status(answer, /^X-(Forwarded|Original)-/.test(name) ? 403 : 401, name); // In debug nobody comes through a proxy.
    }
    verdicts.end(15);
});

test('an open operation does not care about a token that is none', async () => {
    const verdicts = new Verdicts();
    for (const path of ['/livez', '/readyz', '/health', '/openapi.json']) {
        for (const value of ['Bearer x', 'Basic x', '', `Bearer ${expiredToken()}`]) verdicts.status(await suite.wire.ask('GET', path, { headers: [['Authorization', value]] }), 200, path);
    }
    verdicts.end(16);
});

test('refresh tokens that are none are 401', async () => {
    const [version, owner, session, count, mac] = user.refresh.split('.');
    const join = (...parts) => parts.join('.');
    const bad = [
        'x', 'v1', 'v1.', 'v1....', join(version, owner, session, count), join(version, owner, session, count, ''), join('v2', owner, session, count, mac), join('', owner, session, count, mac), join(version, '0', session, count, mac),
        join(version, '-1', session, count, mac), join(version, other.id, session, count, mac), join(version, owner, '0', count, mac), join(version, owner, Number(session) + 1, count, mac), join(version, owner, session, '0', mac),
        join(version, owner, session, Number(count) + 1, mac), join(version, owner, session, '99999999999999999999', mac), join(version, owner, session, `0${count}`, mac), join(version, owner, session, `+${count}`, mac),
        join(version, owner, session, count, mac.slice(1)), join(version, owner, session, count, `${mac}A`), join(version, owner, session, count, `${mac.slice(0, -1)}!`), join(version, owner, session, count, 'A'.repeat(43)), `${user.refresh}.x`,
        user.refresh.toUpperCase(), ` ${user.refresh}`, `${user.refresh} `, other.refresh.split('.').slice(0, 4).join('.') + '.' + mac, "v1.1.1.1.' or 1=1 --", 'null', '{}', '\u00e9'.repeat(43),
    ];
    const verdicts = new Verdicts();
    for (const refresh of bad) verdicts.status(await suite.wire.ask('POST', '/auth/token/refresh/', { body: { refresh } }), 401, refresh);
    verdicts.status(await suite.wire.ask('POST', '/auth/token/refresh/', { body: { refresh: user.token } }), [401, 422], 'an access token');
    // None of that has ended the session.
    const right = await suite.wire.ask('POST', '/auth/token/refresh/', { body: { refresh: user.refresh } });
    verdicts.status(right, 200, 'the right one');
    verdicts.end(30);
});
