// Brings together what the checker reads: the ledger, the database, the API and the model's log.
import { sleep } from '../e2e/support/process.mjs';
import { persist } from './clients.mjs';
import { titleCalls } from './models.mjs';

export const settledWithinMs = 60_000;
const system = 'You are a helpful assistant. Answer in the language you are asked in.';

// Waits until no reply is open, at most as long as is promised. Returns what the API shows.
export async function settledMessages(users, calmSince) {
    const shown = [];
    for (const { user, rooms } of users) {
        for (const room of rooms) shown.push(...(await settledRoom(user, room, calmSince + settledWithinMs + 1000)));
    }
    return shown.map(({ id, chatroom, status, content }) => ({ id, room: chatroom, status, content }));
}

async function settledRoom(user, room, end) {
    for (;;) {
        const messages = await persist(() => user.messages(room));
        const isSettled = messages.every(({ status }) => status !== 'queued' && status !== 'streaming');
        if (isSettled || Date.now() > end) return messages;
        await sleep(200);
    }
}

// The rows of these users' rooms, when no process writes any more. `store` has rows(query).
export async function storedRows(store, users) {
    const ids = users.map(({ user }) => user.id).join(',');
    const rooms = users.flatMap(({ rooms }) => rooms).join(',');
    const tokens = 'prompt_tokens + completion_tokens + thought_tokens';
    const [questions, replies, jobs, usage, models, named] = [
        await store.rows(`select id, room_id as room, user_id as "user", content from messages where role = 'user' and room_id in (${rooms})`),
        await store.rows(`select id, room_id as room, user_id as "user", reply_to as "replyTo", variant, status, content, model,
                created_at / 1000 as "createdAt", completed_at / 1000 as "completedAt", day
            from messages where role = 'assistant' and room_id in (${rooms})`),
        await store.rows(`select message_id as reply, state from jobs where room_id in (${rooms})`),
        await store.rows(`select user_id as "user", day, used, ${tokens} as tokens from usage_days where user_id in (${ids})`),
        await store.rows(`select user_id as "user", day, cast(sum(replies) as bigint) as replies, cast(sum(${tokens}) as bigint) as tokens
            from usage_models where user_id in (${ids}) group by user_id, day`),
        await store.rows(`select id as room, name, named_by as "namedBy" from rooms where id in (${rooms})`),
    ];
    return { questions, replies, jobs, usage, models, rooms: named };
}

// `named`: what users have named; `callsAllowed`: how many calls a reply may take where nothing is killed.
export async function readHistory({ store, models, users, sends, kills, harmedUntil, shown, quota, named = [], callsAllowed = 1 }) {
    const rows = await storedRows(store, users);
    const asked = new Set(sends.map(({ content }) => content));
    const callsOf = async (sim) => (await sim.history()).map((call) => ({ question: call.turns.at(-1)?.text, startedAt: call.started_at * 1000 }))
        .filter(({ question }) => asked.has(question));
    const [ofFirst, ofSecond] = [await callsOf(models.first), await callsOf(models.second)];
    const titles = await titleCalls(models.second);
    return {
        ...rows, sends, shown, calls: [...ofFirst, ...ofSecond], second: ofSecond.length, titles, named, kills, harmedUntil, quota, settledWithinMs, system, callsAllowed,
    };
}
