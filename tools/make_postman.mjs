#!/usr/bin/env node
// Makes api/postman_collection.json and api/postman_environment.json from api/openapi.json: the first folder is the tour of the README, the
// second what is refused, and then there is one folder a tag. Every operation has its request, and as saved answers its success and each error
// that the document names. All of it runs as it stands, by Postman or newman, again and again.
//   tools/node tools/make_postman.mjs            writes them
//   tools/node tools/make_postman.mjs --check    says whether they are what would be written; status 1 when not
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'api');
const document = JSON.parse(readFileSync(path.join(folder, 'openapi.json'), 'utf8'));

// --- What the document has ------------------------------------------------------------------------------------------------------------

const operations = new Map();
for (const [route, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
        operations.set(operation.operationId, { ...operation, route, method: method.toUpperCase() });
    }
}

function operationOf(id) {
    const found = operations.get(id);
    if (!found) throw new Error(`the document has no operation ${id}: see the lists in this script`);
    return found;
}

const resolve = (value) => (value?.$ref ? value.$ref.slice(2).split('/').reduce((at, name) => at[name], document) : value);
const parametersOf = (operation, place) => (operation.parameters ?? []).map(resolve).filter((parameter) => parameter.in === place);
const isOpen = (operation) => operation.security?.length === 0;
const requestBody = (operation) => operation.requestBody?.content?.['application/json'];
// Others' programs post bytes: an example that is a text is a form of theirs.
const exampleBody = (operation) => (requestBody(operation) ?? operation.requestBody?.content?.['*/*'])?.example;
const bodyType = (operation) => (typeof exampleBody(operation) === 'string' ? 'application/x-www-form-urlencoded' : 'application/json');
const successOf = (operation) => Number(Object.keys(operation.responses).find((status) => /^2/.test(status)));
const answerBody = (operation) => operation.responses[successOf(operation)].content?.['application/json'];

// [{status, code, example}] of every refusal.
function refusalsOf(operation) {
    const all = [];
    for (const [status, response] of Object.entries(operation.responses)) {
        if (!/^\d+$/.test(status)) continue; // What any request may be answered with.
        const examples = resolve(response).content?.['application/problem+json']?.examples ?? {};
        for (const [code, example] of Object.entries(examples)) all.push({ status: Number(status), code, example: resolve(example).value });
    }
    return all;
}

// --- What is known of single operations -----------------------------------------------------------------------------------------------

const keep = (name, from) => `pm.environment.set('${name}', ${from});`;
const keepTokens = 'if (body.access) pm.environment.set(\'access\', body.access);\nif (body.refresh) pm.environment.set(\'refresh\', body.refresh);';
const aNewNumber = "pm.environment.set('new_mobile', '+1415' + String(2000000 + Math.floor(Math.random() * 7999999)));";

// The texts of requests, with variables where one request goes on with what another has brought.
const bodies = {
    signUp: { mobile: '{{new_mobile}}', password: '{{password}}', name: 'Ada' },
    sendOtp: { mobile: '{{mobile}}', purpose: 'login' },
    verifyOtp: { mobile: '{{mobile}}', code: '{{code}}', purpose: 'login' },
    logIn: { mobile: '{{mobile}}', password: '{{password}}' },
    logInByLink: { token: '{{link_token}}' },
    forgotPassword: { mobile: '{{mobile}}' },
    resetPassword: { reset_token: '{{reset_token}}', new_password: '{{password}}' },
    changePassword: { old_password: '{{password}}', new_password: '{{password}}' },
    refreshSession: { refresh: '{{refresh}}' },
    deleteMe: { password: '{{password}}' },
};

// What an answer brings for later requests; `body` is its JSON.
const kept = {
    sendOtp: "if (body.otp) pm.environment.set('code', body.otp); // In debug alone; else type what came by SMS into the environment.",
    verifyOtp: keepTokens,
    logIn: keepTokens,
    logInByLink: keepTokens,
    refreshSession: keepTokens,
    forgotPassword: "if (body.otp) pm.environment.set('code', body.otp);",
    listSessions: keep('session', '(body.results.find((one) => !one.current) ?? body.results[0]).id'),
    createRoom: keep('room', 'body.id'),
    sendMessage: `${keep('question', 'body.message.id')}\n${keep('message', 'body.reply.id')}`,
    buyPlan: `${keep('checkout_url', 'body.checkout_url')}\n${keep('session_id', 'body.session_id')}`,
};

