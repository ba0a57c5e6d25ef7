// HTTP as a client does it, and a user who chats. Every answer that is an error is checked here, in whatever test it comes.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import http from 'node:http';

import { sleep } from './process.mjs';
import { ReplyReader, SseParser } from './sse.mjs';

// The connection ended before the answer did: whether the request had its effect is not known.
export class Broken extends Error {}

// The server answered something that the caller did not expect.
export class Unexpected extends Error {
    constructor(answer, asked) {
        super(`${asked}: ${answer.status} ${answer.text}`);
        this.answer = answer;
    }
}

export class Client {
    problems = []; // Every error document that came.

    // `server` has a `url`, which may change.
    constructor(server, { connections = 512 } = {}) {
        this.server = server;
        this.agent = new http.Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: connections });
    }

    // The whole answer: {status, headers, text, body}. Throws Broken.
    async ask(method, path, { body, token, headers = {}, seconds = 60 } = {}) {
        return this.#read(await this.open(method, path, { body, token, headers, seconds }));
    }

    // Resolves with the response when its head has come.
    open(method, path, { body, token, headers = {}, seconds = 60 } = {}) {
        const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
        const all = { ...headers };
        if (token) all.Authorization ??= `Bearer ${token}`;
        if (text !== undefined) {
            all['Content-Type'] ??= 'application/json';
            all['Content-Length'] = Buffer.byteLength(text);
        }
        return new Promise((resolve, reject) => {
            const request = http.request(this.server.url + path, { method, headers: all, agent: this.agent, timeout: seconds * 1000 });
            request.on('timeout', () => request.destroy(new Error(`no answer within ${seconds} s`)));
            request.on('error', (failure) => reject(new Broken(`${method} ${path}: ${failure.message}`)));
            request.on('response', resolve);
            request.end(text);
        });
    }

    // A stream of events: {status, events, cut(), answer} with `events` an async iterator of {event, id, data}; `answer` instead of
    // events when it is none. Iterating throws Broken when the stream ends without its end.
    async stream(method, path, options = {}) {
        const headers = { Accept: 'text/event-stream', ...options.headers };
        const response = await this.open(method, path, { ...options, headers });
        const isStream = (response.headers['content-type'] ?? '').startsWith('text/event-stream');
        if (!isStream) return { status: response.statusCode, answer: await this.#read(response) };
        return { status: response.statusCode, headers: response.headers, events: eventsOf(response), cut: () => response.destroy() };
    }

    async #read(response) {
        const chunks = [];
        try {
            for await (const chunk of response) chunks.push(chunk);
        } catch (failure) {
            throw new Broken(failure.message);
        }
        const text = Buffer.concat(chunks).toString();
        // The load balancer's own words: the node behind it died, or none is there.
        if (response.statusCode >= 502 && response.headers['content-type'] === 'text/html') throw new Broken(`${response.statusCode} from the proxy`);
        const answer = { status: response.statusCode, headers: response.headers, text };
        const type = response.headers['content-type'] ?? '';
        if (/[/+]json/.test(type)) answer.body = JSON.parse(text);
        if (answer.status >= 400) {
            checkProblem(answer);
            this.problems.push(answer.body);
        }
        return answer;
    }

    close() {
        this.agent.destroy();
    }
}

async function* eventsOf(response) {
    const parser = new SseParser();
    try {
        for await (const chunk of response) yield* parser.feed(chunk);
    } catch (failure) {
        throw new Broken(failure.message);
    }
}

// RFC 9457 with our members, and nothing else.
export function checkProblem({ status, headers, body, text }) {
    assert.match(headers['content-type'] ?? '', /^application\/problem\+json/, `an error without a problem document: ${status} ${text}`);
    assert.equal(body.status, status);
    for (const name of ['type', 'title', 'detail', 'code', 'request_id']) assert.equal(typeof body[name], 'string', `${name} in ${text}`);
    assert.match(body.code, /^[a-z][a-z0-9_]*$/, text);
    assert.match(body.request_id, /^[A-Za-z0-9._-]{1,64}$/, `request_id in ${text}`);
    if (headers['x-request-id'] !== undefined) assert.equal(headers['x-request-id'], body.request_id);
    const known = ['type', 'title', 'status', 'detail', 'code', 'request_id', 'errors'];
    if (body.code === 'daily_limit_reached') known.push('upgrade');
    if (body.code === 'already_subscribed') known.push('portal_url');
    assert.deepEqual(Object.keys(body).filter((name) => !known.includes(name)), [], text);
    if (body.upgrade) assert.deepEqual(body.upgrade, { plans: '/plans/', checkout: '/subscription/checkout/' });
    for (const field of body.errors ?? []) assert.deepEqual(Object.keys(field).sort(), ['code', 'detail', 'field'], text);
    if (status === 401) assert.ok(headers['www-authenticate'], 'a 401 names its scheme');
    if (status === 429) assert.match(headers['retry-after'] ?? '', /^\d+$/, 'a 429 says when to come back');
}

let lastMobile = 2_000_000_000 + Math.floor(Math.random() * 1_000_000) * 1000;

export class User {
    // Signs up and logs in with the code that the debug answer holds, or, where there is none, with the next test number of the server.
    static async signUp(client, { mobile, password = 'a-long-pass-word-7' } = {}) {
        const user = new User();
        const given = mobile ? {} : client.server.testNumber?.() ?? { mobile: `+1${++lastMobile}` };
        Object.assign(user, { client, password, mobile, ...given });
        await user.#signUpObeying({ mobile: user.mobile, password });
        const sent = await user.ask('POST', '/auth/send-otp/', { body: { mobile: user.mobile, purpose: 'login' } });
        const body = { mobile: user.mobile, code: given.code ?? sent.otp, purpose: 'login' };
        const login = await user.ask('POST', '/auth/verify-otp/', { body });
        Object.assign(user, { id: login.user.id, token: login.access, refresh: login.refresh });
        return user;
    }

