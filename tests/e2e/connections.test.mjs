// Many connections at once: the limit of open files is shared out so that nobody is shut out by those who only wait, and a body costs
// nothing before its sender was let in. Figures of the same are in docs/reliability.md.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import { after, test } from 'node:test';

import { Client, User } from './support/client.mjs';
import { endPrograms, freePort, until } from './support/process.mjs';
import { Server, roomySettings } from './support/server.mjs';

after(endPrograms);

// Resolves when the connection is there. `ended` turns true when the server ends it, `text` is what came.
function connect(port) {
    return new Promise((resolve, reject) => {
        const socket = net.connect(port, '127.0.0.1', () => resolve(socket));
        socket.ended = false;
        socket.text = '';
        socket.setEncoding('utf8');
        socket.on('data', (text) => (socket.text += text));
        socket.on('close', () => (socket.ended = true));
        socket.once('error', reject);
        socket.on('error', () => {});
    });
}

async function connectMany(port, count, begin = '') {
    const sockets = [];
    for (let index = 0; index < count; ++index) {
        const socket = await connect(port);
        if (begin !== '') socket.write(begin);
        sockets.push(socket);
    }
    return sockets;
}

const softLimit = (pid) => Number(/Max open files\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/limits`, 'utf8'))[1]);
const residentMegabytes = (pid) => Number(/VmRSS:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
const eventsIn = (log, event) => log.split('\n').filter((line) => line.includes(event)).length;

test('the process takes all the files that it may have', async () => {
    const server = await Server.start({ openFiles: { soft: 200, hard: 3000 } });
    assert.equal(softLimit(server.program.child.pid), 3000);
    await server.stop();
});

// Those that have waited longest are gone, a reply is written and read whole, and the log says it once.
for (const [what, begin] of [['say nothing', ''], ['do not end their head', 'GET /livez HTTP/1.1\r\nHost: localhost\r\nX: '], ['do not end their body', 'POST /auth/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{']]) {
    test(`1,100 connections that ${what} shut nobody out at a limit of 1,024 files`, async () => {
        const metricsPort = await freePort();
        const env = { ...roomySettings, METRICS_LISTEN: `127.0.0.1:${metricsPort}` };
        const server = await Server.start({ env, openFiles: { soft: 1024, hard: 1024 } });
        const client = new Client(server);
        const user = await User.signUp(client);
        const room = await user.createRoom();
        const waiting = await connectMany(server.port, 1100, begin);
        const reply = await user.send(room, 'Is anybody there?', { wait: 25 });
        assert.equal(reply.reply.status, 'completed');
        for (let count = 0; count < 50; ++count) {
            const other = new Client(server, { connections: 1 });
            assert.equal((await other.ask('GET', '/livez')).status, 200);
            other.agent.destroy();
        }
        await until('the longest waiting to be gone', () => waiting[0].ended);
        await until('the log to say so', () => eventsIn(server.log, 'connections_full') > 0); // It is written in pieces.
        assert.equal(eventsIn(server.log, 'connections_full'), 1, 'one line a minute');
        assert.equal(eventsIn(server.log, 'accept_failed'), 0);
        const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
        assert.match(metrics, /pollux_http_connections_ended_early_total\{how="given_up",listener="api"\} [1-9]/);
        for (const socket of waiting) socket.destroy();
        client.agent.destroy();
        await server.stop();
    });
}

test('1,000 bodies without a token are neither read nor kept', async () => {
    const server = await Server.start();
    const { pid } = server.program.child;
    const head = 'POST /chatroom/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 120000\r\n\r\n';
    const piece = Buffer.alloc(60_000, ' ');
    const before = residentMegabytes(pid);
    const sockets = await connectMany(server.port, 1000, head);
    for (const socket of sockets) socket.write(piece);
    await until('all to be answered', () => sockets.every(({ text }) => text.includes('\r\n\r\n')), { seconds: 60 });
    const peak = residentMegabytes(pid);
    for (const { text } of sockets) {
        assert.match(text, /^HTTP\/1\.1 401 /);
        assert.match(text, /\r\nConnection: close\r\n/);
    }
    assert.ok(peak - before <= 20, `${before.toFixed(1)} -> ${peak.toFixed(1)} MB`);
    await until('all to be closed', () => sockets.every(({ ended }) => ended), { seconds: 60 });
    await server.stop();
});

test('1,000 bodies for a route that is open to all hold little', async () => {
    const server = await Server.start();
    const { pid } = server.program.child;
    const head = 'POST /auth/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n';
    const before = residentMegabytes(pid);
    const sockets = await connectMany(server.port, 1000, head);
    for (const socket of sockets) socket.write(Buffer.alloc(50_000, ' '));
    // Most have made room for those that came later; a login that comes now is read all the same.
    await until('many to have been given up', () => sockets.filter(({ ended }) => ended).length > 500, { seconds: 60 });
    const peak = residentMegabytes(pid);
    assert.ok(peak - before <= 40, `${before.toFixed(1)} -> ${peak.toFixed(1)} MB`);
    const client = new Client(server);
    const answer = await client.ask('POST', '/auth/login/', { body: { mobile: '+12025550123', password: 'not-the-right-one' } });
    assert.notEqual(answer.status, 503);
    for (const socket of sockets) socket.destroy();
    client.agent.destroy();
    await server.stop();
});

test('connections of this machine are not counted by address', async () => {
    const env = { ...roomySettings, CONNECTIONS_MAX: '100', CONNECTIONS_PER_ADDRESS_MAX: '5' };
    const server = await Server.start({ env });
    const sockets = await connectMany(server.port, 20, 'GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await until('all of this machine to be answered', () => sockets.every(({ text }) => text.startsWith('HTTP/1.1 200')));
    for (const socket of sockets) socket.destroy();
    await server.stop();
});
