// Histories with a planted bug each. A checker that does not report them proves nothing.
import { echo } from '../e2e/support/texts.mjs';
import { check } from './checker.mjs';

const system = 'Be brief.';

// Two users, two rooms each, three exchanges a room; two kills in the middle.
export function goodHistory() {
    const history = { sends: [], questions: [], replies: [], jobs: [], usage: [], models: [], shown: [], calls: [], kills: [5000, 6000], rooms: [], named: [], titles: [] };
    Object.assign(history, { quota: 6, callsAllowed: 1, settledWithinMs: 60_000, system });
    let id = 0;
    for (const user of [1, 2]) {
        for (const room of [10 * user, 10 * user + 1]) addRoom(history, user, room, () => ++id);
        history.usage.push({ user, day: 20_000, used: 6, tokens: 600 });
        history.models.push({ user, day: 20_000, replies: 6, tokens: 600 });
    }
    // A kill in the middle of the first call: its reply was written by a second one.
    history.calls.unshift({ question: history.questions[0].content, startedAt: 4900 });
    // And one in the middle of keeping the first name.
    history.titles.unshift({ question: history.questions[0].content, startedAt: 5500 });
    return history;
}

function addRoom(history, user, room, nextId) {
    const turns = [];
    const isUsers = room % 10 === 1; // Its user's from the beginning.
    history.rooms.push({ room, name: isUsers ? 'Mine' : 'A name', namedBy: isUsers ? 'user' : 'model' });
    if (isUsers) history.named.push({ room, name: 'Mine', isFromTheStart: true });
    else history.titles.push({ question: `question 1 of room ${room}`, startedAt: 6700 });
    for (const number of [1, 2, 3]) {
        const question = { id: nextId(), room, user, content: `question ${number} of room ${room}` };
        turns.push({ role: 'user', text: question.content });
        const content = echo(turns, system);
        turns.push({ role: 'model', text: content });
        const reply = { id: nextId(), room, user, replyTo: question.id, variant: 1, status: 'completed', content, completedAt: 6500 + 100 * number, day: 20_000 };
        const answers = [{ message: question.id, reply: reply.id, isReplayed: false }, { message: question.id, reply: reply.id, isReplayed: true }];
        history.sends.push({ user, room, key: `key-${question.id}`, content: question.content, answers, streamed: [{ reply: reply.id, text: content }] });
        history.questions.push(question);
        history.replies.push(reply);
        history.shown.push({ id: question.id, room, status: 'completed', content: question.content }, { id: reply.id, room, status: 'completed', content });
        history.calls.push({ question: question.content, startedAt: reply.completedAt - 50 });
    }
}

// Two replies of one room, the earlier question's first.
function pairInARoom(replies) {
    const inOrder = [...replies].sort((one, two) => one.replyTo - two.replyTo);
    const first = inOrder.find((one) => inOrder.some((two) => two.room === one.room && two.replyTo > one.replyTo));
    return [first, inOrder.find((two) => two.room === first.room && two.replyTo > first.replyTo)];
}

