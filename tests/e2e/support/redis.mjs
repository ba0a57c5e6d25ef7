// A private redis-server on a free port, that can be killed, halted and started again.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { Program, freePort, temporaryFolder } from './process.mjs';

const run = promisify(execFile);

export class Redis {
    folder = temporaryFolder();

    static async start() {
        const redis = new Redis();
        redis.port = await freePort();
        await redis.start();
        return redis;
    }

    get url() {
        return `redis://127.0.0.1:${this.port}/0`;
    }

    async start() {
        const args = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
        this.program = new Program('redis-server', args, { cwd: this.folder, env: { PATH: process.env.PATH } });
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
