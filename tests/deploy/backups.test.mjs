// docs/deploy.md's backups, typed as they stand there beside servers under load, and brought back: what was acknowledged before the backup began is
// all there, tokens of then open their sessions and renew them, and replies that were in flight are written.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';

import { Client, User } from '../e2e/support/client.mjs';
import { endPrograms, until } from '../e2e/support/process.mjs';
import { Postgres } from '../e2e/support/services.mjs';
import { Sim } from '../e2e/support/sim.mjs';
import { Machine, Unit, sectionsOf } from './support/machine.mjs';

after(endPrograms);

const blocks = Object.assign({}, ...sectionsOf('docs/deploy.md').map((section) => section.blocks));
const inTenDays = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10);

// `containers`: as compose.yaml names them, {service: variables of commands in it}.
async function drill({ database, roles, backup, restore, containers, postgres }) {
    const sim = await Sim.start();
    await sim.plan({ default: { duration_ms: 400, chunks: 8 } });
    const numbers = Array.from({ length: 6 }, (_, number) => `+1202555${String(number).padStart(4, '0')}`);
    const machine = await Machine.start({
        SECRET_KEY: 'Vq8sT2mZr6Xw1Lk9Bn4Hd7Gy3Jc5Pf0E', ALLOWED_HOSTS: '127.0.0.1', AI_TITLE_MODEL: 'off', MIGRATE_ON_START: 'True', DATA_DIR: 'data', WORKER_METRICS_LISTEN: '', ...sim.settings(), ...database,
        OTP_TEST_NUMBERS: numbers.map((mobile) => `${mobile}:135790@${inTenDays}`).join(), BASIC_DAILY_MESSAGES: '100000', RATE_RULES: 'send=1000000/60,plan=1000000/60,send_address=1000000/60,read_address=1000000/60',
    });
    const units = roles.map((role) => new Unit(machine, role));
    for (const unit of units) await unit.start();
    const client = new Client(units[0]);
    if (containers) {
        machine.addContainers(containers);
        machine.services = { serve1: units[0], serve2: units[1], worker: units[2] };
    }
    // As cron runs it: blocks of the document in a script.
    const backups = path.join(machine.folder, 'backups');
    const tries = (names) => {
        for (const name of names) assert.ok(blocks[name], `there is a block ${name}`);
        const script = path.join(machine.folder, 'script');
        fs.writeFileSync(script, `#!/bin/sh\nset -e\n${names.map((name) => blocks[name]).join('')}`, { mode: 0o700 });
        return machine.types(script, { BACKUPS: backups });
    };
    const runs = async (...names) => {
        const { code, said } = await tries(names);
        assert.equal(code, 0, said);
    };
    const file = path.join(machine.folder, 'data/pollux.sqlite3');
    const rows = () => (postgres ? postgres.psql('select count(*), max(id) from messages') : fs.readFileSync(file, 'base64'));
    // What stands in a backup's place when a disk or a copy has failed.
    const isRefusedDamaged = async () => {
        const there = await rows();
        const [name] = fs.readdirSync(backups);
        const whole = fs.readFileSync(path.join(backups, name));
        fs.writeFileSync(path.join(backups, name), whole.subarray(0, whole.length / 2));
        const { code, said } = await tries(restore);
        assert.notEqual(code, 0, said);
        assert.ok(there === (await rows()), 'what cannot be brought back whole changes nothing');
        fs.writeFileSync(path.join(backups, name), whole);
    };

    const users = [];
    for (const mobile of numbers) {
        const user = Object.assign(new User(), { client, mobile });
        await user.ask('POST', '/auth/signup/', { body: { mobile }, expect: 201 });
        await user.ask('POST', '/auth/send-otp/', { body: { mobile, purpose: 'login' } });
        const login = await user.ask('POST', '/auth/verify-otp/', { body: { mobile, code: '135790', purpose: 'login' } });
        users.push(Object.assign(user, { token: login.access, refresh: login.refresh }));
    }
    let isOver = false;
    const accepted = []; // {user, room, message, reply, content}
    const load = users.map(async (user) => {
        const room = await user.createRoom();
        for (let number = 0; !isOver; ++number) {
            const content = `message ${number} of ${user.mobile}`;
            const { message, reply } = await user.send(room, content, { wait: 5 });
            accepted.push({ user, room, message: message.id, reply: reply.id, content });
        }
    });
    await until('some messages', () => accepted.length >= 30);
    const before = accepted.slice();
    await runs(...backup);
    await until('messages after it', () => accepted.length >= before.length + 20);
    isOver = true;
    await Promise.all(load);
    const later = await users[0].createRoom({ name: 'made after the backup' });
    const renewed = await client.ask('POST', '/auth/token/refresh/', { body: { refresh: users[1].refresh } });
    assert.equal(renewed.status, 200);
    for (const unit of [...units].reverse()) assert.equal((await unit.stop()).code, 0);

    await isRefusedDamaged();
    if (postgres) {
        await postgres.psql('create table of_a_newer_version (user_id bigint references users); alter table users add of_a_newer_version text');
    }
    await runs(...restore);
    if (postgres) assert.equal(await postgres.psql("select count(*) from information_schema.columns where 'of_a_newer_version' in (table_name, column_name)"), '0\n');
    for (const unit of units) await unit.start();
    for (const { user, room, message, reply, content } of before) {
        assert.equal((await user.message(room, message)).content, content);
        await until(`reply ${reply}`, async () => (await user.message(room, reply)).status === 'completed', { seconds: 60 });
    }
    assert.equal((await client.ask('GET', `/chatroom/${later}/`, { token: users[0].token })).status, 404, 'what came later is gone');
    assert.equal((await users[0].send(await users[0].createRoom(), 'and on', { wait: 20 })).reply.status, 'completed');
    const renews = (refresh) => client.ask('POST', '/auth/token/refresh/', { body: { refresh } });
    assert.equal((await renews(users[0].refresh)).status, 200, 'a session as it was at the backup goes on');
    const lost = await renews(renewed.body.refresh);
    assert.deepEqual([lost.status, lost.body.code], [401, 'refresh_invalid'], 'one that was renewed since has to log in again');
    for (const unit of [...units].reverse()) await unit.stop();
    client.close();
    await sim.stop();
    return { before: before.length, accepted: accepted.length };
}

test('SQLite, beside a running server', { timeout: 240_000 }, async () => {
    const counts = await drill({ database: {}, roles: ['serve'], backup: ['backup-places', 'backup-sqlite'], restore: ['backup-places', 'restore-sqlite'] });
    console.log(`# ${JSON.stringify(counts)}`);
});

test('PostgreSQL, beside two servers and a worker', { timeout: 240_000 }, async () => {
    const postgres = await Postgres.start();
    const counts = await drill({ database: { DATABASE_URL: postgres.url }, roles: ['serve', 'serve', 'worker'], backup: ['backup-places', 'backup-postgres'], restore: ['backup-places', 'restore-postgres'], postgres });
    console.log(`# ${JSON.stringify(counts)}`);
    await postgres.stop();
});

test('PostgreSQL of compose.yaml, by its own container', { timeout: 240_000 }, async () => {
    const postgres = await Postgres.start();
    const containers = { postgres: { PGHOST: '127.0.0.1', PGPORT: postgres.port } };
    const counts = await drill({ database: { DATABASE_URL: postgres.url }, roles: ['serve', 'serve', 'worker'], backup: ['backup-compose'], restore: ['restore-compose'], containers, postgres });
    console.log(`# ${JSON.stringify(counts)}`);
    await postgres.stop();
});
