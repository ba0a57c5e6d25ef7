// The client in Node against the real server.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

import { command } from '../../../tests/e2e/support/command.mjs';
import { endPrograms, sleep, until } from '../../../tests/e2e/support/process.mjs';
import { Random } from '../../../tests/e2e/support/random.mjs';
import { Server, roomySettings } from '../../../tests/e2e/support/server.mjs';
import { Pollux, PolluxError, memoryStore, newKey } from '../src/index.ts';
import { cutsOf, question, signIn } from './support/people.mjs';
import { Proxy } from './support/proxy.mjs';
import { readReplies } from './support/reading.mjs';

const isDeep = process.env.POLLUX_DEEP === '1';
const replies = isDeep ? 500 : 60;
const readers = 20;
const jwtKey = '0123456789abcdef'.repeat(4);

let server;
let proxy;
const open = [];

function client(options = {}) {
    const pollux = new Pollux({ url: proxy.url, ...options });
    open.push(pollux);
    return pollux;
}

before(async () => {
    server = await Server.start({ env: { ...roomySettings, JWT_SIGNING_KEY: jwtKey } });
    // More at once than there are places for streams.
    assert.equal((await command(server, 'plans', 'set', 'basic', 'replies_at_once=4')).code, 0);
    proxy = await Proxy.to(server);
});
after(async () => {
    endPrograms();
    for (const pollux of open) pollux.close();
    await proxy?.close();
});

// As the server makes them, but long since expired.
function expired(token) {
    const [header, payload] = token.split('.');
    const earlier = (_, name, at) => `"${name}":${at - 86_400}`;
    const claims = Buffer.from(payload, 'base64url').toString().replace(/"(iat|exp)":(\d+)/g, earlier);
    const signed = `${header}.${Buffer.from(claims).toString('base64url')}`;
    return `${signed}.${createHmac('sha256', jwtKey).update(signed).digest('base64url')}`;
}

// Why a reply cannot be followed.
function refusalOf(pollux, room, reply) {
    return new Promise((resolve) => {
        pollux.follow(room, reply, (update) => {
            if (update.type === 'refused') resolve(update.error);
        });
    });
}

const failsWith = (code, status) => (error) => {
    assert.ok(error instanceof PolluxError, String(error));
    assert.equal(error.code, code);
    if (status !== undefined) assert.equal(error.status, status);
    return true;
};

test(`${replies} replies cut 0 to 5 times each have the text that is stored`, async () => {
    const random = Random.announced('cuts');
    const all = await Promise.all(
        Array.from({ length: readers }, async (_, reader) => {
            const pollux = await signIn(client());
            const own = random.fork();
            const room = await pollux.createRoom({ name: 'cuts' });
            const questions = Array.from({ length: replies / readers }, (_, i) => question(own, reader * 1000 + i));
            return readReplies(pollux, room.id, questions, (reply) => void proxy.cuts.set(reply, cutsOf(own)));
        }),
    );
    assert.deepEqual(all.flatMap(({ wrong }) => wrong), []);
    assert.equal(all.reduce((sum, { restarts }) => sum + restarts, 0), 0, 'a client that lost nothing is told nothing anew');
    console.log(`# ${proxy.cutCount} cuts in ${replies} replies`);
    assert.ok(proxy.cutCount > replies, 'so few cuts test little');
});

describe('errors', () => {
    test('are problem documents, with their code, request and time to come back', async () => {
        const pollux = await signIn(client());
        const asked = () => pollux.get('/chatroom/{room}', { params: { path: { room: 999_999_999 } } });
        await assert.rejects(asked(), (error) => failsWith('room_not_found', 404)(error) && /^\w+/.test(error.requestId));
        const namesField = (error) => failsWith('invalid_input', 422)(error) && error.fields[0].field === 'name';
        await assert.rejects(pollux.createRoom({ name: '' }), namesField);
        await assert.rejects(client().get('/chatroom'), failsWith('token_missing', 401));
        const mobile = '+12025550199';
        await pollux.signUp({ mobile, password: 'a-long-pass-word-7' });
        await pollux.sendCode({ mobile, purpose: 'login' });
        const soon = pollux.sendCode({ mobile, purpose: 'login' });
        await assert.rejects(soon, (error) => failsWith('otp_cooldown', 429)(error) && error.retryAfterMs > 1000);
    });

    test('say that the server was not reached', async () => {
        const pollux = client({ url: 'http://127.0.0.1:1' });
        await assert.rejects(pollux.get('/plans'), failsWith('connection_failed', 0));
        await assert.rejects(pollux.createRoom({}, { giveUpAfterMs: 0 }), failsWith('connection_failed', 0));
    });

    test('of a proxy on the way are errors too', async () => {
        const pollux = await signIn(client());
        const bad = { status: 502, headers: { 'Content-Type': 'text/html' }, body: '<h1>Bad</h1>' };
        proxy.before = ({ path }) => (path.startsWith('/plans') ? bad : null);
        await assert.rejects(pollux.get('/plans'), failsWith('unreadable_answer', 502));
        proxy.before = null;
    });
});

