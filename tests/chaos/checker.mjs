// What must hold after a run, whatever was killed in it. A pure function over what the clients
// saw and what is in the database and in the API at the end; planted.mjs shows that it finds what it is for.
import { echo } from '../e2e/support/texts.mjs';

// history: {
//   sends: [{user, room, key, content, answers: [{message, reply, isReplayed}], streamed: [{reply, text}]}]: what clients saw.
//   questions: [{id, room, user, content}], replies: [{id, room, user, replyTo, variant, status, content, model, completedAt (ms), day}]
//   jobs: [...], usage: [{user, day, used, tokens}], models: [{user, day, replies, tokens}]: use over all models; quota: units a user and day: the database at the end.
//   shown: [{id, room, status, content}]: the same through the API.
//   rooms: [{room, name, namedBy}]: the database at the end. named: [{room, name, isFromTheStart}]: the last name that
//   its user gave, and whether it was there before the first message.
//   titles: [{question, startedAt (ms)}]: calls that ended well and named the room in which this was asked first.
//   calls: [{question, startedAt (ms)}]: the model's log. callsAllowed: calls a reply may take when nothing is killed.
//   kills: [ms], at which calls of the model may have been lost; harmedUntil (ms): the end of the last harm; settledWithinMs, system: the system instruction that the model gets.
// }
// Returns a line for each thing that is wrong.
export function check(history) {
    const problems = [];
    const report = (kind, what) => problems.push(`${kind}: ${what}`);
    const found = index(history);
    for (const send of history.sends) checkSend(send, found, report);
    checkNothingElse(history, found, report);
    checkReplies(history, found, report);
    checkQuota(history, report);
    checkModels(history, report);
    checkCalls(history, report);
    checkNames(history, report);
    checkTitles(history, report);
    checkShown(history, report);
    return problems;
}

function index({ questions, replies }) {
    return {
        questions: new Map(questions.map((row) => [row.id, row])),
        replies: new Map(replies.map((row) => [row.id, row])),
        repliesOf: groupBy(replies, ({ replyTo }) => replyTo),
    };
}

function groupBy(list, keyOf) {
    const groups = new Map();
    for (const item of list) {
        const key = keyOf(item);
        if (!groups.has(key)) groups.set(key, []);
        groups.get(key).push(item);
    }
    return groups;
}

// One send: accepted once, there, answered once.
function checkSend(send, found, report) {
    const { key, content, answers } = send;
    if (answers.length === 0) return report('unanswered', key);
    if (new Set(answers.map(({ message, reply }) => `${message}/${reply}`)).size > 1) report('doubled', `the key ${key} has several effects`);
    if (answers.filter(({ isReplayed }) => !isReplayed).length > 1) report('doubled', `the key ${key} was twice told that it is new`);

    const { message, reply } = answers[0];
    const question = found.questions.get(message);
    if (!question) return report('lost', `the message ${message} of key ${key}`);
    if (question.content !== content || question.room !== send.room || question.user !== send.user) report('changed', `the message ${message}`);
    if (found.replies.get(reply)?.replyTo !== message) report('lost', `the reply ${reply} to ${message}`);
    for (const { reply, text } of send.streamed ?? []) {
        if (found.replies.get(reply)?.content !== text) report('streamed', `the reply ${reply} is not what was read from its stream`);
    }
}

// No message, reply or job that nobody asked for.
function checkNothingElse({ sends, questions, replies, jobs }, found, report) {
    const asked = groupBy(sends.flatMap(({ key, answers }) => (answers.length > 0 ? [{ key, message: answers[0].message }] : [])), ({ message }) => message);
    for (const { id } of questions) {
        const keys = asked.get(id) ?? [];
        if (keys.length === 0) report('doubled', `nobody was told of the message ${id}`);
        if (keys.length > 1) report('lost', `the message ${id} stands for the keys ${keys.map(({ key }) => key).join(', ')}`);
    }
    for (const { id, replyTo } of replies) if (!found.questions.has(replyTo)) report('orphan', `the reply ${id}`);
    for (const job of jobs) report('orphan', `the job of reply ${job.reply} is still ${job.state}`);
}

// The two models have other words for who said what, and so another digest.
function saidBy(model, turns, system) {
    const isCompatible = model?.startsWith('openai:');
    return echo(isCompatible ? turns.map((turn) => (turn.role === 'model' ? { ...turn, role: 'assistant' } : turn)) : turns, system);
}

function checkReplies({ questions, kills, harmedUntil = 0, settledWithinMs, system }, found, report) {
    const calmSince = Math.max(harmedUntil, ...kills);
    for (const [room, inRoom] of groupBy(questions, ({ room }) => room)) {
        const turns = [];
        let endBefore = 0;
        for (const question of [...inRoom].sort((one, two) => one.id - two.id)) {
            const replies = found.repliesOf.get(question.id) ?? [];
            if (replies.length === 0) report('lost', `no reply to ${question.id}`);
            if (replies.length > 1) report('doubled', `${replies.length} replies to ${question.id}`);
            turns.push({ role: 'user', text: question.content });
            for (const reply of replies) {
                const expected = saidBy(reply.model, turns, system);
                if (reply.status !== 'completed') report('unfinished', `the reply ${reply.id} is ${reply.status}`);
                else if (reply.content !== expected) report('torn', `the reply ${reply.id} is not what the model says to this`);
                if (calmSince > 0 && reply.completedAt > calmSince + settledWithinMs) report('late', `the reply ${reply.id}`);
                if (reply.completedAt < endBefore) report('order', `the reply ${reply.id} overtook another in room ${room}`);
                endBefore = Math.max(endBefore, reply.completedAt);
            }
            turns.push({ role: 'model', text: replies[0]?.content ?? '' });
        }
    }
}

