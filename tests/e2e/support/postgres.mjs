// A private PostgreSQL, and `pollux worker` over it. Both end with the test.
import { execFileSync } from 'node:child_process';
import path from 'node:path';

import { Program, binary, repository, temporaryFolder } from './process.mjs';

export class Postgres {
    static start() {
        const tool = path.join(repository, 'tests/tools/postgres_cluster');
        const [url, folder] = execFileSync(tool, [String(process.pid)], { encoding: 'utf8' }).trim().split('\n');
        return Object.assign(new Postgres(), { url, folder });
    }

    // The first column of the answer, a text a row.
    rows(query) {
        const text = execFileSync('psql', [this.url, '-XAtc', query], { encoding: 'utf8' }).trim();
        return text === '' ? [] : text.split('\n');
    }
}

export class Worker {
    static async start(env) {
        const worker = new Worker();
        const surroundings = { PATH: process.env.PATH, HOME: process.env.HOME, LANG: 'C.UTF-8', METRICS_LISTEN: '' };
        worker.program = new Program(binary('pollux'), ['worker'], { cwd: temporaryFolder(), env: { ...surroundings, ...env } });
        await worker.program.printed(/writes replies/, 60);
        return worker;
    }

    kill() {
        return this.program.signal('SIGKILL');
    }

    stop() {
        return this.program.signal('SIGTERM');
    }
}
