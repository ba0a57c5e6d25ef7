// Forty headers of signed events, judged by npm's own package and by Pollux' webhook: right ones are accepted by both, wrong ones refused by
// both, and not one is judged wrongly.
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
// What is made of one second, however late it is made: the time, and its signature.
const stamped = (make) => {
    const at = now();
    return make(`t=${at}`, `v1=${v1({ timestamp: at })}`);
};
const wrong = 'a'.repeat(64);

// What each makes: a header, or {header, payload} where the body is another.
const right = {
    'right': () => header(),
    'right, by the second secret': () => header({ secret: second }),
    'v0 beside v1': () => `${header()},v0=${wrong}`,
    'v0 before v1': () => stamped((t, signature) => `${t},v0=${wrong},${signature}`),
    'the signature before the time': () => stamped((t, signature) => `${signature},${t}`),
    'a wrong signature before the right one': () => stamped((t, signature) => `${t},v1=${wrong},${signature}`),
    'the right signature before a wrong one': () => `${header()},v1=${wrong}`,
    'ten wrong ones and a right one': () => stamped((t, signature) => `${t},${`v1=${wrong},`.repeat(10)}${signature}`),
    'a key that nobody knows': () => `${header()},x=1`,
    'a part without a value': () => `${header()},x`,
    'two times, the last one signed': () => `t=1,${header()}`,
    'four minutes old': () => header({ timestamp: now() - 240 }),
    'an hour ahead': () => header({ timestamp: now() + 3600 }),
    'a body of other letters': () => signed(body.replace('cus_1', 'cus_ü€😀')),
    'a large body': () => signed(body.replace('cus_1', 'x'.repeat(900_000))),
    'an empty object': () => signed('{}'),
};
const notRight = {
    'a secret that is not ours': () => header({ secret: 'whsec_other' }),
    'an empty secret': () => header({ secret: '' }),
    'the secret without its prefix': () => header({ secret: secret.slice(6) }),
    'no header': () => undefined,
    'garbage': () => 'garbage',
    'only commas': () => ',,,',
    'no time': () => `v1=${v1()}`,
    'no signature': () => `t=${now()}`,
    'an empty signature': () => `t=${now()},v1=`,
    'only the scheme v0': () => stamped((t, signature) => `${t},${signature.replace('v1', 'v0')}`),
    'ten wrong ones': () => `t=${now()},${`v1=${wrong},`.repeat(10)}v1=${wrong}`,
    'capital letters in the key': () => header().replace('v1', 'V1'),
    'capital letters in the signature': () => header().replace(/v1=.*/, (text) => `v1=${text.slice(3).toUpperCase()}`),
    'a signature that is cut': () => header().slice(0, -1),
    'a signature that is too long': () => `${header()}0`,
    'a signature with a space in front': () => header().replace('v1=', 'v1= '),
    'a space after the comma': () => header().replace(',', ', '),
    'semicolons': () => header().replace(',', ';'),
    'another time than was signed': () => `t=${now() - 10},v1=${v1()}`,
    'two times, the first one signed': () => `${header()},t=1`,
    'six minutes old': () => header({ timestamp: now() - 360 }),
    'a year old': () => header({ timestamp: now() - 31_536_000 }),
    'another body': () => ({ header: header(), payload: body.replace('cus_1', 'cus_2') }),
    'a body with a line end more': () => ({ header: header(), payload: `${body}\n` }),
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

    const decisions = []; // {what, isRight, npm, pollux}: 200 or 400 by each.
    for (const [isRight, group] of [[true, right], [false, notRight]]) {
        for (const [what, make] of Object.entries(group)) {
            test(`${what}: ${isRight ? 'accepted' : 'refused'}`, async () => {
                const made = make();
                const { header: signature, payload } = made?.header ? made : { header: made, payload: body };
                const decision = { what, isRight, npm: oracle(payload, signature) ? 200 : 400, pollux: await post(payload, signature) };
                decisions.push(decision);
                const wanted = isRight ? 200 : 400;
                assert.deepEqual(decision, { what, isRight, npm: wanted, pollux: wanted });
            });
        }
    }
    for (const [what, make] of Object.entries(strict)) {
        test(`${what} is refused`, async () => assert.equal(await post(body, make()), 400));
    }

    test('of forty and more, right and wrong ones, none was judged wrongly', () => {
        const judged = (is, status) => decisions.filter(({ isRight, npm, pollux }) => isRight === is && npm === status && pollux === status).length;
        const [accepted, refused] = [judged(true, 200), judged(false, 400)];
        assert.equal(decisions.length - accepted - refused, 0, 'wrong decisions');
        assert.ok(accepted >= 15, `${accepted} right ones were accepted`);
        assert.ok(refused >= 25, `${refused} wrong ones were refused`);
    });
});
