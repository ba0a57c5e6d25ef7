// From one machine to many: what a server on SQLite holds goes on on PostgreSQL, for everybody who is logged in.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { binary, endPrograms } from './support/process.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { Postgres } from './support/services.mjs';
import { Sim } from './support/sim.mjs';

const password = 'not-to-be-shown';

describe('move', () => {
    let postgres, url, sim, env, server, client;
    const users = [];
    const seen = new Map(); // What each user saw before.

    const pollux = (args, extra = {}) =>
        spawnSync(binary('pollux'), args, { cwd: server.folder, env: { PATH: process.env.PATH, ...env, ...extra }, encoding: 'utf8' });
    const move = (to = url) => pollux(['move', '--from', `sqlite:///${server.database}`, '--to', to]);

    // All that a user can read, as it comes.
    async function everything(user) {
        const paths = ['/user/me/', '/user/usage/', '/auth/sessions/'];
        const answers = {};
        for (const path of paths) answers[path] = (await client.ask('GET', path, { token: user.token })).text;
        answers.rooms = await user.rooms();
        for (const room of answers.rooms) answers[`room ${room.id}`] = await user.messages(room.id);
        return answers;
    }

    before(async () => {
        postgres = await Postgres.start();
        url = postgres.url.replace('pollux@', `pollux:${password}@`);
        sim = await Sim.start();
        await sim.plan({ default: { text: 'Grüße, 世界 🌍\n\ttabs \\ and \\N', chunk_delay_ms: 0 } });
        env = { ...roomySettings, ...sim.settings(), SECRET_KEY: 's'.repeat(40), METRICS_LISTEN: '' };
        server = await Server.start({ env });
        client = new Client(server);
    });
    after(() => {
        endPrograms();
        client.close();
    });

    test('users, rooms and messages are made on SQLite', async () => {
        for (let number = 0; number < 3; ++number) {
            const user = await User.signUp(client);
            users.push(user);
            for (let room = 0; room <= number; ++room) {
                const id = await user.createRoom({ name: `Zimmer ${room} 🌍` });
                for (let turn = 0; turn < 3; ++turn) {
                    const sent = await user.send(id, `${turn}: "quoted" \\N \t ü`);
                    await user.follow(id, sent.reply.id);
                }
            }
        }
        const gone = await users[0].createRoom({ name: 'gone' });
        assert.equal((await client.ask('DELETE', `/chatroom/${gone}/`, { token: users[0].token })).status, 204);
        users.lastRoom = gone;
        for (const user of users) seen.set(user, await everything(user));
    });

    test('a running server keeps its database', () => {
        const refused = move();
        assert.equal(refused.status, 1);
        assert.match(refused.stderr, /^pollux: the database \S+ is in use by process \d+; one process at a time may open it\n$/);
    });

    test('it goes to PostgreSQL, and says what went', async () => {
        await server.kill(); // So that a part of it is still in the log beside the file.
        const said = move();
        assert.equal(said.stderr, '');
        assert.equal(said.status, 0);
        assert.match(said.stdout, /copied users +3 of 3\n/);
        assert.match(said.stdout, /\n  users +3  [0-9a-f]{32}  the same in PostgreSQL\n/);
        const [, moved] = /\nmoved (\d+) rows\n/.exec(said.stdout);
        const tables = await postgres.rows(`select table_name as name from information_schema.tables where table_schema = 'public' and table_name <> 'schema_migrations'`);
        let arrived = 0;
        for (const { name } of tables) arrived += (await postgres.rows(`select count(*)::int as rows from "${name}"`))[0].rows;
        assert.equal(arrived, Number(moved));
        assert.ok(!said.stdout.includes(password));
    });

    test('a second move is refused, as is a server that is not there, and no password is shown', () => {
        const again = pollux(['move'], { DATABASE_URL: url }); // From the database in DATA_DIR.
        assert.equal(again.status, 1);
        assert.match(again.stderr, /^pollux: the database pollux at 127\.0\.0\.1 is not empty: table \w+ has rows\. [^\n]+\n$/);
        const nobody = move(`postgres://pollux:${password}@127.0.0.1:1/pollux`);
        assert.equal(nobody.status, 1);
        const nothing = pollux(['move'], { DATABASE_URL: url, DATA_DIR: 'elsewhere' });
        assert.equal(nothing.status, 1);
        assert.match(nothing.stderr, /there is no database elsewhere\/pollux\.sqlite3; name one with --from/);
        const backwards = pollux(['move', '--from', url, '--to', `sqlite:///${server.database}`]);
        assert.equal(backwards.status, 2);
        const unreadable = move(`postgres://pollux:${password}@[::1/pollux`);
        assert.equal(unreadable.status, 1);
        for (const { stdout, stderr } of [again, nobody, nothing, backwards, unreadable]) {
            assert.equal(stdout, '');
            assert.match(stderr, /^pollux: [^\n]+\n$/);
            assert.ok(!stderr.includes(password), stderr);
        }
    });

    test('on PostgreSQL the same tokens read the same rooms and messages', async () => {
        await server.start({ DATABASE_URL: url });
        for (const user of users) assert.deepEqual(await everything(user), seen.get(user));
    });

    test('and they go on, with ids that rise', async () => {
        const highest = Math.max(...[...seen.values()].flatMap((answers) => Object.entries(answers))
            .filter(([name]) => name.startsWith('room ')).flatMap(([, messages]) => messages.map(({ id }) => id)));
        let last = highest;
        for (const user of users) {
            const [room] = await user.rooms();
            const sent = await user.send(room.id, 'and now?');
            assert.ok(sent.message.id > last && sent.reply.id > sent.message.id, `${sent.message.id} after ${last}`);
            last = sent.reply.id;
            const reader = await user.follow(room.id, sent.reply.id);
            assert.match(reader.text, /^Grüße/);
            const renewed = await user.ask('POST', '/auth/token/refresh/', { body: { refresh: user.refresh } });
            assert.ok(renewed.access);
        }
        const room = await users[0].createRoom({ name: 'new' });
        assert.ok(room > users.lastRoom, 'the id of a deleted room is not handed out again');
        assert.ok((await User.signUp(client)).id > Math.max(...users.map(({ id }) => id)));
    });
});
