// A Client whose requests go over TLS and HTTP/2, as browsers' do through a proxy. Its answers are checked as Client's are.
import http2 from 'node:http2';
import { PassThrough } from 'node:stream';

import { Broken, Client } from './client.mjs';
import { toLoopback } from './services.mjs';

export class Http2Client extends Client {
    // `proxy`: {url, certificate}. `address`: of this machine, from which it calls.
    constructor(proxy, { address = '127.0.0.1', testNumber } = {}) {
        super({ url: proxy.url, testNumber });
        Object.assign(this, { proxy, address });
    }

    #session() {
        if (this.session && !this.session.closed && !this.session.destroyed) return this.session;
        const { host } = new URL(this.proxy.url);
        this.session = http2.connect(this.proxy.url, { ca: this.proxy.certificate, servername: host.split(':')[0], lookup: toLoopback, localAddress: this.address });
        this.session.on('error', () => {}); // Each of its requests hears of it.
        return this.session;
    }

    open(method, path, { body, token, headers = {}, seconds = 60 } = {}) {
        const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
        const all = { ':method': method, ':path': path };
        for (const [name, value] of Object.entries(headers)) all[name.toLowerCase()] = value;
        if (token) all.authorization ??= `Bearer ${token}`;
        if (text !== undefined) all['content-type'] ??= 'application/json';
        return new Promise((resolve, reject) => {
            const stream = this.#session().request(all, { endStream: text === undefined });
            const answer = new PassThrough();
            stream.setTimeout(seconds * 1000, () => stream.close(http2.constants.NGHTTP2_CANCEL));
            stream.on('response', (head) => {
                const plain = Object.fromEntries(Object.entries(head).filter(([name]) => !name.startsWith(':')));
                resolve(Object.assign(answer, { statusCode: head[':status'], headers: plain }));
            });
            const fail = (why) => {
                reject(new Broken(`${method} ${path}: ${why}`));
                answer.destroy(new Error(why));
            };
            stream.on('error', (failure) => fail(failure.message));
            // Before its head, or in the middle: its end was never told.
            stream.on('close', () => stream.rstCode !== http2.constants.NGHTTP2_NO_ERROR && fail(`reset with ${stream.rstCode}`));
            answer.on('close', () => stream.destroyed || stream.close(http2.constants.NGHTTP2_CANCEL));
            stream.pipe(answer);
            if (text !== undefined) stream.end(text);
        });
    }

    close() {
        super.close();
        this.session?.close();
    }
}
