import { Client } from './client.mjs';

// Notes how long each answer took, or the head of a stream.
export class TimedClient extends Client {
    waits = []; // {asked: 'POST /...', status, at, ms}; at in ms since 1970. The status is 0 where the connection broke.

    ask(method, path, options) {
        return this.#timed(method, path, () => super.ask(method, path, options));
    }

    stream(method, path, options) {
        return this.#timed(method, path, () => super.stream(method, path, options));
    }

    async #timed(method, path, action) {
        const at = Date.now();
        let status = 0;
        try {
            const answer = await action();
            status = answer.status;
            return answer;
        } finally {
            this.waits.push({ asked: `${method} ${path}`, status, at, ms: Date.now() - at });
        }
    }
}
