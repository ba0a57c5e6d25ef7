// Which client a request counts for: forwarded addresses count only from configured proxies, and of IPv6 the /64. A table of what
// can be claimed against every way to name proxies. Nobody gets a budget of their own by what they write, and nobody spends another's.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { endPrograms } from '../e2e/support/process.mjs';
import { Server } from '../e2e/support/server.mjs';
import { Verdicts } from './support/suite.mjs';
import { Wire } from './support/wire.mjs';

const settings = {
    SECRET_KEY: 'Zk3vX9q-7Lw2TmB5sR8uYc1NhD6fGjPaQ',
    AI_MODELS: 'demo',
    LOG_FORMAT: 'json',
    RATE_RULES: 'read_address=1/86400', // The second request of a client is refused.
};

after(endPrograms);

// `lines` is one value of X-Forwarded-For, a list of them, or a list of [name, value].
function headersOf(lines) {
    return [lines].flat().map((line) => (Array.isArray(line) ? line : ['X-Forwarded-For', line]));
}

// Starts a server, and gives `ask(lines)`: the status, 401 for a client who comes first and 429 for one who came before.
async function withServer(trusted, use) {
    const server = await Server.start({ env: { ...settings, ...(trusted && { TRUSTED_PROXIES: trusted }) } });
    const wire = new Wire(server);
    await use((lines) => wire.ask('POST', '/auth/token/refresh/', { body: { refresh: 'x' }, headers: headersOf(lines) }));
    wire.close();
    assert.equal((await server.stop()).code, 0);
}

// `claims`: {client: [lines]}, where each of the lines must count for that client ('' is whoever connects) once it has come itself.
// `own(client)`: the lines with which it comes itself. `strangers`: clients who stand in claims but never came.
function table(what, trusted, claims, { own = (client) => (client ? client : []), strangers = [], casesMin }) {
    test(`${what}: a claim makes nobody another client`, async () => {
        await withServer(trusted, async (ask) => {
            const verdicts = new Verdicts();
            for (const client of Object.keys(claims)) verdicts.status(await ask(own(client)), 401, `${client || 'the peer'} comes itself`);
            for (const [client, all] of Object.entries(claims)) {
                for (const lines of all) verdicts.status(await ask(lines), 429, `${JSON.stringify(lines).slice(0, 200)} is ${client || 'the peer'}`);
            }
            for (const stranger of strangers) verdicts.status(await ask(own(stranger)), 401, `nobody spent what is ${stranger}'s`);
            verdicts.end(casesMin);
        });
    });
}

const values = [
    '203.0.113.9', '127.0.0.1', '::1', '2001:db8:1:2::9', '[2001:db8::9]:443', '203.0.113.9:443', 'for=203.0.113.9', 'for="[2001:db8::9]:443";proto=https;by=10.0.0.1', 'for=_hidden, for=unknown',
    '203.0.113.9, 203.0.113.10', '::ffff:203.0.113.9', '0.0.0.0', '10.0.0.1', 'localhost', 'unknown', 'junk', '', ',', '%00', '203.0.113.9\t', '-1', '1'.repeat(2000),
];
const names = [
    'X-Forwarded-For', 'X-Forwarded', 'Forwarded', 'Forwarded-For', 'X-Real-IP', 'X-Client-IP', 'Client-IP', 'X-Originating-IP', 'X-Remote-IP', 'X-Remote-Addr', 'Remote-Addr', 'X-Cluster-Client-IP', 'X-ProxyUser-Ip',
    'True-Client-IP', 'CF-Connecting-IP', 'CF-Connecting-IPv6', 'CF-Pseudo-IPv4', 'Fastly-Client-IP', 'Fly-Client-IP', 'X-Azure-ClientIP', 'X-Appengine-User-Ip', 'X-Envoy-External-Address', 'X-Host', 'X-Forwarded-Host',
    'X-Forwarded-Server', 'X-Forwarded-Port', 'X-Forwarded-Proto', 'Via', 'From', 'X-Original-Forwarded-For', 'X-Forwarded-By', 'X-Forwarded-For-Original', 'X-HTTP-Forwarded-For', 'WL-Proxy-Client-IP', 'Proxy-Client-IP',
];
const others = names.filter((name) => name !== 'X-Forwarded-For');
const twoLines = [['203.0.113.9', '203.0.113.10'], ['', '203.0.113.9'], ['junk', '::1']];

