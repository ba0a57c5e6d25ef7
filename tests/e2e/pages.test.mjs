// The pages as the binary serves them: every file in every form, caching, parts, the policy; what is not there; the pages' cookie; the brand.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

import { Client } from './support/client.mjs';
import { endPrograms, temporaryFolder } from './support/process.mjs';
import { Server, roomySettings } from './support/server.mjs';

const dist = path.join(import.meta.dirname, '../../ui/dist');
const html = { Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
const decoded = { br: brotliDecompressSync, gzip: gunzipSync, undefined: (bytes) => bytes };

const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
after(() => {
    agent.destroy();
    return endPrograms();
});

// {status, headers, bytes}, as they came.
function ask(server, method, target, headers = {}) {
    return new Promise((resolve, reject) => {
        const request = http.request(server.url + target, { method, headers, agent }, async (response) => {
            const chunks = [];
            for await (const chunk of response) chunks.push(chunk);
            resolve({ status: response.statusCode, headers: response.headers, bytes: Buffer.concat(chunks) });
        });
        request.on('error', reject);
        request.end();
    });
}

const filesOfDist = () =>
    readdirSync(dist, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !/\.(br|gz)$/.test(entry.name))
        .map((entry) => path.relative(dist, path.join(entry.parentPath, entry.name)));

describe('pages', () => {
    let server;
    before(async () => (server = await Server.start({ env: roomySettings })));

    test('every built file is there, in each form the same', async () => {
        const files = filesOfDist();
        assert.ok(files.length > 30);
        for (const file of files) {
            const wanted = readFileSync(path.join(dist, file));
            const target = file === 'index.html' ? '/' : `/${file}`;
            for (const encoding of [undefined, 'gzip', 'br', 'gzip, deflate, br, zstd', 'br;q=0.1, gzip;q=0.2']) {
                const answer = await ask(server, 'GET', target, encoding ? { 'Accept-Encoding': encoding } : {});
                assert.equal(answer.status, 200, target);
                const form = answer.headers['content-encoding'];
                assert.ok(form === undefined || encoding.includes(form), `${target}: ${form}`);
                assert.ok(decoded[form](answer.bytes).equals(wanted), `${target} as ${form}`);
                assert.equal(answer.headers['content-length'], String(answer.bytes.length));
                const caching = file.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
                assert.equal(answer.headers['cache-control'], caching, target);
                assert.equal(answer.headers['x-content-type-options'], 'nosniff');

                const head = await ask(server, 'HEAD', target, encoding ? { 'Accept-Encoding': encoding } : {});
                assert.equal(head.bytes.length, 0);
                for (const name of ['content-length', 'content-encoding', 'content-type', 'etag', 'vary', 'cache-control']) assert.equal(head.headers[name], answer.headers[name], `${name} of ${target}`);

                const again = await ask(server, 'GET', target, { ...(encoding && { 'Accept-Encoding': encoding }), 'If-None-Match': answer.headers.etag });
                assert.deepEqual([again.status, again.bytes.length, again.headers.etag, again.headers['content-length']], [304, 0, answer.headers.etag, undefined]);
            }
        }
    });

    test('all that the shell names is there', async () => {
        const shell = readFileSync(path.join(dist, 'index.html'), 'utf8');
        const names = [...shell.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, name]) => name);
        assert.ok(names.length >= 4, names.join());
        for (const name of names) assert.equal((await ask(server, 'GET', name)).status, 200, name);
        assert.doesNotMatch(shell, /<script(?![^>]*src=)|<style| on[a-z]+=| style=/i, 'nothing that the policy would refuse');
    });

    test('pages have addresses of their own and a policy', async () => {
        const shell = await ask(server, 'GET', '/');
        for (const target of ['/signin', '/chat/7', '/account/', '/plan', '/docs/', '/docs/?q=1', '/subscription/done/?session_id=x']) {
            const page = await ask(server, 'GET', target, html);
            assert.ok(page.status === 200 && page.bytes.equals(shell.bytes), target);
        }
        const policy = shell.headers['content-security-policy'];
        for (const part of ["default-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'", "require-trusted-types-for 'script'"]) assert.ok(policy.includes(part), policy);
        assert.doesNotMatch(policy, /unsafe|\*|https?:/);
        assert.equal(shell.headers['referrer-policy'], 'same-origin');
        assert.equal(shell.headers.vary, 'Accept-Encoding');
    });

    test('parts of a file are given as they are asked for', async () => {
        const font = filesOfDist().find((name) => name.endsWith('.woff2'));
        const whole = readFileSync(path.join(dist, font));
        const part = await ask(server, 'GET', `/${font}`, { Range: 'bytes=100-199' });
        assert.deepEqual([part.status, part.headers['content-range'], part.headers['content-length']], [206, `bytes 100-199/${whole.length}`, '100']);
        assert.ok(part.bytes.equals(whole.subarray(100, 200)));
        const rest = await ask(server, 'GET', `/${font}`, { Range: 'bytes=200-', 'If-Range': part.headers.etag });
        assert.ok(rest.status === 206 && rest.bytes.equals(whole.subarray(200)));
        const beyond = await ask(server, 'GET', `/${font}`, { Range: `bytes=${whole.length}-` });
        assert.deepEqual([beyond.status, beyond.headers['content-range']], [416, `bytes */${whole.length}`]);
    });

    test('where nothing is, who reads sees a page and a program a problem document', async () => {
        const client = new Client(server);
        const shell = await ask(server, 'GET', '/');
        for (const target of ['/nowhere', '/chatroom/1/nothing/', '/assets/gone-00000000.js', '/%2e%2e/etc/passwd', '//']) {
            const page = await ask(server, 'GET', target, html);
            assert.equal(page.status, 404, target);
            assert.equal(page.headers['content-type'], 'text/html; charset=utf-8', target);
            assert.equal(page.headers['cache-control'], 'no-store', target);
            assert.ok(page.bytes.equals(shell.bytes), target);
            for (const headers of [{}, { Accept: '*/*' }, { Accept: 'application/json' }]) {
                const answer = await client.ask('GET', target, { headers });
                assert.deepEqual([answer.status, answer.body.code], [404, 'path_not_found'], target);
            }
        }
        const posted = await client.ask('POST', '/', { body: {} });
        assert.deepEqual([posted.status, posted.body.code, posted.headers.allow], [405, 'method_not_allowed', 'GET, HEAD, OPTIONS']);
        client.close();
    });

    test('paths of the API stay the API\'s', async () => {
        const client = new Client(server);
        for (const [target, status] of [['/chatroom/', 401], ['/plans/', 200], ['/config/', 200], ['/openapi.json', 200], ['/health/', 200], ['/auth/login/', 405]]) {
            const answer = await client.ask('GET', target, { headers: html });
            assert.equal(answer.status, status, target);
            assert.match(answer.headers['content-type'], /json/, target);
        }
        client.close();
    });

    test('front ends are told what they need before anybody is signed in', async () => {
        const client = new Client(server);
        const { body, headers } = await client.ask('GET', '/config/');
        assert.deepEqual(body, {
            countries: null, default_country: '1', password_login: false,
            brand: { name: 'Pollux', accent: '#0c6078', accent_dark: '#67c5dd', logo: null },
            billing: 'demo', plans: '/plans/', terms_url: null, privacy_url: null,
        });
        assert.equal(headers['cache-control'], 'public, max-age=60');
        client.close();
    });
});

