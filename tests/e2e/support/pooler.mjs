// What PgBouncer does with pool_mode=transaction, as little of it as is needed: all clients share one session of PostgreSQL, each for a
// transaction at a time, and none is told so.
import net from 'node:net';

import { listening } from './listening.mjs';

const sslRequest = 80877103;
const gssRequest = 80877104;

function message(type, body) {
    const head = Buffer.alloc(type.length + 4);
    head.write(type);
    head.writeInt32BE(4 + body.length, type.length);
    return Buffer.concat([head, body]);
}

const texts = (...words) => Buffer.from(words.map((word) => `${word}\0`).join(''));
const int32s = (...numbers) => {
    const bytes = Buffer.alloc(4 * numbers.length);
    numbers.forEach((number, index) => bytes.writeInt32BE(number, 4 * index));
    return bytes;
};

// Whole messages of a stream of bytes; each client's first one has no type.
class Messages {
    #bytes = Buffer.alloc(0);

    constructor({ hasStartup }) {
        this.typeBytes = hasStartup ? 0 : 1;
    }

    *from(bytes) {
        this.#bytes = Buffer.concat([this.#bytes, bytes]);
        while (this.#bytes.length >= this.typeBytes + 4) {
            const end = this.typeBytes + this.#bytes.readInt32BE(this.typeBytes);
            if (this.#bytes.length < end) return;
            const whole = this.#bytes.subarray(0, end);
            this.#bytes = this.#bytes.subarray(end);
            yield whole;
        }
    }
}

export class TransactionPooler {
    #waiting = []; // {client, bytes}: what goes out up to a Sync.
    #holder = null;

    static async start(postgres) {
        const pooler = new TransactionPooler();
        await pooler.#connect(postgres.port);
        pooler.server = net.createServer((client) => pooler.#greet(client));
        await listening(pooler.server);
        return pooler;
    }

    get url() {
        return `postgres://pollux@127.0.0.1:${this.server.address().port}/pollux`;
    }

    stop() {
        this.server.close();
        this.session.destroy();
    }

    #connect(port) {
        const messages = new Messages({ hasStartup: false });
        this.session = net.connect(port, '127.0.0.1');
        this.session.write(message('', Buffer.concat([int32s(3 << 16), texts('user', 'pollux', 'database', 'pollux'), Buffer.alloc(1)])));
        return new Promise((resolve) => {
            this.session.on('data', (bytes) => {
                for (const whole of messages.from(bytes)) {
                    if (this.#holder) this.#holder.write(whole);
                    const isIdle = whole[0] === 'Z'.charCodeAt() && whole[5] === 'I'.charCodeAt();
                    if (!isIdle) continue;
                    this.#holder = null;
                    resolve();
                    this.#next();
                }
            });
        });
    }

    #greet(client) {
        let messages = new Messages({ hasStartup: true });
        let isIn = false;
        let bytes = [];
        client.on('error', () => {});
        client.on('data', (chunk) => {
            for (const whole of messages.from(chunk)) {
                if (!isIn && [sslRequest, gssRequest].includes(whole.readInt32BE(4))) {
                    client.write('N');
                } else if (!isIn) {
                    isIn = true;
                    messages.typeBytes = 1;
                    this.#letIn(client);
                } else if (whole[0] === 'X'.charCodeAt()) {
                    client.end();
                } else {
                    bytes.push(whole);
                    if (!['Q', 'S'].includes(String.fromCharCode(whole[0]))) continue;
                    this.#waiting.push({ client, bytes: Buffer.concat(bytes) });
                    bytes = [];
                    this.#next();
                }
            }
        });
    }

    #letIn(client) {
        const settings = {
            server_version: '15.0', server_encoding: 'UTF8', client_encoding: 'UTF8', standard_conforming_strings: 'on',
            integer_datetimes: 'on', default_transaction_read_only: 'off', in_hot_standby: 'off',
        };
        client.write(Buffer.concat([
            message('R', int32s(0)),
            ...Object.entries(settings).map((setting) => message('S', texts(...setting))),
            message('K', int32s(Math.floor(Math.random() * 2 ** 31), 1)),
            message('Z', Buffer.from('I')),
        ]));
    }

    // Whoever is in a transaction goes on; else the first in line.
    #next() {
        const index = this.#holder ? this.#waiting.findIndex(({ client }) => client === this.#holder) : 0;
        if (index < 0 || this.#waiting.length === 0) return;
        const [{ client, bytes }] = this.#waiting.splice(index, 1);
        this.#holder = client;
        this.session.write(bytes);
    }
}