describe('a send', () => {
    test('whose answer is lost is repeated with its key, and has one effect', async () => {
        const pollux = await signIn(client());
        const { id: room } = await pollux.createRoom({ name: 'once' });
        let lost = 0;
        proxy.answered = ({ method, path }, status) => {
            if (method === 'POST' && path.includes('/message') && status === 201 && ++lost <= 2) proxy.cutAll();
        };
        const sent = await pollux.send(room, 'once');
        proxy.answered = null;
        assert.equal(lost, 3);
        await pollux.finished(room, sent.reply.id);
        const { messages } = await pollux.get('/chatroom/{room}', { params: { path: { room } } });
        assert.deepEqual(messages.map(({ role }) => role), ['user', 'assistant']);
    });

    test('with a key that was used is answered by what it did then', async () => {
        const pollux = await signIn(client());
        const { id: room } = await pollux.createRoom({}, { key: newKey() });
        const key = newKey();
        const [first, second] = [await pollux.send(room, 'twice', { key }), await pollux.send(room, 'twice', { key })];
        assert.equal(first.reply.id, second.reply.id);
        await assert.rejects(pollux.send(room, 'another', { key }), failsWith('idempotency_key_reused', 422));
    });

    test('can be given up', async () => {
        const pollux = await signIn(client());
        const { id: room } = await pollux.createRoom();
        proxy.before = ({ method }) => (method === 'POST' ? new Promise(() => {}) : null);
        const gone = new AbortController();
        const sending = pollux.send(room, 'never', { signal: gone.signal });
        setTimeout(() => gone.abort(), 50);
        await assert.rejects(sending, { name: 'AbortError' });
        proxy.before = null;
    });
});

describe('tokens', () => {
    test('expired in mid-reply are renewed, and the reply goes on', async () => {
        const store = memoryStore();
        const pollux = await signIn(client({ store }));
        const { id: room } = await pollux.createRoom();
        const { reply } = await pollux.send(room, 'Write something long, in detail');
        // From here on this client has an expired token which it takes for a good one, as after a night, or with a clock that is wrong.
        const refreshed = () => proxy.asked.filter(({ path }) => path.startsWith('/auth/token/refresh'));
        const before = refreshed().length;
        let answers = 0;
        proxy.answered = ({ path }, status, headers, body) => {
            if (!path.startsWith('/auth/token/refresh') || ++answers > 1) return null;
            const tokens = JSON.parse(body);
            return { headers, body: JSON.stringify({ ...tokens, access: expired(tokens.access) }) };
        };
        const other = client({ store });
        await other.start();
        proxy.cuts.set(reply.id, [{ bytes: 700, how: 'reset' }, { bytes: 900, how: 'end' }]);
        let [text, stopping] = ['', null];
        for await (const update of other.updates(room, reply.id)) {
            if (update.type === 'delta') text += update.text;
            assert.notEqual(update.type, 'refused');
            if (proxy.cuts.get(reply.id).length === 0 && text.length > 500) stopping ??= pollux.stop(room, reply.id);
        }
        proxy.answered = null;
        assert.ok(await stopping, 'it was cut, and went on');
        assert.equal(refreshed().length - before, 2, 'one for the expired token, one for the good one');
        assert.equal(text, (await pollux.finished(room, reply.id)).content);
    });

    test('are refreshed once, however many ask', async () => {
        const store = memoryStore();
        await signIn(client({ store }));
        const pollux = client({ store });
        const before = proxy.asked.length;
        await Promise.all(Array.from({ length: 10 }, () => pollux.get('/user/me')));
        assert.equal(proxy.asked.slice(before).filter(({ path }) => path.startsWith('/auth/token/refresh')).length, 1);
    });

    test('that are no good any more sign out, once and without a loop', async () => {
        const store = memoryStore();
        const pollux = await signIn(client({ store }));
        const sessions = [];
        pollux.on('session', (session) => sessions.push(session));
        const other = client({ store });
        await other.start();
        const { id: room } = await other.createRoom();
        const { reply } = await other.send(room, 'Write something long');
        const refused = refusalOf(other, room, reply.id);
        await pollux.signOut({ all: true });
        assert.deepEqual(sessions, [null]);
        assert.equal(pollux.session, null);
        assert.equal(await store.read(), null);
        proxy.cutAll();
        await assert.rejects(other.accessToken().then(() => other.get('/user/me')), PolluxError);
        assert.match((await refused).code, /signed_out|session_ended/);
    });

    test('survive a server that is away for a while', async () => {
        const pollux = await signIn(client());
        const store = memoryStore(await storedRefresh());
        async function storedRefresh() {
            const kept = memoryStore();
            await signIn(client({ store: kept }));
            return kept.read();
        }
        const other = client({ store });
        await proxy.shut();
        await assert.rejects(other.start(), failsWith('connection_failed'));
        assert.notEqual(await store.read(), null);
        await proxy.open(proxy.port);
        assert.ok(await other.start());
        assert.ok(await pollux.get('/user/me'));
    });
});

