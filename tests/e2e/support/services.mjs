// The servers beside Pollux that a cluster needs: Debian's programs with data of their own in a temporary folder, on free ports of this
// machine, which may be killed, stopped and started again. None outlives the test.
import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';

import { Program, freePort, repository, sleep, temporaryFolder, until } from './process.mjs';

const run = promisify(execFile);
const isRoot = process.getuid() === 0;
const postgresPrograms = ['17', '16', '15'].map((version) => `/usr/lib/postgresql/${version}/bin`).find((folder) => fs.existsSync(folder));

// PostgreSQL refuses to run as root.
function asPostgres(program, args) {
    const file = path.join(postgresPrograms, program);
    return isRoot ? ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', file, ...args]] : [file, args];
}

const environment = { PATH: process.env.PATH, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' };

export class Postgres {
    #logs = [];

    // `settings`: more of postgresql.conf, {name: value}. Folders of PostgreSQL's own user: `walFolder` for the write-ahead log,
    // `tables` for the tables.
    static async start(settings = {}, { walFolder, tables } = {}) {
        if (!postgresPrograms) throw new Error('PostgreSQL is missing: apt-get install postgresql-15');
        const postgres = new Postgres();
        postgres.folder = temporaryFolder();
        if (isRoot) execFileSync('chown', ['postgres:postgres', postgres.folder]);
        postgres.data = path.join(postgres.folder, 'data');
        const wal = walFolder ? ['-X', walFolder, '--wal-segsize=1'] : [];
        const [file, args] = asPostgres('initdb', ['-D', postgres.data, '-U', 'pollux', '-A', 'trust', '-E', 'UTF8', '--no-sync', ...wal]);
        await run(file, args, { cwd: postgres.folder, env: environment });
        postgres.port = await freePort();
        postgres.settings = { max_connections: 200, shared_buffers: '64MB', log_min_messages: 'warning', ...settings };
        await postgres.launch();
        if (tables) await postgres.psql(`create tablespace small location '${tables}'`, 'postgres');
        await postgres.psql(`create database pollux ${tables ? 'tablespace small' : ''}`, 'postgres');
        return postgres;
    }

    get url() {
        return `postgres://pollux@127.0.0.1:${this.port}/pollux`;
    }

    // Starts it on what is there. After a kill the old processes may still hold the shared memory: then it is tried again.
    async launch(seconds = 30) {
        const given = Object.entries(this.settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
        const places = ['-D', this.data, '-k', this.folder, '-h', '127.0.0.1', '-p', String(this.port)];
        const [file, args] = asPostgres('postgres', [...places, ...given]);
        await until('PostgreSQL', async () => {
            if (!this.program || this.program.exited) this.#run(file, args);
            return this.psql('select 1', 'postgres').then(() => true, () => false);
        }, { seconds, everyMs: 100 });
    }

    #run(file, args) {
        this.#logs.push(this.program?.stderr ?? '');
        this.program = new Program(file, args, { cwd: this.folder, env: environment });
    }

    get log() {
        return this.#logs.join('') + this.program.stderr;
    }

    // Its parent process alone: the others notice and end.
    async kill() {
        await this.program.signal('SIGKILL');
    }

    async stop() {
        await this.program.signal('SIGINT');
    }

    // All of its processes stand still, or go on.
    pause() {
        this.#signalAll('STOP');
    }
    resume() {
        this.#signalAll('CONT');
    }
    #signalAll(name) {
        const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(this.program.child.pid)], { encoding: 'utf8' });
        const pids = [this.program.child.pid, ...children.trim().split(/\s+/).map(Number)];
        if (name === 'CONT') pids.reverse();
        for (const pid of pids) {
            try {
                process.kill(pid, `SIG${name}`);
            } catch (failure) {
                if (failure.code !== 'ESRCH') throw failure; // A session that has ended since.
            }
        }
    }

    async psql(command, database = 'pollux') {
        const args = ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-h', '127.0.0.1', '-p', String(this.port), '-U', 'pollux', '-d', database, '-c', command];
        const { stdout } = await run('psql', args, { env: { ...environment, PGCONNECT_TIMEOUT: '5' }, maxBuffer: 1 << 30 });
        return stdout;
    }

    async rows(query) {
        const text = await this.psql(`select coalesce(json_agg(answer), '[]') from (${query}) answer`);
        return JSON.parse(text);
    }
}

// Somebody who takes every connection that PostgreSQL has, also those of others, and keeps them.
export class Crowd {
    #sockets = [];

