// `pollux migrate` that is killed at any moment is made good by the next one. What it ends with is compared with what
// an undisturbed run makes, for an empty database and for one that is in use. The binary is pollux-later: it has migrations to spare.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { after, test } from 'node:test';
import path from 'node:path';
import { promisify } from 'node:util';

import { Program, binary, endPrograms, sleep, temporaryFolder } from './support/process.mjs';
import { Random } from './support/random.mjs';
import { Postgres } from './support/services.mjs';

after(endPrograms);

const run = promisify(execFile);
const isDeep = process.env.POLLUX_DEEP === '1';
const rounds = Number(process.env.POLLUX_KILLS ?? (isDeep ? 20 : 8));
const everyCommit = isDeep ? 1 : 4; // Of the commits: the first, and each so many later.
const versionsSql = 'select version, name, works_with from schema_migrations order by version';

// A place is a database, wherever it is: `env` says where, `schema()` what it holds.
async function migrate(place, version = 'pollux-later', extra = {}) {
    const program = new Program(binary(version), ['migrate'], { cwd: place.folder, env: { PATH: process.env.PATH, ...place.env, ...extra } });
    place.running = program;
    return { ...(await program.end), text: program.stdout + program.stderr };
}

async function migrateWell(place, version) {
    const { code, text } = await migrate(place, version);
    assert.equal(code, 0, text);
}

// Kills at random moments until `rounds` of them hit a process that still ran; each is followed, at last, by a run that nobody disturbs.
async function killAndResume(random, places, expected) {
    const timed = await places('empty');
    const began = performance.now();
    await migrateWell(timed);
    const usual = performance.now() - began;
    const reached = {};
    for (let kills = 0, tries = 0; kills < rounds; ++tries) {
        assert.ok(tries < rounds * 20, 'the kills come too late');
        const kind = tries % 2 === 0 ? 'empty' : 'used';
        const place = await places(kind);
        for (let again = random.between(1, 3); again > 0; --again) {
            const migrating = migrate(place);
            await sleep(random.fraction() * usual);
            place.running.child.kill('SIGKILL');
            if ((await migrating).signal !== 'SIGKILL') break;
            ++kills;
            const version = await place.version();
            reached[version] = (reached[version] ?? 0) + 1;
        }
        await migrateWell(place);
        assert.deepEqual(await place.schema(), expected, `${kind}, try ${tries}`);
        await place.drop();
    }
    return reached;
}

// As above, at the two moments around each COMMIT.
async function abortAtCommits(places, expected, count) {
    let aborts = 0;
    for (const name of ['migrate_before_commit', 'migrate_after_commit']) {
        for (let nth = 1; nth <= count; nth += everyCommit) {
            ++aborts;
            const place = await places('empty');
            const { code } = await migrate(place, 'pollux-later', { FAILPOINT: `${name}:abort@${nth}` });
            assert.notEqual(code, 0, `${name}@${nth} was not met`);
            await migrateWell(place);
            assert.deepEqual(await place.schema(), expected, `${name}@${nth}`);
            await place.drop();
        }
    }
    return aborts;
}

async function endure(what, places) {
    const random = Random.announced(what);
    const undisturbed = await places('empty');
    await migrateWell(undisturbed);
    const expected = await undisturbed.schema();
    const used = await places('used');
    await migrateWell(used);
    assert.deepEqual(await used.schema(), expected, 'an old database comes to the same schema as an empty one');
    const reached = await killAndResume(random, places, expected);
    const aborts = await abortAtCommits(places, expected, expected.versions.length);
    console.log(`# ${what}: ${rounds} kills, after which the schema stood at ${JSON.stringify(reached)} of ${expected.versions.length}, and ${aborts} aborts around COMMIT; 0 differences`);
}

test('where no database is, and none is named, none is made', async () => {
    const place = { folder: temporaryFolder(), env: {} };
    const { code, text } = await migrate(place);
    assert.equal(code, 1);
    assert.match(text, /^pollux: DATABASE_URL names no other database than pollux_data\/pollux.sqlite3, which is not there/);
    assert.deepEqual(readdirSync(place.folder), []);
});

test('on PostgreSQL', { timeout: 900_000 }, async () => {
    const postgres = await Postgres.start({ fsync: 'off' }); // It is not killed itself.
    const version = (database) => postgres.psql('select coalesce(max(version), 0) from schema_migrations', database).then(Number, () => 0);
    const schemaOf = async (database) => {
        const { stdout } = await run('pg_dump', ['--schema-only', '-h', '127.0.0.1', '-p', String(postgres.port), '-U', 'pollux', database], { maxBuffer: 1 << 26 });
        const dump = stdout.replace(/^\\(un)?restrict .*$/gm, ''); // A random word, in newer versions.
        return { dump, versions: (await postgres.psql(versionsSql, database)).trim().split('\n') };
    };
    let number = 0;
    const open = (database) => ({
        folder: temporaryFolder(),
        env: { DATABASE_URL: `postgres://pollux@127.0.0.1:${postgres.port}/${database}` },
        version: () => version(database),
        schema: () => schemaOf(database),
        drop: () => postgres.psql(`drop database ${database} with (force)`, 'postgres'),
    });
    await postgres.psql('create database used', 'postgres');
    await migrateWell(open('used'), 'pollux');
    await postgres.psql("insert into users (mobile, date_joined) values ('+12025550100', 1)", 'used');
    await endure('kills of pollux migrate on PostgreSQL', async (kind) => {
        const database = `place${++number}`;
        await postgres.psql(`create database ${database} ${kind === 'used' ? 'template used' : ''}`, 'postgres');
        return open(database);
    });
    await postgres.stop();
});

test('on SQLite', { timeout: 900_000 }, async () => {
    const open = (folder) => {
        const file = path.join(folder, 'pollux_data', 'pollux.sqlite3');
        const ask = (sql) => execFileSync('sqlite3', [file, sql], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim().split('\n');
        return {
            folder,
            env: { DEBUG: 'True' }, // Else it makes no database.
            version: async () => {
                try {
                    return Number(ask('select max(version) from schema_migrations')[0]);
                } catch {
                    return 0;
                }
            },
            schema: async () => {
                assert.deepEqual(ask('pragma integrity_check'), ['ok']);
                assert.deepEqual(ask('pragma foreign_key_check'), ['']);
                return { dump: ask('select type, name, tbl_name, sql from sqlite_schema order by type, name'), versions: ask(versionsSql) };
            },
            drop: async () => {},
        };
    };
    const used = open(temporaryFolder());
    await migrateWell(used, 'pollux');
    execFileSync('sqlite3', [path.join(used.folder, 'pollux_data', 'pollux.sqlite3'), "insert into users (mobile, date_joined) values ('+12025550100', 1)"]);
    await endure('kills of pollux migrate on SQLite', async (kind) => {
        const folder = temporaryFolder();
        if (kind === 'used') execFileSync('cp', ['-r', path.join(used.folder, 'pollux_data'), folder]);
        return open(folder);
    });
});
