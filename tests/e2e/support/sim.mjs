// Simulators of models (sims/README.md): plans in, a log of calls out.
import { Program, binary, until } from './process.mjs';

export class ModelSim {
    #history = new Map();
    #settled = 0; // Up to this id all calls have ended and are in the history.

    // `kind`: the sub-command of pollux-sims.
    async launch(kind, options = []) {
        this.program = new Program(binary('pollux-sims'), [kind, '--listen', '127.0.0.1:0', '--die-with-parent', ...options], { env: process.env });
        this.url = 'http://' + (await this.program.printed(/listening on (\S+)/))[1];
        return this;
    }

    // {default, next, matching, reset}
    async plan(plans) {
        await this.#ask('POST', '/_sim/plan', plans);
    }

    // {total, running, aborted, calls: [...]} with the calls after that id.
    calls(after = 0) {
        return this.#ask('GET', `/_sim/calls?after=${after}`);
    }

    // All calls so far, fetched piece by piece: ask often.
    async history() {
        const { calls } = await this.calls(this.#settled);
        for (const call of calls) this.#history.set(call.id, call);
        const running = calls.find(({ state }) => state === 'running');
        this.#settled = Math.max(this.#settled, running ? running.id - 1 : (calls.at(-1)?.id ?? 0));
        return [...this.#history.values()];
    }

    // Waits until this question has reached the model and its answer is being written. A reply is `streaming` a moment earlier.
    async asked(text) {
        await until(`the call for "${text}"`, async () => (await this.calls()).calls.some(({ state, turns }) => state === 'running' && turns.at(-1)?.text === text));
    }

    forget() {
        return this.#ask('DELETE', '/_sim/calls');
    }

    async #ask(method, path, body) {
        const response = await fetch(this.url + path, { method, body: body && JSON.stringify(body) });
        const text = await response.text();
        if (!response.ok) throw new Error(`the simulator refused: ${text}`);
        return JSON.parse(text);
    }

    async stop() {
        await this.program.signal('SIGTERM');
    }
}

export class Sim extends ModelSim {
    static start() {
        return new Sim().launch('gemini');
    }

    // Settings with which Pollux asks this simulator.
    settings(key = 'a-key-for-the-simulator') {
        return { GEMINI_BASE_URL: this.url, GEMINI_API_KEY: key };
    }
}
