// The models of a run: the first one fails now and then before it has said anything, the second one stands in for it and names rooms. Both
// say the same to the same question, so that whoever answered, the checker knows the answer.
import { OpenAiSim, servers } from '../e2e/support/openai_sim.mjs';
import { Sim } from '../e2e/support/sim.mjs';

export const [first, second] = ['gemini:gemini-flash-latest', `openai:${servers.ollama.model}`];

export async function startModels() {
    const [gemini, compatible] = await Promise.all([Sim.start(), OpenAiSim.start()]);
    return {
        first: gemini,
        second: compatible,
        settings: { ...gemini.settings(), ...compatible.settings(), AI_MODELS: `${first},${second}`, AI_TITLE_MODEL: second },
        async stop() {
            await Promise.all([gemini.stop(), compatible.stop()]);
        },
    };
}

// One call in six fails, for as many calls as there are sends; all others go by `usual`.
export function faultyPlans(usual, sends, random) {
    const faults = [{ status: 503 }, { status: 404 }, { status: 429, retry_delay: '2.1s' }, { fault: 'cut', after_chunks: 0 }];
    const next = Array.from({ length: Math.ceil(sends / 6) }, () => [{ ...usual, times: random.between(1, 9) }, random.pick(faults)]);
    return { default: usual, next: next.flat() };
}

// What the last turn of a question for a room's name begins with.
const wish = 'Name this conversation';

// The calls to name rooms, by what was said first in them. Whichever way they ended: who has read a name to its end may have gone before the
// simulator has written its last byte.
export async function titleCalls(compatible) {
    const calls = (await compatible.history()).filter(({ turns }) => turns.at(-1)?.text?.startsWith(wish));
    return calls.map(({ turns, started_at: at }) => ({ question: turns.find(({ role }) => role === 'user').text, startedAt: at * 1000 }));
}
