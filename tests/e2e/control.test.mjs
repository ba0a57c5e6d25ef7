// Commands beside a running server: over SQLite by the control socket, over PostgreSQL directly; and what of it a crash leaves behind.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, describe, test } from 'node:test';

import { command } from './support/command.mjs';
import { Program, binary, endPrograms, logged, temporaryFolder } from './support/process.mjs';
import { Server } from './support/server.mjs';
import { Postgres } from './support/services.mjs';

const surroundings = { PATH: process.env.PATH, HOME: process.env.HOME, LANG: 'C.UTF-8', METRICS_LISTEN: '', LOG_FORMAT: 'json' };
const debug = { DEBUG: 'True', LOG_FORMAT: 'json' };
const passwordFile = path.join(temporaryFolder(), 'password');
fs.writeFileSync(passwordFile, 'seven green lanterns\n');

async function createSuperuser(folder, mobile, env = debug) {
    const program = new Program(binary('pollux'), ['createsuperuser', mobile, '--password-file', passwordFile],
        { cwd: folder, env: { ...surroundings, ...env } });
    const { code } = await program.end;
    return { code, stdout: program.stdout, stderr: program.stderr };
}

const socketOf = (server) => path.join(server.folder, 'pollux_data', 'control.sock');

// The link logs in, once.
async function logIn(server, printed) {
    const token = /"token":"([^"]+)"/.exec(printed)[1];
    const ask = () => fetch(`${server.url}/auth/link/`, {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ token }),
    });
    const first = await ask();
    assert.equal(first.status, 200, await first.clone().text());
    assert.notEqual((await ask()).status, 200);
    return first.json();
}

after(() => endPrograms());