// As a browser does: one cookie, kept by name, and an Origin.
class Browser {
    cookies = new Map();

    constructor(server, { host, origin } = {}) {
        this.client = new Client(server);
        this.host = host ?? new URL(server.url).host;
        this.origin = origin ?? server.url;
    }

    async post(target, body, more = {}) {
        const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
        const headers = { Host: this.host, Origin: this.origin, 'X-Pollux-Client': 'web', ...(cookie && { Cookie: cookie }), ...more.headers };
        for (const [name, value] of Object.entries(headers)) if (value === null) delete headers[name];
        const answer = await this.client.ask('POST', target, { body, token: more.token, headers });
        for (const line of answer.headers['set-cookie'] ?? []) {
            const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
            if (/Max-Age=0/.test(line)) this.cookies.delete(name);
            else this.cookies.set(name, value);
        }
        return answer;
    }

    close() {
        this.client.close();
    }
}

async function signIn(browser, mobile) {
    const send = { mobile, purpose: 'login' };
    await browser.post('/auth/signup/', { mobile, password: 'a-long-pass-word-7' });
    const { body } = await browser.post('/auth/send-otp/', send);
    return browser.post('/auth/verify-otp/', { ...send, code: body.otp ?? '135790' });
}

describe('the pages\' cookie', () => {
    test('keeps a page signed in, and no script can read it', async () => {
        const server = await Server.start({ env: roomySettings });
        const browser = new Browser(server);
        const login = await signIn(browser, '+12025550171');
        assert.equal(login.status, 200, login.text);
        assert.ok(!('refresh' in login.body) && login.body.access, login.text);
        const name = `pollux_refresh_${server.port}`;
        assert.match(login.headers['set-cookie'][0], new RegExp(`^${name}=v1\\..*; Path=/auth; HttpOnly; SameSite=Strict; Max-Age=604800$`));
        const first = browser.cookies.get(name);

        const refreshed = await browser.post('/auth/token/refresh/', {});
        assert.deepEqual(Object.keys(refreshed.body).sort(), ['access', 'expires_in']);
        assert.notEqual(browser.cookies.get(name), first);
        assert.equal(refreshed.headers['cache-control'], 'no-store');

        for (const headers of [{ Origin: null }, { Origin: 'https://evil.example' }, { Origin: 'null' }, { Origin: 'http://127.0.0.1:1' }, { 'Sec-Fetch-Site': 'cross-site' }]) {
            const refused = await browser.post('/auth/token/refresh/', {}, { headers });
            assert.deepEqual([refused.status, refused.body.code, refused.headers['set-cookie']], [403, 'foreign_origin', undefined], JSON.stringify(headers));
        }
        const plain = await browser.post('/auth/token/refresh/', {}, { headers: { 'X-Pollux-Client': null } });
        assert.deepEqual([plain.status, plain.body.errors[0].field], [422, 'refresh'], 'without the header no cookie is read');

        const kept = new Map(browser.cookies);
        const out = await browser.post('/auth/logout/', {}, { token: refreshed.body.access });
        assert.equal(out.status, 204);
        assert.equal(browser.cookies.size, 0);
        assert.equal((await browser.post('/auth/token/refresh/', {})).body.code, 'refresh_invalid');
        browser.cookies = kept;
        assert.equal((await browser.post('/auth/token/refresh/', {})).body.code, 'session_ended');
        browser.close();
    });

    test('is bound to its host over https', async () => {
        const env = {
            SECRET_KEY: 'Zk3vX9q-7Lw2TmB5sR8uYc1NhD6fGjPa', ALLOWED_HOSTS: 'chat.example.com', PUBLIC_URL: 'https://chat.example.com', AI_MODELS: 'demo',
            OTP_TEST_NUMBERS: `+12025550172:135790@${new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10)}`,
        };
        const server = await Server.start({ env });
        const browser = new Browser(server, { host: 'chat.example.com', origin: 'https://chat.example.com' });
        const login = await signIn(browser, '+12025550172');
        assert.match(login.headers['set-cookie'][0], /^__Host-pollux_refresh=v1\..*; Path=\/; Secure; HttpOnly; SameSite=Strict; Max-Age=604800$/);
        assert.equal((await browser.post('/auth/token/refresh/', {})).status, 200);
        const value = browser.cookies.get('__Host-pollux_refresh');
        browser.cookies = new Map([['pollux_refresh', value]]);
        assert.equal((await browser.post('/auth/token/refresh/', {})).body.code, 'refresh_invalid', 'what plain http could have set counts for nothing');
        browser.close();
    });
});

