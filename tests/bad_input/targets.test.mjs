// Methods, paths and queries: what is not there is 404, what is there takes only its own methods, and nothing is read in two ways.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { example, exampleBody, isOneLine, pathOf, plain } from './support/api.mjs';
import { Suite, Verdicts, forAll } from './support/suite.mjs';

let suite;
let token;
let ids;

before(async () => {
    suite = await Suite.open();
    token = suite.users[0].token;
    ids = await suite.conversation(suite.users[0]);
});
after(() => suite?.close());

const allMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

// Path -> the methods that the document gives it.
function methodsOfPaths() {
    const paths = new Map();
    for (const { path, method } of suite.api.operations) paths.set(path, [...(paths.get(path) ?? []), method]);
    return paths;
}

test('another method is 405, and Allow names the right ones', async () => {
    const verdicts = new Verdicts();
    for (const [path, documented] of methodsOfPaths()) {
        const right = [...documented, 'OPTIONS', ...(documented.includes('GET') ? ['HEAD'] : [])].sort();
        for (const method of allMethods.filter((one) => !right.includes(one))) {
            const body = method === 'HEAD' ? undefined : '{}';
            const answer = await suite.wire.ask(method, pathOf({ path }, ids), { token, body });
            if (!verdicts.status(answer, 405, `${method} ${path}`)) continue;
            assert.deepEqual(answer.headers.allow.split(', ').sort(), right, `Allow of ${path}`);
        }
    }
    verdicts.end(100);
});

test('methods that no path has are 501', async () => {
    const methods = ['TRACE', 'CONNECT', 'PROPFIND', 'MKCOL', 'COPY', 'LINK', 'PURGE', 'QUERY', 'DEBUG', 'get', 'Post', 'GETT', 'GE', 'X', 'M-SEARCH', "!#$%&'*+.^_`|~"];
    const verdicts = new Verdicts();
    for (const path of methodsOfPaths().keys()) {
        for (const method of methods) verdicts.status(await suite.wire.ask(method, pathOf({ path }, ids), { token }), 501, `${method} ${path}`);
    }
    verdicts.end(300);
});

test('a header does not change the method', async () => {
    const verdicts = new Verdicts();
    const room = await suite.users[0].createRoom();
    for (const name of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override']) {
        const headers = [[name, 'DELETE']];
        verdicts.status(await suite.wire.ask('POST', `/chatroom/${room}/`, { token, headers }), 405, name);
        verdicts.status(await suite.wire.ask('GET', `/chatroom/${room}/`, { token, headers }), 200, name);
    }
    verdicts.status(await suite.wire.ask('POST', `/chatroom/${room}/?_method=DELETE`, { token }), 405, '_method');
    verdicts.status(await suite.wire.ask('GET', `/chatroom/${room}/?_method=DELETE`, { token }), 200, '_method');
    verdicts.end(8);
});

test('every path is served with and without a slash at its end', async () => {
    const verdicts = new Verdicts();
    for (const { path, method } of suite.api.operations.filter(({ method: one, id }) => one === 'GET' && id !== 'streamEvents')) {
        for (const slash of ['', '/']) verdicts.status(await suite.wire.ask(method, pathOf({ path }, ids) + slash, { token }), 200, path + slash);
    }
    verdicts.end(20);
});

test('paths that are almost right are not there', async () => {
    const { room } = ids;
    const absent = [
        '//', '///', '//livez', '/livez//', '/auth//signup/', '/chatroom//', `/chatroom//${room}/`, `/chatroom/${room}//message/`, '/./livez',
        '/../livez', '/livez/.', '/livez/..', '/livez/../livez', '/auth/../livez', '/chatroom/../livez', '/..', '/%2e/livez', '/%2e%2e/livez',
        '/livez/%2e%2e/livez', '/livez%2f', '/%2flivez', '/%2f%2flivez', '/auth%2fsignup', `/chatroom%2f${room}`, `/chatroom/${room}%2f`, '/livez%00',
        '/%00', '/%00livez', '/chatroom/%00/', '/chatroom/%ff/', `/chatroom/${room}%00/`, `/chatroom/${room}%20/`, `/chatroom/%3${room % 10}/`, '/%6civez',
        '/livez%3f', '/livez%23', '/livez%0d%0aX:1', '/livez;a=b', '/livez;', '/livez.json', '/LIVEZ', '/Livez', '/livez/x', '/livezz', '/live', '/auth',
        '/auth/', '/user', '/etc/passwd', '/..%2f..%2fetc%2fpasswd', '/..%5c..%5cetc', '/\\livez', '/livez\\', '/chatroom\\1', '/.env', '/.git/config',
        '/admin', '/wp-login.php', '/index.html', '/favicon.ico', '/openapi.yaml', '/openapi.json.bak', '/metrics%20', `/chatroom/${room}/message/1/2/`,
        `/chatroom/${room}/messages/`, '/chatroom/create', '/user/me/me', '/auth/signup/signup', "/'", '/%27', '/"', '/<script>', '/%3Cscript%3E', '/{room}',
        '/chatroom/{room}', '/*', '/%', '/%z', '/%zz', '/livez%', '/livez%2', '/chatroom/%', `/${'a'.repeat(4000)}`, `/${'a/'.repeat(2000)}`,
    ];
    const verdicts = new Verdicts();
    await forAll(absent, async (path) => verdicts.status(await suite.wire.ask('GET', path, { token }), [404, 405], path.slice(0, 100)));
    await forAll(absent, async (path) => verdicts.status(await suite.wire.ask('DELETE', path, { token }), [404, 405], `DELETE ${path.slice(0, 100)}`));
    verdicts.status(await suite.wire.ask('DELETE', '/', { token }), 405, 'DELETE /, where the pages are');
    verdicts.end(150);
});

