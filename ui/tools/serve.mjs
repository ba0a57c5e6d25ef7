// Serves the built pages with the policy that the binary will send, and passes the API on: `node tools/serve.mjs --listen PORT --server URL`.
// For tests and for looking at a build; nothing of it is shipped.
import { createReadStream, existsSync, statSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { answer } from './door.mjs';

const types = {
    '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2',
    '.png': 'image/png', '.webmanifest': 'application/manifest+json', '.json': 'application/json',
};

export const policy = [
    "default-src 'self'", "img-src 'self' blob:", "media-src 'self' blob:", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'", "form-action 'self'",
    "require-trusted-types-for 'script'", 'trusted-types svelte-trusted-html dompurify pollux',
].join('; ');

// Resolves with {url, stop()}.
export function servePages({ server, port = 0, host = '127.0.0.1', folder = process.env.POLLUX_PAGES ?? path.join(import.meta.dirname, '../dist') }) {
    const sockets = new Set();
    const door = http.createServer((request, response) => {
        if (answer(server, request, response)) return;
        const { pathname } = new URL(request.url, 'http://any');
        let file = path.join(folder, path.normalize(pathname));
        const isFile = file.startsWith(folder) && existsSync(file) && statSync(file).isFile();
        if (!isFile && pathname.startsWith('/assets/')) return void response.writeHead(404).end();
        if (!isFile) file = path.join(folder, 'index.html');
        const head = { 'Content-Type': types[path.extname(file)] ?? 'application/octet-stream', 'Content-Security-Policy': policy, 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'same-origin' };
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
    door.on('connection', (socket) => sockets.add(socket) && socket.on('close', () => sockets.delete(socket)));
    return new Promise((resolve) => {
        door.listen(port, host, () => {
            const stop = () => new Promise((done) => (door.close(done), sockets.forEach((socket) => socket.destroy())));
            resolve({ url: `http://${host}:${door.address().port}`, stop, cut: () => sockets.forEach((socket) => socket.destroy()) });
        });
    });
}

if (import.meta.main ?? process.argv[1] === import.meta.filename) {
    const { values } = parseArgs({ options: { listen: { type: 'string', default: '8080' }, server: { type: 'string', default: 'http://127.0.0.1:8000' } } });
    const { url } = await servePages({ server: values.server, port: Number(values.listen) });
    console.log(`the pages are at ${url}`);
}
