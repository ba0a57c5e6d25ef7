// Starts that cannot succeed: one clear line that names the setting, status 1, no crash, and nothing is waited for that waiting does not
// mend. A process that waits for PostgreSQL and is told to stop stops.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';

import { listening } from './support/listening.mjs';
import { TransactionPooler } from './support/pooler.mjs';
import { Program, binary, endPrograms, logged, temporaryFolder, until } from './support/process.mjs';
import { Server } from './support/server.mjs';
import { Crowd, Postgres, Redis } from './support/services.mjs';

const startsOnATakenPort = process.env.POLLUX_DEEP ? 100 : 20;
const surroundings = { PATH: process.env.PATH, HOME: process.env.HOME, LANG: 'C.UTF-8', METRICS_LISTEN: '', DATA_MAY_VANISH: 'True', LOG_FORMAT: 'json' };
const debug = { DEBUG: 'True' };

function launch(args, env, folder = temporaryFolder()) {
    return new Program(binary('pollux'), args, { cwd: folder, env: { ...surroundings, ...debug, ...env } });
}

// What it said to the operator, apart from the log; once it has ended.
async function refusal(program) {
    const { code, signal } = await program.end;
    const lines = program.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
    return { code, signal, lines };
}

// A port where somebody listens, who does with connections what `answer` does.
async function listener(answer = () => {}) {
    const server = net.createServer(answer);
    await listening(server);
    return server;
}

