// Forty headers of signed events, judged by npm's own package and by Pollux' webhook: the two must agree on every one.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { endPrograms } from '../e2e/support/process.mjs';
import { Server, roomySettings } from '../e2e/support/server.mjs';
import { Stripe, StripeSim } from './support/sim.mjs';

const [secret, second] = ['whsec_Wm9ycm8hIQ==', 'whsec_another+one/with=signs'];
const now = () => Math.floor(Date.now() / 1000);
const body = JSON.stringify({ id: 'evt_1', object: 'event', type: 'customer.created', created: 1, livemode: false, data: { object: { id: 'cus_1', object: 'customer' } } });

const header = (more = {}) => Stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp: now(), ...more });
const parts = (more) => Object.fromEntries(header(more).split(',').map((part) => part.split('=')));
const v1 = (more) => parts(more).v1;
const wrong = 'a'.repeat(64);

// What each makes: a header, or {header, payload} where the body is another.
const cases = {
    'right': () => header(),
    'right, by the second secret': () => header({ secret: second }),
    'a secret that is not ours': () => header({ secret: 'whsec_other' }),
    'an empty secret': () => header({ secret: '' }),
    'the secret without its prefix': () => header({ secret: secret.slice(6) }),
    'no header': () => undefined,
    'garbage': () => 'garbage',
    'only commas': () => ',,,',
    'no time': () => `v1=${v1()}`,
    'no signature': () => `t=${now()}`,
    'an empty signature': () => `t=${now()},v1=`,
    'only the scheme v0': () => `t=${now()},v0=${v1()}`,
    'v0 beside v1': () => `${header()},v0=${wrong}`,
    'v0 before v1': () => `t=${now()},v0=${wrong},v1=${v1()}`,
    'the signature before the time': () => `v1=${v1()},t=${now()}`,
    'a wrong signature before the right one': () => `t=${now()},v1=${wrong},v1=${v1()}`,
    'the right signature before a wrong one': () => `${header()},v1=${wrong}`,
    'ten wrong ones and a right one': () => `t=${now()},${`v1=${wrong},`.repeat(10)}v1=${v1()}`,
    'ten wrong ones': () => `t=${now()},${`v1=${wrong},`.repeat(10)}v1=${wrong}`,
    'a key that nobody knows': () => `${header()},x=1`,
    'a part without a value': () => `${header()},x`,
    'capital letters in the key': () => header().replace('v1', 'V1'),
    'capital letters in the signature': () => header().replace(/v1=.*/, (text) => `v1=${text.slice(3).toUpperCase()}`),
    'a signature that is cut': () => header().slice(0, -1),
    'a signature that is too long': () => `${header()}0`,
    'a signature with a space in front': () => header().replace('v1=', 'v1= '),
    'a space after the comma': () => header().replace(',', ', '),
    'semicolons': () => header().replace(',', ';'),
    'another time than was signed': () => `t=${now() - 10},v1=${v1()}`,
    'two times, the last one signed': () => `t=1,${header()}`,
    'two times, the first one signed': () => `${header()},t=1`,
    'four minutes old': () => header({ timestamp: now() - 240 }),
    'six minutes old': () => header({ timestamp: now() - 360 }),
    'a year old': () => header({ timestamp: now() - 31_536_000 }),
    'an hour ahead': () => header({ timestamp: now() + 3600 }),
    'another body': () => ({ header: header(), payload: body.replace('cus_1', 'cus_2') }),
    'a body with a line end more': () => ({ header: header(), payload: `${body}\n` }),
    'a body of other letters': () => signed(body.replace('cus_1', 'cus_ü€😀')),
    'a large body': () => signed(body.replace('cus_1', 'x'.repeat(900_000))),
    'an empty object': () => signed('{}'),
    'a body with a mark of byte order': () => ({ header: header(), payload: `\uFEFF${body}` }),
};
const signed = (payload) => ({ header: header({ payload }), payload });

// As numbers are written in JavaScript, which is what npm's package reads them with; nobody signs like this.
const strict = {
    'a time in words': () => `t=now,v1=${v1()}`,
    'a time with letters behind it': () => header().replace(',', 'abc,'),
    'a time below zero': () => header({ timestamp: -1 }),
};

describe('signatures', () => {
    let server;
    before(async () => {
        const sim = await StripeSim.start();
        server = await Server.start({ env: { ...roomySettings, AI_MODELS: 'demo', STRIPE_SECRET_KEY: 'sk_test_1', STRIPE_BASE_URL: sim.url, STRIPE_WEBHOOK_SECRET: `${secret},${second}` } });
    });
    after(endPrograms);

    const oracle = (payload, signature) => [secret, second].some((key) => {
        try {
            return Boolean(Stripe.webhooks.constructEvent(payload, signature, key));
        } catch {
            return false;
        }
    });
    const post = async (payload, signature) => (await fetch(`${server.url}/subscription/webhook/`, { method: 'POST', body: payload, headers: signature === undefined ? {} : { 'Stripe-Signature': signature } })).status;

    test('there are forty of them, and both answers occur', () => assert.ok(Object.keys(cases).length >= 40));

    for (const [what, make] of Object.entries(cases)) {
        test(what, async () => {
            const made = make();
            const { header: signature, payload } = made?.header ? made : { header: made, payload: body };
            assert.equal(await post(payload, signature), oracle(payload, signature) ? 200 : 400);
        });
    }
    for (const [what, make] of Object.entries(strict)) {
        test(`${what} is refused`, async () => assert.equal(await post(body, make()), 400));
    }
});
