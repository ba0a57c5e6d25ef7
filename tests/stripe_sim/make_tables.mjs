#!/usr/bin/env node
// Makes the tables of sims/stripe from the types of npm's `stripe` (its version: package.json beside this file):
//   node tests/stripe_sim/make_tables.mjs            writes them
//   node tests/stripe_sim/make_tables.mjs --check    says whether they are as they would be written
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { apiVersion, blank, endpoints, eventTypes, expandables, interfaceOf, objectTypes, packageVersion, parameterRows } from './support/types.mjs';

const folder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../sims/stripe');

// Each has a handler in sims/stripe (the simulator does not start when one of them has no table here).
const served = `
GET /v1/account
POST /v1/billing_portal/configurations
GET /v1/billing_portal/configurations
GET /v1/billing_portal/configurations/{id}
POST /v1/billing_portal/configurations/{id}
POST /v1/billing_portal/sessions
GET /v1/charges
GET /v1/charges/{id}
POST /v1/checkout/sessions
GET /v1/checkout/sessions
GET /v1/checkout/sessions/{id}
POST /v1/checkout/sessions/{id}/expire
GET /v1/checkout/sessions/{id}/line_items
POST /v1/customers
GET /v1/customers
GET /v1/customers/{id}
POST /v1/customers/{id}
DELETE /v1/customers/{id}
GET /v1/disputes
GET /v1/disputes/{id}
POST /v1/disputes/{id}/close
GET /v1/events
GET /v1/events/{id}
GET /v1/invoice_payments
GET /v1/invoice_payments/{id}
GET /v1/invoices
GET /v1/invoices/{id}
POST /v1/invoices/{id}/finalize
POST /v1/invoices/{id}/mark_uncollectible
POST /v1/invoices/{id}/pay
POST /v1/invoices/{id}/void
GET /v1/payment_intents
GET /v1/payment_intents/{id}
GET /v1/payment_methods/{id}
POST /v1/prices
GET /v1/prices
GET /v1/prices/{id}
POST /v1/prices/{id}
POST /v1/products
GET /v1/products
GET /v1/products/{id}
POST /v1/products/{id}
DELETE /v1/products/{id}
POST /v1/refunds
GET /v1/refunds
GET /v1/refunds/{id}
POST /v1/refunds/{id}
GET /v1/subscription_items
GET /v1/subscription_items/{id}
POST /v1/subscriptions
GET /v1/subscriptions
GET /v1/subscriptions/{id}
POST /v1/subscriptions/{id}
DELETE /v1/subscriptions/{id}
POST /v1/subscriptions/{id}/pause
POST /v1/subscriptions/{id}/resume
POST /v1/webhook_endpoints
GET /v1/webhook_endpoints
GET /v1/webhook_endpoints/{id}
POST /v1/webhook_endpoints/{id}
DELETE /v1/webhook_endpoints/{id}
`.trim().split('\n');

const head = `// Made by tests/stripe_sim/make_tables.mjs from npm stripe ${packageVersion} (API ${apiVersion}). Do not edit.\n`;
const text = (value) => JSON.stringify(value);

function parameters() {
    const all = endpoints();
    let made = head;
    for (const endpoint of [...served].sort()) {
        const type = all.get(endpoint);
        if (!type) throw new Error(`npm's stripe has no ${endpoint}`);
        const rows = parameterRows(type);
        if (rows.length === 0) rows.push({ path: '', kinds: '', words: [] }); // Takes none.
        for (const row of rows) made += `{${text(endpoint)}, ${text(row.path)}, ${text(row.kinds)}, ${text(row.words.join('|'))}},\n`;
    }
    return made;
}

function shapes() {
    let made = head;
    for (const [name, where] of Object.entries(objectTypes)) {
        const type = interfaceOf(where);
        made += `{${text(name)}, R"json(${JSON.stringify(blank(type))})json",\n ${text(expandables(type).join(' '))}},\n`;
    }
    return made;
}

function events() {
    return head + [...eventTypes().keys()].sort().map((name) => `${text(name)},\n`).join('');
}

let wrong = 0;
for (const [name, made] of [['params_table.inc', parameters()], ['shapes_table.inc', shapes()], ['event_types.inc', events()]]) {
    const file = path.join(folder, name);
    if (process.argv.includes('--check')) {
        let kept = '';
        try {
            kept = readFileSync(file, 'utf8');
        } catch {
            // Missing: not the same.
        }
        if (kept === made) continue;
        ++wrong;
        console.error(`sims/stripe/${name} is not what npm stripe ${packageVersion} says: run node tests/stripe_sim/make_tables.mjs`);
    } else writeFileSync(file, made);
}
process.exit(wrong ? 1 : 0);
