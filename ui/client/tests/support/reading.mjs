// Sends questions and reads their replies, in Node and in a page alike: no imports. `plan(reply)` is told of each reply before it is read.
// Gives what went wrong, a line each, and how much there was.
export async function readReplies(pollux, room, questions, plan) {
    const wrong = [];
    let restarts = 0;
    let reconnects = 0;
    let characters = 0;
    for (const question of questions) {
        const { reply } = await pollux.send(room, question);
        await plan(reply.id);
        let text = '';
        let end = null;
        for await (const update of pollux.updates(room, reply.id)) {
            if (update.type === 'restart') ++restarts;
            if (update.type === 'start' || update.type === 'restart') text = '';
            if (update.type === 'connection' && update.connection.state === 'reconnecting') ++reconnects;
            if (update.type === 'delta') {
                const at = new TextEncoder().encode(text).length;
                if (update.offset !== at) wrong.push(`${reply.id}: a piece for ${update.offset} came at ${at}`);
                text += update.text;
            }
            if (update.type === 'end' || update.type === 'refused') end = update;
        }
        const stored = await pollux.get('/chatroom/{room}/message/{message}', { params: { path: { room, message: reply.id } } });
        if (end?.type !== 'end' || stored.status !== 'completed')
            wrong.push(`${reply.id}: ${end?.type} ${end?.error?.code} ${stored.status}`);
        if (text !== stored.content) wrong.push(`${reply.id}: ${JSON.stringify(text)} is stored as ${JSON.stringify(stored.content)}`);
        if (text === '') wrong.push(`${reply.id}: nothing came`);
        characters += text.length;
    }
    return { wrong, restarts, reconnects, characters };
}
