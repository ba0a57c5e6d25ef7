// HTTP/1.1 byte by byte: what node:http would refuse to send goes out as it is. Every answer is judged as it comes, whatever the test
// is about: never a 5xx, always an answer, every error a problem document. (What bodies cost is measured elsewhere, in CPU time: how long an
// answer takes is also a matter of what else this machine does.)
import assert from 'node:assert/strict';
import net from 'node:net';

import { checkProblem } from '../../e2e/support/client.mjs';

const answerSecondsMax = 60;

// One connection. What is not answered is an error, never a silent nothing.
export class Connection {
    isClosed = false;
    #bytes = Buffer.alloc(0);
    #wake = () => {};

    static open(port) {
        const connection = new Connection();
        return new Promise((resolve, reject) => {
            connection.socket = net.connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(connection));
            connection.socket.on('error', (failure) => {
                reject(failure);
                connection.#end();
            });
            connection.socket.on('data', (bytes) => {
                connection.#bytes = Buffer.concat([connection.#bytes, bytes]);
                connection.#wake();
            });
            connection.socket.on('close', () => connection.#end());
        });
    }

    // False once the other side is gone.
    send(bytes) {
        if (!this.isClosed) this.socket.write(bytes);
        return !this.isClosed;
    }

    // The next answer: {status, headers, text, body}. Of a stream of events the head and the first piece; nothing more can be read then.
    async answer({ toHead = false, secondsMax = answerSecondsMax } = {}) {
        const deadline = performance.now() + secondsMax * 1000;
        const head = (await this.#readUntil('\r\n\r\n', deadline)).toString('latin1');
        const [line, ...fields] = head.slice(0, -4).split('\r\n');
        const headers = {};
        for (const field of fields) {
            const colon = field.indexOf(':');
            headers[field.slice(0, colon).toLowerCase()] = field.slice(colon + 1).trim();
        }
        const answer = { status: Number(line.split(' ')[1]), headers, text: '' };
        const hasBody = !toHead && answer.status >= 200 && answer.status !== 204;
        if (hasBody && headers['transfer-encoding'] === 'chunked') answer.text = await this.#firstChunk(deadline);
        else if (hasBody) answer.text = (await this.#readBytes(Number(headers['content-length']), deadline)).toString();
        if (hasBody && /[/+]json/.test(headers['content-type'] ?? '')) answer.body = JSON.parse(answer.text);
        return answer;
    }

    // Waits until the other side has closed.
    async closed(secondsMax = answerSecondsMax) {
        const deadline = performance.now() + secondsMax * 1000;
        while (!this.isClosed) await this.#more(deadline, 'the connection was not closed');
    }

    close() {
        this.socket.destroy();
    }

    async #firstChunk(deadline) {
        const size = parseInt((await this.#readUntil('\r\n', deadline)).toString(), 16);
        const text = (await this.#readBytes(size, deadline)).toString();
        this.close();
        return text;
    }

    async #readUntil(end, deadline) {
        for (;;) {
            const at = this.#bytes.indexOf(end);
            if (at >= 0) return this.#take(at + end.length);
            await this.#more(deadline, 'no answer');
        }
    }

    async #readBytes(count, deadline) {
        while (this.#bytes.length < count) await this.#more(deadline, 'half an answer');
        return this.#take(count);
    }

    #take(count) {
        const taken = this.#bytes.subarray(0, count);
        this.#bytes = this.#bytes.subarray(count);
        return taken;
    }

    async #more(deadline, complaint) {
        if (this.isClosed) throw new Error(`${complaint}: the server closed the connection`);
        const left = deadline - performance.now();
        if (left <= 0) throw new Error(`${complaint} in time`);
        let timer;
        await new Promise((resolve) => {
            this.#wake = resolve;
            timer = setTimeout(resolve, left);
        });
        clearTimeout(timer);
    }

    #end() {
        this.isClosed = true;
        this.#wake();
    }
}

// A request as bytes. `headers` are [name, value] pairs that stand beside, or instead of, the usual ones; null leaves one out.
export function requestBytes(method, target, { token, headers = [], body } = {}) {
    const given = new Set(headers.map(([name]) => name.toLowerCase()));
    const usual = [['Host', 'localhost']];
    if (token !== undefined) usual.push(['Authorization', `Bearer ${token}`]);
    const bytes = body === undefined ? null : Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    if (bytes) usual.push(['Content-Type', 'application/json'], ['Content-Length', String(bytes.length)]);
    const all = [...usual.filter(([name]) => !given.has(name.toLowerCase())), ...headers.filter(([, value]) => value !== null)];
    const head = `${method} ${target} HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
    return Buffer.concat([Buffer.from(head, 'latin1'), bytes ?? Buffer.alloc(0)]);
}

// What must hold of every answer there is.
export function judge(answer, asked) {
    const isAllowed = answer.status < 500 || answer.status === 501 || answer.status === 505;
    assert.ok(isAllowed, `${asked}: ${answer.status} ${answer.text}`);
    if (answer.status < 400) return;
    assert.ok(answer.body, `${asked}: ${answer.status} without a problem document: ${answer.text}`);
    checkProblem(answer);
    assert.equal(answer.headers['x-request-id'], answer.body.request_id, `${asked}: the request_id stands in the header too`);
    if (answer.status !== 422) return;
    assert.ok(answer.body.errors?.length > 0, `${asked}: a 422 names its fields: ${answer.text}`);
    for (const { field, code, detail } of answer.body.errors) assert.ok(typeof field === 'string' && code && detail, answer.text);
}

// Asks over kept connections.
export class Wire {
    #idle = [];

    // `server` has a `port`.
    constructor(server) {
        this.server = server;
    }

    async ask(method, target, options = {}) {
        return this.exchange(requestBytes(method, target, options), { toHead: method === 'HEAD', ...options });
    }

    // Sends bytes and returns the judged answer.
    async exchange(bytes, { toHead = false, asked = shown(bytes) } = {}) {
        const connection = this.#idle.pop() ?? (await Connection.open(this.server.port));
        try {
            return await this.#exchangeOver(connection, bytes, toHead, asked);
        } catch (failure) {
            connection.close();
            throw failure;
        }
    }

    async #exchangeOver(connection, bytes, toHead, asked) {
        connection.send(bytes);
        const answer = await connection.answer({ toHead }).catch((failure) => assert.fail(`${asked}: ${failure.message}`));
        if (!toHead) judge(answer, asked);
        answer.closes = answer.headers.connection === 'close';
        if (answer.closes) {
            await connection.closed();
        } else if (!connection.isClosed && !connection.socket.destroyed) {
            this.#idle.push(connection);
        }
        return answer;
    }

    close() {
        for (const connection of this.#idle) connection.close();
    }
}

export function shown(bytes) {
    const text = JSON.stringify(bytes.subarray(0, 500).toString('latin1'));
    return bytes.length > 500 ? `${text} (${bytes.length} bytes)` : text;
}