// What has to be there before a request.
const before = {
    signUp: aNewNumber,
    resetPassword: `pm.sendRequest({ url: pm.environment.get('base_url') + '/auth/verify-otp/', method: 'POST', header: { 'Content-Type': 'application/json' },
    body: { mode: 'raw', raw: JSON.stringify({ mobile: pm.environment.get('mobile'), code: pm.environment.get('code'), purpose: 'reset_password' }) } },
    (failure, answer) => pm.environment.set('reset_token', failure ? '' : answer.json().reset_token));`,
    streamEvents: "// It lasts as long as somebody listens: set follow_events in the environment to see what comes.\nif (!pm.environment.get('follow_events')) pm.execution.skipRequest();",
};

// Besides success: what a server answers that is set up otherwise, or that others have posted to.
const alsoRight = {
    signUp: ['mobile_taken'],
    logIn: ['password_login_disabled'],
    logInByLink: ['invalid_link'],
    takeTextReport: ['sms_not_configured', 'signature_missing'],
    takePaymentEvent: ['signature_missing', 'billing_not_configured'],
    buyPlan: ['billing_not_configured', 'already_subscribed'],
    buyPro: ['billing_not_configured', 'already_subscribed'],
    openPortal: ['not_subscribed', 'billing_not_configured'],
    cancelSubscription: ['not_subscribed', 'billing_not_configured'],
    reactivateSubscription: ['not_subscribed', 'billing_not_configured'],
};

const queries = { sendMessage: { wait: '20' }, showSubscription: { session_id: '{{session_id}}' } };

// The order in which they can be run; whatever is not named here comes behind, in the document's order.
const order = {
    accounts: ['signUp', 'sendOtp', 'verifyOtp', 'me', 'changeMe', 'listSessions', 'endSession', 'refreshSession', 'forgotPassword', 'resetPassword', 'sendOtp',
        'verifyOtp', 'logIn', 'changePassword', 'logInByLink', 'logOut', 'sendOtp', 'verifyOtp', 'deleteMe', 'takeTextReport'],
    chat: ['createRoom', 'listRooms', 'showRoom', 'changeRoom', 'sendMessage', 'showMessage', 'streamReply', 'stopReply', 'retryReply', 'listVariants', 'listModels',
        'streamEvents', 'deleteRoom'],
    subscription: ['buyPlan', 'buyPro', 'pay', 'showSubscription', 'openPortal', 'cancelSubscription', 'reactivateSubscription', 'takePaymentEvent'],
};
const tags = ['chat', 'user', 'billing', 'subscription', 'system', 'accounts']; // The last deletes the account.

// --- Requests -------------------------------------------------------------------------------------------------------------------------

const json = (value) => JSON.stringify(value, null, 2);

// Of a path of the document, or of a `route` written otherwise; `ids` stand in for the variables.
function urlOf(operation, { query = {}, route = operation.route, ids = {} } = {}) {
    const filled = route.replace(/\{(\w+)\}/g, (_, name) => ids[name] ?? `{{${name}}}`);
    const pairs = Object.entries(query).map(([key, value]) => ({ key, value }));
    const raw = `{{base_url}}${filled}${pairs.length ? '?' + pairs.map(({ key, value }) => `${key}=${value}`).join('&') : ''}`;
    return { raw, host: ['{{base_url}}'], path: filled.slice(1).split('/'), ...(pairs.length ? { query: pairs } : {}) };
}

function requestOf(id, { body = bodies[id] ?? exampleBody(operationOf(id)), type = bodyType(operationOf(id)), open = isOpen(operationOf(id)), ...where } = {}) {
    const operation = operationOf(id);
    const request = { method: operation.method, header: [], url: urlOf(operation, where), description: operation.description };
    if (open) request.auth = { type: 'noauth' };
    if (body !== undefined) {
        request.header.push({ key: 'Content-Type', value: type });
        request.body = { mode: 'raw', raw: typeof body === 'string' ? body : json(body), ...(type === 'application/json' ? { options: { raw: { language: 'json' } } } : {}) };
    }
    return request;
}

const script = (listen, text) => ({ listen, script: { type: 'text/javascript', exec: text.split('\n') } });

const schemaOf = (operation) => answerBody(operation)?.schema?.$ref?.split('/').at(-1);

// The request as it should succeed, and what must hold of its answer.
function testOf(id) {
    const operation = operationOf(id);
    const success = successOf(operation);
    const others = alsoRight[id] ?? [];
    const lines = [];
    if (others.length > 0) {
        const statuses = new Map(refusalsOf(operation).map(({ code, status }) => [code, status]));
        for (const code of others) if (!statuses.has(code)) throw new Error(`${id} is not documented to be refused with ${code}`);
        const right = others.map((code) => `'${statuses.get(code)} ${code}'`).join(', ');
        lines.push(`pm.test('${success}, or ${others.join(' or ')}', () => {`,
            `    if (pm.response.code !== ${success}) pm.expect(pm.response.code + ' ' + pm.response.json().code).to.be.oneOf([${right}]);`, '});');
    } else {
        lines.push(`pm.test('${success}', () => pm.response.to.have.status(${success}));`);
    }
    const schema = schemaOf(operation);
    const wants = [];
    if (schema) {
        wants.push(`    pm.test('it is as documented: ${schema}', () => {`,
            "        const definitions = JSON.parse(pm.collectionVariables.get('schemas'));",
            `        pm.response.to.have.jsonSchema({ $ref: '#/definitions/${schema}', definitions });`, '    });');
    }
    if (kept[id]) wants.push('    const body = pm.response.json();', ...kept[id].split('\n').map((line) => `    ${line}`));
    if (wants.length > 0) lines.push(`if (pm.response.code === ${success}) {`, ...wants, '}');
    return lines.join('\n');
}

