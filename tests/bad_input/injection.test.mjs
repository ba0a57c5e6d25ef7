// Texts that mean something to databases, shells, pages and logs mean nothing here: they come back as they were, and nothing else changes.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { exampleBody, pathOf, plain } from './support/api.mjs';
import { Suite, Verdicts, forAll } from './support/suite.mjs';

let suite;
let user;
let ids;

before(async () => {
    suite = await Suite.open();
    user = suite.users[0];
    ids = await suite.conversation(user);
});
after(() => suite?.close());

const attacks = [
    "'", "''", '"', '`', '\\', "\\'", ';', '--', '/*', '*/', '#', "' or '1'='1", "' or 1=1 --", '" or ""="', "') or ('1'='1", "'; drop table users; --", "'; delete from messages where 1=1; --", "1; update users set is_admin=1 --",
    "' union select mobile, password_hash from users --", "' union select 1,2,3,4,5,6,7,8,9 --", "x' and (select count(*) from sqlite_master) > 0 --", "' || (select group_concat(mobile) from users) || '", "'; attach database '/tmp/pollux-owned' as x; --",
    "'; pragma writable_schema=1; --", "'; vacuum into '/tmp/pollux-owned'; --", "' and randomblob(1000000000) --", "' and 1=load_extension('x') --", "'; select pg_sleep(10); --", "' waitfor delay '0:0:10' --", "'+(select sleep(10))+'", '$1', '$2', '$9',
    '?1', ':1', '@p', '{0}', '%s%s%s%n', '%d', '%x', '${7*7}', '{{7*7}}', '#{7*7}', '<%= 7*7 %>', '${jndi:ldap://127.0.0.1:1/x}', '$(id)', '`id`', '; id', '| id', '&& id', '../../../../etc/passwd', '..\\..\\windows', 'file:///etc/passwd',
    '<script>alert(1)</script>', '<img src=x onerror=alert(1)>', '"><svg onload=alert(1)>', "javascript:alert('x')", '](javascript:alert(1))', '![x](http://127.0.0.1:1/x.png)', '<!--', ']]>', '&lt;', '&#0;', '%00', '%0d%0aSet-Cookie: a=b',
    'x*', 'x%', '_', '%', '[a-z]', 'a{1,1000000000}', '(a+)+$', 'null', 'undefined', 'true', 'NaN', '-1', '1e1000', '0x41', '\u{1f469}\u200d\u{1f4bb}', '\u0130\u0131', '\ufb01', '\u00df', 'A\u030a', '\u200b', '\ufffe', '\uffff', '\u{10ffff}',
    'data: x', 'event: done', ': comment', 'id: 1-end', '{"a":1}', '[]', '"}', '","is_admin":true,"x":"', '=cmd|calc!A1', '@SUM(1)', '+1', 'constructor', '__proto__', 'toString',
];

// What a list, a search or a log might be led astray by, in every text field and parameter.
test('every text field takes every attack as text, or refuses it as input', async () => {
    const verdicts = new Verdicts();
    const count = (await user.rooms()).length;
    const cases = suite.api.withBody
        .filter(({ id }) => !['logOut', 'createRoom', 'sendMessage', 'changeMe', 'changeRoom', 'signUp', 'sendOtp', 'forgotPassword'].includes(id))
        .flatMap((operation) => Object.entries(operation.body.properties).filter(([, schema]) => plain(schema).type === 'string').flatMap(([name]) => attacks.map((attack) => [operation, name, attack])));
    await forAll(cases, async ([operation, name, attack]) => {
        const value = attack.padEnd(plain(operation.body.properties[name]).minLength ?? 0, '.');
        const answer = await suite.wire.ask(operation.method, pathOf(operation, ids), { token: user.token, body: { ...exampleBody(operation), [name]: value } });
        verdicts.status(answer, [400, 401, 403, 404, 422, 429], `${operation.id}.${name} = ${attack}`);
    });
    assert.equal((await user.rooms()).length, count);
    verdicts.end(400);
});

test('what is stored comes back as it was', async () => {
    const verdicts = new Verdicts();
    await forAll(attacks, async (attack) => {
        const made = await suite.wire.ask('POST', '/chatroom/', { token: user.token, body: { name: attack, system_prompt: attack } });
        if (!verdicts.status(made, 201, `name ${attack}`)) return;
        const changed = await suite.wire.ask('PATCH', `/chatroom/${made.body.id}/`, { token: user.token, body: { name: `${attack}${attack}` } });
        verdicts.status(changed, 200, `change to ${attack}`);
        const read = await suite.wire.ask('GET', `/chatroom/${made.body.id}/`, { token: user.token });
        verdicts.hold(read.body.name === attack + attack && read.body.system_prompt === attack, `${attack} became ${read.body.name}`);
        await suite.wire.ask('DELETE', `/chatroom/${made.body.id}/`, { token: user.token });
    }, 4);
    verdicts.end(3 * attacks.length);
});

