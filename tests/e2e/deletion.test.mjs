// What is deleted is gone at once on every node and route, also for a client that repeats an earlier request; its rows follow in pieces, also when
// the process that deletes them is killed.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';

import { Client, User, readEvents } from './support/client.mjs';
import { Cluster, Node } from './support/cluster.mjs';
import { endPrograms, until } from './support/process.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { Sim } from './support/sim.mjs';
import { ReplyReader } from './support/sse.mjs';

after(endPrograms);

const filler = Number(process.env.POLLUX_FILLER ?? 200_000);

// As if they had been sent: questions with replies would take half an hour.
const fill = (room, user) => `
    with recursive n (i) as (select 1 union all select i + 1 from n where i < ${filler})
    insert into messages (room_id, user_id, role, status, content, created_at) select ${room}, ${user}, 'user', 'completed', 'lying about', i from n`;

// A room in which everything has happened that can, each request with its key.
async function furnished(user) {
    const keys = { create: randomUUID(), send: randomUUID(), retry: randomUUID() };
    const key = (name) => ({ 'Idempotency-Key': keys[name] });
    const { id: room } = await user.ask('POST', '/chatroom/', { body: { name: 'findable' }, headers: key('create'), expect: 201 });
    const { message, reply } = await user.send(room, 'the first', { key: keys.send });
    await user.follow(room, reply.id);
    const retried = (await user.ask('POST', `/chatroom/${room}/message/${reply.id}/retry/`, { headers: key('retry'), expect: 201 })).reply;
    await user.follow(room, retried.id);
    return { room, message, reply, retried, key, keys };
}

async function isGone(user, { room, message, reply, retried, key, keys }) {
    const gone = async (method, path, options = {}) => {
        const answer = await user.client.ask(method, path, { token: user.token, ...options });
        assert.equal(answer.status, 404, `${method} ${path}: ${answer.status} ${answer.text}`);
    };
    await gone('GET', `/chatroom/${room}/`);
    await gone('PATCH', `/chatroom/${room}/`, { body: { name: 'mine' } });
    await gone('DELETE', `/chatroom/${room}/`);
    await gone('POST', `/chatroom/${room}/message/`, { body: { content: 'more' } });
    await gone('POST', '/chatroom/', { body: { name: 'findable' }, headers: key('create') });
    await gone('POST', `/chatroom/${room}/message/`, { body: { content: 'the first' }, headers: { 'Idempotency-Key': keys.send } });
    await gone('POST', `/chatroom/${room}/message/${reply.id}/retry/`, { headers: key('retry') });
    for (const { id } of [message, reply, retried]) {
        await gone('GET', `/chatroom/${room}/message/${id}/`);
        await gone('GET', `/chatroom/${room}/message/${id}/stream/`, { headers: { Accept: 'text/event-stream' } });
        await gone('GET', `/chatroom/${room}/message/${id}/variants/`);
        await gone('POST', `/chatroom/${room}/message/${id}/stop/`);
        await gone('POST', `/chatroom/${room}/message/${id}/retry/`);
    }
    assert.deepEqual((await user.rooms()).filter(({ id }) => id === room), []);
    assert.deepEqual((await user.ask('GET', '/chatroom/?q=findable')).results, []);
}

// Reads a reply that is being written until its room is deleted.
async function readUntilDeleted(user, room) {
    const { reply } = await user.send(room, 'goes on');
    const reader = new ReplyReader();
    const stream = await user.openStream(room, reply.id, null);
    const read = readEvents(stream, reader);
    await until('its text', () => reader.text.length > 0);
    return async () => {
        await read;
        assert.deepEqual([reader.end, reader.error.code], ['error', 'room_deleted']);
    };
}

