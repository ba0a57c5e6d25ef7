// Brings together what the checker reads: the ledger, the database, the API and the model's log.
import { sleep } from '../e2e/support/process.mjs';
import { persist } from './clients.mjs';

export const settledWithinMs = 60_000;
const system = 'You are a helpful assistant. Answer in the language you are asked in.';

// Waits until no reply is open, at most as long as is promised. Returns what the API shows.
export async function settledMessages(users, lastKill) {
    for (;;) {
        const shown = [];
        for (const { user, rooms } of users) {
            for (const room of rooms) shown.push(...(await persist(() => user.messages(room))));
        }
        const isSettled = shown.every(({ status }) => status !== 'queued' && status !== 'streaming');
        if (isSettled || Date.now() > lastKill + settledWithinMs + 1000) return shown.map(({ id, chatroom, status, content }) => ({ id, room: chatroom, status, content }));
        await sleep(200);
    }
}

// The rows of these users' rooms, from the file of a stopped server.
export async function storedRows(server, users) {
    const ids = users.map(({ user }) => user.id).join(',');
    const rooms = users.flatMap(({ rooms }) => rooms).join(',');
    const [questions, replies, jobs, usage] = [
        await server.rows(`select id, room_id as room, user_id as user, content from messages where role = 'user' and room_id in (${rooms})`),
        await server.rows(`select id, room_id as room, user_id as user, reply_to as replyTo, variant, status, content, created_at / 1000 as createdAt,
                completed_at / 1000 as completedAt, day
            from messages where role = 'assistant' and room_id in (${rooms})`),
        await server.rows(`select message_id as reply, state from jobs where room_id in (${rooms})`),
        await server.rows(`select user_id as user, day, used from usage_days where user_id in (${ids})`),
    ];
    return { questions, replies, jobs, usage };
}

// What SQLite itself says about the file.
export async function integrityProblems(server) {
    const problems = [];
    const [{ integrity_check: integrity }] = await server.rows('pragma integrity_check');
    if (integrity !== 'ok') problems.push(`integrity: ${integrity}`);
    for (const row of await server.rows('pragma foreign_key_check')) problems.push(`integrity: ${JSON.stringify(row)}`);
    return problems;
}

export async function readHistory({ server, sim, users, sends, kills, shown, quota }) {
    const rows = await storedRows(server, users);
    const calls = (await sim.history()).map((call) => ({ question: call.turns.at(-1)?.text, startedAt: call.started_at * 1000 }));
    return { ...rows, sends, shown, calls, kills, quota, settledWithinMs, system, callsAllowed: 1 };
}
