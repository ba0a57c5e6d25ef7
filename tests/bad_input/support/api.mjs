// What the server says can be called: the OpenAPI document, as a list of operations that know how to be called rightly, so that a
// test may change one thing.
import assert from 'node:assert/strict';

export class Api {
    static async read(wire) {
        const answer = await wire.ask('GET', '/openapi.json');
        assert.equal(answer.status, 200);
        return new Api(answer.body);
    }

    constructor(document) {
        this.document = document;
        this.operations = [];
        for (const [path, methods] of Object.entries(document.paths)) {
            for (const [method, operation] of Object.entries(methods)) this.operations.push(this.#read(method.toUpperCase(), path, operation));
        }
    }

    get withBody() {
        return this.operations.filter(({ body }) => body);
    }

    get protected() {
        return this.operations.filter(({ isOpen }) => !isOpen);
    }

    get withIds() {
        return this.operations.filter(({ ids }) => ids.length > 0);
    }

    find(id) {
        return this.operations.find((operation) => operation.id === id) ?? assert.fail(`there is no operation ${id}`);
    }

    #read(method, path, operation) {
        const parameters = (operation.parameters ?? []).map((parameter) => this.#resolve(parameter));
        const named = (place) => parameters.filter(({ in: where }) => where === place);
        const schema = operation.requestBody?.content['application/json']?.schema;
        return {
            id: operation.operationId,
            method,
            path,
            ids: named('path').map(({ name }) => name),
            query: Object.fromEntries(named('query').map(({ name, schema: one }) => [name, one])),
            headers: named('header').map(({ name }) => name),
            isOpen: operation.security?.length === 0,
            body: schema ? this.#resolve(schema) : null,
            isBodyRequired: operation.requestBody?.required ?? false,
            isRaw: operation.requestBody?.content['*/*'] !== undefined, // Bytes of any type and coding.
            bodyBytesMax: operation.requestBody?.['x-body-bytes-max'],
        };
    }

    #resolve(schema) {
        if (!schema.$ref) return schema;
        return schema.$ref.slice(2).split('/').reduce((value, name) => value[name], this.document);
    }
}

// The path with its ids, from {room: 17, ...}; one that is missing becomes 1.
export function pathOf(operation, ids = {}) {
    return operation.path.replace(/\{(\w+)\}/g, (whole, name) => ids[name] ?? 1);
}

// The schema of a value that may also be null, without the null.
export function plain(schema) {
    return schema.anyOf ? schema.anyOf.find(({ type }) => type !== 'null') : schema;
}

export function isNullable(schema) {
    return schema.anyOf?.some(({ type }) => type === 'null') ?? false;
}

// Names hold no control characters; the document says so by a pattern.
export function isOneLine(schema) {
    return plain(schema).pattern?.includes('u202E') ?? false;
}

const examples = {
    mobile: '+12025550100',
    password: 'a-long-pass-word-7',
    new_password: 'a-long-pass-word-8',
    code: '123456',
    email: 'somebody@example.com',
};

export function example(name, schema) {
    const { type, enum: choices, minimum = 1, minLength = 1 } = plain(schema);
    if (choices) return choices[0];
    if (examples[name] !== undefined) return examples[name];
    if (type === 'boolean') return false;
    if (type === 'integer') return minimum;
    assert.equal(type, 'string', `no example for ${name}: ${JSON.stringify(schema)}`);
    return 'x'.repeat(Math.max(minLength, 3));
}

// A body that is right in every field.
export function exampleBody({ body }) {
    return Object.fromEntries(Object.entries(body.properties).map(([name, schema]) => [name, example(name, schema)]));
}

// The same as text, with `member` ("name":value) in place of the one of that name.
export function bodyTextWith(operation, name, valueText) {
    const others = Object.entries(exampleBody(operation)).filter(([other]) => other !== name);
    return `{${[...others.map(([other, value]) => `${JSON.stringify(other)}:${JSON.stringify(value)}`), `${JSON.stringify(name)}:${valueText}`].join(',')}}`;
}
