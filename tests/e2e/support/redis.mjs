// A private redis-server on a free port, that can be killed, halted and started again.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import { Program, freePort, temporaryFolder } from './process.mjs';

const run = promisify(execFile);

export class Redis {
    folder = temporaryFolder();

    static async start() {
        const redis = new Redis();
        redis.port = await freePort();
        // The same file as redis-server, told what it is by its name. It comes with redis-tools, which starts no service.
        redis.file = path.join(redis.folder, 'redis-server');
        fs.symlinkSync('/usr/bin/redis-check-rdb', redis.file);
        await redis.start();
        return redis;
    }

    get url() {
        return `redis://127.0.0.1:${this.port}/0`;
    }

    async start() {
        const args = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
        this.program = new Program(this.file, args, { cwd: this.folder, env: { PATH: process.env.PATH } });
        await this.program.printed(/Ready to accept connections/);
    }

    kill() {
        return this.program.signal('SIGKILL');
    }
    halt() {
        this.program.child.kill('SIGSTOP');
    }
    resume() {
        this.program.child.kill('SIGCONT');
    }

    // What redis-cli prints.
    async ask(...words) {
        const { stdout } = await run('redis-cli', ['-p', String(this.port), ...words]);
        return stdout.trim();
    }
}