test('messages and profiles keep them too', async () => {
    const verdicts = new Verdicts();
    const all = attacks.join('\n');
    const { message } = await user.send(ids.room, all, { wait: 10 });
    verdicts.hold((await user.message(ids.room, message.id)).content === all, 'a message changed');
    for (const attack of attacks) {
        const answer = await suite.wire.ask('PATCH', '/user/me/', { token: user.token, body: { name: attack, custom_instructions: attack } });
        if (verdicts.status(answer, 200, attack)) verdicts.hold(answer.body.name === attack, `${attack} became ${answer.body.name}`);
    }
    verdicts.end(2 * attacks.length);
});

test('parameters: a search finds what holds the text, and nothing more', async () => {
    const verdicts = new Verdicts();
    const reader = await suite.signUp();
    await reader.createRoom({ name: 'a plain room' });
    await reader.createRoom({ name: "100% o'clock _under_ \\back" });
    const finds = { '%': 1, _: 1, '\\': 1, "'": 1, plain: 1, PLAIN: 1, room: 1, 'a p': 1, '%25': 0, 'a%room': 0, 'p_ain': 0, "' or 1=1 --": 0, '': 2 };
    for (const [q, count] of Object.entries(finds)) {
        const answer = await suite.wire.ask('GET', `/chatroom/?q=${encodeURIComponent(q)}`, { token: reader.token });
        if (verdicts.status(answer, 200, q)) verdicts.hold(answer.body.results.length === count, `?q=${q} found ${answer.body.results.length}`);
    }
    const cases = suite.api.operations.flatMap((operation) => Object.keys(operation.query).flatMap((name) => attacks.map((attack) => [operation, name, attack])));
    await forAll(cases, async ([operation, name, attack]) => {
        const body = operation.body ? exampleBody(operation) : undefined;
        if (operation.id === 'sendMessage' && /^[0-9]+$/.test(attack)) return;
        const answer = await suite.wire.ask(operation.method, `${pathOf(operation, ids)}?${name}=${encodeURIComponent(attack)}`, { token: reader.token, body });
        verdicts.status(answer, [200, 400, 404, 422], `${operation.id}?${name}=${attack}`);
    });
    verdicts.end(400);
});

test('headers too', async () => {
    const verdicts = new Verdicts();
    const names = ['User-Agent', 'X-Request-ID', 'Idempotency-Key', 'Last-Event-ID', 'Accept', 'Accept-Language', 'Origin', 'Referer', 'Cookie', 'X-Pollux-Client', 'Sec-Fetch-Site', 'If-None-Match', 'Range'];
    const plainAttacks = attacks.filter((attack) => /^[\x20-\x7e]*$/.test(attack));
    const cases = names.flatMap((name) => plainAttacks.map((attack) => [name, attack]));
    await forAll(cases, async ([name, attack]) => {
        const answer = await suite.wire.ask('GET', '/chatroom/', { token: user.token, headers: [[name, attack]] });
        verdicts.status(answer, 200, `${name}: ${attack}`);
        verdicts.hold(!JSON.stringify(answer.headers).includes('set-cookie'), `${name}: ${attack} set a cookie`);
    });
    verdicts.end(1000);
});

test('a device list shows what a device calls itself, on one line', async () => {
    const agents = [...attacks.filter((attack) => /^[\x20-\x7e]+$/.test(attack)), 'x'.repeat(1000), '\u00c3\u00a9', '\u00ff\u00fe', '\u00e2\u0080\u00ae'];
    for (const agent of agents.slice(-8)) {
        const answer = await suite.wire.ask('POST', '/auth/login/', { body: { mobile: user.mobile, password: user.password }, headers: [['User-Agent', agent]] });
        assert.equal(answer.status, 200);
    }
    const { results } = await user.ask('GET', '/auth/sessions/');
    for (const { user_agent: agent } of results) assert.ok([...agent].length <= 200 && !/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/.test(agent), agent);
});

test('the users are who they were', async () => {
    const me = await user.ask('GET', '/user/me/');
    assert.equal(me.tier, 'basic');
    assert.equal(me.is_admin, false);
    assert.equal(me.mobile, user.mobile);
});
