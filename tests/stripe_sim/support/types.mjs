// What npm's `stripe` says of the API version it is pinned to, read from its own .d.ts and .js files: which parameters an endpoint takes
// and which fields an object has. The simulator's tables are made from it (make_tables.mjs), and its answers are checked against it.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const folder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../node_modules/stripe');
const resources = path.join(folder, 'esm/resources');

export const apiVersion = /'(.+)'/.exec(readFileSync(path.join(folder, 'esm/apiVersion.js'), 'utf8'))[1];
export const packageVersion = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')).version;

// The files whose endpoints the simulator serves (some of).
const served = [
    'Accounts', 'Charges', 'Customers', 'Disputes', 'Events', 'InvoicePayments', 'Invoices', 'PaymentIntents', 'PaymentMethods', 'Prices', 'Products',
    'Refunds', 'SubscriptionItems', 'Subscriptions', 'WebhookEndpoints', 'Checkout/Sessions', 'BillingPortal/Configurations', 'BillingPortal/Sessions',
];

// Objects by the word in their field `object`: [file, interface].
export const objectTypes = {
    account: ['Accounts', 'Account'],
    'billing_portal.configuration': ['BillingPortal/Configurations', 'Configuration'],
    'billing_portal.session': ['BillingPortal/Sessions', 'Session'],
    charge: ['Charges', 'Charge'],
    'checkout.session': ['Checkout/Sessions', 'Session'],
    customer: ['Customers', 'Customer'],
    dispute: ['Disputes', 'Dispute'],
    invoice: ['Invoices', 'Invoice'],
    invoice_payment: ['InvoicePayments', 'InvoicePayment'],
    item: ['LineItems', 'LineItem'],
    line_item: ['InvoiceLineItems', 'InvoiceLineItem'],
    payment_intent: ['PaymentIntents', 'PaymentIntent'],
    payment_method: ['PaymentMethods', 'PaymentMethod'],
    plan: ['Plans', 'Plan'],
    price: ['Prices', 'Price'],
    product: ['Products', 'Product'],
    refund: ['Refunds', 'Refund'],
    subscription: ['Subscriptions', 'Subscription'],
    subscription_item: ['SubscriptionItems', 'SubscriptionItem'],
    webhook_endpoint: ['WebhookEndpoints', 'WebhookEndpoint'],
};

export const deletedTypes = {
    customer: ['Customers', 'DeletedCustomer'],
    invoice: ['Invoices', 'DeletedInvoice'],
    product: ['Products', 'DeletedProduct'],
    subscription_item: ['SubscriptionItems', 'DeletedSubscriptionItem'],
    webhook_endpoint: ['WebhookEndpoints', 'DeletedWebhookEndpoint'],
};

const program = ts.createProgram([path.join(folder, 'esm/stripe.esm.node.d.ts')], {
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    types: [],
});
const checker = program.getTypeChecker();

function exportsOf(file) {
    const source = program.getSourceFile(path.join(resources, `${file}.d.ts`));
    return new Map(checker.getExportsOfModule(checker.getSymbolAtLocation(source)).map((symbol) => [symbol.name, symbol]));
}

export function interfaceOf([file, name]) {
    const symbol = exportsOf(file).get(name);
    if (!symbol) throw new Error(`${file}.d.ts has no ${name}`);
    return checker.getDeclaredTypeOfSymbol(symbol);
}

// [{name, type, optional}], in the order of the file.
export function fieldsOf(type) {
    return checker.getPropertiesOfType(type).map((symbol) => ({
        name: symbol.name,
        type: checker.getTypeOfSymbol(symbol),
        optional: Boolean(symbol.flags & ts.SymbolFlags.Optional),
    }));
}

const isOtherString = (type) => type.isIntersection() && type.types.some((part) => part.flags & ts.TypeFlags.String);
const isDecimal = (type) => checker.typeToString(type) === 'Decimal';

