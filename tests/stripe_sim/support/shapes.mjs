// Whether an answer is what npm's `stripe` says it is: every required field there, none unknown, each of its type, words among those that
// this version has.
import { alternatives, deletedTypes, eventTypes, fieldsOf, interfaceOf, objectTypes } from './types.mjs';

// Fields that answers leave out until `expand` names them: Stripe's documentation calls them expandable, its types have them optional, as
// they have others that an object simply may lack.
export const leftOut = {
    'billing_portal.configuration': ['features.subscription_update.products'],
    charge: ['refunds'],
    'checkout.session': ['line_items', 'total_details.breakdown'],
    customer: ['cash_balance', 'invoice_credit_balance', 'sources', 'subscriptions', 'tax', 'tax_ids'],
    invoice: ['confirmation_secret', 'payments'],
    payment_intent: ['amount_details.line_items'],
    plan: ['tiers'],
    price: ['currency_options', 'tiers'],
    subscription_item: ['billed_until'],
};

const events = eventTypes();
const fieldsByType = new Map();

function fields(type) {
    if (!fieldsByType.has(type)) fieldsByType.set(type, fieldsOf(type));
    return fieldsByType.get(type);
}

function checkObject(value, type, at) {
    const complaints = [];
    const known = new Set();
    for (const field of fields(type)) {
        known.add(field.name);
        if (value[field.name] === undefined) {
            if (!field.optional) complaints.push(`${at}.${field.name} is missing`);
        } else complaints.push(...checkValue(value[field.name], field.type, `${at}.${field.name}`));
    }
    for (const name of Object.keys(value)) if (!known.has(name)) complaints.push(`${at}.${name} is unknown`);
    return complaints;
}

// Of the types that it may be, the one it is most like.
function checkOneOf(value, types, at) {
    let candidates = types;
    if (typeof value.object === 'string') {
        const named = types.filter((type) => {
            const field = fields(type).find(({ name }) => name === 'object');
            return field && alternatives(field.type).words.includes(value.object);
        });
        if (named.length) candidates = named;
    }
    const results = candidates.map((type) => checkObject(value, type, at));
    return results.reduce((best, one) => (one.length < best.length ? one : best));
}

function checkValue(value, type, at) {
    const found = alternatives(type);
    if (found.any) return [];
    if (value === null) return found.nullable ? [] : [`${at} is null`];
    if (Array.isArray(value)) {
        if (!found.arrays.length) return [`${at} is a list`];
        return value.flatMap((element, index) => checkValue(element, found.arrays[0], `${at}[${index}]`));
    }
    switch (typeof value) {
        case 'string':
            if (found.string || found.words.includes(value)) return [];
            return [found.words.length ? `${at} is "${value}", none of ${found.words.join(', ')}` : `${at} is a text`];
        case 'number':
            return found.number ? [] : [`${at} is a number`];
        case 'boolean':
            return found.boolean ? [] : [`${at} is a boolean`];
        default:
            if (found.maps.length) return Object.entries(value).flatMap(([name, one]) => checkValue(one, found.maps[0], `${at}.${name}`));
            return found.objects.length ? checkOneOf(value, found.objects, at) : [`${at} is an object`];
    }
}

const errorFields = new Set(['message', 'type', 'code', 'doc_url', 'param', 'decline_code', 'request_log_url', 'charge', 'payment_intent', 'payment_method']);
const errorTypes = new Set(['api_error', 'card_error', 'idempotency_error', 'invalid_request_error']);

function checkError(error) {
    const complaints = Object.keys(error).filter((name) => !errorFields.has(name)).map((name) => `error.${name} is unknown`);
    if (!errorTypes.has(error.type)) complaints.push(`error.type is ${error.type}`);
    if (typeof error.message !== 'string' || !error.message) complaints.push('error.message is missing');
    return complaints;
}

function checkEvent(event, at) {
    const kind = events.get(event.type);
    if (!kind) return [`${at}.type is ${event.type}, which no event is`];
    const { previous_attributes: previous, ...data } = event.data;
    const complaints = checkObject({ ...event, data }, kind.event, at);
    const known = new Set(fields(kind.object).map(({ name }) => name));
    for (const name of Object.keys(previous ?? {})) if (!known.has(name)) complaints.push(`${at}.data.previous_attributes.${name} is unknown`);
    return complaints;
}

// What is wrong with an answer of the API; [] when nothing is.
export function complaintsOf(answer, at = answer.object ?? 'answer') {
    if (answer.error) return checkError(answer.error);
    if (answer.object === 'event') return checkEvent(answer, at);
    if (answer.object === 'list') {
        const complaints = [];
        if (typeof answer.has_more !== 'boolean') complaints.push(`${at}.has_more is missing`);
        if (!answer.url?.startsWith('/v1/')) complaints.push(`${at}.url is ${answer.url}`);
        for (const name of Object.keys(answer)) if (!['object', 'data', 'has_more', 'url'].includes(name)) complaints.push(`${at}.${name} is unknown`);
        return complaints.concat(answer.data.flatMap((one, index) => complaintsOf(one, `${one.object}[${index}]`)));
    }
    const where = answer.deleted ? deletedTypes[answer.object] : objectTypes[answer.object];
    if (!where) return [`${at}: no object is called ${answer.object}`];
    return checkObject(answer, interfaceOf(where), at);
}

const fieldOf = (value, path) => path.split('.').reduce((inner, name) => inner?.[name], value);

// What an answer shows of the above though it was not asked for by `asked`, the ways of `expand`; [] when nothing is.
export function uninvited(value, asked, path = '') {
    if (Array.isArray(value)) return value.flatMap((one) => uninvited(one, asked, path));
    if (value === null || typeof value !== 'object') return [];
    const way = (name) => (path ? `${path}.${name}` : name);
    const isAsked = (name) => asked.some((one) => `${one}.`.startsWith(`${way(name)}.`));
    const shown = (leftOut[value.object] ?? []).filter((name) => fieldOf(value, name) !== undefined && !isAsked(name));
    return [...shown.map((name) => `${value.object}.${name} was not asked for`), ...Object.entries(value).flatMap(([name, one]) => uninvited(one, asked, way(name)))];
}