describe('commands beside a server', { concurrency: true }, () => {
    test('createsuperuser over SQLite: the server does it, and the link logs in', { timeout: 60_000 }, async () => {
        const server = await Server.start({ env: debug });
        assert.equal(fs.statSync(socketOf(server)).mode & 0o777, 0o600);
        const made = await createSuperuser(server.folder, '+14155550100');
        assert.equal(made.code, 0, made.stderr);
        assert.match(made.stdout, /\+14155550100 is an admin/);
        assert.match(made.stdout, /^ {4}http:\/\/\S+\/signin#token=\d+\.[\w-]+$/m);
        await logIn(server, made.stdout);
        await logged(server, 'control_command', 'createsuperuser');
        assert.doesNotMatch(server.log, /14155550100|lanterns/);
        await server.stop();
        assert.ok(!fs.existsSync(socketOf(server)));
    });

    test('what the service refuses is said as without a server, and the server goes on', { timeout: 60_000 }, async () => {
        const server = await Server.start({ env: debug });
        const beside = await createSuperuser(server.folder, 'no number');
        const url = server.url;
        await server.stop();
        const alone = await createSuperuser(server.folder, 'no number');
        const said = ({ code, stderr }) => [code, stderr.split('\n').filter((line) => !line.startsWith('{')).join('\n')];
        assert.deepEqual(said(beside), said(alone));
        assert.equal(beside.code, 1);
        assert.ok(url);
    });

    test('after kill -9: the file that was left stops nobody, and the next server has a socket again', { timeout: 60_000 }, async () => {
        const server = await Server.start({ env: debug });
        await server.kill();
        assert.ok(fs.existsSync(socketOf(server)));
        const alone = await createSuperuser(server.folder, '+14155550101');
        assert.equal(alone.code, 0, alone.stderr);
        await server.start();
        const beside = await createSuperuser(server.folder, '+14155550102');
        assert.equal(beside.code, 0, beside.stderr);
        await logIn(server, beside.stdout);
        await server.stop();
    });

    test('nonsense on the socket is refused, hung up on, and harms nothing', { timeout: 60_000 }, async () => {
        const server = await Server.start({ env: debug });
        const say = (bytes) => new Promise((resolve) => {
            let answer = Buffer.alloc(0);
            const socket = net.connect(socketOf(server), () => socket.end(bytes));
            socket.on('data', (more) => (answer = Buffer.concat([answer, more])));
            socket.on('error', () => {});
            socket.on('close', () => resolve(answer.subarray(4).toString()));
        });
        const framed = (text) => {
            const head = Buffer.alloc(4);
            head.writeUInt32BE(Buffer.byteLength(text));
            return Buffer.concat([head, Buffer.from(text)]);
        };
        assert.equal(await say(Buffer.from([255, 255, 255, 255])), '');
        assert.equal(await say(Buffer.from([0, 0])), '');
        assert.match(await say(framed('nonsense')), /"unreadable"/);
        assert.match(await say(framed('{"command":"createsuperuser","database":"/elsewhere"}')), /"other_database"/);
        const database = fs.realpathSync(server.database);
        assert.match(await say(framed(JSON.stringify({ command: 'none', database }))), /"command_not_found"/);
        assert.match(await say(framed(JSON.stringify({ command: 'createsuperuser', database, arguments: { mobile: 7 } }))), /"mobile"/);
        const made = await createSuperuser(server.folder, '+14155550103');
        assert.equal(made.code, 0, made.stderr);
        await server.stop();
    });

    test('where there is no database, a command says so and makes none', { timeout: 120_000 }, async () => {
        const elsewhere = path.join(temporaryFolder(), 'nix');
        const commands = [['plans', 'list'], ['plans', 'set', 'basic', 'messages_per_day=7'], ['plans', 'add', 'team'], ['plans', 'price', 'pro', 'price_1'],
            ['plans', 'archive', 'pro'], ['grant', '+14155550100', 'pro'], ['revoke', '+14155550100', 'pro'], ['reconcile']];
        for (const args of commands) {
            for (const env of [{}, { DATABASE_URL: `sqlite:///${elsewhere}/nix.sqlite3` }]) {
                const folder = temporaryFolder();
                const file = env.DATABASE_URL ? path.join(elsewhere, 'nix.sqlite3') : path.join(fs.realpathSync(folder), 'pollux_data/pollux.sqlite3');
                const { code, stdout, said } = await command({ folder, env }, ...args, '--dev');
                assert.deepEqual([code, stdout, said], [1, '', `pollux: there is no database at ${file}: run this where the server runs, or set DATA_DIR or DATABASE_URL`], args.join(' '));
                assert.deepEqual(fs.readdirSync(folder), []);
                assert.ok(!fs.existsSync(elsewhere));
            }
        }
    });

    test('nor where PostgreSQL has none of ours', { timeout: 90_000 }, async () => {
        const postgres = await Postgres.start();
        const refused = await command({ folder: temporaryFolder(), env: { DATABASE_URL: postgres.url } }, 'plans', 'list', '--dev');
        assert.deepEqual([refused.code, refused.stdout], [1, '']);
        assert.match(refused.said, /^pollux: DATABASE_URL: there is no database of Pollux there: set it as the server has it, or run `pollux migrate`$/);
        assert.deepEqual(await postgres.rows("select tablename from pg_tables where schemaname = 'public'"), []);
    });

    test('createsuperuser may come before the first start, and says where it makes the database', { timeout: 60_000 }, async () => {
        const folder = fs.realpathSync(temporaryFolder());
        const first = await createSuperuser(folder, '+14155550105');
        assert.equal(first.code, 0, first.stderr);
        assert.ok(first.stdout.startsWith(`There was no database yet: ${folder}/pollux_data/pollux.sqlite3 is a new one.\n`), first.stdout);
        const second = await createSuperuser(folder, '+14155550106');
        assert.match(second.stdout, /^\+14155550106 is an admin/);
    });

    test('createsuperuser over PostgreSQL works beside a server directly', { timeout: 90_000 }, async () => {
        const postgres = await Postgres.start();
        const env = { ...debug, DATABASE_URL: postgres.url };
        const migrated = new Program(binary('pollux'), ['migrate'], { cwd: temporaryFolder(), env: { ...surroundings, ...env } });
        assert.equal((await migrated.end).code, 0, migrated.stderr);
        const server = await Server.start({ env });
        const made = await createSuperuser(server.folder, '+14155550104', env);
        assert.equal(made.code, 0, made.stderr);
        await logIn(server, made.stdout);
        assert.ok(!fs.existsSync(socketOf(server)));
        await server.stop();
    });
});

describe('what is typed wrongly is said in one line that names it', { concurrency: true }, () => {
    const cases = [
        [['foo'], "`pollux` has no command `foo` (`pollux --help` says more)"],
        [['plan', 'list'], '`pollux` has no command `plan`; `plans`? (`pollux --help` says more)'],
        [['server', '--dev'], '`pollux` has no command `server`; `serve`? (`pollux --help` says more)'],
        [[], 'say what to do (`pollux --help` says more)'],
        [['plans'], 'say what to do (`pollux plans --help` says more)'],
        [['plans', 'show'], '`pollux plans` has no command `show` (`pollux plans --help` says more)'],
        [['revoke', '+14155550100', 'pro', '--until', '2026-12-31'], 'not expected: --until 2026-12-31 (`pollux revoke --help` says more)'],
        [['--quiet'], 'not expected: --quiet (`pollux --help` says more)'],
        [['createsuperuser'], 'mobile is required (`pollux createsuperuser --help` says more)'],
    ];
    for (const [args, line] of cases) {
        test(`pollux ${args.join(' ')}`, async () => {
            const { code, stdout, said } = await command({ folder: temporaryFolder(), env: {} }, ...args);
            assert.deepEqual([code, stdout, said], [2, '', `pollux: ${line}`]);
        });
    }

    test('help of createsuperuser names its number once, and that of doctor names payments', async () => {
        const help = async (...args) => (await command({ folder: temporaryFolder(), env: {} }, ...args)).stdout;
        assert.equal((await help('createsuperuser', '--help')).match(/^ .*mobile/gim).length, 1);
        assert.match(await help('--help'), /doctor .*payments/);
    });

    test('the model of a chat is of a new room', async () => {
        const { code, said } = await command({ folder: temporaryFolder(), env: {} }, 'chat', '--model', 'gpt', '-m', 'Hello');
        assert.deepEqual([code, said], [2, '--model is of a new room: say --new too. A room keeps the model that it has.']);
    });
});
