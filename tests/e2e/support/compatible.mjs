// An OpenAI-compatible server in this process: it answers each call as the test says, and remembers what it was asked.
import http from 'node:http';

import { listening } from './listening.mjs';
import { sleep } from './process.mjs';

export class CompatibleServer {
    calls = []; // {body, headers, path, at, closedAt}, in their order.
    models = ['small', 'large'];
    next = []; // Answers for the calls to come; then `answer`.
    answer = replyOf('Hello from a compatible server.');

    static async start() {
        const server = new CompatibleServer();
        server.http = http.createServer((request, response) => server.#serve(request, response));
        server.url = `http://127.0.0.1:${await listening(server.http)}/v1`;
        return server;
    }

    // Settings with which Pollux asks it.
    settings(key) {
        return { AI_BASE_URL: this.url, ...(key ? { AI_API_KEY: key } : {}) };
    }

    async #serve(request, response) {
        const chunks = [];
        for await (const chunk of request) chunks.push(chunk);
        if (request.url === '/v1/models') {
            response.setHeader('content-type', 'application/json');
            return response.end(JSON.stringify({ object: 'list', data: this.models.map((id) => ({ id, object: 'model', created: 1, owned_by: 'library' })) }));
        }
        const call = { path: request.url, headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()), at: Date.now() };
        this.calls.push(call);
        response.on('close', () => (call.closedAt = Date.now()));
        await (this.next.shift() ?? this.answer)(response, call);
    }

    stop() {
        this.http.closeAllConnections();
        this.http.close();
    }
}

const chunkOf = (model, choice, rest = {}) => `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model, choices: choice ? [{ index: 0, ...choice }] : [], ...rest })}\n\n`;

// Streams `text` in a few pieces. `text` may be a function of the call. `usage: null`: the server does not say.
export function replyOf(text, { finish = 'stop', usage = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 }, done = true, everyMs = 5 } = {}) {
    return async (response, call) => {
        const { model } = call.body;
        const whole = [...(typeof text === 'function' ? text(call) : text)];
        const size = Math.max(1, Math.ceil(whole.length / 5));
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(chunkOf(model, { delta: { role: 'assistant', content: '' }, finish_reason: null }));
        for (let at = 0; at < whole.length; at += size) {
            response.write(chunkOf(model, { delta: { content: whole.slice(at, at + size).join('') }, finish_reason: null }));
            await sleep(everyMs);
        }
        if (finish) response.write(chunkOf(model, { delta: {}, finish_reason: finish }));
        if (usage && call.body.stream_options?.include_usage) response.write(chunkOf(model, null, { usage }));
        response.end(done ? 'data: [DONE]\n\n' : '');
    };
}

// These bytes, as an event stream.
export function bytesOf(...pieces) {
    return async (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        for (const piece of pieces) {
            response.write(piece);
            await sleep(2);
        }
        response.end();
    };
}

export function refusalOf(status, error, headers = {}) {
    return (response) => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(JSON.stringify({ error }));
    };
}
