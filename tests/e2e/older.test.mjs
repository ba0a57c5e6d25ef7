// A real older version beside this one. POLLUX_OLDER: the path of its program, whose schema this version works with; without it nothing
// is run, because a clone has only the sources of today.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { Cluster } from './support/cluster.mjs';
import { Load } from './support/load.mjs';
import { endPrograms, sleep, until } from './support/process.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { Sim } from './support/sim.mjs';

const older = process.env.POLLUX_OLDER;
const skip = older ? false : 'POLLUX_OLDER names no program';

after(endPrograms);

const asSeenBy = (user, node) => Object.assign(new User(), user, { client: new Client(node) });

async function roomWithReply(user) {
    const room = await user.createRoom();
    const { message, reply } = await user.send(room, 'to be forgotten');
    await user.follow(room, reply.id);
    return { room, message, reply };
}

// None of it is shown to `user`.
async function isGone(user, { room, message, reply }) {
    for (const path of [`/chatroom/${room}/`, `/chatroom/${room}/message/${message.id}/`, `/chatroom/${room}/message/${reply.id}/`]) {
        const answer = await user.client.ask('GET', path, { token: user.token });
        assert.equal(answer.status, 404, `${path}: ${answer.text}`);
    }
    const answer = await user.client.ask('POST', `/chatroom/${room}/message/`, { token: user.token, body: { content: 'more' } });
    assert.equal(answer.status, 404, answer.text);
    assert.deepEqual((await user.rooms()).filter(({ id }) => id === room), []);
}

async function deleteAccount(cluster, user) {
    await cluster.postgres.psql('update one_time_codes set created_at = created_at - 120000000'); // The next one may be asked for.
    await user.ask('POST', '/auth/send-otp/', { body: { mobile: user.mobile, purpose: 'confirm' } });
    await user.ask('POST', '/auth/verify-otp/', { body: { mobile: user.mobile, code: '135790', purpose: 'confirm' } });
    await user.ask('DELETE', '/user/me/', { expect: 204 });
}

// That a session has ended comes to other nodes as a notice. The older version goes by that alone, so until it comes, a moment later,
// it may show the account's empty row.
async function isLockedOut(user, room) {
    for (const path of ['/user/me/', '/chatroom/', `/chatroom/${room}/`]) {
        await until(`no ${path} after the account was deleted`, async () => {
            const answer = await user.client.ask('GET', path, { token: user.token });
            if (path === '/user/me/' && answer.status === 200) assert.deepEqual([answer.body.mobile, answer.body.name, answer.body.email], [`gone:${user.id}`, null, null]);
            return [401, 404].includes(answer.status) || answer.body.results?.length === 0;
        }, { seconds: 2 });
    }
    const refreshed = await user.client.ask('POST', '/auth/token/refresh/', { body: { refresh: user.refresh } });
    assert.equal(refreshed.status, 401, refreshed.text);
}

for (const redis of [true, false]) {
    test(`old and new side by side under load, ${redis ? 'with Redis' : 'PostgreSQL alone'}`, { timeout: 300_000, skip }, async () => {
        const sim = await Sim.start();
        await sim.plan({ default: { duration_ms: 900, chunks: 12 } });
        // It refuses the names of rules that came after it.
        const rules = (names) => names.map((name) => `${name}=1000000/60`).join();
        const rulesOfBoth = ['auth', 'otp', 'send', 'send_address', 'read', 'read_address'];
        const env = { ...sim.settings(), RATE_RULES: rules(rulesOfBoth) };
        const cluster = await Cluster.start({ users: 12, redis, env, version: older });
        const client = new Client(cluster);
        const users = await Promise.all(Array.from({ length: 8 }, () => User.signUp(client)));
        const load = new Load(users);
        const replace = async (node, version) => {
            assert.equal((await node.stop()).code, 0, node.log.slice(-2000));
            node.version = version;
            await node.start({ RATE_RULES: rules([...rulesOfBoth, 'create', 'create_address', 'plan']) });
            await sleep(1000); // A load balancer sees it again within its 500 ms.
        };
        await load.during(async () => {
            await sleep(1000);
            await cluster.migrate();
            await sleep(1000);
            await replace(cluster.serves[1], 'pollux');
            await replace(cluster.workers[1], 'pollux');
            // Both versions serve and write replies; what one of them deletes, the other shows to nobody.
            for (const [from, to] of [cluster.serves, cluster.serves.toReversed()]) {
                const user = asSeenBy(await User.signUp(client), from);
                const elsewhere = asSeenBy(user, to);
                const home = await roomWithReply(user);
                await user.ask('DELETE', `/chatroom/${home.room}/`, { expect: 204 });
                await isGone(elsewhere, home);
                await isGone(user, home);

                const last = await roomWithReply(user);
                await deleteAccount(cluster, user);
                await isLockedOut(elsewhere, last.room);
                await isLockedOut(user, last.room);
                await until('nothing of that account', async () => (await cluster.rows(`
                    select 1 from users where id = ${user.id} union all select 1 from messages where user_id = ${user.id}
                    union all select 1 from rooms where user_id = ${user.id}`)).length === 0, { seconds: 60, everyMs: 200 });
                user.client.close();
                elsewhere.client.close();
            }
            await sleep(5000);
            await replace(cluster.serves[0], 'pollux');
            await replace(cluster.workers[0], 'pollux');
        });
        await load.end();
        assert.ok(load.counts.replies > users.length * 3);
        assert.equal((await cluster.rows('select count(*)::int as open from jobs'))[0].open, 0);
        assert.equal(cluster.log.match(/"level":"error"/g), null, cluster.log.match(/.*"level":"error".*/g)?.slice(0, 5).join('\n'));
        console.log(`# ${load.counts.requests} requests answered, 0 failed`);
        client.close();
        await cluster.stop();
        await cluster.end();
    });
}

