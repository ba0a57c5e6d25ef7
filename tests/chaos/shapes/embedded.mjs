// One `pollux serve` on SQLite.
import { sleep } from '../../e2e/support/process.mjs';
import { Server, roomySettings } from '../../e2e/support/server.mjs';

// What SQLite itself says about the file of a stopped server.
export async function sqliteProblems(server) {
    const [{ integrity_check: integrity }] = await server.rows('pragma integrity_check');
    const problems = integrity === 'ok' ? [] : [`integrity: ${integrity}`];
    for (const row of await server.rows('pragma foreign_key_check')) problems.push(`integrity: ${JSON.stringify(row)}`);
    return problems;
}

export class Embedded {
    static roles = ['serve'];
    static all = ['serve'];

    static async start({ env }) {
        const shape = new Embedded();
        shape.target = await Server.start({ env: { ...roomySettings, ...env } });
        return shape;
    }

    // Kills it and starts it again, sometimes once more while it starts. Returns [{role, began, ended, cutsCalls}].
    async harmOnce(random) {
        const moments = [await this.#kill()];
        if (random.chance(0.15)) {
            await this.target.launch();
            await sleep(random.below(120));
            moments.push(await this.#kill());
        }
        await this.target.start();
        return moments.map((began) => ({ role: 'serve', began, ended: Date.now(), cutsCalls: true }));
    }

    async #kill() {
        await this.target.kill();
        return Date.now();
    }

    rows(query) {
        return this.target.rows(query);
    }

    // What SIGTERM led to, a line a process.
    async stop() {
        return [await this.target.stop()];
    }

    integrityProblems() {
        return sqliteProblems(this.target);
    }

    errorsInLog() {
        return this.target.log.split('\n').filter((line) => line.includes('"level":"error"'));
    }

    async end() {}
}