// What a value of this type may be: {nullable, empty, string, words, number, boolean, any, arrays: [type], maps: [type], objects: [type]}.
export function alternatives(type) {
    const found = { nullable: false, empty: false, string: false, words: [], number: false, boolean: false, any: false, arrays: [], maps: [], objects: [] };
    for (const part of type.isUnion() ? type.types : [type]) {
        if (part.flags & ts.TypeFlags.VoidLike) continue;
        if (part.flags & ts.TypeFlags.Null) found.nullable = true;
        else if (part.isStringLiteral()) part.value === '' ? (found.empty = true) : found.words.push(part.value);
        else if (part.flags & ts.TypeFlags.BooleanLike) found.boolean = true;
        else if (part.flags & ts.TypeFlags.NumberLike) found.number = true;
        else if (isOtherString(part)) continue; // The words that this version knows are all that there are.
        else if (isDecimal(part) || part.flags & ts.TypeFlags.StringLike) found.string = true;
        else if (part.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) found.any = true;
        else if (checker.isArrayType(part)) found.arrays.push(checker.getTypeArguments(part)[0]);
        else if (part.flags & ts.TypeFlags.Object || part.isIntersection()) {
            const index = checker.getIndexTypeOfType(part, ts.IndexKind.String);
            if (index) found.maps.push(index);
            else found.objects.push(part);
        } else throw new Error(`a type that this script does not know: ${checker.typeToString(part)}`);
    }
    return found;
}

// --- Endpoints ------------------------------------------------------------------------------------------------------------------------

// `{verb, path, type}` of every method of the files above: the path from the .js, `type` of its parameters from the .d.ts.
export function endpoints() {
    const all = new Map();
    for (const file of served) {
        const script = readFileSync(path.join(resources, `${file}.js`), 'utf8');
        const calls = new Map();
        for (const [, method, body] of script.matchAll(/^    (\w+)\([^)]*\) \{\n([\s\S]*?)^    \}/gm)) {
            const call = /_makeRequest\('(\w+)', [`'](\/v1\/[^`']+)[`']/.exec(body);
            if (call) calls.set(method, { verb: call[1], path: call[2].replace(/\$\{encodeURIComponent\(\w+\)\}/g, '{id}') });
        }
        for (const symbol of exportsOf(file).values()) {
            if (!(symbol.flags & ts.SymbolFlags.Class)) continue;
            for (const { name, type } of fieldsOf(checker.getDeclaredTypeOfSymbol(symbol))) {
                const call = calls.get(name);
                if (!call) continue;
                for (const signature of type.getCallSignatures()) {
                    const params = signature.parameters.find((parameter) => parameter.name === 'params');
                    if (params) all.set(`${call.verb} ${call.path}`, checker.getNonNullableType(checker.getTypeOfSymbol(params)));
                }
            }
        }
    }
    return new Map([...all].sort(([a], [b]) => (a < b ? -1 : 1)));
}

// --- Parameters -----------------------------------------------------------------------------------------------------------------------

const isWholeNumber = (name) => !/percent|decimal|latitude|longitude/.test(name);

