// The simulator of SMS vendors (sims/README.md), with nothing of npm: a way to start it, to tell it things and to ask it.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';

import { Program, binary, until } from './process.mjs';

// What it takes unless it is told otherwise.
export const twilioAccount = {
    sid: 'AC00000000000000000000000000000001',
    token: '0123456789abcdef0123456789abcdef',
    keySid: 'SK00000000000000000000000000000001',
    keySecret: 'api_key_secret_1',
    from: '+15005550006',
    serviceSid: 'MG00000000000000000000000000000001',
};
export const webhookSecret = 'sms_webhook_secret_1';

// Settings with which Pollux sends through what answers there.
export function twilioSettings(url) {
    return { OTP_DELIVERY: 'twilio', TWILIO_BASE_URL: url, TWILIO_ACCOUNT_SID: twilioAccount.sid, TWILIO_AUTH_TOKEN: twilioAccount.token, TWILIO_FROM: twilioAccount.from };
}

export class SmsSim {
    static async start(options = []) {
        const sim = new this();
        sim.program = new Program(binary('pollux-sims'), ['sms', '--listen', '127.0.0.1:0', '--die-with-parent', ...options], { env: process.env });
        sim.url = 'http://' + (await sim.program.printed(/listening on (\S+)/))[1];
        return sim;
    }

    twilioSettings() {
        return twilioSettings(this.url);
    }

    webhookSettings() {
        return { OTP_DELIVERY: 'webhook', SMS_WEBHOOK_URL: `${this.url}/sms`, SMS_WEBHOOK_SECRET: webhookSecret };
    }

    // A call of Twilio's API as it goes over the wire: {status, headers, body}.
    async twilio(method, path, { form, user = twilioAccount.sid, password = twilioAccount.token, ...options } = {}) {
        const response = await fetch(`${this.url}/2010-04-01/Accounts/${twilioAccount.sid}${path}`, {
            method,
            headers: { authorization: 'Basic ' + Buffer.from(`${user}:${password}`).toString('base64') },
            body: form && new URLSearchParams(form),
            ...options,
        });
        const text = await response.text();
        return { status: response.status, headers: response.headers, body: response.headers.get('content-type').includes('json') ? JSON.parse(text) : text };
    }

    // A call of the vendor behind a webhook, signed unless told otherwise.
    async webhook(text, { secret = webhookSecret, at = Math.floor(Date.now() / 1000), headers = {}, body = JSON.stringify(text), ...options } = {}) {
        const signature = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex');
        const response = await fetch(`${this.url}/sms`, {
            method: 'POST',
            headers: { 'content-type': 'application/json', 'idempotency-key': text?.id, 'x-signature': `t=${at},v1=${signature}`, ...headers },
            body,
            ...options,
        });
        return { status: response.status, headers: response.headers, body: await response.json() };
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

    // What happens to the next calls.
    plan(...next) {
        return this.tell('plan', { next });
    }

    // The code of the last text to this number, once there are `count`.
    async code(to, count = 1) {
        let texts = [];
        await until(`text ${count} to ${to}`, async () => (texts = await this.texts({ to })).length >= count, { seconds: 60 });
        return codeOf(texts.at(-1).body);
    }

    // Those after `after`, to `to`, of `vendor`.
    async texts(query) {
        return (await this.ask('texts', query)).texts;
    }

    async calls(query) {
        return (await this.ask('calls', query)).calls;
    }

    async reports(query) {
        return (await this.ask('reports', query)).reports;
    }

    // Until no text moves and no report is on its way.
    async drained() {
        assert.equal((await this.tell('drain')).drained, true, 'texts or reports are still on their way');
    }

    async stop() {
        await this.program.signal('SIGTERM');
    }
}

// What stands in the text of a code.
export function codeOf(body) {
    const found = /\b(\d{6}) is your code/.exec(body);
    assert.ok(found, body);
    return found[1];
}
