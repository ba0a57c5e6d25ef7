// How requests go out: with the token, once more after a 401 with a fresh one, and with every failure as a PolluxError.
import createClient, { type Client } from 'openapi-fetch';

import type { paths } from './api.ts';
import type { Call } from './calls.ts';
import type { Platform } from './platform.ts';
import { abortError } from './pauses.ts';
import { PolluxError, connectionFailed, errorOf, isAbort, jsonOf, unreadableAnswer } from './problem.ts';
import type { Tokens } from './tokens.ts';

// What may be asked without being signed in. With a session they are asked as that user.
const openAuth = /^\/auth\/(signup|send-otp|verify-otp|login|link|forgot-password|reset-password|token\/refresh)\/?$/;
const openElse = /^\/(plans|config|health|livez|readyz|openapi\.json)\/?$/;

// How long an answer may take to begin, with what the server waits for (25 s of ?wait=). Of a connection that died in the machine's sleep
// nothing else tells.
export const answerMaxMs = 45_000;
export const refreshMaxMs = 20_000;

export interface Calls {
    readonly get: Call<'get'>;
    readonly post: Call<'post'>;
    readonly patch: Call<'patch'>;
    readonly delete: Call<'delete'>;
}

export interface WireOptions {
    readonly url: string;
    readonly cookie: boolean;
    readonly fetch: typeof fetch;
    readonly bodyStreams: boolean | undefined;
    readonly platform: Platform;
    readonly tokens: () => Tokens;
}

export class Wire {
    readonly calls: Calls;
    readonly #options: WireOptions;
    #bodyStreams: boolean | undefined;

    constructor(options: WireOptions) {
        this.#options = options;
        this.#bodyStreams = options.bodyStreams;
        const client = createClient<paths>({ baseUrl: options.url, fetch: (request) => this.#send(request) });
        client.use({
            onResponse: async ({ response }) => {
                if (!response.ok) throw await errorOf(response);
                return undefined;
            },
        });
        this.calls = { get: callOf(client, 'GET'), post: callOf(client, 'POST'), patch: callOf(client, 'PATCH'), delete: callOf(client, 'DELETE') };
    }

    // Whether bodies can be read while they come: as the answers so far have shown, else as this platform's own class says.
    get bodyStreams(): boolean {
        return this.#bodyStreams ?? (typeof Response === 'function' && 'body' in Response.prototype);
    }

    // Opens a stream of events. Resolves with any answer, throws when there is none.
    async openStream(path: string, lastEventId: string | null, signal: AbortSignal): Promise<Response> {
        const headers: Record<string, string> = { Accept: 'text/event-stream' };
        if (lastEventId !== null) headers['Last-Event-ID'] = lastEventId;
        const token = await unlessAborted(this.#options.tokens().required(), signal);
        const ask = (token: string) => {
            const init: RequestInit = { headers: { ...headers, Authorization: `Bearer ${token}` }, cache: 'no-store', signal };
            return this.#fetch(this.#options.url + path, init, null);
        };
        const response = await ask(token);
        if (response.status !== 401) return response;
        return ask(await unlessAborted(this.#options.tokens().required(token), signal));
    }

    // What a refresh is asked by, with all of its answer. It outlives the page, so that the cookie that comes with the answer is not lost by a
    // reload.
    async post(path: string, body: object): Promise<Response> {
        const headers: Record<string, string> = { 'Content-Type': 'application/json' };
        if (this.#options.cookie) headers['X-Pollux-Client'] = 'web';
        const init = { method: 'POST', headers, body: JSON.stringify(body), keepalive: this.#options.cookie };
        // The limit holds until all of it is there: everything waits for its token.
        const limit = this.#limit(refreshMaxMs, null);
        try {
            const response = await this.#fetch(this.#options.url + path, { ...init, signal: limit.signal }, null);
            const text = await response.text();
            return new Response(text === '' ? null : text, { status: response.status, headers: response.headers });
        } finally {
            limit.clear();
        }
    }

    async #send(request: Request): Promise<Response> {
        const path = pathOf(request.url).slice(pathOf(this.#options.url).length);
        // The cookie goes with what opens and ends sessions; the server wants an equal Origin then, which only a POST is sure to have.
        if (this.#options.cookie && request.method === 'POST' && path.startsWith('/auth/')) request.headers.set('X-Pollux-Client', 'web');

        const tokens = this.#options.tokens();
        const token = (openAuth.test(path) || openElse.test(path)) && !tokens.isSignedIn ? null : await unlessAborted(tokens.access(), request.signal);
        if (token === null) return this.#fetch(request, {}, answerMaxMs);
        request.headers.set('Authorization', `Bearer ${token}`);
        const repeat = request.clone();
        const response = await this.#fetch(request, {}, answerMaxMs);
        if (response.status !== 401 || !(await isOfToken(response))) return response;
        const fresh = await unlessAborted(tokens.access(token), request.signal);
        if (fresh === null) return response;
        repeat.headers.set('Authorization', `Bearer ${fresh}`);
        return this.#fetch(repeat, {}, answerMaxMs);
    }

    // `maxMs`: until the answer begins; null where somebody else looks after that.
    async #fetch(input: Request | string, init: RequestInit, maxMs: number | null): Promise<Response> {
        const limit = maxMs === null ? null : this.#limit(maxMs, typeof input === 'string' ? init.signal : input.signal);
        try {
            const response = await this.#options.fetch(input, limit ? { ...init, signal: limit.signal } : init);
            if (this.#options.bodyStreams === undefined && response.ok && response.status !== 204) {
                this.#bodyStreams = typeof response.body?.getReader === 'function';
            }
            return response;
        } catch (failure) {
            if (isAbort(failure) && !limit?.isOver()) throw failure;
            throw new PolluxError(connectionFailed, 'The server could not be reached.', { cause: failure });
        } finally {
            limit?.clear();
        }
    }

    #limit(maxMs: number, outer: AbortSignal | null | undefined) {
        const own = new AbortController();
        let isOver = false;
        const timer = this.#options.platform.setTimer(() => {
            isOver = true;
            own.abort();
        }, maxMs);
        if (outer?.aborted) own.abort();
        else outer?.addEventListener('abort', () => own.abort(), { once: true });
        return { signal: own.signal, isOver: () => isOver, clear: () => this.#options.platform.clearTimer(timer) };
    }
}

// The answer is read here: what openapi-fetch throws where it cannot read one is no PolluxError.
function callOf<M extends keyof Calls>(client: Client<paths>, method: Uppercase<M>): Call<M> {
    const ask = client[method] as unknown as (path: string, init: object) => Promise<{ response: Response }>;
    return (async (path: string, init?: object) => {
        const { response } = await ask(path, { ...init, parseAs: 'stream' });
        return jsonOf(response);
    }) as unknown as Call<M>;
}

// What others wait for as well goes on; this one no longer waits for it.
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
        const abort = () => reject(abortError());
        if (signal.aborted) abort();
        else signal.addEventListener('abort', abort, { once: true });
        work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    });
}

// By hand: the URL of some platforms has no parts.
function pathOf(url: string): string {
    return url.replace(/^[a-z]+:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
}

// A 401 may also mean a wrong password, which no other token mends.
async function isOfToken(response: Response): Promise<boolean> {
    const { code } = await errorOf(response.clone());
    return ['token_expired', 'token_invalid', 'token_missing', 'session_ended', unreadableAnswer].includes(code);
}
