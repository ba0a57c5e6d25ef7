// A server for one test file, with a few users; and at the end the proof that nothing of what it got has harmed it.
import assert from 'node:assert/strict';

import { Client, User } from '../../e2e/support/client.mjs';
import { endPrograms } from '../../e2e/support/process.mjs';
import { Server, roomySettings } from '../../e2e/support/server.mjs';
import { Api } from './api.mjs';
import { Wire } from './wire.mjs';

export const signingKey = 'a-signing-key-for-tests-0123456789abcdef';

export const settings = {
    ...roomySettings,
    AI_MODELS: 'demo',
    DEMO_TOKENS_PER_SECOND: '0',
    ALLOWED_COUNTRIES: '1',
    JWT_SIGNING_KEY: signingKey,
    LOG_FORMAT: 'json',
    PASSWORD_LOGIN: 'True',
};

let mobiles = 0;
const nextMobile = () => `+1415555${String(++mobiles).padStart(4, '0')}`;

export class Suite {
    static async open({ env = settings, users = 1 } = {}) {
        const suite = new Suite();
        try {
            await suite.#start(env, users);
        } catch (failure) {
            endPrograms(); // Otherwise the file would never end.
            throw failure;
        }
        return suite;
    }

    async #start(env, users) {
        this.server = await Server.start({ env });
        this.process = this.server.program.child;
        this.wire = new Wire(this.server);
        this.api = await Api.read(this.wire);
        this.client = new Client(this.server);
        this.users = [];
        for (let count = 0; count < users; ++count) this.users.push(await this.signUp());
    }

    // A user whose password counts: it is given together with the right code.
    async signUp() {
        const user = new User();
        Object.assign(user, { client: this.client, mobile: nextMobile(), password: 'a-long-pass-word-7' });
        const { mobile, password } = user;
        await user.ask('POST', '/auth/signup/', { body: { mobile, password }, expect: 201 });
        const { otp: code } = await user.ask('POST', '/auth/send-otp/', { body: { mobile, purpose: 'signup' } });
        const login = await user.ask('POST', '/auth/verify-otp/', { body: { mobile, code, password, purpose: 'signup' } });
        return Object.assign(user, { id: login.user.id, token: login.access, refresh: login.refresh });
    }

    // Another session of the user.
    async logIn({ mobile, password }) {
        const answer = await this.wire.ask('POST', '/auth/login/', { body: { mobile, password } });
        assert.equal(answer.status, 200, answer.text);
        return answer.body;
    }

    // A room with a question and its finished reply: {room, message}, `message` being the reply.
    async conversation(user, name = 'a room') {
        const room = await user.createRoom({ name });
        const { reply } = await user.send(room, 'Hello?', { wait: 10 });
        return { room, message: reply.id };
    }

    // The process is the one that was started, it still answers, and it has met nothing that it did not expect.
    async close() {
        try {
            const answer = await this.wire.ask('GET', '/readyz');
            assert.equal(answer.status, 200);
            assert.equal(this.server.program.exited, null, 'the server ended');
            assert.equal(this.server.program.child.pid, this.process.pid);
            this.wire.close();
            this.client.close();
            const { code, signal } = await this.server.stop();
            assert.equal(code, 0, `the stop ended with ${signal}: ${this.server.log.slice(-2000)}`);
            const errors = this.logLines().filter(({ level }) => level === 'error');
            assert.deepEqual(errors, [], 'the log tells of errors');
        } finally {
            endPrograms();
        }
    }

    logLines() {
        const lines = this.server.log.split('\n').filter((line) => line.startsWith('{'));
        return lines.map((line) => JSON.parse(line));
    }
}

// Collects what is wrong over many cases, so that one run shows all of it.
export class Verdicts {
    cases = 0;
    #wrong = [];

    // `expected` is a status or a list of them.
    status(answer, expected, what) {
        const isRight = [expected].flat().includes(answer.status);
        this.hold(isRight, `${what}: ${answer.status} instead of ${expected}; ${answer.text.slice(0, 300)}`);
        return isRight;
    }

    // 422, and the field is named.
    names(answer, field, what) {
        if (!this.status(answer, 422, what)) return;
        this.hold(answer.body.errors.some((error) => error.field === field), `${what}: ${field} is not named; ${answer.text.slice(0, 300)}`);
    }

    hold(isRight, complaint) {
        ++this.cases;
        if (!isRight) this.#wrong.push(complaint);
    }

    // `casesMin` guards against a generator that makes nothing.
    end(casesMin = 1) {
        assert.ok(this.cases >= casesMin, `only ${this.cases} cases`);
        const more = this.#wrong.length > 25 ? `\n... and ${this.#wrong.length - 25} more` : '';
        assert.equal(this.#wrong.length, 0, `${this.#wrong.length} of ${this.cases} are wrong:\n${this.#wrong.slice(0, 25).join('\n')}${more}`);
    }
}

// Calls `action` for every item, a few at a time.
export async function forAll(items, action, atOnce = 8) {
    const queue = [...items];
    const work = async () => {
        while (queue.length > 0) await action(queue.shift());
    };
    await Promise.all(Array.from({ length: atOnce }, work));
}