// What a reply costs: design, "Plans, quota, billing". Here none is stopped before it began.
function costs({ status, content }) {
    return status !== 'failed' || content !== '' ? 1 : 0;
}

function checkQuota({ replies, usage, quota }, report) {
    const expected = new Map();
    for (const reply of replies) {
        const account = `${reply.user} on ${reply.day}`;
        expected.set(account, (expected.get(account) ?? 0) + costs(reply));
    }
    const used = new Map(usage.map((row) => [`${row.user} on ${row.day}`, row.used]));
    for (const account of new Set([...expected.keys(), ...used.keys()])) {
        const [should, is] = [expected.get(account) ?? 0, used.get(account) ?? 0];
        if (should !== is) report('quota', `user ${account} has ${should} replies and paid for ${is}`);
        if (should > quota) report('quota', `user ${account} has ${should} replies of ${quota}`);
    }
}

// What the models used of a day is what the day used: both are counted in the transaction that ends a reply.
function checkModels({ usage, models }, report) {
    const accountOf = ({ user, day }) => `${user} on ${day}`;
    const [days, byModel] = [usage, models].map((rows) => new Map(rows.map((row) => [accountOf(row), row])));
    for (const account of new Set([...days.keys(), ...byModel.keys()])) {
        const [day, sum] = [days.get(account), byModel.get(account)];
        const [used, replies, tokens, summed] = [day?.used ?? 0, sum?.replies ?? 0, day?.tokens ?? 0, sum?.tokens ?? 0];
        if (used !== replies || tokens !== summed)
            report('models', `user ${account} used ${used} and ${tokens} tokens, its models ${replies} and ${summed}`);
    }
}

function checkCalls({ calls, callsAllowed, kills }, report) {
    for (const [question, list] of groupBy(calls, ({ question }) => question)) {
        const starts = list.map(({ startedAt }) => startedAt).sort((one, two) => one - two);
        const crashes = kills.filter((kill) => kill >= starts[0] && kill <= starts.at(-1)).length;
        if (list.length > callsAllowed + crashes) report('calls', `${list.length} for "${question}", which ${crashes} kills hit`);
    }
}

// A name that its user gave stays, and a model names nothing that nobody has written in.
function checkNames({ rooms, named, questions }, report) {
    const given = new Map(named.map(({ room, name }) => [room, name]));
    const used = new Set(questions.map(({ room }) => room));
    for (const { room, name, namedBy } of rooms) {
        const users = given.get(room);
        if (users !== undefined && (namedBy !== 'user' || name !== users)) report('named', `the room ${room} of its user is "${name}" by ${namedBy}`);
        if (users === undefined && namedBy === 'user') report('named', `the room ${room} is its user's, who never named it`);
        if (namedBy === 'model' && !used.has(room)) report('named', `the room ${room} was named after nothing`);
    }
}

const harmLastsMs = 2_000; // A database that went away shortly before a call may still be away when its name is to be kept.

// A room is named once: a model is called for it again only where a process died before it could keep the name.
function checkTitles({ titles, rooms, named, questions, kills }, report) {
    const firstOf = new Map();
    for (const { room, content } of [...questions].sort((one, two) => one.id - two.id)) if (!firstOf.has(room)) firstOf.set(room, content);
    const fromTheStart = new Set(named.filter(({ isFromTheStart }) => isFromTheStart).map(({ room }) => room));
    const calls = groupBy(titles, ({ question }) => question);
    for (const { room, namedBy } of rooms) {
        const list = calls.get(firstOf.get(room)) ?? [];
        const starts = list.map(({ startedAt }) => startedAt).sort((one, two) => one - two);
        const crashes = kills.filter((kill) => kill >= starts[0] - harmLastsMs && kill <= starts.at(-1)).length;
        if (list.length > 1 + crashes) report('titles', `${list.length} calls to name the room ${room}, which ${crashes} kills hit`);
        if (list.length === 0 && namedBy === 'model') report('titles', `the room ${room} has a name that no model gave`);
        if (list.length > 0 && fromTheStart.has(room)) report('titles', `the room ${room} of its user was to be named by a model`);
    }
}

function checkShown({ questions, replies, shown }, report) {
    const kept = new Map([...questions.map((row) => ({ status: 'completed', ...row })), ...replies].map((row) => [row.id, row]));
    for (const { id, room, status, content } of shown) {
        const row = kept.get(id);
        if (!row || row.room !== room || row.status !== status || row.content !== content) report('shown', `the message ${id}`);
        kept.delete(id);
    }
    for (const id of kept.keys()) report('shown', `the message ${id} is missing in the API`);
}