function savedAnswers(id, request) {
    const operation = operationOf(id);
    const originalRequest = { method: request.method, header: request.header, url: request.url, ...(request.body ? { body: request.body } : {}) };
    const saved = [];
    const success = successOf(operation);
    const answers = operation.responses[success].content ?? {};
    const [type, content] = Object.entries(answers).find(([, one]) => one.example !== undefined) ?? [undefined, {}];
    saved.push({ name: `${success}`, originalRequest, code: success, status: operation.responses[success].description, header: type ? [{ key: 'Content-Type', value: type }] : [],
        body: content.example === undefined ? '' : typeof content.example === 'string' ? content.example : json(content.example) });
    for (const { status, code, example } of refusalsOf(operation)) {
        saved.push({ name: `${status} ${code}`, originalRequest: { method: request.method, header: [], url: request.url }, code: status, status: example.title,
            header: [{ key: 'Content-Type', value: 'application/problem+json' }], body: json(example) });
    }
    return saved;
}

function itemOf(id, { name = operationOf(id).summary, ...options } = {}) {
    const request = requestOf(id, { query: queries[id], ...options });
    const event = [script('test', testOf(id))];
    if (before[id]) event.unshift(script('prerequest', before[id]));
    return { name: `${id}: ${name}`, event, request, response: savedAnswers(id, request) };
}

// --- Folders --------------------------------------------------------------------------------------------------------------------------

// The tour of the README, by the paths that stand there.
function tour() {
    const steps = [
        ['signUp', { route: '/auth/signup/', body: { mobile: '{{mobile}}', password: '{{password}}' } }],
        ['sendOtp', { route: '/auth/send-otp/' }],
        ['verifyOtp', { route: '/auth/verify-otp/' }],
        ['createRoom', { route: '/chatroom/create/' }],
        ['sendMessage', { route: '/chatroom/{room}/message/' }],
        ['showRoom', { route: '/chatroom/{room}/' }],
        ['listRooms', { route: '/chatroom/' }],
        ['showSubscription', { route: '/subscription/status/', query: {} }],
        ['buyPro', { route: '/subscription/pro/' }],
    ];
    return { name: 'Tour', description: 'Sign up, log in with a code, talk, and buy. Each request keeps what the next ones need.', item: steps.map(([id, options]) => itemOf(id, options)) };
}

const nobodys = '9007199254740991'; // An id that nobody has.

// A value that none of the operation's parameters takes: {name: value}. Null: there are none, or all of them take anything.
function wrongQuery(operation) {
    for (const { name, schema } of parametersOf(operation, 'query')) {
        if (schema.type === 'integer') return { [name]: 'many' };
        if (schema.type === 'boolean') return { [name]: 'perhaps' };
        if (schema.maxLength) return { [name]: 'x'.repeat(schema.maxLength + 1) };
    }
    return null;
}

function refused(id, why, status, code, options) {
    const test = `pm.test('${status} ${code}', () => {\n    pm.response.to.have.status(${status});\n    pm.expect(pm.response.json().code).to.equal('${code}');\n` +
        "    const definitions = JSON.parse(pm.collectionVariables.get('schemas'));\n    pm.response.to.have.jsonSchema({ $ref: '#/definitions/Problem', definitions });\n});";
    return { name: `${id} ${why}: ${status} ${code}`, event: [script('test', test)], request: requestOf(id, options), response: [] };
}