describe('starts', { concurrency: true }, () => {
    let postgres;
    let redis;
    let taken;

    before(async () => {
        [postgres, redis, taken] = await Promise.all([Postgres.start(), Redis.start(), listener()]);
        assert.equal((await launch(['migrate'], { DATABASE_URL: postgres.url }).end).code, 0);
    });
    after(() => {
        endPrograms();
        taken.close();
    });

    for (const withRedis of [false, true]) {
        for (const database of ['SQLite', 'PostgreSQL']) {
            test(`on a taken port, ${withRedis ? 'with' : 'without'} Redis, over ${database}`, { timeout: 300_000 }, async () => {
                const where = `127.0.0.1:${taken.address().port}`;
                const env = {
                    ...(withRedis ? { REDIS_URL: redis.url } : {}),
                    ...(database === 'PostgreSQL' ? { DATABASE_URL: postgres.url } : {}),
                };
                const folder = temporaryFolder();
                for (let number = 0; number < startsOnATakenPort; ++number) {
                    const refused = await refusal(launch(['serve', '--listen', where], env, folder));
                    const expected = `pollux: LISTEN (or PORT): ${where} is taken: another program listens there`;
                    assert.deepEqual(refused, { code: 1, signal: null, lines: [expected] }, `start ${number}`);
                }
            });
        }
    }

    test('on a port of the metrics that is taken: a warning that names the setting and no source of a library', { timeout: 60_000 }, async () => {
        const where = `127.0.0.1:${taken.address().port}`;
        const server = await Server.start({ env: { ...debug, METRICS_LISTEN: where, LOG_FORMAT: 'json' } });
        await server.stop();
        const { setting, reason } = JSON.parse(await logged(server, 'metrics_off'));
        assert.deepEqual({ setting, reason }, { setting: 'METRICS_LISTEN', reason: `${where} is taken: another program listens there` });
        assert.doesNotMatch(server.log, /\.[hi]pp/);
    });

    test('steps of a start and of a stop are in the log, and the stop is the way back', { timeout: 60_000 }, async () => {
        const server = await Server.start({ env: { ...debug, LOG_FORMAT: 'json' } });
        await server.stop();
        const steps = (event) => server.log.split('\n').filter((line) => line.includes(`"${event}"`)).map((line) => JSON.parse(line).step);
        const started = steps('step_started');
        assert.deepEqual(started, ['build', 'bind', 'threads', 'bus', 'accept', 'work']);
        assert.deepEqual(steps('step_stops'), [...started].reverse());
    });

    for (const encoding of ['LATIN1', 'SQL_ASCII']) {
        test(`over a database that keeps text as ${encoding}: every command refuses it in one line`, { timeout: 60_000 }, async () => {
            const name = `in_${encoding.toLowerCase()}`;
            await postgres.psql(`create database ${name} encoding '${encoding}' lc_collate 'C' lc_ctype 'C' template template0`, 'postgres');
            const url = postgres.url.replace(/\/pollux$/, `/${name}`);
            const line = new RegExp(`^pollux: .*the database ${name} keeps text as ${encoding}, and Pollux needs UTF8`);
            for (const args of [['migrate'], ['serve', '--listen', '127.0.0.1:0'], ['worker'], ['serve', '--dev', '--listen', '127.0.0.1:0']]) {
                const program = launch(args, { DATABASE_URL: url });
                const { code, lines } = await refusal(program);
                assert.equal(code, 1, args.join(' '));
                assert.equal(lines.length, 1, program.stderr);
                assert.match(lines[0], line);
                assert.doesNotMatch(program.stderr, /database_awaited/);
            }
            const doctor = launch(['doctor'], { DATABASE_URL: url });
            assert.equal((await doctor.end).code, 1);
            assert.match(doctor.stdout, new RegExp(`keeps text as ${encoding}`));

            const embedded = await Server.start({ env: debug });
            await embedded.stop();
            const moved = await refusal(launch(['move', '--to', url], {}, embedded.folder));
            assert.equal(moved.code, 1);
            assert.match(moved.lines.join('\n'), line);
            assert.equal(await postgres.psql("select count(*) from pg_class where relnamespace = 'public'::regnamespace", name), '0\n');
        });
    }

    const wrongUrls = {
        '?pgbouncer=true': /PostgreSQL knows no parameter `pgbouncer`.*pool_mode=session/,
        '?schema=public': /PostgreSQL knows no parameter `schema`.*search_path/,
        '?sslmode=disable&connection_limit=5': /PostgreSQL knows no parameter `connection_limit`/,
        '?%70ool_timeout=0': /PostgreSQL knows no parameter `pool_timeout`/,
    };
    for (const [query, expected] of Object.entries(wrongUrls)) {
        test(`with ${query} in the URL: named at once, and the password is not blamed`, { timeout: 60_000 }, async () => {
            for (const args of [['migrate'], ['serve', '--listen', '127.0.0.1:0'], ['worker']]) {
                const program = launch(args, { DATABASE_URL: postgres.url + query });
                const { code, lines } = await refusal(program);
                assert.equal(code, 1);
                assert.equal(lines.length, 1, program.stderr);
                assert.match(lines[0], expected);
                assert.doesNotMatch(program.stderr, /database_awaited|password/);
            }
            const doctor = launch(['doctor'], { DATABASE_URL: postgres.url + query });
            await doctor.end;
            assert.match(doctor.stdout, expected);
        });
    }

    for (const role of ['serve', 'worker']) {
        test(`${role} while PostgreSQL lets in one connection and no more: it waits`, { timeout: 120_000 }, async () => {
            const crowded = await Postgres.start({ max_connections: 20 });
            const env = { DATABASE_URL: crowded.url, AI_MODELS: 'demo' };
            assert.equal((await launch(['migrate'], env).end).code, 0);
            const crowd = await Crowd.take(crowded, { leaving: 1 });
            await until('the place that is left', () => crowded.psql('select 1').then(() => true, () => false));
            const program = launch(role === 'serve' ? ['serve', '--listen', '127.0.0.1:0'] : ['worker'], env);
            await until('it to wait', () => {
                assert.equal(program.exited, null, program.stderr);
                return /database_awaited/.test(program.stderr);
            });
            crowd.leave();
            await program.printed(/is ready|writes replies/, 60);
            assert.equal((await program.signal('SIGTERM')).code, 0);
            await crowded.stop();
        });
    }

    test('with parameters that libpq knows: taken', { timeout: 60_000 }, async () => {
        const program = launch(['migrate'], { DATABASE_URL: `${postgres.url}?sslmode=prefer&application_name=a%20b&connect_timeout=5` });
        assert.equal((await program.end).code, 0, program.stderr);
    });

    test('through a pooler that gives each transaction another session: named by every command', { timeout: 60_000 }, async () => {
        const pooler = await TransactionPooler.start(postgres);
        try {
            for (const args of [['migrate'], ['serve', '--listen', '127.0.0.1:0'], ['worker']]) {
                const program = launch(args, { DATABASE_URL: pooler.url });
                const { code, lines } = await refusal(program);
                assert.equal(code, 1);
                assert.equal(lines.length, 1, program.stderr);
                assert.match(lines[0], /^pollux: DATABASE_URL: a pooler such as PgBouncer gives each transaction another session/);
            }
            const doctor = launch(['doctor'], { DATABASE_URL: pooler.url });
            assert.equal((await doctor.end).code, 1);
            assert.match(doctor.stdout, /a pooler such as PgBouncer/);
        } finally {
            pooler.stop();
        }
    });

    for (const role of ['serve', 'worker']) {
        test(`SIGTERM while ${role} waits for a PostgreSQL that says nothing: it ends at once`, { timeout: 60_000 }, async () => {
            const sockets = [];
            const silent = await listener((socket) => sockets.push(socket.on('error', () => {})));
            const url = `postgres://pollux@127.0.0.1:${silent.address().port}/pollux?connect_timeout=300`;
            const program = launch(role === 'serve' ? ['serve', '--listen', '127.0.0.1:0'] : ['worker'], { DATABASE_URL: url });
            await until('its connection', () => sockets.length > 0);
            assert.deepEqual(await program.signal('SIGTERM'), { code: 0, signal: null });
            assert.equal(program.stdout, '');
            sockets.forEach((socket) => socket.destroy());
            silent.close();
        });
    }
});