// name, what the checker must call it, what the bug does to a history. Each works on any history with at least two exchanges in a room.
export const bugs = [
    ['no unique reply: two workers wrote one each', 'doubled', (history) => {
        const { replies, shown } = history;
        const second = { ...replies[0], id: 1_000_001, variant: 2, completedAt: replies[0].completedAt + 1 };
        replies.push(second);
        shown.push({ id: second.id, room: second.room, status: second.status, content: second.content });
        history.usage.find(({ user, day }) => user === second.user && day === second.day).used += 1;
    }],
    ['no fencing: a late worker wrote over the finished reply', 'streamed', ({ replies, sends, shown }) => {
        const { reply } = sends.find(({ streamed }) => streamed?.length > 0).streamed[0];
        const row = replies.find(({ id }) => id === reply);
        row.content = `${row.content.slice(0, 20)} and what a late worker still had`;
        shown.find(({ id }) => id === reply).content = row.content;
    }],
    ['no fencing: two attempts glued together', 'torn', ({ replies, shown }) => {
        const row = replies[1];
        row.content = row.content.slice(0, 30) + row.content;
        shown.find(({ id }) => id === row.id).content = row.content;
    }],
    ['quota read, then written: a unit is lost', 'quota', ({ usage }) => {
        usage[0].used -= 1;
    }],
    ['quota read, then written: more were accepted than the plan allows', 'quota', (history) => {
        history.quota = Math.max(...history.usage.map(({ used }) => used)) - 1;
    }],
    ['a unit was given back twice', 'quota', ({ usage }) => {
        usage.at(-1).used -= 2;
    }],
    ['a finish that died counted its model all the same', 'models', ({ models }) => {
        models[0].replies += 1;
    }],
    ['tokens of a model that the day does not know', 'models', ({ models }) => {
        models.at(-1).tokens += 7;
    }],
    ['a reply that no model wrote', 'models', ({ models }) => models.pop()],
    ['acknowledged before COMMIT: the message is gone', 'lost', ({ questions, replies, shown }) => {
        const [question] = questions.splice(-1);
        const reply = replies.splice(replies.findIndex(({ replyTo }) => replyTo === question.id), 1)[0];
        for (const { id } of [question, reply]) shown.splice(shown.findIndex((row) => row.id === id), 1);
    }],
    ['the job is gone: no reply was ever written', 'unfinished', ({ replies, shown }) => {
        const row = replies.at(-1);
        Object.assign(row, { status: 'queued', content: '' });
        Object.assign(shown.find(({ id }) => id === row.id), { status: 'queued', content: '' });
    }],
    ['message and reply are not one transaction: no reply at all', 'lost', ({ replies, shown }) => {
        const [row] = replies.splice(-1);
        shown.splice(shown.findIndex(({ id }) => id === row.id), 1);
    }],
    ['the repeat of a key sent again', 'doubled', ({ sends, questions, shown }) => {
        const send = sends[0];
        questions.push({ id: 1_000_002, room: send.room, user: send.user, content: send.content });
        shown.push({ id: 1_000_002, room: send.room, status: 'completed', content: send.content });
        send.answers.push({ message: 1_000_002, reply: 1_000_003, isReplayed: false });
    }],
    ['a job that nobody ends', 'orphan', ({ jobs, replies }) => jobs.push({ reply: replies[0].id, state: 'running' })],
    ['the failed attempt stays as the reply', 'unfinished', ({ replies, shown }) => {
        replies[0].status = 'failed';
        shown.find(({ id }) => id === replies[0].id).status = 'failed';
    }],
    ['a reply long after the last harm', 'late', ({ replies, kills, harmedUntil = 0 }) => {
        replies.at(-1).completedAt = Math.max(harmedUntil, ...kills) + 61_000;
    }],
    ['replies overtake each other in a room', 'order', ({ replies, kills }) => {
        const [first, second] = pairInARoom(replies);
        first.completedAt = Math.max(...kills, second.completedAt) + 10;
    }],
    ['the model is called again and again', 'calls', ({ calls, kills }) => {
        const last = calls.at(-1);
        for (let extra = 0; extra < 4 + kills.length; ++extra) // More than the kills, whichever of them hit it, explain.
            calls.push({ ...last, startedAt: last.startedAt + extra / 1000 });
    }],
    ['the context of a reply lacks a turn', 'torn', ({ questions, replies, shown, sends }) => {
        const [, last] = pairInARoom(replies);
        last.content = echo([{ role: 'user', text: questions.find(({ id }) => id === last.replyTo).content }], system);
        shown.find(({ id }) => id === last.id).content = last.content;
        for (const send of sends) send.streamed = send.streamed?.filter(({ reply }) => reply !== last.id);
    }],
    ['a model named a room of its user', 'named', ({ rooms, named }) => {
        const mine = rooms.find(({ room }) => named.some((one) => one.room === room));
        Object.assign(mine, { name: 'Echo of turn 3', namedBy: 'model' });
    }],
    ['a name of a user is lost', 'named', ({ rooms, named }) => {
        rooms.find(({ room }) => named.some((one) => one.room === room)).name = 'what it was called before';
    }],
    ['a room is named again and again', 'titles', ({ titles, kills }) => {
        const calm = Math.max(0, ...kills) + 1;
        for (const extra of [0, 1, 2]) titles.push({ ...titles.at(-1), startedAt: calm + extra });
        titles.splice(0, titles.length, ...titles.slice(-3));
    }],
    ['a model is asked to name a room that its user has named', 'titles', ({ titles, questions, named }) => {
        const { room } = named.find(({ isFromTheStart, room }) => isFromTheStart && questions.some((one) => one.room === room));
        titles.push({ question: questions.filter((one) => one.room === room).sort((one, two) => one.id - two.id)[0].content, startedAt: 1 });
    }],
    ['the API shows something else', 'shown', ({ shown }) => {
        shown.at(-1).content += '.';
    }],
    ['the API forgets a message', 'shown', ({ shown }) => shown.pop()],
];

// The bugs that `check` does not call by their name, when each is planted in a copy of `history`, in which nothing is wrong.
export function undetected(history) {
    const missed = [];
    for (const [name, kind, plant] of bugs) {
        const copy = structuredClone(history);
        plant(copy);
        if (!check(copy).some((problem) => problem.startsWith(`${kind}:`))) missed.push(name);
    }
    return missed;
}