test('on two nodes over PostgreSQL, with nobody yet to delete the rows', { timeout: 300_000 }, async () => {
    const sim = await Sim.start();
    await sim.plan({ matching: [{ match: 'goes on', duration_ms: 60_000, chunks: 600 }] });
    const cluster = await Cluster.start({ workers: 1, users: 4, env: sim.settings() });
    const client = new Client(cluster);
    const user = await User.signUp(client);
    const home = await furnished(user);
    const ended = await readUntilDeleted(user, home.room);
    await cluster.postgres.psql(fill(home.room, user.id));
    const left = async () => Number((await cluster.rows(`select count(*) as n from messages where room_id = ${home.room}`))[0].n);
    const before = await left();
    await cluster.postgres.psql(`create table touched (n bigint); create function note() returns trigger language plpgsql as
        $$ begin insert into touched select count(*) from old_rows; return null; end $$;
        create trigger note after delete on messages referencing old table as old_rows for each statement execute function note();`);
    cluster.workers[0].pause(); // Its lane is the one that deletes.
    await user.ask('DELETE', `/chatroom/${home.room}/`, { expect: 204 });
    assert.ok(before - (await left()) <= 250, 'the DELETE touches few rows');
    await ended();
    for (const node of cluster.serves) {
        const here = new Client(node);
        await isGone(Object.assign(Object.create(user), { client: here }), home);
        here.close();
    }
    assert.ok((await left()) > filler - 300, 'the rows lie about still');

    cluster.workers[0].resume();
    const other = await user.createRoom();
    await until('the first pieces', async () => (await left()) < filler - 2000, { seconds: 60 });
    await cluster.workers[0].kill(); // In the midst of it.
    assert.ok((await left()) > 0, 'it was not yet done');
    await cluster.workers[0].start();
    await user.send(other, 'meanwhile');
    await until('the rest', async () => (await left()) === 0 && (await cluster.rows('select 1 from tasks where kind = \'delete_room\'')).length === 0, { seconds: 120, everyMs: 100 });
    assert.deepEqual(await cluster.rows(`select 1 from rooms where id = ${home.room}`), []);
    const [{ most }] = await cluster.rows('select max(n) as most from touched');
    assert.ok(Number(most) <= 1000, `a statement deleted ${most} rows`);
    await isGone(user, home);

    // The account, in the same way.
    const last = await furnished(user);
    await cluster.postgres.psql(fill(last.room, user.id));
    cluster.workers[0].pause();
    await cluster.postgres.psql('update one_time_codes set created_at = created_at - 120000000'); // The next one may be asked for.
    await user.ask('POST', '/auth/send-otp/', { body: { mobile: user.mobile, purpose: 'confirm' } });
    await user.ask('POST', '/auth/verify-otp/', { body: { mobile: user.mobile, code: '135790', purpose: 'confirm' } });
    await user.ask('DELETE', '/user/me/', { expect: 204 });
    for (const node of cluster.serves) {
        const here = new Client(node);
        for (const path of ['/user/me/', '/chatroom/', `/chatroom/${last.room}/`, `/chatroom/${last.room}/message/${last.message.id}/`]) {
            const answer = await here.ask('GET', path, { token: user.token });
            assert.ok([401, 404].includes(answer.status) || answer.body.results?.length === 0, `${path}: ${answer.status} ${answer.text}`);
        }
        here.close();
    }
    assert.deepEqual(await cluster.rows(`select name, email, mobile from users where id = ${user.id}`), [{ name: null, email: null, mobile: `gone:${user.id}` }]);
    cluster.workers[0].resume();
    await until('nothing of the user', async () => (await cluster.rows(`select 1 from users where id = ${user.id} union all select 1 from messages where user_id = ${user.id}`)).length === 0, { seconds: 120, everyMs: 200 });
    client.close();
    await cluster.stop();
    await cluster.end();
});

test('on SQLite, where the process that deletes the rows is killed', { timeout: 300_000 }, async () => {
    const sim = await Sim.start();
    const server = await Server.start({ env: { ...roomySettings, ...sim.settings(), SECRET_KEY: 's'.repeat(40) } });
    const client = new Client(server);
    const user = await User.signUp(client);
    const home = await furnished(user);
    await server.stop();
    await server.rows(fill(home.room, user.id));
    await server.start();
    await user.ask('DELETE', `/chatroom/${home.room}/`, { expect: 204 });
    await isGone(user, home);
    await server.kill();
    const count = `select count(*) as n from messages where room_id = ${home.room}`;
    await server.start();
    await isGone(user, home);
    const other = await user.createRoom();
    await user.send(other, 'meanwhile');
    await until('the task', async () => (await server.rows("select 1 from tasks where kind = 'delete_room'")).length === 0, { seconds: 120, everyMs: 200 });
    assert.deepEqual(await server.rows(count), [{ n: 0 }]);
    assert.deepEqual(await server.rows(`select 1 from rooms where id = ${home.room}`), []);
    await server.stop();
    client.close();
});