    // Passwords are hashed a few at a time, and PostgreSQL has so many connections; a client that comes in a crowd is told to come back. Whether
    // what was not stored was stored after all is not always known: then the number is taken, by this user.
    async #signUpObeying(body, seconds = 60) {
        let isUnclear = false;
        for (const end = Date.now() + seconds * 1000;;) {
            const answer = await this.client.ask('POST', '/auth/signup/', { body });
            if (answer.status === 201 || (isUnclear && answer.body?.code === 'mobile_taken')) return;
            isUnclear ||= answer.body?.code === 'storage_unavailable';
            if (!['busy', 'storage_unavailable'].includes(answer.body?.code) || Date.now() > end) throw new Unexpected(answer, 'POST /auth/signup/');
            await sleep(Number(answer.headers['retry-after']) * 1000);
        }
    }

    // The body of the answer, which must have the status `expect`.
    async ask(method, path, { expect = 200, ...options } = {}) {
        const answer = await this.client.ask(method, path, { token: this.token, ...options });
        if (answer.status !== expect) throw new Unexpected(answer, `${method} ${path}`);
        return answer.body;
    }

    async createRoom(body = { name: 'a room' }) {
        return (await this.ask('POST', '/chatroom/', { body, expect: 201 })).id;
    }

    // The whole answer to a send: any status.
    post(room, content, { key, wait, headers = {} } = {}) {
        const all = key ? { 'Idempotency-Key': key, ...headers } : headers;
        const query = wait === undefined ? '' : `?wait=${wait}`;
        return this.client.ask('POST', `/chatroom/${room}/message/${query}`, { token: this.token, body: { content }, headers: all });
    }

    // {message, reply, stream_url, usage}
    async send(room, content, options = {}) {
        const answer = await this.post(room, content, options);
        if (answer.status !== 201) throw new Unexpected(answer, 'send');
        return answer.body;
    }

    // Sends until it is accepted: comes back as told when the queue is full, repeats with the same key when the connection breaks.
    async sendUntilAccepted(room, content, { key = randomUUID(), seconds = 60, ...options } = {}) {
        for (const end = Date.now() + seconds * 1000;;) {
            const answer = await this.post(room, content, { key, ...options }).catch(onlyBroken);
            if (answer?.status === 201) return answer.body;
            const isTemporary = !answer || answer.status === 503 || ['room_busy', 'queue_full', 'idempotency_in_progress'].includes(answer.body.code);
            if (!isTemporary || Date.now() > end) throw answer ? new Unexpected(answer, 'send') : new Error(`not accepted in ${seconds} s`);
            await sleep(answer ? 100 : 50);
        }
    }

    message(room, id, options) {
        return this.ask('GET', `/chatroom/${room}/message/${id}/`, options);
    }

    usage() {
        return this.ask('GET', '/user/usage/');
    }

    stop(room, reply) {
        return this.ask('POST', `/chatroom/${room}/message/${reply}/stop/`);
    }

    retry(room, reply) {
        return this.ask('POST', `/chatroom/${room}/message/${reply}/retry/`, { expect: 201 });
    }

    // All of a room's messages, oldest first.
    async messages(room, limit = 100) {
        let all = [];
        for (let cursor = null; ;) {
            const page = await this.ask('GET', `/chatroom/${room}/?limit=${limit}${cursor ? `&cursor=${cursor}` : ''}`);
            all = [...page.messages, ...all];
            cursor = page.next;
            if (!cursor) return all;
        }
    }

    async rooms() {
        const all = [];
        for (let cursor = null; ;) {
            const page = await this.ask('GET', `/chatroom/?limit=100${cursor ? `&cursor=${cursor}` : ''}`);
            all.push(...page.results);
            cursor = page.next;
            if (!cursor) return all;
        }
    }

    openStream(room, reply, lastId) {
        const headers = lastId === null || lastId === undefined ? {} : { 'Last-Event-ID': lastId };
        return this.client.stream('GET', `/chatroom/${room}/message/${reply}/stream/`, { token: this.token, headers });
    }

    // Reads a reply to its end, over as many connections as it takes. `cutAfter(connection)` tells after how many events the reader
    // leaves that connection (Infinity: stays). Returns the ReplyReader.
    async follow(room, reply, { cutAfter = () => Infinity, seconds = 60, reader = new ReplyReader() } = {}) {
        for (const end = Date.now() + seconds * 1000; !reader.end;) {
            if (Date.now() > end) throw new Error(`the reply ${reply} did not end in ${seconds} s; it has ${reader.text.length} characters`);
            try {
                await this.#followOnce(room, reply, reader, cutAfter(reader.connections));
            } catch (failure) {
                onlyBroken(failure);
                await sleep(20);
            }
        }
        return reader;
    }

    async #followOnce(room, reply, reader, eventsMax) {
        const stream = await this.openStream(room, reply, reader.lastId);
        if (!stream.events) throw new Unexpected(stream.answer, 'stream');
        await readEvents(stream, reader, eventsMax);
    }
}

// Feeds one connection's events to `reader` until the end or until so many have come; then the connection is cut.
export async function readEvents(stream, reader, eventsMax = Infinity) {
    reader.connected();
    let count = 0;
    if (count >= eventsMax) return stream.cut();
    for await (const event of stream.events) {
        reader.take(event);
        if (++count >= eventsMax && !reader.end) return stream.cut();
    }
}

export function onlyBroken(failure) {
    if (!(failure instanceof Broken)) throw failure;
}
