// The simulator of OpenAI-compatible servers.
import { ModelSim } from './sim.mjs';

// A model that is listed for each server's ways, and the path below which each has its API.
export const servers = {
    ollama: { model: 'llama3.2', root: '/v1' },
    llamacpp: { model: 'qwen3-8b.gguf', root: '/v1' },
    vllm: { model: 'Qwen/Qwen3-8B', root: '/v1' },
    openrouter: { model: 'openai/gpt-4o-mini', root: '/api/v1' },
    gemini: { model: 'gemini-3.8-flash', root: '/v1beta/openai' },
};

export class OpenAiSim extends ModelSim {
    static start(options = []) {
        return new this().launch('openai', options);
    }

    // Settings with which Pollux asks this simulator, in the ways of that server.
    settings(server = 'ollama') {
        const { model, root } = servers[server];
        return { AI_BASE_URL: this.url + root, AI_API_KEY: 'a-key-for-the-simulator', AI_MODELS: `openai:${model}` };
    }
}
