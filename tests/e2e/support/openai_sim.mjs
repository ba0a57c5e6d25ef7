// The simulator of OpenAI-compatible servers (sims/README.md): plans in, a log of calls out.
import { Program, binary } from './process.mjs';

// A model that is listed for each server's ways, and the path below which each has its API.
export const servers = {
    ollama: { model: 'llama3.2', root: '/v1' },
    llamacpp: { model: 'qwen3-8b.gguf', root: '/v1' },
    vllm: { model: 'Qwen/Qwen3-8B', root: '/v1' },
    openrouter: { model: 'openai/gpt-4o-mini', root: '/api/v1' },
    gemini: { model: 'gemini-3.8-flash', root: '/v1beta/openai' },
};

export class OpenAiSim {
    static async start(options = []) {
        const sim = new this();
        sim.program = new Program(binary('pollux-sims'), ['openai', '--listen', '127.0.0.1:0', '--die-with-parent', ...options], { env: process.env });
        sim.url = 'http://' + (await sim.program.printed(/listening on (\S+)/))[1];
        return sim;
    }

    // Settings with which Pollux asks this simulator, in the ways of that server.
    settings(server = 'ollama') {
        const { model, root } = servers[server];
        return { AI_BASE_URL: this.url + root, AI_API_KEY: 'a-key-for-the-simulator', AI_MODELS: `openai:${model}` };
    }

    // {default, next, matching, reset}
    async plan(plans) {
        await this.#ask('POST', '/_sim/plan', plans);
    }

    // {total, running, aborted, calls: [...]} with the calls after that id.
    calls(after = 0) {
        return this.#ask('GET', `/_sim/calls?after=${after}`);
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
