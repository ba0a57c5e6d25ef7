// The whole Postman collection, by newman, against one fresh server, and again against the same one: every request is answered as its test says.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import newman from 'newman';

import { endPrograms, repository } from '../e2e/support/process.mjs';
import { Server } from '../e2e/support/server.mjs';

after(endPrograms);

const read = (name) => JSON.parse(fs.readFileSync(path.join(repository, 'api', name), 'utf8'));
const collection = read('postman_collection.json');
const environment = read('postman_environment.json');

const requests = [];
(function walk(items) {
    for (const item of items) {
        if (item.item) walk(item.item);
        else requests.push(item);
    }
})(collection.item);

let server;
before(async () => {
    server = await Server.start({ env: { RATE_LIMITS: 'off', PASSWORD_LOGIN: 'True' }, args: ['--dev'] });
});

function run() {
    const here = { ...environment, values: environment.values.map((one) => (one.key === 'base_url' ? { ...one, value: server.url } : one)) };
    return new Promise((resolve, reject) => {
        newman.run({ collection, environment: here, timeoutRequest: 60_000 }, (failure, summary) => (failure ? reject(failure) : resolve(summary.run)));
    });
}

// 'sendMessage: ...' of the tag folders and the tour -> all codes that were answered.
function answers(result) {
    const all = {};
    for (const { item, response } of result.executions) {
        const [id] = item.name.split(/:| /);
        if (response) (all[id] ??= []).push(response.code);
    }
    return all;
}

for (const time of ['first', 'second']) {
    test(`the collection is green the ${time} time`, { timeout: 600_000 }, async () => {
        const result = await run();
        assert.deepEqual(result.failures.map(({ source, error }) => `${source?.name}: ${error.message}`), []);
        // /events/ lasts as long as somebody listens: the collection leaves it out unless told otherwise.
        const asked = new Set(result.executions.filter(({ response }) => response).map(({ item }) => item.id)).size; // Scripts ask as well.
        assert.equal(asked, requests.length - 1, 'every request was sent but that one');
        assert.ok(result.stats.assertions.total >= asked, 'each has its test');

        // What the collection takes as right from servers that are set up otherwise did not happen here.
        const of = answers(result);
        for (const id of ['logIn', 'openPortal', 'cancelSubscription', 'reactivateSubscription', 'deleteMe', 'changePassword', 'resetPassword']) {
            assert.ok(of[id].some((code) => code < 300), `${id}: ${of[id]}`);
        }
    });
}

test('every operation of the document has its request, and each of its errors an example', () => {
    const document = read('openapi.json');
    const byId = new Map();
    for (const item of requests) {
        const id = item.name.split(':')[0];
        if (item.response.length > 0) byId.set(id, item);
    }
    let count = 0;
    for (const methods of Object.values(document.paths)) {
        for (const operation of Object.values(methods)) {
            const saved = byId.get(operation.operationId)?.response.map(({ name }) => name) ?? [];
            for (const [status, { content }] of Object.entries(operation.responses)) {
                for (const code of Object.keys(content?.['application/problem+json']?.examples ?? {})) {
                    assert.ok(saved.includes(`${status} ${code}`), `${operation.operationId} ${status} ${code}`);
                    ++count;
                }
            }
        }
    }
    assert.ok(count > 500, `${count} errors`);
});
