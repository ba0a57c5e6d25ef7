// The two simulators with npm's clients for them.
import assert from 'node:assert/strict';
import http from 'node:http';
import OpenAI from 'openai';
import twilio from 'twilio';

import { listening } from '../../e2e/support/listening.mjs';
import { OpenAiSim as CompatibleSim, servers } from '../../e2e/support/openai_sim.mjs';
import { SmsSim as TextSim, twilioAccount } from '../../e2e/support/sms_sim.mjs';
import { complaintsOf, types } from './types.mjs';

export { OpenAI, servers, twilio, twilioAccount };

// Twilio documents null for these of a message, though its package types them without.
const mayBeNull = ['price', 'error_code', 'error_message', 'date_sent', 'from', 'messaging_service_sid'];

export class SmsSim extends TextSim {
    // Twilio's own client, which speaks to the simulator instead. Every message in an answer is held against the package's type.
    client(user = twilioAccount.sid, password = twilioAccount.token, options = {}) {
        const sim = this;
        class Rerouted extends twilio.RequestClient {
            async request(how) {
                const answer = await super.request({ ...how, uri: how.uri.replace('https://api.twilio.com', sim.url) });
                const body = typeof answer.body === 'string' ? JSON.parse(answer.body) : answer.body;
                if (answer.statusCode < 300) for (const message of body.messages ?? [body]) sim.#check(message);
                return answer;
            }
        }
        return twilio(user, password, { accountSid: twilioAccount.sid, httpClient: new Rerouted(), ...options });
    }

    #check(message) {
        const complaints = complaintsOf(message, types.message, 'message').filter((complaint) => !mayBeNull.some((name) => complaint.startsWith(`message.${name} is null`)));
        assert.deepEqual(complaints, []);
    }
}

export class OpenAiSim extends CompatibleSim {
    // OpenAI's own client, at the path of that server. It repeats nothing unless it is told to.
    client(server, options = {}) {
        return new OpenAI({ baseURL: this.url + servers[server].root, apiKey: 'any', maxRetries: 0, ...options });
    }
}

// What the client throws for a call that must fail.
export async function refusal(promise) {
    try {
        await promise;
    } catch (failure) {
        return failure;
    }
    throw new assert.AssertionError({ message: 'it was not refused' });
}

// A server that keeps what is posted to it: {url, posts: [{url, headers, body}], answer: status, close()}.
export async function receiver() {
    const kept = { posts: [], answer: 200 };
    const server = http.createServer((request, response) => {
        let body = '';
        request.setEncoding('utf8').on('data', (text) => (body += text));
        request.on('end', () => {
            kept.posts.push({ url: request.url, headers: request.headers, body, form: Object.fromEntries(new URLSearchParams(body)) });
            response.writeHead(kept.answer).end();
        });
    });
    kept.url = `http://127.0.0.1:${await listening(server)}`;
    kept.close = () => {
        server.closeAllConnections();
        return new Promise((resolve) => server.close(resolve));
    };
    return kept;
}