    // `leaving`: how many it leaves to others.
    static async take(postgres, { leaving = 0 } = {}) {
        const crowd = new Crowd();
        const wanted = postgres.settings.max_connections - leaving;
        const isWhole = () => crowd.#sockets.length >= wanted;
        const end = Date.now() + 60_000;
        // Many at once, again and again: for each place that becomes free it runs against those whose connections it ends.
        const comers = Array.from({ length: 16 }, async () => {
            while (!isWhole() && Date.now() < end) {
                const socket = await connection(postgres.port);
                if (socket) crowd.#sockets.push(socket);
            }
        });
        while (!isWhole() && Date.now() < end) {
            if (crowd.#sockets.length > 0) await query(crowd.#sockets[0], "select pg_terminate_backend(pid) from pg_stat_activity where application_name <> 'crowd' and backend_type = 'client backend'");
            await sleep(50);
        }
        await Promise.all(comers);
        if (!isWhole()) throw new Error(`the crowd has ${crowd.#sockets.length} connections and gets no more`);
        for (const socket of crowd.#sockets.splice(wanted)) socket.destroy();
        return crowd;
    }

    leave() {
        for (const socket of this.#sockets) socket.destroy();
    }
}

// PostgreSQL's protocol, as little of it as is needed: a session that was let in, or null.
function connection(port) {
    const words = Buffer.from('user\0pollux\0database\0pollux\0application_name\0crowd\0\0');
    const head = Buffer.alloc(8);
    head.writeInt32BE(8 + words.length, 0);
    head.writeInt32BE(3 << 16, 4); // The protocol's version.
    return new Promise((resolve) => {
        const socket = net.connect(port, '127.0.0.1', () => socket.write(Buffer.concat([head, words])));
        socket.on('error', () => resolve(null));
        socket.once('data', (answer) => {
            const isIn = answer[0] === 'R'.charCodeAt();
            if (!isIn) socket.destroy();
            resolve(isIn ? socket : null);
        });
    });
}

// Waits until something is answered.
function query(socket, text) {
    const head = Buffer.alloc(5);
    head.write('Q');
    head.writeInt32BE(4 + Buffer.byteLength(text) + 1, 1);
    return new Promise((resolve) => {
        socket.once('data', resolve);
        socket.write(Buffer.concat([head, Buffer.from(`${text}\0`)]));
    });
}

export class Redis {
    static async start(settings = {}) {
        const redis = new Redis();
        Object.assign(redis, { folder: temporaryFolder(), port: await freePort(), settings });
        // The same file as redis-server, told what it is by its name. It comes with redis-tools, which starts no service.
        redis.file = path.join(redis.folder, 'redis-server');
        fs.symlinkSync('/usr/bin/redis-check-rdb', redis.file);
        await redis.launch();
        return redis;
    }

    get url() {
        return `redis://127.0.0.1:${this.port}/0`;
    }

    async launch() {
        const more = Object.entries(this.settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
        const args = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder, '--save', '', '--appendonly', 'no', ...more];
        this.program = new Program(this.file, args, { cwd: this.folder, env: environment });
        await until('Redis', () => this.command('ping').then((answer) => answer === 'PONG', () => false));
    }

    async kill() {
        await this.program.signal('SIGKILL');
    }
    pause() {
        this.program.child.kill('SIGSTOP');
    }
    resume() {
        this.program.child.kill('SIGCONT');
    }

    async command(...words) {
        const { stdout } = await run('redis-cli', ['-h', '127.0.0.1', '-p', String(this.port), ...words.map(String)], { env: environment, timeout: 10_000 });
        return stdout.trim();
    }
}

function listens(port) {
    return new Promise((resolve) => {
        const socket = net.connect(port, '127.0.0.1');
        socket.on('connect', () => resolve(true)).on('error', () => resolve(false)).on('connect', () => socket.destroy());
    });
}

// HAProxy with the example that stands in deploy/, before these ports.
export class Haproxy {
    // `tls`: a file with a certificate and its key.
    static async start(ports, { tls } = {}) {
        const haproxy = new Haproxy();
        haproxy.port = await freePort();
        const example = fs.readFileSync(path.join(repository, 'deploy/haproxy.cfg'), 'utf8');
        const servers = ports.map((port, index) => `    server node${index} 127.0.0.1:${port}`).join('\n');
        const config = example.replace(/maxconn 20000/, 'maxconn 4000').replace(/bind \S+:8080/, `bind 127.0.0.1:${haproxy.port}${tls ? ` ssl crt ${tls}` : ''}`).replace(/( {4}server \w+ \S+\n?)+/, `${servers}\n`);
        const file = path.join(temporaryFolder(), 'haproxy.cfg');
        fs.writeFileSync(file, config);
        haproxy.program = new Program('/usr/sbin/haproxy', ['-f', file, '-db'], { env: environment });
        await until('HAProxy', async () => {
            if (haproxy.program.exited) throw new Error(`HAProxy ended: ${haproxy.program.stderr}`);
            return listens(haproxy.port);
        });
        return haproxy;
    }

    get url() {
        return `http://127.0.0.1:${this.port}`;
    }

    async stop() {
        await this.program.signal('SIGTERM');
    }
}

// A program of a package that is unpacked rather than installed (tools/packages), else the machine's; null: neither is there.
export function unpacked(name) {
    const places = [path.join(repository, 'build/unpacked'), ''].flatMap((root) => ['usr/sbin', 'usr/bin'].map((folder) => path.join(root || '/', folder, name)));
    return places.find((file) => fs.existsSync(file)) ?? null;
}

// Caddy with deploy/Caddyfile as it stands, with a certificate of its own making, before these ports. Its host is chat.test.
export class Caddy {
    static host = 'chat.test';

    // `upstreams`: as UPSTREAMS has it.
    static async start(ports, { upstreams = `to ${ports.map((port) => `127.0.0.1:${port}`).join(' ')}` } = {}) {
        const caddy = new Caddy();
        Object.assign(caddy, { folder: temporaryFolder(), port: await freePort() });
        const options = ['admin off', 'local_certs', 'skip_install_trust', `https_port ${caddy.port}`, 'auto_https disable_redirects'];
        const env = {
            ...environment, HOME: caddy.folder, XDG_DATA_HOME: caddy.folder, XDG_CONFIG_HOME: caddy.folder, DOMAIN: Caddy.host,
            UPSTREAMS: upstreams, GLOBAL_OPTIONS: options.join('\n'),
        };
        const args = ['run', '--config', path.join(repository, 'deploy/Caddyfile'), '--adapter', 'caddyfile'];
        caddy.program = new Program(unpacked('caddy'), args, { cwd: caddy.folder, env });
        const root = path.join(caddy.folder, 'caddy/pki/authorities/local/root.crt');
        await until('Caddy', async () => {
            if (caddy.program.exited) throw new Error(`Caddy ended: ${caddy.program.stderr}`);
            if (!fs.existsSync(root)) return false;
            caddy.certificate = fs.readFileSync(root);
            return caddy.asks('/livez').then(({ status }) => status === 200, () => false);
        });
        return caddy;
    }

    get url() {
        return `https://${Caddy.host}:${this.port}`;
    }

    // {url}: a plain address whose requests come through it, for a program that knows neither its name nor its certificate.
    async entrance() {
        const server = http.createServer((request, answer) => {
            const headers = { ...request.headers, host: new URL(this.url).host };
            const onward = https.request(this.url + request.url, { method: request.method, headers, ca: this.certificate, lookup: toLoopback, agent: false }, (got) => {
                answer.writeHead(got.statusCode, got.headers);
                got.pipe(answer);
            });
            onward.on('error', () => answer.destroy());
            request.pipe(onward);
        });
        await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
        server.unref();
        return { url: `http://127.0.0.1:${server.address().port}` };
    }

    // One request over HTTP/2: {status, body}.
    async asks(place) {
        const session = http2.connect(this.url, { ca: this.certificate, servername: Caddy.host, lookup: toLoopback });
        try {
            return await new Promise((resolve, reject) => {
                session.on('error', reject);
                const stream = session.request({ ':path': place });
                let status = 0;
                let body = '';
                stream.setEncoding('utf8').on('response', (head) => (status = head[':status'])).on('data', (text) => (body += text));
                stream.on('end', () => resolve({ status, body })).on('error', reject);
            });
        } finally {
            session.close();
        }
    }

    async stop() {
        await this.program.signal('SIGTERM');
    }
}

// Every name is this machine.
export function toLoopback(name, options, done) {
    if (options.all) done(null, [{ address: '127.0.0.1', family: 4 }]);
    else done(null, '127.0.0.1', 4);
}

// nginx with deploy/nginx.conf, as one process: workers would outlive a master that is killed, and keep its output open.
export class Nginx {
    static async start(ports, { tls } = {}) {
        const nginx = new Nginx();
        nginx.port = await freePort();
        const folder = temporaryFolder();
        const example = fs.readFileSync(path.join(repository, 'deploy/nginx.conf'), 'utf8');
        const servers = ports.map((port) => `    server 127.0.0.1:${port} max_fails=1 fail_timeout=2s;\n`).join('');
        const site = example.replace(/( {4}server \S+ max_fails\S* fail_timeout\S*\n)+/, servers).replace(/listen \S+:8080/, `listen 127.0.0.1:${nginx.port}${tls ? ` ssl; ssl_certificate ${tls}; ssl_certificate_key ${tls}` : ''}`);
        const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder};`).join(' ');
        const owner = process.getuid() === 0 ? 'user root;' : '';
        const file = path.join(folder, 'nginx.conf');
        fs.writeFileSync(file, `${owner} daemon off; master_process off; pid ${folder}/pid; error_log stderr; events {} http { access_log off; ${temporary}\n${site}\n}\n`);
        nginx.program = new Program(unpacked('nginx'), ['-c', file, '-e', 'stderr'], { env: environment });
        await until('nginx', async () => {
            if (nginx.program.exited) throw new Error(`nginx ended: ${nginx.program.stderr}`);
            return listens(nginx.port);
        });
        return nginx;
    }

    get url() {
        return `http://127.0.0.1:${this.port}`;
    }
}
