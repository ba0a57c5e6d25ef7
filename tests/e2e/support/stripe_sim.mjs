// The Stripe simulator (sims/README.md), with nothing of npm: a way to start it, to tell it things and to ask it.
import assert from 'node:assert/strict';

import { Program, binary } from './process.mjs';

export const apiVersion = '2026-10-28.endive';
const accountVersion = '2024-06-20'; // Accounts have one of their own, as old as they are: what a call gets that names none.

export class StripeSim {
    static async start(options = []) {
        const sim = new this();
        sim.program = new Program(binary('pollux-sims'), ['stripe', '--listen', '127.0.0.1:0', '--die-with-parent', '--account-version', accountVersion, ...options], { env: process.env });
        sim.url = 'http://' + (await sim.program.printed(/listening on (\S+)/))[1];
        return sim;
    }

    // A call of the API as it goes over the wire: {status, headers, body}. `form` is text or an object of texts. `version`: null names none.
    async raw(method, path, { key = 'sk_test_1', version = apiVersion, form, headers = {} } = {}) {
        const response = await fetch(this.url + path, {
            method,
            headers: { ...(key && { authorization: `Bearer ${key}` }), ...(version && { 'stripe-version': version }), ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }), ...headers },
            body: typeof form === 'object' ? new URLSearchParams(form).toString() : form,
        });
        return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
    }

    // GET and POST of /_sim/...
    async ask(what, query = {}) {
        return this.#answered(what, await fetch(`${this.url}/_sim/${what}?${new URLSearchParams(query)}`));
    }

    async tell(what, how = {}) {
        return this.#answered(what, await fetch(`${this.url}/_sim/${what}`, { method: 'POST', body: JSON.stringify(how) }));
    }

    async #answered(what, response) {
        const answer = await response.json();
        assert.ok(response.ok, `the simulator refused ${what}: ${answer.error}`);
        return answer;
    }

    // Of the log: {method, path, after} choose among them.
    async calls(query) {
        return (await this.ask('calls', query)).calls;
    }

    advance(seconds) {
        return this.tell('clock', { advance_s: seconds });
    }

    async stop() {
        await this.program.signal('SIGTERM');
    }
}