// Without a proxy that is believed: no header counts, whoever wrote it.
const nothingCounts = { '': [...names.flatMap((name) => values.map((value) => [[name, value]])), ...twoLines] };
table('no proxy is configured', undefined, nothingCounts, { casesMin: names.length * values.length });
table('only other proxies are configured', '10.0.0.0/8,203.0.113.0/24,::1,2001:db8::/32', nothingCounts, { casesMin: names.length * values.length });

// What is no address in any form that proxies write: it counts for itself, neither for the proxy nor for what stands before it.
const unreadable = [
    'junk', 'unknown', '_hidden', 'localhost', '203.0.113.99:x', '[203.0.113.99]', '[2001:db8::1', '203.0.113.256', '203.0.113', '203.0.113.9.9', '203.0.113.09', '0xcb.0.0x71.9', '3405803785', '0313.0.0161.011', '203.0.113.9/32',
    '2001:db8::/64', '2001:db8:::1', '2001:db8', '1:2:3:4:5:6:7:8:g', 'g::1', "'203.0.113.99'", '203.0.113.9 203.0.113.10', '203.0.113.9;203.0.113.10', '203.0.113.-9', '+203.0.113.9', '203.0.113.9\u00a0',
    '-1', '0', '*', '%', '203.0.113.9%00',
];
// An entry without anything in it was written by somebody, too.
const emptyEntries = ['203.0.113.10,', '203.0.113.10,,', ', ,', ['203.0.113.10', '']];

// One proxy in front: what it wrote is the last entry of all lines.
const oneProxy = {
    '203.0.113.9': [
        '203.0.113.9', '203.0.113.9:40001', '"203.0.113.9"', 'for=203.0.113.9', '198.51.100.1, [::ffff:203.0.113.9]:443', ' 203.0.113.9 ', '\t203.0.113.9\t', '::ffff:203.0.113.9', '::FFFF:cb00:7109', '198.51.100.1, 203.0.113.9', '198.51.100.1,203.0.113.9', '198.51.100.1,\t203.0.113.9', 'junk, 203.0.113.9', ', 203.0.113.9', ',,,203.0.113.9',
        '"198.51.100.1, 203.0.113.9', '127.0.0.0, 203.0.113.9', '2001:db8:9::1, 203.0.113.9', `${'198.51.100.1, '.repeat(300)}203.0.113.9`, `${'x'.repeat(3000)}, 203.0.113.9`, ['198.51.100.1', '203.0.113.9'],
        ['198.51.100.2, 198.51.100.1', '203.0.113.9'], ['198.51.100.1', '198.51.100.2', '203.0.113.9'], ['', '203.0.113.9'], ['junk', '203.0.113.9'], ...others.map((name) => [[name, '198.51.100.1'], ['X-Forwarded-For', '203.0.113.9']]),
        ...others.map((name) => [['X-Forwarded-For', '203.0.113.9'], [name, 'for=198.51.100.1']]),
    ],
    '2001:db8:1:2::9': [
        '2001:db8:1:2::9', '[2001:db8:1:2::9]', '[2001:db8:1:2::9]:443', '"[2001:db8:1:2::9]:443"', 'for="[2001:db8:1:2::9]"', '2001:db8:1:2::', '2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:DB8:1:2::A', '2001:0db8:0001:0002:0000:0000:0000:0009', '2001:db8:1:2:3::4', '2001:db8:1:2::203.0.113.9', '198.51.100.1, 2001:db8:1:2:3::4',
        '2001:db8:9::1, 2001:db8:1:2::1', ['2001:db8:9::1', '2001:db8:1:2::1'],
    ],
    'fe80::1': ['fe80::2', 'fe80::2%1', 'fe80::2%2', 'fe80::2%lo', 'fe80::2%nowhere'],
    ...Object.fromEntries(unreadable.map((entry) => [entry, [entry, `203.0.113.10, ${entry}`]])),
    ',': emptyEntries,
    '': [[], ...others.flatMap((name) => ['198.51.100.1', 'for=198.51.100.1', '2001:db8:9::1'].map((value) => [[name, value]]))],
};
const strangers = ['198.51.100.1', '198.51.100.2', '203.0.113.10', '203.0.113.99', '2001:db8:9::1', '2001:db8:1:3::9', '2001:db8:1:1:ffff:ffff:ffff:ffff'];
for (const [what, trusted] of [['one proxy, by its address', '127.0.0.1'], ['one proxy, by its network', '127.0.0.0/8'], ['one proxy, by number', '1']]) {
    table(what, trusted, oneProxy, { strangers, casesMin: 230 });
}