function refusals() {
    const item = [];
    for (const [id, operation] of operations) {
        // Whose ids they are does not matter to who is not let in; those of the environment may not be there yet.
        const anyIds = Object.fromEntries(parametersOf(operation, 'path').map(({ name }) => [name, '1']));
        if (!isOpen(operation)) item.push(refused(id, 'without a token', 401, 'token_missing', { open: true, ids: anyIds }));
        if (requestBody(operation)) {
            item.push(refused(id, 'with half a body', 400, 'invalid_json', { body: '{"half":' }));
            item.push(refused(id, 'with a body that is no JSON', 415, 'unsupported_media_type', { body: 'hello', type: 'text/plain' }));
            item.push(refused(id, 'with a field that it does not know', 422, 'invalid_input', { body: { no_such_field: 1 } }));
        }
        const wrong = wrongQuery(operation);
        if (wrong) item.push(refused(id, 'with a parameter of a wrong value', 422, 'invalid_input', { query: wrong }));
        const ids = parametersOf(operation, 'path').map(({ name }) => name);
        const missing = ids.includes('message') ? 'message' : ids[0];
        if (missing) {
            const codes = refusalsOf(operation).map(({ code }) => code);
            const code = codes.includes(`${missing}_not_found`) ? `${missing}_not_found` : 'room_not_found';
            item.push(refused(id, 'of somebody else, or nobody', 404, code, { ids: { [missing]: nobodys } }));
        }
    }
    return { name: 'What is refused', description: 'Every error is a problem document (RFC 9457) with a `code` for programs and a `detail` that says how to mend it.', item };
}

// In debug without Stripe's keys a demo of this server's own stands in for Stripe, and this pays there.
function pay() {
    return { name: 'The button Pay of the demo', event: [script('prerequest', "if (!(pm.environment.get('checkout_url') ?? '').startsWith(pm.environment.get('base_url') + '/demo/')) pm.execution.skipRequest();"),
        script('test', "pm.test('it leads back', () => pm.expect(pm.response.code).to.be.below(400));")],
    request: { method: 'POST', header: [], auth: { type: 'noauth' }, url: { raw: '{{checkout_url}}', host: ['{{checkout_url}}'] },
        body: { mode: 'urlencoded', urlencoded: [{ key: 'action', value: 'pay' }] } }, response: [] };
}

function folderOf(tag) {
    const own = [...operations].filter(([, operation]) => operation.tags.includes(tag)).map(([id]) => id);
    const first = order[tag] ?? [];
    const wanted = [...first, ...own.filter((id) => !first.includes(id))];
    return { name: tag, item: wanted.map((id) => (id === 'pay' ? pay() : itemOf(id))) };
}

// JSON Schema draft 7, which Postman checks by: the same, elsewhere.
const schemas = JSON.parse(JSON.stringify(document.components.schemas).replaceAll('#/components/schemas/', '#/definitions/'));

const known = new Set(tags);
for (const { name } of document.tags) if (!known.has(name)) throw new Error(`the tag ${name} stands in no folder: add it to tags`);

const collection = {
    info: {
        _postman_id: '5b2c9d1e-0f6a-4c0e-9a57-706f6c6c7578',
        name: `Pollux ${document.info.version}`,
        description: 'Import it with its environment (postman_environment.json), set base_url, mobile and password there, and run the folder Tour from above. A server in debug shows ' +
            'the codes; else type what came by SMS into `code` before verifyOtp. All of it at once is more than a plan lets a user ask for in a minute: run it with a delay ' +
            'of 600 ms, or against `RATE_LIMITS=off pollux serve --dev`. Made by tools/make_postman.mjs from the OpenAPI document.',
        schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    auth: { type: 'bearer', bearer: [{ key: 'token', value: '{{access}}', type: 'string' }] },
    item: [tour(), refusals(), ...tags.map(folderOf)],
    variable: [{ key: 'schemas', value: JSON.stringify(schemas) }],
};

const environment = {
    id: '0d6f3f0a-3c52-4f6b-8a3e-706f6c6c7578',
    name: 'Pollux',
    values: Object.entries({
        base_url: document.servers[0].url, mobile: '1234567890', code: '123456', password: 'a-long-pass-word-7', access: '', refresh: '', new_mobile: '', room: '', question: '',
        message: '', session: '', session_id: 'none', checkout_url: '', reset_token: '', link_token: 'the-token-that-createsuperuser-printed', follow_events: '',
    }).map(([key, value]) => ({ key, value, enabled: true, type: ['access', 'refresh', 'password', 'reset_token', 'link_token'].includes(key) ? 'secret' : 'default' })),
    _postman_variable_scope: 'environment',
};

// --- Writing --------------------------------------------------------------------------------------------------------------------------

let isCurrent = true;
for (const [name, value] of [['postman_collection.json', collection], ['postman_environment.json', environment]]) {
    const file = path.join(folder, name);
    const text = JSON.stringify(value, null, 1) + '\n';
    if (process.argv.includes('--check')) {
        let found = '';
        try {
            found = readFileSync(file, 'utf8');
        } catch (failure) {
            if (failure.code !== 'ENOENT') throw failure;
        }
        if (found === text) continue;
        console.error(`api/${name} is not what tools/make_postman.mjs makes of api/openapi.json: run it`);
        isCurrent = false;
    } else {
        writeFileSync(file, text);
        console.log(`api/${name}: ${text.length} bytes`);
    }
}
if (!isCurrent) process.exit(1);