test('targets that are no paths are 400', async () => {
    const verdicts = new Verdicts();
    const targets = [
        'livez', '*', 'localhost:80', 'localhost', '?a=1', '#livez', '%2flivez', 'ftp://localhost/livez', 'javascript:alert(1)', 'http:livez', 'http:/livez',
        'file:///etc/passwd', 'http://', '/livez x', '/livez\t', '', ' /livez', '/li\u0000vez', '/li\u0001vez', '/livez\u007f', '/live\u001bz',
    ];
    for (const target of targets) verdicts.status(await suite.wire.ask('GET', target), 400, JSON.stringify(target));
    for (const target of ['/livez\u0080', '/\u00ff', '/l\u00efvez', '/\u00ed\u00a0\u0080']) {
        verdicts.status(await suite.wire.ask('GET', target), [400, 404], JSON.stringify(target));
    }
    verdicts.end(25);
});

test('an absolute target names this host, or is refused', async () => {
    const verdicts = new Verdicts();
    verdicts.status(await suite.wire.ask('GET', 'http://localhost/livez'), 200, 'the same host');
    verdicts.status(await suite.wire.ask('GET', 'HTTP://LOCALHOST/livez'), 200, 'in capitals');
    for (const target of ['http://evil.example/livez', 'http://localhost@evil.example/livez', 'http://localhost.evil.example/livez', 'http:///livez', 'http://localhost:1/livez']) {
        verdicts.status(await suite.wire.ask('GET', target), 400, target);
    }
    verdicts.end(7);
});

test('a query that cannot be read is 400 for every operation', async () => {
    const broken = ['a=1&a=2', 'a=1&%61=2', 'a&a', '=1&=2', '%', 'a=%', 'a=%2', 'a=%zz', 'a=%u0041', '%ff=1', 'a=%ff', 'a=%c0%80', 'a=%ed%a0%80', 'a=%f5%80%80%80'];
    const verdicts = new Verdicts();
    const cases = suite.api.operations.flatMap((operation) => broken.map((query) => [operation, query]));
    await forAll(cases, async ([operation, query]) => {
        const body = operation.body ? exampleBody(operation) : undefined;
        const answer = await suite.wire.ask(operation.method, `${pathOf(operation, ids)}?${query}`, { token, body });
        verdicts.status(answer, 400, `${operation.id}?${query}`);
    });
    verdicts.end(400);
});

test('a target over 8 KiB is 414', async () => {
    const verdicts = new Verdicts();
    for (const operation of suite.api.operations) {
        const path = pathOf(operation, ids);
        for (const target of [`${path}?q=${'a'.repeat(8192)}`, `/${'a'.repeat(8192)}${path}`, `${path}?${'%41'.repeat(4000)}`]) {
            const answer = await suite.wire.ask(operation.method, target, { token });
            if (verdicts.status(answer, 414, `${operation.id} ${target.length} bytes`)) verdicts.hold(answer.closes, `${operation.id}: stays open after 414`);
        }
    }
    const fits = `/livez?q=${'a'.repeat(8192 - 9)}`;
    verdicts.status(await suite.wire.ask('GET', fits), 200, 'exactly 8 KiB');
    verdicts.status(await suite.wire.ask('GET', `${fits}a`), 414, '8 KiB and a byte');
    verdicts.end(100);
});