// A chain whose addresses are known: from the end to the first that is no proxy.
table('a chain of proxies, by their networks', '127.0.0.1,10.0.0.0/8,2001:db8:aaaa::/48', {
    '203.0.113.9': [
        '203.0.113.9', '203.0.113.9, 10.1.1.1', '203.0.113.9, 10.1.1.1, 10.2.2.2', '203.0.113.9, ::ffff:10.1.1.1', '203.0.113.9, 2001:db8:aaaa:1::5, 10.255.255.255', '198.51.100.1, 203.0.113.9, 10.1.1.1', '10.3.3.3, 203.0.113.9, 10.1.1.1',
        '127.0.0.1, 203.0.113.9', 'junk, 203.0.113.9, 10.1.1.1', ['198.51.100.1', '203.0.113.9, 10.1.1.1'], ['203.0.113.9', '10.1.1.1'], ['198.51.100.1, 203.0.113.9', '10.1.1.1', '127.0.0.1'],
    ],
    // Near a proxy's network is not in it.
    '11.0.0.1': ['198.51.100.1, 11.0.0.1', '198.51.100.1, 11.0.0.1, 10.0.0.1'],
    '2001:db8:aaab::5': ['198.51.100.1, 2001:db8:aaab::5', '198.51.100.1, 2001:db8:aaab::6, 10.0.0.1'],
    // A proxy's own request.
    '10.9.9.9': ['10.9.9.9', '10.9.9.9, 10.1.1.1'],
    junk: ['junk', '198.51.100.1, junk', '198.51.100.1, junk, 10.1.1.1'],
    '198.51.100.7': ['198.51.100.7:80'],
    '': [[]],
}, { strangers: ['198.51.100.1', '10.3.3.3'], casesMin: 30 });

// A chain by its length: so many entries from the end are what proxies wrote.
table('two proxies, by number', '2', {
    '203.0.113.9': ['203.0.113.9, 192.0.2.1', '203.0.113.9, 192.0.2.2', '198.51.100.1, 203.0.113.9, 192.0.2.1', 'junk, 203.0.113.9, 192.0.2.1', ['203.0.113.9', '192.0.2.1'], ['198.51.100.1, 203.0.113.9', '192.0.2.7']],
    '192.0.2.77': ['192.0.2.77'],
    junk: ['junk', '198.51.100.1, junk', ['198.51.100.1', 'junk'], 'junk, 192.0.2.77', '198.51.100.1, junk, 192.0.2.77', ['198.51.100.1', 'junk', '192.0.2.77']],
    '': [[]],
}, { strangers: ['198.51.100.1', '192.0.2.1'], casesMin: 18 });

table('three proxies, by number', '3', {
    '203.0.113.9': ['203.0.113.9, 192.0.2.1, 192.0.2.2', '198.51.100.1, 203.0.113.9, 192.0.2.1, 192.0.2.2', ['198.51.100.1, 203.0.113.9', '192.0.2.1', '192.0.2.2'], `${'198.51.100.1,'.repeat(200)}203.0.113.9,192.0.2.1,192.0.2.2`],
}, { strangers: ['198.51.100.1'], casesMin: 6 });

test('a session names the client, not what it claims', async () => {
    const mobile = '+12025550101';
    const inTenDays = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10);
    const env = { ...settings, RATE_RULES: 'auth=1000/1', TRUSTED_PROXIES: '1', OTP_TEST_NUMBERS: `${mobile}:135790@${inTenDays}` };
    const server = await Server.start({ env });
    const wire = new Wire(server);
    const post = (path, body, headers = []) => wire.ask('POST', path, { body, headers });
    assert.equal((await post('/auth/signup/', { mobile, password: 'a-long-pass-word-7' })).status, 201);
    assert.equal((await post('/auth/send-otp/', { mobile, purpose: 'login' })).status, 200);
    const claim = [['X-Forwarded-For', '198.51.100.1, 203.0.113.9'], ['X-Real-IP', '198.51.100.2'], ['Forwarded', 'for=198.51.100.3']];
    const login = await post('/auth/verify-otp/', { mobile, code: '135790', purpose: 'login' }, claim);
    assert.equal(login.status, 200, login.text);
    const { body } = await wire.ask('GET', '/auth/sessions/', { token: login.body.access });
    assert.deepEqual(body.results.map(({ ip }) => ip), ['203.0.113.9']);
    wire.close();
    assert.equal((await server.stop()).code, 0);
});
