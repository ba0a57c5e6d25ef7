// The simulator's tables are what npm's `stripe` of package.json says, and no other version's.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { complaintsOf, leftOut, uninvited } from './support/shapes.mjs';
import { apiVersion, endpoints, fieldAt, interfaceOf, objectTypes, optionalLists, packageVersion, parameterRows } from './support/types.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

test('the tables are as the script would write them', () => {
    const run = spawnSync(process.execPath, [here('make_tables.mjs'), '--check'], { encoding: 'utf8' });
    assert.equal(run.status, 0, run.stderr);
});

test('the version of the package and of the simulator is the pinned one', () => {
    assert.equal(JSON.parse(readFileSync(here('package.json'))).devDependencies.stripe, packageVersion);
    assert.match(readFileSync(here('../../sims/stripe/params.hpp'), 'utf8'), new RegExp(`api_version = "${apiVersion}"`));
});

test('a table has nested, listed, mapped, worded and emptied parameters', () => {
    const rows = new Map(parameterRows(endpoints().get('POST /v1/subscriptions/{id}')).map((row) => [row.path, row]));
    assert.equal(rows.get('items[][price]').kinds, 's');
    assert.equal(rows.get('metadata[*]').kinds, 'sie');
    assert.equal(rows.get('cancel_at').kinds, 'wie');
    assert.equal(rows.get('pause_collection[behavior]').kinds, 'rw');
    assert.ok(!rows.has('coupon'));
});

test('an answer unlike its type is found out', () => {
    const right = { id: 'evt_1', object: 'list', data: [], has_more: false, url: '/v1/events' };
    assert.deepEqual(complaintsOf({ object: 'list', data: [], has_more: false, url: '/v1/events' }), []);
    assert.deepEqual(complaintsOf(right), ['list.id is unknown']);
    const refund = {
        id: 're_1', object: 'refund', amount: 1, balance_transaction: null, charge: null, created: 1, currency: 'usd', customer: null, customer_account: null,
        metadata: {}, payment_intent: null, payment_method: null, reason: null, receipt_number: null, source_transfer_reversal: null, status: 'succeeded', transfer_reversal: null,
    };
    assert.deepEqual(complaintsOf(refund), []);
    const { currency: _, ...shorter } = refund;
    assert.deepEqual(complaintsOf(shorter), ['refund.currency is missing']);
    assert.deepEqual(complaintsOf({ ...refund, livemode: false }), ['refund.livemode is unknown']);
    assert.deepEqual(complaintsOf({ ...refund, amount: null }), ['refund.amount is null']);
    assert.match(complaintsOf({ ...refund, reason: 'whim' })[0], /refund.reason is "whim", none of/);
});

test('what answers leave out is optional in the types, and so is every list of other objects that is', () => {
    for (const [name, fields] of Object.entries(leftOut)) {
        for (const field of fields) assert.equal(fieldAt(interfaceOf(objectTypes[name]), field)?.optional, true, `${name}.${field}`);
    }
    const { account: _, ...others } = objectTypes; // Its external_accounts are for platforms alone.
    for (const [name, where] of Object.entries(others))
        assert.deepEqual(optionalLists(interfaceOf(where)).filter((field) => !leftOut[name]?.includes(field)), [], name);
});

test('an answer that shows what nobody asked for is found out', () => {
    const invoice = { object: 'invoice', payments: { object: 'list', data: [] } };
    assert.deepEqual(uninvited(invoice, ['payments.data.payment']), []);
    assert.deepEqual(uninvited(invoice, ['payment', 'data.payments']), ['invoice.payments was not asked for']);
    const subscriptions = { object: 'list', data: [{ object: 'subscription', latest_invoice: invoice }] };
    assert.deepEqual(uninvited(subscriptions, ['data.latest_invoice.payments']), []);
    assert.deepEqual(uninvited(subscriptions, ['data.latest_invoice']), ['invoice.payments was not asked for']);
    const configuration = { object: 'billing_portal.configuration', features: { subscription_update: { products: [] } } };
    assert.deepEqual(uninvited(configuration, ['features.subscription_update.products']), []);
    assert.deepEqual(uninvited(configuration, []), ['billing_portal.configuration.features.subscription_update.products was not asked for']);
    assert.deepEqual(uninvited({ object: 'event', data: { object: configuration } }, ['features.subscription_update.products']).length, 1);
});