describe('a reply', () => {
    test('goes on when the network was away', async () => {
        const pollux = await signIn(client());
        const { id: room } = await pollux.createRoom();
        const { reply } = await pollux.send(room, 'Write something long, in detail');
        let text = '';
        const states = [];
        let [isShut, stopping] = [false, null];
        const following = pollux.follow(room, reply.id, (update, snapshot) => {
            if (update.type === 'delta') text += update.text;
            if (update.type === 'connection') states.push(update.connection.state);
            if (!isShut && snapshot.textBytes > 500) {
                isShut = true;
                proxy.shut().then(() => sleep(1500)).then(() => proxy.open(proxy.port)).then(() => pollux.wake());
            }
            if (snapshot.textBytes > 2500) stopping ??= pollux.stop(room, reply.id);
        });
        const message = await pollux.finished(room, reply.id);
        assert.equal(text, message.content);
        assert.deepEqual(states, ['live', 'reconnecting', 'live']);
        assert.equal(following.snapshot.result.message.content, message.content);
    });

    test('goes on when the server was killed, told anew', async () => {
        const pollux = await signIn(client());
        const { id: room } = await pollux.createRoom();
        const { reply } = await pollux.send(room, 'Write something long, in detail');
        let [text, restarts, killed, stopping] = ['', 0, null, null];
        for await (const update of pollux.updates(room, reply.id)) {
            if (update.type === 'restart') ++restarts;
            if (update.type === 'restart') text = '';
            if (update.type === 'delta') text += update.text;
            if (!killed && text.length > 300) killed = server.kill().then(() => server.start());
            if (restarts > 0 && text.length > 600) stopping ??= pollux.stop(room, reply.id);
        }
        await killed;
        const stored = await pollux.get('/chatroom/{room}/message/{message}', { params: { path: { room, message: reply.id } } });
        assert.ok(await stopping, 'it was told anew');
        assert.equal(text, stored.content);
        assert.equal(restarts, 1);
    });

    test('that has ended is told at once, to any number of listeners', async () => {
        const pollux = await signIn(client());
        const { id: room } = await pollux.createRoom();
        const message = await pollux.ask(room, 'hello');
        assert.equal(message.status, 'completed');
        const again = await Promise.all([pollux.finished(room, message.id), pollux.finished(room, message.id)]);
        assert.deepEqual(again, [message, message]);
    });

    test('that is stopped ends with what it has', async () => {
        const pollux = await signIn(client());
        const { id: room } = await pollux.createRoom();
        const { reply } = await pollux.send(room, 'Write something long, in detail');
        let stopping = null;
        const following = pollux.follow(room, reply.id, (_, { textBytes }) => {
            stopping ??= textBytes > 200 ? pollux.stop(room, reply.id) : null;
        });
        const message = await pollux.finished(room, reply.id);
        await stopping;
        assert.equal(message.status, 'stopped');
        assert.equal(following.snapshot.text, message.content);
        const { reply: variant } = await pollux.retry(room, reply.id);
        assert.equal(variant.variant, 2);
        await pollux.stop(room, variant.id);
    });

    test('of a room that is deleted meanwhile is gone', async () => {
        const pollux = await signIn(client());
        const { id: room } = await pollux.createRoom();
        const { reply } = await pollux.send(room, 'Write something long, in detail');
        let deleting = null;
        const remove = () => pollux.delete('/chatroom/{room}', { params: { path: { room } } });
        pollux.follow(room, reply.id, (_, { textBytes }) => {
            deleting ??= textBytes > 100 ? remove() : null;
        });
        await assert.rejects(pollux.finished(room, reply.id), failsWith('room_deleted'));
        await deleting;
        const refused = refusalOf(pollux, room, reply.id);
        assert.equal((await refused).status, 404);
    });

    test('shares two connections with all others that are followed, and all are told', async () => {
        const pollux = await signIn(client());
        proxy.streamsMost = proxy.streams = 0;
        pollux.on('notice', () => {});
        const rooms = await Promise.all(Array.from({ length: 4 }, () => pollux.createRoom()));
        const sent = await Promise.all(rooms.map(({ id }) => pollux.send(id, 'Write something long, in detail')));
        const texts = sent.map(() => '');
        for (const [i, { reply }] of sent.entries())
            pollux.follow(rooms[i].id, reply.id, (update) => {
                texts[i] += update.type === 'delta' ? update.text : '';
            });
        await until('pieces of each, over more than one turn', () => texts.every((text) => text.length > 400), { seconds: 60 });
        await Promise.all(sent.map(({ reply }, i) => pollux.stop(rooms[i].id, reply.id)));
        const messages = await Promise.all(sent.map(({ reply }, i) => pollux.finished(rooms[i].id, reply.id)));
        assert.deepEqual(texts, messages.map(({ content }) => content));
        assert.ok(proxy.streamsMost <= 3, `${proxy.streamsMost} streams at once`);
    });
});

