// Puts a build of the pages in front of a server that has another one, or none: `node tools/serve.mjs --listen PORT --server URL`. For work on
// the pages between two builds of the binary; nothing of it is shipped. All but files and pages is passed on as it came, so the API, the
// cookie and what browsers are told (the policy) are the server's own.
import { createReadStream, existsSync, statSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { parseArgs } from 'node:util';

const types = {
    '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2',
    '.png': 'image/png', '.webmanifest': 'application/manifest+json', '.json': 'application/json',
};
const told = ['content-security-policy', 'x-content-type-options', 'referrer-policy', 'permissions-policy', 'cross-origin-resource-policy'];

// What belongs to the server at any rate, for those who must tell it by the path alone.
export const serversPaths =
    /^\/(auth|user|chatroom|models|events|plans|subscription(?!\/done)|subscriptions|subscribe|webhook|config|brand|health|readyz|livez|demo|openapi\.json|sms)(\/|$|\?)/;

function pass(server, request, response) {
    const { hostname, port } = new URL(server);
    const onward = http.request({ host: hostname, port, method: request.method, path: request.url, headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers).flushHeaders();
        answer.pipe(response);
        answer.on('error', () => response.destroy());
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
}

// Resolves with the Server, which listens.
export async function servePages({ server, port = 0, host = '127.0.0.1', folder = path.join(import.meta.dirname, '../dist') }) {
    const { headers } = await fetch(server, { method: 'HEAD' });
    const policy = Object.fromEntries(told.filter((name) => headers.has(name)).map((name) => [name, headers.get(name)]));
    const door = http.createServer((request, response) => {
        const { pathname } = new URL(request.url, 'http://any');
        const named = path.join(folder, path.normalize(pathname));
        const isFile = named.startsWith(folder) && existsSync(named) && statSync(named).isFile();
        // The service worker and the look for a newer build ask for the shell as for any file.
        const isShell = pathname === '/' || (/text\/html/.test(request.headers.accept ?? '') && !serversPaths.test(request.url));
        const isPage = request.method === 'GET' && isShell;
        if (!isFile && !isPage) return pass(server, request, response);
        let file = isFile ? named : path.join(folder, 'index.html');
        const head = { ...policy, 'Content-Type': types[path.extname(file)] ?? 'application/octet-stream', Vary: 'Accept-Encoding' };
        head['Cache-Control'] = pathname.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
        const accepted = request.headers['accept-encoding'] ?? '';
        for (const [name, end] of [['br', '.br'], ['gzip', '.gz']])
            if (accepted.includes(name) && existsSync(file + end)) {
                file += end;
                head['Content-Encoding'] = name;
                break;
            }
        head['Content-Length'] = statSync(file).size;
        response.writeHead(200, head);
        createReadStream(file).pipe(response);
    });
    await new Promise((resolve) => door.listen(port, host, resolve));
    return door;
}

if (process.argv[1] === import.meta.filename) {
    const { values } = parseArgs({ options: { listen: { type: 'string', default: '8080' }, server: { type: 'string', default: 'http://127.0.0.1:8000' } } });
    const door = await servePages({ server: values.server, port: Number(values.listen) });
    console.log(`the pages are at http://127.0.0.1:${door.address().port}`);
}
