// What strangers can make the server spend: CPU by queries and keys, connections and memory by waiting. Prints the table of
// docs/reliability.md. The server has one core, this program another.
//     POLLUX_BIN=build/release node bench/crowd.mjs
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';

import { Client, User } from '../tests/e2e/support/client.mjs';
import { endPrograms, until } from '../tests/e2e/support/process.mjs';
import { Server, roomySettings } from '../tests/e2e/support/server.mjs';

const env = { ...roomySettings, THREADS: '1', LOG_LEVEL: 'warning' };
const rows = [];
const row = (what, figure, bound) => rows.push([what, figure, bound]);

async function start(options = {}) {
    const server = await Server.start({ env, ...options });
    execFileSync('taskset', ['-apc', '0', String(server.program.child.pid)], { stdio: 'ignore' });
    return server;
}

const cpuMs = ({ program }) => {
    const [, , , , , , , , , , , user, system] = fs.readFileSync(`/proc/${program.child.pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
    return (Number(user) + Number(system)) * 10;
};
const residentMegabytes = ({ program }) => Number(/VmRSS:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${program.child.pid}/status`, 'utf8'))[1]) / 1024;

function connect(port) {
    return new Promise((resolve, reject) => {
        const socket = net.connect(port, '127.0.0.1', () => resolve(socket));
        socket.answers = 0;
        socket.ended = false;
        socket.on('data', (bytes) => {
            for (let at = bytes.indexOf('HTTP/1.1 '); at >= 0; at = bytes.indexOf('HTTP/1.1 ', at + 1)) ++socket.answers;
        });
        socket.on('close', () => (socket.ended = true));
        socket.once('error', reject);
        socket.on('error', () => {});
    });
}

async function connectMany(port, count) {
    const sockets = [];
    for (let index = 0; index < count; ++index) sockets.push(await connect(port));
    return sockets;
}

// CPU of the server a request, in microseconds, over some connections with one request at a time each.
async function cpuOf(server, request, count, connections) {
    const sockets = await connectMany(server.port, connections);
    const ask = async (socket, times) => {
        for (let round = 0; round < times; ++round) {
            const wanted = socket.answers + 1;
            socket.write(request);
            while (socket.answers < wanted) await new Promise((resolve) => socket.once('data', resolve));
        }
    };
    const askAll = (times) => Promise.all(sockets.map((socket) => ask(socket, Math.ceil(times / connections))));
    await askAll(count / 10);
    const before = cpuMs(server);
    await askAll(count);
    const spent = ((cpuMs(server) - before) * 1000) / (Math.ceil(count / connections) * connections);
    for (const socket of sockets) socket.destroy();
    return spent;
}