test('parameters outside their range are 422 and named', async () => {
    const verdicts = new Verdicts();
    const cases = suite.api.operations.flatMap((operation) => Object.entries(operation.query).flatMap(([name, schema]) => wrongValues(schema).map((value) => [operation, name, value])));
    await forAll(cases, async ([operation, name, value]) => {
        const body = operation.body ? exampleBody(operation) : undefined;
        const answer = await suite.wire.ask(operation.method, `${pathOf(operation, ids)}?${name}=${value}`, { token, body });
        verdicts.names(answer, name, `${operation.id}?${name}=${value.slice(0, 40)}`);
    });
    verdicts.end(100);
});

function wrongValues(schema) {
    const { type, minimum, maximum, maxLength } = plain(schema);
    if (type === 'integer') {
        return [
            `${minimum - 1}`, `${maximum + 1}`, '-1', '1000000000', '9007199254740993', '9223372036854775808', '18446744073709551616', '-9223372036854775809', '1e0',
            '1.0', '1.5', '+1', '%2B1', '%201', '1%20', '0x1', 'ten', '', 'null', 'true', 'NaN', 'Infinity', '%EF%BC%91', '%D9%A1', '1%00', '%00', "1'", '[]', '1,2', '1;2',
        ];
    }
    const texts = ['%00', 'a%00b', 'x'.repeat(maxLength + 1), '%F0%9F%98%80'.repeat(maxLength + 1).slice(0, 12 * Math.min(maxLength + 1, 600))];
    return isOneLine(schema) ? [...texts, '%0A', 'a%0D%0Ab', '%1B', '%E2%80%AE'] : texts;
}

test('a cursor that no list gave out is 400', async () => {
    const user = suite.users[0];
    for (let count = 0; count < 3; ++count) await user.createRoom();
    const { next } = (await suite.wire.ask('GET', '/chatroom/?limit=1', { token })).body;
    const junk = [
        'x', '!', 'null', '0', '-1', '1', 'AAAA', 'AAAAAAAAAAAA', '%20', '%27', "'%20or%201=1--", '%E2%80%A6', '..%2F..', `${next}A`, next.slice(0, -1), next.slice(1), next.toLowerCase(), `${next}%3D`,
        ...['r', 'm', 's', 'r.', 'r.0', 'r.0.0', 'r.0.0.0.0', 'r.-1.0.1', 'r.2.0.1', 'r.0.99999999999999999999.1', 'r.0.0x1.1', 'r.0.1.1;', 'm.1', 'm.-1.1', '{"id":1}'].map((text) => Buffer.from(text).toString('base64url')),
        'A'.repeat(99),
    ];
    const lists = suite.api.operations.filter(({ query }) => query.cursor);
    const verdicts = new Verdicts();
    for (const operation of lists) {
        for (const cursor of junk) verdicts.status(await suite.wire.ask('GET', `${pathOf(operation, ids)}?cursor=${cursor}`, { token }), 400, `${operation.id} ${cursor}`);
        const ofAnother = operation.id === 'listRooms' ? Buffer.from('m.1.1').toString('base64url') : next;
        verdicts.status(await suite.wire.ask('GET', `${pathOf(operation, ids)}?cursor=${ofAnother}`, { token }), 400, `${operation.id} with another list's cursor`);
    }
    verdicts.end(3 * junk.length);
});

test('parameters that an operation does not know change nothing', async () => {
    const verdicts = new Verdicts();
    for (const query of ['x=1', 'properties=1', 'type=1', 'required=1', 'additionalProperties=1', 'minimum=5', 'a%22b=1', '%5C=1', '', '&', '&&=', 'x']) {
        const answer = await suite.wire.ask('GET', `/chatroom/?limit=1&${query}`, { token });
        verdicts.status(answer, 200, query);
        verdicts.hold(answer.body?.results?.length === 1, `${query}: limit was lost`);
    }
    verdicts.end(20);
});

test('the examples that the tests rest on are right', async () => {
    // Otherwise a 422 could have another reason than the one that is tested.
    const verdicts = new Verdicts();
    for (const operation of suite.api.withBody.filter(({ id }) => id !== 'logOut')) {
        const answer = await suite.wire.ask(operation.method, pathOf(operation, ids), { token, body: exampleBody(operation) });
        const isUnderstood = answer.status !== 400 && answer.status !== 415 && answer.status !== 413;
        verdicts.hold(isUnderstood || ['invalid_code', 'invalid_reset_token', 'invalid_link'].includes(answer.body.code), `${operation.id}: ${answer.status} ${answer.text}`);
        const complained = (answer.body?.errors ?? []).map(({ field }) => field);
        verdicts.hold(complained.every((field) => ['model', 'challenge', 'password'].includes(field)), `${operation.id}: ${answer.text}`);
    }
    assert.equal(example('limit', { type: 'integer', minimum: 1 }), 1);
    verdicts.end(24);
});