describe('notices', () => {
    test('come, and those that a cut made miss come after it', async () => {
        const [pollux, other] = [await signIn(client()), client()];
        const notices = [];
        const states = [];
        pollux.on('notice', (notice) => notices.push(notice));
        pollux.on('connection', ({ state }) => states.push(state));
        await until('ready', () => notices.some(({ name }) => name === 'ready'));
        proxy.cutAll();
        const { id } = await pollux.createRoom();
        await until('the room that was made meanwhile', () => notices.some(({ name, data }) => name === 'room' && data.id === id));
        assert.equal(notices.some(({ name }) => name === 'reset'), false);
        await server.kill();
        await server.start();
        await until('reset, since a new process knows no old notices', () => notices.some(({ name }) => name === 'reset'), { seconds: 40 });
        assert.ok(states.includes('reconnecting') && states.at(-1) === 'live', states.join());
        assert.equal(other.session, null);
    });

    test('that this session was ended on another device sign out', async () => {
        const pollux = await signIn(client());
        const ended = new Promise((resolve) => pollux.on('session', resolve));
        const ready = new Promise((resolve) => pollux.on('notice', ({ name }) => name === 'ready' && resolve()));
        await ready;
        const { results } = await pollux.get('/auth/sessions');
        await pollux.delete('/auth/sessions/{session}', { params: { path: { session: results.find(({ current }) => current).id } } });
        assert.equal(await ended, null);
    });
});

describe('without a stream of the body', () => {
    // As React Native's fetch is: the whole answer comes at once, and a stream of events when it has ended.
    const bodiless = async (input, init) => {
        const response = await fetch(input, init);
        const text = await response.text();
        const { status, ok, headers } = response;
        const self = { status, ok, headers, text: async () => text, json: async () => JSON.parse(text), clone: () => self };
        return self;
    };

    test('replies come by ?wait=, and no stream is asked for', async () => {
        const pollux = await signIn(client({ fetch: bodiless }));
        const { id: room } = await pollux.createRoom();
        const before = proxy.asked.length;
        const { reply } = await pollux.send(room, 'hello');
        let text = '';
        for await (const update of pollux.updates(room, reply.id)) text += update.type === 'delta' ? update.text : '';
        const asked = proxy.asked.slice(before).map(({ path }) => path);
        assert.equal(asked.filter((path) => path.includes('stream')).length, 0);
        assert.equal(asked.filter((path) => path.includes('wait=25')).length, 1);
        const { messages } = await pollux.get('/chatroom/{room}', { params: { path: { room } } });
        assert.deepEqual(messages.map(({ content }) => content), ['hello', text]);
    });

    test('a reply that this client did not send is looked at', async () => {
        const store = memoryStore();
        const pollux = await signIn(client({ store, fetch: bodiless }));
        const { id: room } = await pollux.createRoom();
        const { reply } = await pollux.send(room, 'hello');
        const other = client({ store, fetch: bodiless });
        assert.equal((await other.finished(room, reply.id)).status, 'completed');
    });
});