describe('the brand', () => {
    const logo = '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><script>alert(1)</script><rect width="8" height="8"/></svg>\n';

    test('is worn by the pages', async () => {
        const folder = temporaryFolder();
        writeFileSync(path.join(folder, 'logo.svg'), logo);
        const env = {
            ...roomySettings, BRAND_NAME: 'Leda & Söhne', BRAND_ACCENT: '#7A1F5C', BRAND_LOGO_FILE: 'logo.svg', TERMS_URL: 'https://example.com/terms',
            PRIVACY_URL: 'https://example.com/privacy?v=2', PASSWORD_LOGIN: 'True', ALLOWED_COUNTRIES: 'US,44', DEFAULT_COUNTRY_CODE: '44',
        };
        const server = await Server.start({ folder, env });
        const { body } = await new Client(server).ask('GET', '/config/');
        assert.deepEqual([body.brand.name, body.brand.accent], ['Leda & Söhne', '#7a1f5c']);
        assert.match(body.brand.accent_dark, /^#[0-9a-f]{6}$/);
        assert.deepEqual([body.terms_url, body.privacy_url, body.password_login, body.countries, body.default_country], ['https://example.com/terms', 'https://example.com/privacy?v=2', true, ['US', '44'], '44']);

        const shell = await ask(server, 'GET', '/');
        assert.match(shell.bytes.toString(), /<title>Leda &amp; Söhne<\/title>/);
        const zipped = await ask(server, 'GET', '/', { 'Accept-Encoding': 'br, gzip' });
        assert.equal(zipped.headers['content-encoding'], 'gzip');
        assert.ok(gunzipSync(zipped.bytes).equals(shell.bytes));
        const [, sheet] = /<link rel="stylesheet" href="(\/brand\/[0-9a-f]+\.css)">\n<\/head>/.exec(shell.bytes.toString());
        const css = await ask(server, 'GET', sheet);
        assert.equal(css.headers['content-type'], 'text/css; charset=utf-8');
        assert.ok(css.bytes.toString().includes('--accent:#7a1f5c') && css.bytes.toString().includes(`--accent:${body.brand.accent_dark}`), css.bytes.toString());

        const picture = await ask(server, 'GET', body.brand.logo);
        assert.equal(picture.bytes.toString(), logo);
        assert.equal(picture.headers['cross-origin-resource-policy'], 'cross-origin', 'a front end of another origin may show it');
        assert.equal(picture.headers['content-type'], 'image/svg+xml');
        assert.equal(picture.headers['content-security-policy'], "default-src 'none'; style-src 'unsafe-inline'; sandbox");
        assert.match(picture.headers['cache-control'], /immutable/);
    });

    test('that cannot be shown stops the start with one line that mends it', async () => {
        const folder = temporaryFolder();
        writeFileSync(path.join(folder, 'large.svg'), `<svg>${' '.repeat(70_000)}</svg>`);
        writeFileSync(path.join(folder, 'page.svg'), '<html></html>');
        for (const [env, line] of [
            [{ BRAND_ACCENT: 'ff8800' }, /BRAND_ACCENT: #ff8800 has a contrast of 2\.\d\d on the light pages.* nearest colour that has it is #[0-9a-f]{6}/],
            [{ BRAND_ACCENT_DARK: '0c6078' }, /BRAND_ACCENT_DARK: #0c6078 has a contrast of \d\.\d\d on the dark pages/],
            [{ BRAND_LOGO_FILE: 'large.svg' }, /BRAND_LOGO_FILE: large\.svg is over 64 KiB/],
            [{ BRAND_LOGO_FILE: 'page.svg' }, /BRAND_LOGO_FILE: page\.svg is neither an SVG nor a PNG/],
            [{ BRAND_LOGO_FILE: 'none.png' }, /BRAND_LOGO_FILE: none\.png is no file that can be read/],
        ]) {
            const server = new Server({ folder, env: { ...roomySettings, ...env } });
            await server.launch();
            const { code } = await server.program.end;
            assert.equal(code, 2, 'no supervisor starts it again and again');
            assert.match(server.log + server.console, line);
        }
    });
});

test('without the pages there is the API alone', async () => {
    const server = await Server.start({ env: { ...roomySettings, PAGES: 'False' } });
    const client = new Client(server);
    for (const target of ['/', '/docs/', '/chat/1', '/index.html', `/${filesOfDist()[0]}`]) {
        const answer = await client.ask('GET', target, { headers: html });
        assert.deepEqual([answer.status, answer.body.code], [404, 'path_not_found'], target);
    }
    assert.equal((await client.ask('GET', '/config/')).body.brand.logo, null);
    assert.match(server.console, /Pages {5}none/);
    client.close();
});
