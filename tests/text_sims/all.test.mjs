// All simulators in one process: what it prints is where they are, and its page shows what was sent and paid.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Program, binary, endPrograms, until } from '../e2e/support/process.mjs';
import { OpenAI, receiver, twilio } from './support/sims.mjs';

after(endPrograms);

let program;
let page;
let settings;
let inbox;
before(async () => {
    inbox = await receiver();
    program = new Program(binary('pollux-sims'), ['all', '--port', '0', '--die-with-parent', '--pollux', inbox.url], { env: process.env });
    page = 'http://' + (await program.printed(/listening on (\S+)/))[1];
    const text = await (await fetch(`${page}/settings`)).text();
    settings = Object.fromEntries([...text.matchAll(/ ([A-Z_]+)=(\S+)/g)].map(([, name, value]) => [name, value]));
});
after(() => inbox.close());

const html = async () => (await fetch(page)).text();

test('the settings are printed as they are served, line for line', async () => {
    await program.printed(/SMS_WEBHOOK_SECRET=\S+\n/);
    assert.ok(program.stdout.includes(await (await fetch(`${page}/settings`)).text()));
    assert.ok(!/^export .*SMS_WEBHOOK/m.test(program.stdout), 'one vendor at a time is set');
});

test('a model of Gemini answers at its address', async () => {
    const response = await fetch(`${settings.GEMINI_BASE_URL}/v1beta/models/gemini-flash-latest:generateContent`, { method: 'POST', headers: { 'x-goog-api-key': settings.GEMINI_API_KEY }, body: JSON.stringify({ contents: [{ parts: [{ text: 'Hello' }] }] }) });
    assert.match((await response.json()).candidates[0].content.parts[0].text, /Hello/);
});

test('an OpenAI-compatible server answers at its address', async () => {
    const client = new OpenAI({ baseURL: settings.AI_BASE_URL, apiKey: settings.AI_API_KEY });
    const model = settings.AI_MODELS.split(',').find((one) => one.startsWith('openai:')).slice(7);
    assert.match((await client.chat.completions.create({ model, messages: [{ role: 'user', content: 'Hello' }] })).choices[0].message.content, /Hello/);
});

test('a text shows on the page, and its reports go to Pollux wherever their address says', async () => {
    const form = new URLSearchParams({ To: '+22961000001', From: settings.TWILIO_FROM, Body: '<123456> is your code.', StatusCallback: 'https://chat.example.com/sms/twilio/status/' });
    const response = await fetch(`${settings.TWILIO_BASE_URL}/2010-04-01/Accounts/${settings.TWILIO_ACCOUNT_SID}/Messages.json`, { method: 'POST', headers: { authorization: 'Basic ' + btoa(`${settings.TWILIO_ACCOUNT_SID}:${settings.TWILIO_AUTH_TOKEN}`) }, body: form });
    assert.equal(response.status, 201);
    await until('two reports', () => inbox.posts.length === 2);
    assert.ok(inbox.posts.every(({ headers, form: fields }) => twilio.validateRequest(settings.TWILIO_AUTH_TOKEN, headers['x-twilio-signature'], 'https://chat.example.com/sms/twilio/status/', fields)));
    const shown = await html();
    assert.ok(shown.includes('+22961000001') && shown.includes('&lt;123456&gt; is your code.'));
});

test('a session shows on the page, with a link until it is paid', async () => {
    const stripe = async (path, form) => {
        const response = await fetch(`${settings.STRIPE_BASE_URL}${path}`, { method: 'POST', headers: { authorization: `Bearer ${settings.STRIPE_SECRET_KEY}` }, body: new URLSearchParams(form) });
        const body = await response.json();
        assert.ok(response.ok, JSON.stringify(body));
        return body;
    };
    const price = await stripe('/v1/prices', { 'product_data[name]': 'Pro', unit_amount: 2000, currency: 'usd', 'recurring[interval]': 'month' });
    const session = await stripe('/v1/checkout/sessions', { mode: 'subscription', 'line_items[0][price]': price.id, 'line_items[0][quantity]': 1, success_url: 'https://example.com/done' });
    const open = await html();
    assert.ok(open.includes(`href="${session.url}"`) && open.includes('2000 usd'));
    await fetch(`${session.url}/pay`, { method: 'POST', redirect: 'manual' });
    const paid = await html();
    assert.ok(!paid.includes(`href="${session.url}"`));
    assert.match(paid, new RegExp(`${session.id}<td>complete<td>paid`));
});

test('any other path says where the page is', async () => {
    const response = await fetch(`${page}/nothing`);
    assert.equal(response.status, 404);
    assert.match(await response.text(), /page at \//);
});