// Each of these was taken, some of them for a number that nobody has: with the code but no plus, with trunk zeros behind the code, too
// short, too long, of no country, of a service.
const oldSpellings = [
    '447911123456', '+44 (0)7911 123457', '07911 123458', '0044 7911 12345', '001 415 555 0101', '+0044 79', '1234567', '+447911123',
    '+1447911123450', '+999123456789', '44-0-7911-123-461', '7911123462', '+44 7911 123463', '(07911) 123464', '+1 900 555 0100', '+3906',
    '+49 0151 12345678', '+49 (0) 151 1234 5679', '00 49 151 12345680', '4915112345681', '+390612345678', '+39 06 1234 5679', '06 12345670',
    '+33 06 12 34 56 78', '0033 6 12 34 56 79', '+7 8 916 123-45-67', '8 916 123 45 68', '+54 9 11 1234 5678', '+52 1 55 1234 5678',
    '+886 0912 345 678', '+91 098765 43210', '91 98765 43211', '098765 43212', '+55 011 91234 5678', '+880 01712 345678', '+62 0812 345 6789',
];

for (const countryCode of ['44', '1', '91', '39']) {
    test(`everybody whose number the older version took in a wrong spelling gets in, country code ${countryCode}`, { timeout: 300_000, skip }, async () => {
        const env = { ...roomySettings, SECRET_KEY: 's'.repeat(40), DEFAULT_COUNTRY_CODE: countryCode, PASSWORD_LOGIN: 'True', OTP_PER_IP_HOUR: '100000' };
        const server = await Server.start({ env, version: older });
        const client = new Client(server);
        const password = 'a-long-pass-word-7';
        const accounts = new Map(); // By id: how it was typed.
        const verify = async (typed, purpose) => {
            await server.rows('update one_time_codes set created_at = created_at - 120000000'); // The next one may be asked for.
            const sent = await client.ask('POST', '/auth/send-otp/', { body: { mobile: typed, purpose } });
            const verified = await client.ask('POST', '/auth/verify-otp/', { body: { mobile: typed, code: sent.body.otp, purpose } });
            assert.equal(verified.status, 200, `${typed}: ${sent.text} ${verified.text}`);
            return verified.body;
        };
        for (const typed of oldSpellings) {
            const signedUp = await client.ask('POST', '/auth/signup/', { body: { mobile: typed, password } });
            if (signedUp.status !== 201) continue;
            const { user } = await verify(typed, 'login');
            const { reset_token } = await verify(typed, 'reset_password');
            const reset = await client.ask('POST', '/auth/reset-password/', { body: { reset_token, new_password: password } });
            assert.equal(reset.status, 204, `${typed}: ${reset.text}`);
            accounts.set(user.id, { typed, mobile: user.mobile });
        }
        assert.ok(accounts.size >= 20, `only ${accounts.size} spellings were taken`);
        await server.stop();
        server.version = 'pollux';
        await server.rows('update one_time_codes set created_at = created_at - 90000000000'); // A number has its codes of a day.
        await server.start();
        for (const [id, { typed, mobile }] of accounts) {
            for (const spelling of [typed, mobile]) {
                const byPassword = await client.ask('POST', '/auth/login/', { body: { mobile: spelling, password } });
                assert.equal(byPassword.status, 200, `${spelling} of ${typed}: ${byPassword.text}`);
                assert.equal(byPassword.body.user.id, id, `${spelling} of ${typed}`);
            }
            assert.equal((await verify(typed, 'login')).user.id, id, typed);
        }
        console.log(`# ${accounts.size} of ${oldSpellings.length} spellings were taken; all of these get in`);
        await server.stop();
        client.close();
    });
}