async function measureQueries() {
    const server = await start();
    const get = (query) => `GET /livez?${query} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    const short = await cpuOf(server, get('a=1'), 40_000, 16);
    const shorts = (count) => Array.from({ length: count }, (_, index) => `${index.toString(36)}=`).join('&').slice(0, 8000);
    const named = { 'one value': `a=${'x'.repeat(8000)}`, '32 values': Array.from({ length: 32 }, (_, index) => `p${index}=${'x'.repeat(244)}`).join('&'), 'names as short as can be': shorts(4000), escapes: `a=${'%41'.repeat(2660)}` };
    for (const [what, query] of Object.entries(named)) {
        const long = await cpuOf(server, get(query), 20_000, 16);
        row(`8 KiB query, ${what}: rate beside that of a short one`, `${(short / long).toFixed(2)} (${short.toFixed(1)} and ${long.toFixed(1)} us of CPU)`, '>= 0.5');
    }
    await server.stop();
}

// Texts of 16 bytes with one hash in libstdc++ (MurmurHash2, 64 bits, its usual seed).
function collidingKeys(count) {
    const mask = (1n << 64n) - 1n;
    const multiplier = 0xc6a4a7935bd1e995n;
    let inverse = multiplier;
    for (let step = 0; step < 6; ++step) inverse = (inverse * (2n - multiplier * inverse)) & mask;
    const shift = (value) => value ^ (value >> 47n);
    const mix = (value) => (shift((value * multiplier) & mask) * multiplier) & mask;
    const unmix = (value) => (shift((value * inverse) & mask) * inverse) & mask;
    const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
    const begin = 0xc70f6907n ^ ((16n * multiplier) & mask);
    const goal = 0x123456789abcdefn;
    const bytes = Buffer.alloc(16);
    const keys = new Set();
    while (keys.size < count) {
        for (let index = 0; index < 8; ++index) bytes[index] = letters.charCodeAt(Math.floor(Math.random() * letters.length));
        const after = ((begin ^ mix(bytes.readBigUInt64LE(0))) * multiplier) & mask;
        bytes.writeBigUInt64LE(unmix(((goal * inverse) & mask) ^ after), 8);
        if (bytes.subarray(8).every((byte) => byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c)) keys.add(bytes.toString('latin1'));
    }
    return [...keys];
}

async function measureKeys() {
    const server = await start();
    const user = await User.signUp(new Client(server));
    const room = await user.createRoom();
    const post = (body) => `POST /chatroom/${room}/message/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${user.token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const object = (keys) => `{${keys.map((key) => `"${key}":1`).join()}}`;
    const bodyOf = (keys, objects) => `{"content":[${Array.from({ length: objects }, () => object(keys)).join()}]}`;
    const plain = Array.from({ length: 256 }, () => Array.from({ length: 16 }, () => 'abcdefghijklmnopqrstuvwxyz'[Math.floor(Math.random() * 26)]).join(''));
    const colliding = collidingKeys(256);
    const spent = [];
    for (const keys of [plain, colliding]) spent.push(await cpuOf(server, post(bodyOf(keys, 70)), 100, 1));
    row('400 KiB of objects whose 256 keys have one hash: CPU beside the same with plain keys', `${(spent[1] / spent[0]).toFixed(2)} (${(spent[1] / 1000).toFixed(1)} and ${(spent[0] / 1000).toFixed(1)} ms)`, '<= 2');
    const endless = Array.from({ length: 19_000 }, (_, index) => `k${String(index).padStart(14, '0')}`);
    const refused = await cpuOf(server, post(`{"content":${object(endless)}}`), 100, 1);
    row('400 KiB of one object with 19,000 keys: CPU beside plain keys', (refused / spent[0]).toFixed(2), '<= 2');
    await server.stop();
}

const percentile = (times, part) => times.sort((a, b) => a - b)[Math.floor(times.length * part)];

async function latencies(server) {
    const client = new Client(server, { connections: 1 });
    const times = [];
    for (let count = 0; count < 3000; ++count) {
        const began = performance.now();
        await client.ask('GET', '/livez');
        times.push(performance.now() - began);
    }
    client.close();
    return percentile(times, 0.99);
}

async function measureConnections(openFiles, count) {
    const server = await start({ openFiles: { soft: openFiles, hard: openFiles } });
    const user = await User.signUp(new Client(server));
    const room = await user.createRoom();
    const alone = await latencies(server);
    const idle = await connectMany(server.port, count);
    const among = await latencies(server);
    let complete = 0;
    for (let index = 0; index < 5; ++index) complete += (await user.send(room, 'Is anybody there?', { wait: 25 })).reply.status === 'completed' ? 1 : 0;
    row(`${count} idle connections at ${openFiles} files: p99 of others`, `${among.toFixed(2)} ms (alone ${alone.toFixed(2)}); ${complete} of 5 replies complete`, '<= 1.2 x or + 5 ms');
    for (const socket of idle) socket.destroy();
    await server.stop();
}

async function measureBodies() {
    const server = await start();
    const head = 'POST /chatroom/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 400000\r\n\r\n';
    const before = residentMegabytes(server);
    const sockets = await connectMany(server.port, 1000);
    for (const socket of sockets) socket.write(Buffer.concat([Buffer.from(head), Buffer.alloc(390_000, ' ')]));
    let peak = before;
    await until('all answers', () => {
        peak = Math.max(peak, residentMegabytes(server));
        return sockets.every(({ answers, ended }) => answers > 0 || ended);
    }, { seconds: 60, everyMs: 5 });
    await until('all ends', () => sockets.every(({ ended }) => ended), { seconds: 60 });
    row('1,000 bodies of 400 KB without a token: memory', `+ ${(peak - before).toFixed(1)} MB, then + ${(residentMegabytes(server) - before).toFixed(1)} MB`, '<= + 20 MB, returned');
    await server.stop();
}

try {
    await measureQueries();
    await measureKeys();
    await measureConnections(1024, 1100);
    await measureConnections(20_000, 5000);
    await measureBodies();
    console.log('| what | measured | bound |\n|---|---|---|');
    for (const [what, figure, bound] of rows) console.log(`| ${what} | ${figure} | ${bound} |`);
} finally {
    endPrograms();
}
process.exit(0);
