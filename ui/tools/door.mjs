// What stands between a browser and `pollux serve` in development and tests, until the binary serves the pages itself: which paths are the
// API, and the pages' cookie (the refresh token in an HttpOnly cookie for requests with `X-Pollux-Client: web`, never in a body).
import http from 'node:http';

const apiPaths = /^\/(auth|user|chatroom|models|events|plans|subscription|subscriptions|subscribe|webhook|config|health|readyz|livez|openapi\.json|sms)(\/|$|\?)/;
const bodyMax = 1 << 20;
const cookieName = 'pollux_refresh';

// Takes the request if it is one for the API of the server at `url`; false leaves it to the caller.
export function answer(url, request, response) {
    if (!apiPaths.test(request.url)) return false;
    const web = request.headers['x-pollux-client'] === 'web' && request.method === 'POST' && request.url.startsWith('/auth/');
    if (web) void passWithCookie(url, request, response);
    else request.pipe(ask(url, request, {}, response, (from) => from.pipe(response)));
    return true;
}

function ask(url, request, extra, response, take) {
    const target = new URL(url);
    const headers = { ...request.headers, host: target.host, ...extra };
    delete headers.cookie;
    // The Origin of the pages is this door's; the server knows itself under its own address.
    if (headers.origin) headers.origin = target.origin;
    const passed = http.request({ host: target.hostname, port: target.port, method: request.method, path: request.url, headers }, (from) => {
        const out = { ...from.headers };
        delete out.connection;
        response.writeHead(from.statusCode, out);
        take(from);
        from.on('error', () => response.destroy());
    });
    passed.on('error', () => {
        if (response.headersSent) response.destroy();
        else response.writeHead(502, { 'Content-Type': 'text/html' }).end('The server is not there.');
    });
    response.on('close', () => passed.destroy());
    return passed;
}

async function passWithCookie(url, request, response) {
    let text = '';
    for await (const piece of request) {
        text += piece;
        if (text.length > bodyMax) return void response.writeHead(413).end();
    }
    const kept = /(?:^|;\s*)pollux_refresh=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];
    const path = request.url.replace(/\/$/, '');
    const needsToken = path === '/auth/token/refresh' || path === '/auth/logout';
    let body = text === '' ? undefined : JSON.parse(text);
    if (needsToken && kept) body = { ...body, refresh: kept };
    if (path === '/auth/token/refresh' && !kept) {
        const problem = { type: 'about:blank', title: 'Unauthorized', status: 401, detail: 'Nobody is signed in here.', code: 'refresh_invalid', request_id: 'none' };
        return void response.writeHead(401, { 'Content-Type': 'application/problem+json', 'WWW-Authenticate': 'Bearer' }).end(JSON.stringify(problem));
    }
    const out = body === undefined ? '' : JSON.stringify(body);
    const extra = out === '' ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(out)), 'transfer-encoding': undefined };
    const target = new URL(url);
    const headers = { ...request.headers, host: target.host, ...extra };
    for (const name of ['cookie', 'transfer-encoding', 'x-pollux-client', 'accept-encoding']) delete headers[name];
    if (headers.origin) headers.origin = target.origin;
    const passed = http.request({ host: target.hostname, port: target.port, method: request.method, path: request.url, headers }, async (from) => {
        let said = '';
        for await (const piece of from) said += piece;
        const head = { ...from.headers };
        for (const name of ['content-length', 'connection', 'transfer-encoding']) delete head[name];
        const cookies = [];
        if ((head['content-type'] ?? '').startsWith('application/json')) {
            const document = JSON.parse(said);
            if (typeof document.refresh === 'string') {
                cookies.push(`${cookieName}=${document.refresh}; Path=/auth; HttpOnly; SameSite=Strict; Max-Age=2592000`);
                delete document.refresh;
                said = JSON.stringify(document);
            }
        }
        if ((path === '/auth/logout' && from.statusCode < 300) || (path === '/auth/token/refresh' && from.statusCode === 401))
            cookies.push(`${cookieName}=; Path=/auth; HttpOnly; SameSite=Strict; Max-Age=0`);
        if (cookies.length > 0) head['set-cookie'] = cookies;
        response.writeHead(from.statusCode, head).end(said);
    });
    passed.on('error', () => response.writeHead(502, { 'Content-Type': 'text/html' }).end('The server is not there.'));
    passed.end(out);
}