// Rows {path, kinds, words} of what an endpoint takes: `a`, `a[b]`, `a[]`, `a[][b]`, `a[*]` (any key). `kinds` are the letters of
// sims/stripe/params.hpp.
export function parameterRows(type) {
    const rows = [];
    const add = (at, name, value, required) => {
        const found = alternatives(value);
        let kinds = required ? 'r' : '';
        if (found.string) kinds += 's';
        if (found.words.length && !found.string) kinds += 'w';
        if (found.number) kinds += isWholeNumber(name) ? 'i' : 'd';
        if (found.boolean) kinds += 'b';
        if (found.any) kinds += 'x';
        if (found.nullable || found.empty) kinds += 'e';
        if (found.arrays.length) kinds += 'a';
        if (found.objects.length) kinds += 'o';
        if (found.maps.length) kinds += 'm';
        rows.push({ path: at, kinds, words: kinds.includes('w') ? [...found.words].sort() : [] });
        for (const element of found.arrays) add(`${at}[]`, name, element, false);
        for (const element of found.maps) add(`${at}[*]`, name, element, false);
        for (const object of found.objects) for (const field of fieldsOf(object)) add(`${at}[${field.name}]`, field.name, field.type, !field.optional);
    };
    for (const field of fieldsOf(type)) add(field.name, field.name, field.type, !field.optional);
    const seen = new Map();
    for (const row of rows) {
        const before = seen.get(row.path); // A union of objects: a field of several of them is required in none.
        if (!before) seen.set(row.path, row);
        else {
            before.kinds = [...new Set((before.kinds + row.kinds).replaceAll('r', ''))].join('');
            before.words = [...new Set([...before.words, ...row.words])].sort();
        }
    }
    return [...seen.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

// --- Objects --------------------------------------------------------------------------------------------------------------------------

// An object with what follows from its type alone: null where that is allowed, empty lists, the word where there is only one. Everything
// else is left out, so that forgetting to set it is found by the tests.
export function blank(type, depth = 0) {
    const made = {};
    for (const field of fieldsOf(type)) {
        if (field.optional) continue;
        const found = alternatives(field.type);
        if (found.nullable) made[field.name] = null;
        else if (found.arrays.length) made[field.name] = [];
        else if (found.maps.length) made[field.name] = {};
        else if (found.objects.length === 1 && !found.string && depth < 6) {
            if (!fieldsOf(found.objects[0]).some(({ name }) => name === 'has_more')) made[field.name] = blank(found.objects[0], depth + 1);
        } else if (found.words.length === 1 && !found.string && field.name === 'object') made[field.name] = found.words[0];
    }
    return made;
}

// The field at "a.b.c" of a type: {name, type, optional}, or undefined.
export function fieldAt(type, path) {
    const [first, ...rest] = path.split('.');
    const field = fieldsOf(type).find(({ name }) => name === first);
    if (!field || rest.length === 0) return field;
    return fieldAt(alternatives(field.type).objects[0], rest.join('.'));
}

// The optional fields of a type, on its first level, that are lists of other objects: "line_items" of a session.
export function optionalLists(type) {
    const isList = (part) => fieldsOf(part).some(({ name }) => name === 'has_more');
    return fieldsOf(type).filter((field) => field.optional && alternatives(field.type).objects.some(isList)).map(({ name }) => name);
}

// The fields that `expand` may name: their value is an id of an object, or the object.
export function expandables(type) {
    const paths = [];
    const walk = (of, at, depth) => {
        for (const field of fieldsOf(of)) {
            const found = alternatives(field.type);
            const here = at ? `${at}.${field.name}` : field.name;
            const isObject = (part) => fieldsOf(part).some(({ name }) => name === 'id') && fieldsOf(part).some(({ name }) => name === 'object');
            if (found.string && found.objects.some(isObject)) paths.push(here);
            else if (depth < 4) {
                for (const part of [...found.objects, ...found.arrays.flatMap((element) => alternatives(element).objects)]) {
                    const isList = fieldsOf(part).some(({ name }) => name === 'has_more');
                    if (!isList && !isObject(part)) walk(part, here, depth + 1);
                }
            }
        }
    };
    walk(type, '', 0);
    return [...new Set(paths)].sort();
}

// Every type of event, with the type of its object.
export function eventTypes() {
    const union = checker.getDeclaredTypeOfSymbol(exportsOf('Events').get('Event'));
    const all = new Map();
    for (const event of union.types) {
        const fields = new Map(fieldsOf(event).map((field) => [field.name, field.type]));
        const object = fieldsOf(fields.get('data')).find(({ name }) => name === 'object');
        all.set(fields.get('type').value, { event, object: object?.type });
    }
    return all;
}
export const typeToString = (type) => checker.typeToString(type);
