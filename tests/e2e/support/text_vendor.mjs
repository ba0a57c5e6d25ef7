// The simulator of SMS vendors (sims/README.md): plans in, the texts that were sent out.
import assert from 'node:assert/strict';

import { Program, binary, until } from './process.mjs';

const account = { sid: 'AC00000000000000000000000000000001', token: '0123456789abcdef0123456789abcdef', from: '+15005550006' };
const webhookSecret = 'sms_webhook_secret_1';

export class TextVendor {
    // `reportsTo`: an origin that reports go to, whatever PUBLIC_URL says.
    static async start({ reportsTo } = {}) {
        const vendor = new this();
        const more = reportsTo ? ['--deliver-to', reportsTo] : [];
        vendor.program = new Program(binary('pollux-sims'), ['sms', '--listen', '127.0.0.1:0', '--die-with-parent', ...more], { env: process.env });
        vendor.url = 'http://' + (await vendor.program.printed(/listening on (\S+)/))[1];
        return vendor;
    }

    // With which Pollux sends by Twilio, or by the signed webhook.
    twilio() {
        return { OTP_DELIVERY: 'twilio', TWILIO_ACCOUNT_SID: account.sid, TWILIO_AUTH_TOKEN: account.token, TWILIO_FROM: account.from, TWILIO_BASE_URL: this.url };
    }
    webhook() {
        return { OTP_DELIVERY: 'webhook', SMS_WEBHOOK_URL: `${this.url}/sms`, SMS_WEBHOOK_SECRET: webhookSecret };
    }

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

    // What happens to the next calls.
    plan(...next) {
        return this.tell('plan', { next });
    }

    async texts(to) {
        return (await this.ask('texts', to ? { to } : {})).texts;
    }
    async calls() {
        return (await this.ask('calls')).calls;
    }

    // The code of the last text to this number, once there are `count`.
    async code(to, count = 1) {
        let texts = [];
        await until(`text ${count} to ${to}`, async () => (texts = await this.texts(to)).length >= count, { seconds: 60 });
        return codeOf(texts.at(-1).body);
    }

    async stop() {
        await this.program.signal('SIGTERM');
    }
}

export function codeOf(body) {
    const found = /\b(\d{6}) is your code/.exec(body);
    assert.ok(found, body);
    return found[1];
}
