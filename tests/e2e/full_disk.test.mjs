// No room left for the database. Writes are refused with 507 `storage_full`, reads go on, nothing crashes, nothing that was accepted
// is lost, and all is well again within 5 s after there is room.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import path from 'node:path';
import { after, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { Cluster } from './support/cluster.mjs';
import { SmallDisk, whyNoDisk } from './support/disk.mjs';
import { endPrograms, sleep, temporaryFolder, until } from './support/process.mjs';
import { Server, roomySettings } from './support/server.mjs';
import { Postgres } from './support/services.mjs';
import { Sim } from './support/sim.mjs';

after(endPrograms);

const secondsFull = Number(process.env.POLLUX_FULL_SECONDS ?? 4);
const secondsBack = 5;
const writers = 4;
const noDisk = whyNoDisk() ?? false; // Why tests are skipped.
const content = randomBytes(4500).toString('base64'); // What does not shrink: PostgreSQL compresses.

// Users who write and read all the time, and a note of every answer.
class Crowd {
    accepted = []; // {user, room, reply}
    refused = []; // Answers to sends.
    busy = 0; // Sends to rooms whose replies cannot end, because the disk is full.
    readsFailed = [];
    reads = 0;
    isOver = false;

    // `keys`: each send has one, and is repeated until it is accepted.
    static async gather(client, { keys = false } = {}) {
        const crowd = new Crowd();
        crowd.hasKeys = keys;
        crowd.users = await Promise.all(Array.from({ length: writers }, () => User.signUp(client)));
        crowd.rooms = await Promise.all(crowd.users.map((user) => user.createRoom()));
        crowd.loops = crowd.users.flatMap((user, index) => [crowd.write(user, crowd.rooms[index]), crowd.read(user, crowd.rooms[index])]);
        return crowd;
    }

    async write(user, room) {
        for (let key = randomUUID(), isOpen = false; isOpen || !this.isOver;) {
            const answer = await user.post(room, content, this.hasKeys ? { key } : {});
            const isAccepted = answer.status === 201;
            if (isAccepted) this.accepted.push({ user, room, reply: answer.body.reply.id, at: performance.now() });
            else if (answer.body.code === 'room_busy') ++this.busy;
            else this.refused.push(answer);
            if (isAccepted) key = randomUUID();
            isOpen = this.hasKeys && !isAccepted;
            await sleep(20);
        }
    }

    async read(user, room) {
        while (!this.isOver) {
            for (const path of ['/chatroom/', `/chatroom/${room}/`, '/user/me/']) {
                const answer = await user.client.ask('GET', path, { token: user.token });
                ++this.reads;
                if (answer.status !== 200) this.readsFailed.push(answer);
            }
            await sleep(20);
        }
    }

    async leave() {
        this.isOver = true;
        await Promise.all(this.loops);
    }

    // Every message that was accepted has one reply, which is complete.
    async assertAnswered() {
        for (const { user, room, reply } of this.accepted) {
            await until(`reply ${reply}`, async () => (await user.message(room, reply)).status === 'completed', { seconds: 60 });
        }
        for (const [index, user] of this.users.entries()) {
            const messages = await user.messages(this.rooms[index]);
            const mine = this.accepted.filter((sent) => sent.user === user).length;
            assert.equal(messages.filter(({ role }) => role === 'user').length, mine, 'what was refused was not kept');
            assert.equal(messages.filter(({ role }) => role === 'assistant').length, mine, 'one reply each');
        }
    }
}

// From the first refusal on, `secondsFull` long; then there is room. Returns the seconds until a send was accepted.
async function sufferAndRecover(crowd, fill, free) {
    await until('sends before', () => crowd.accepted.length > 20);
    await fill();
    await until('a refusal', () => crowd.refused.length > 0);
    const countOf = () => [crowd.reads, crowd.refused.length + crowd.busy];
    const [reads, sends] = countOf();
    await sleep(secondsFull * 1000);
    const during = countOf();
    assert.ok(during[0] > reads + 10 && during[1] > sends + 10, `it went on meanwhile: ${[reads, sends]} -> ${during}`);
    await free();
    const began = performance.now();
    await until('a send after', () => crowd.accepted.at(-1).at > began, { seconds: 30 });
    return (crowd.accepted.at(-1).at - began) / 1000;
}

function assertRefusals(crowd) {
    for (const { status, headers, body } of crowd.refused) {
        assert.deepEqual([status, body.code], [507, 'storage_full'], JSON.stringify(body));
        assert.match(headers['retry-after'], /^\d+$/);
        assert.match(body.detail, /full/);
    }
    assert.deepEqual(crowd.readsFailed.map(({ text }) => text), [], 'reads go on');
}

async function sqliteSuffers({ folder, fill, free }) {
    const sim = await Sim.start();
    await sim.plan({ default: { text: 'A short reply.', chunk_delay_ms: 0 }, matching: [{ match: 'long', text: 'A long reply. '.repeat(50), duration_ms: 3000 }] });
    const server = await Server.start({ folder, env: { ...roomySettings, ...sim.settings() } });
    const pid = server.program.child.pid;
    const crowd = await Crowd.gather(new Client(server));
    await until('sends', () => crowd.accepted.length > 10);

    const reader = await User.signUp(new Client(server));
    const room = await reader.createRoom();
    const { reply } = await reader.send(room, 'a long one, which ends while the disk is full');
    const followed = reader.follow(room, reply.id, { seconds: 120 });
    const seconds = await sufferAndRecover(crowd, () => fill(server), () => free(server));
    assert.ok(seconds <= secondsBack, `${seconds} s`);
    assertRefusals(crowd);
    assert.equal((await followed).message.status, 'completed', 'a reply whose end could not be stored waits for room');

    await sleep(500);
    await crowd.leave();
    assertRefusals(crowd);
    await crowd.assertAnswered();
    assert.equal(server.program.child.pid, pid);
    assert.equal(server.program.exited, null);
    assert.equal((await server.stop()).code, 0);
    assert.deepEqual(await server.rows('pragma integrity_check'), [{ integrity_check: 'ok' }]);
    console.log(`# ${crowd.accepted.length} sends accepted, ${crowd.refused.length} refused with 507, ${crowd.reads} reads, well ${(seconds * 1000).toFixed(0)} ms after there was room`);
}

test('SQLite on a disk that is full', { skip: noDisk, timeout: 300_000 }, async () => {
    const folder = temporaryFolder();
    const disk = new SmallDisk(8, { folder: path.join(folder, 'pollux_data') });
    await sqliteSuffers({ folder, fill: () => disk.fill(), free: () => disk.free() });
    disk.unmount();
});

test('SQLite at the limit on the size of files', { timeout: 300_000 }, async () => {
    const limit = (server, soft) => execFileSync('prlimit', ['--pid', String(server.program.child.pid), `--fsize=${soft}:`]);
    await sqliteSuffers({ folder: temporaryFolder(), fill: (server) => limit(server, 64 * 1024), free: (server) => limit(server, 'unlimited') });
});

async function startCluster(postgres, sim) {
    await sim.plan({ default: { text: 'A short reply.', chunk_delay_ms: 0 } });
    return Cluster.start({ serves: 2, workers: 1, redis: false, postgres, env: sim.settings() });
}

// Its second node without the load balancer, which would say itself that no node is ready.
const nodeOf = (cluster) => ({ url: cluster.serves[1].url, testNumber: () => cluster.testNumber() });

const diskOfPostgres = (mebibytes) => new SmallDisk(mebibytes, { owner: process.getuid() === 0 ? 'postgres' : null });

async function clusterEnds(cluster, crowd, seconds) {
    await sleep(500);
    await crowd.leave();
    await crowd.assertAnswered();
    for (const { code } of await cluster.stop()) assert.equal(code, 0);
    await cluster.end();
    const counts = {};
    for (const { body } of crowd.refused) counts[body.code] = (counts[body.code] ?? 0) + 1;
    console.log(`# ${crowd.accepted.length} sends accepted, refused ${JSON.stringify(counts)}, ${crowd.reads} reads, ${crowd.readsFailed.length} of them failed, well ${(seconds * 1000).toFixed(0)} ms after there was room`);
}

test('PostgreSQL whose tables have no room', { skip: noDisk, timeout: 300_000 }, async () => {
    const disk = diskOfPostgres(32);
    const cluster = await startCluster(await Postgres.start({}, { tables: disk.folder }), await Sim.start());
    const crowd = await Crowd.gather(new Client(nodeOf(cluster)));
    const seconds = await sufferAndRecover(crowd, () => disk.fill(), () => disk.free());
    assert.ok(seconds <= secondsBack, `${seconds} s`);
    await clusterEnds(cluster, crowd, seconds);
    assertRefusals(crowd);
    disk.unmount();
});

// PostgreSQL ends then, and can neither be read nor start until there is room; whoever watches over it starts it again. What was sent may
// have been kept though its answer was lost, so sends have a key and are repeated.
test('PostgreSQL whose write-ahead log has no room', { skip: noDisk, timeout: 300_000 }, async () => {
    const disk = diskOfPostgres(64);
    const settings = { min_wal_size: '2MB', max_wal_size: '4MB', wal_keep_size: '1GB' }; // So it needs another file every mebibyte.
    const postgres = await Postgres.start(settings, { walFolder: path.join(disk.folder, 'wal') });
    const cluster = await startCluster(postgres, await Sim.start());
    const crowd = await Crowd.gather(new Client(nodeOf(cluster)), { keys: true });
    const back = async () => {
        disk.free();
        await postgres.launch();
    };
    const seconds = await sufferAndRecover(crowd, () => disk.fill(), back);
    assert.ok(seconds <= secondsBack, `${seconds} s`);
    assert.match(postgres.log, /PANIC/, 'it was what this test is about');
    for (const { status, body } of [...crowd.refused, ...crowd.readsFailed]) assert.ok([503, 507].includes(status), JSON.stringify(body));
    await clusterEnds(cluster, crowd, seconds);
    disk.unmount();
});
