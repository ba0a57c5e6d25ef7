// What stands between a client and the server here: a proxy that cuts streams where a test says, serves the page in which a browser test runs,
// and may be shut. It speaks as browsers know it, HTTP/1.1 on one origin.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const client = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const types = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.html': 'text/html' };
const page = `<!doctype html><meta charset="utf-8"><title>client</title>
<script type="importmap">{"imports":{"pollux-client":"/-/dist/index.js","openapi-fetch":"/-/node_modules/openapi-fetch/dist/index.mjs"}}</script>
<script type="module">import * as client from 'pollux-client'; window.client = client;</script>`;

const ofStream = /^\/chatroom\/\d+\/message\/(\d+)\/stream\/?$/;

export class Proxy {
    cuts = new Map(); // Message -> after how many bytes each of its next connections is cut: [{bytes, how: 'reset' | 'end'}].
    cutCount = 0;
    streams = 0; // Open now, of replies and of events.
    streamsMost = 0;
    asked = []; // {method, path, headers} of every request.
    before = null; // before(request): may return {status, headers, body}, which is answered instead.
    answered = null; // answered(request, status, headers, body): what goes out for a JSON answer, as {headers, body}.
    #agent = new http.Agent({ keepAlive: true });
    #sockets = new Set();

    constructor(target) {
        this.target = target; // Has a `port`.
    }

    static async to(target, port = 0) {
        const proxy = new Proxy(target);
        await proxy.open(port);
        return proxy;
    }

    get url() {
        return `http://127.0.0.1:${this.port}`;
    }

    async open(port = this.port ?? 0) {
        this.server = http.createServer((request, response) => this.#answer(request, response).catch(() => response.destroy()));
        this.server.on('connection', (socket) => {
            this.#sockets.add(socket);
            socket.on('close', () => this.#sockets.delete(socket));
        });
        await new Promise((resolve, reject) => {
            this.server.on('error', reject);
            this.server.listen(port, '127.0.0.1', resolve);
        });
        this.port = this.server.address().port;
    }

    // As a network that went away: what stands is cut, what comes is refused.
    async shut() {
        const closed = new Promise((resolve) => this.server.close(resolve));
        this.cutAll();
        await closed;
    }

    cutAll() {
        for (const socket of this.#sockets) socket.destroy();
    }

    async close() {
        await this.shut();
        this.#agent.destroy();
    }

    async #answer(request, response) {
        const body = [];
        for await (const chunk of request) body.push(chunk);
        const asked = { method: request.method, path: request.url, headers: { ...request.headers }, body: Buffer.concat(body) };
        this.asked.push(asked);
        if (request.url.startsWith('/-/')) return this.#serve(request, response);
        const instead = await this.before?.(asked);
        if (instead) return response.writeHead(instead.status, instead.headers).end(instead.body);
        await this.#pass(asked, response);
    }

    #serve(request, response) {
        const name = request.url.slice(3).split('?')[0];
        if (name === '') return response.writeHead(200, { 'Content-Type': 'text/html' }).end(page);
        const file = path.join(client, name);
        if (!file.startsWith(client) || !fs.existsSync(file)) return response.writeHead(404).end();
        const type = types[path.extname(file)] ?? 'application/octet-stream';
        response.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'max-age=3600' });
        response.end(fs.readFileSync(file));
    }

    #pass(asked, response) {
        return new Promise((resolve) => {
            // The server is asked under its own name: what this proxy is called is its own matter.
            const headers = { ...asked.headers, host: `127.0.0.1:${this.target.port}` };
            if (headers.origin) headers.origin = `http://${headers.host}`;
            headers['content-length'] = String(asked.body.length);
            delete headers['transfer-encoding'];
            const to = { host: '127.0.0.1', port: this.target.port, method: asked.method, path: asked.path };
            const onward = http.request({ ...to, headers, agent: this.#agent });
            onward.on('error', () => resolve(response.destroy()));
            onward.on('response', (answer) => {
                const isStream = /^text\/event-stream/.test(answer.headers['content-type'] ?? '');
                resolve(isStream ? this.#stream(asked, answer, response) : this.#whole(asked, answer, response));
            });
            response.on('close', () => onward.destroy());
            onward.end(asked.body);
        });
    }

    async #whole(asked, answer, response) {
        const chunks = [];
        for await (const chunk of answer) chunks.push(chunk);
        let [headers, body] = [{ ...answer.headers }, Buffer.concat(chunks)];
        if (this.answered) ({ headers, body } = this.answered(asked, answer.statusCode, headers, body) ?? { headers, body });
        delete headers['transfer-encoding'];
        if (answer.statusCode !== 204) headers['content-length'] = String(Buffer.byteLength(body));
        response.writeHead(answer.statusCode, headers).end(body);
    }

    #stream(asked, answer, response) {
        const message = ofStream.exec(asked.path.split('?')[0])?.[1];
        const cut = message === undefined ? undefined : this.cuts.get(Number(message))?.shift();
        let left = cut?.bytes ?? Infinity;
        this.streamsMost = Math.max(this.streamsMost, ++this.streams);
        response.on('close', () => {
            --this.streams;
            answer.destroy();
        });
        response.writeHead(answer.statusCode, answer.headers);
        answer.on('data', (chunk) => {
            if (left <= 0) return;
            if (chunk.length < left) {
                left -= chunk.length;
                response.write(chunk);
                return;
            }
            // In the middle of whatever stands there: an event, a line, a character.
            response.write(chunk.subarray(0, left), () => (cut.how === 'end' ? response.end() : response.destroy()));
            left = 0;
            ++this.cutCount;
        });
        answer.on('end', () => left > 0 && response.end());
        answer.on('error', () => response.destroy());
    }
}
