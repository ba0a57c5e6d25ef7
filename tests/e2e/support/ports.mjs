// Ports of this machine that are a process's alone among all that run tests, whether anybody listens there yet or just now: files of tests run
// beside each other, and stop and start their servers.
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

// Below the range that the kernel hands out to clients: a client that calls again and again while nobody listens could otherwise be given that
// very port and connect to itself.
const first = 20_000;
const count = 10_000;

const folder = path.join(os.tmpdir(), `pollux-test-ports-${process.getuid()}`);
const held = new Set();

process.on('exit', () => {
    for (const file of held) fs.rmSync(file, { force: true });
});

export const freePort = () => freePorts(1);

// The first of so many in a row.
export async function freePorts(inARow) {
    fs.mkdirSync(folder, { recursive: true });
    for (let tries = 0; tries < 200; ++tries) {
        const port = first + Math.floor(Math.random() * (count - inARow));
        let got = 0;
        while (got < inARow && hold(port + got) && await isFree(port + got)) ++got;
        if (got === inARow) return port;
    }
    throw new Error('no free port was found');
}

// False: it is somebody's already, this process's among them.
function hold(port) {
    const file = path.join(folder, String(port));
    if (!make(file) && !(takeFromDead(file) && make(file))) return false;
    held.add(file);
    return true;
}

function make(file) {
    try {
        fs.writeFileSync(file, String(process.pid), { flag: 'wx' });
        return true;
    } catch (failure) {
        if (failure.code === 'EEXIST') return false;
        throw failure;
    }
}

// Of a process that was killed. A file can be renamed once, so one of several that find it takes it.
function takeFromDead(file) {
    try {
        const owner = Number(fs.readFileSync(file, 'utf8'));
        if (!owner || isAlive(owner)) return false; // No number: it is being written.
        const taken = `${file}.${process.pid}`;
        fs.renameSync(file, taken);
        fs.rmSync(taken);
        return true;
    } catch (failure) {
        if (failure.code === 'ENOENT') return false;
        throw failure;
    }
}

function isAlive(pid) {
    try {
        process.kill(pid, 0);
        return true;
    } catch (failure) {
        return failure.code !== 'ESRCH';
    }
}

function isFree(port) {
    return new Promise((resolve) => {
        const server = net.createServer();
        server.once('error', () => resolve(false));
        server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
}
