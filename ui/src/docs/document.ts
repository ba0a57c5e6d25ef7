// The OpenAPI document as the reference shows it. Without a DOM.
import { isRecord } from '../lib/kept.ts';

type Json = Record<string, unknown>;

export interface Field {
    readonly name: string;
    readonly type: string;
    readonly isRequired: boolean;
    readonly text: string;
}

export interface Parameter extends Field {
    readonly place: 'path' | 'query' | 'header';
    readonly sample: string;
}

export interface Refusal {
    readonly status: string;
    readonly code: string; // Empty: the document names none.
    readonly text: string;
}

export interface Call {
    readonly id: string;
    readonly group: string;
    readonly method: string; // "get"
    readonly path: string;
    readonly title: string;
    readonly text: string;
    readonly refusals: readonly Refusal[];
    readonly parameters: readonly Parameter[];
    readonly body: readonly Field[] | null;
    readonly bodySample: string | null;
    readonly answer: { readonly status: string; readonly type: string; readonly sample: string; readonly hasJson: boolean; readonly stream: string };
    readonly events: readonly { readonly name: string; readonly text: string }[];
    readonly isOpen: boolean; // Asks for no token.
}

const methods = ['get', 'post', 'put', 'patch', 'delete'];

export class Document {
    readonly title: string;
    readonly calls: readonly Call[];
    readonly groups: readonly string[];
    readonly #document: Json;

    constructor(document: unknown) {
        if (!isRecord(document) || !isRecord(document['paths'])) throw new Error('no OpenAPI document');
        this.#document = document;
        const info = isRecord(document['info']) ? document['info'] : {};
        this.title = String(info['title'] ?? '');
        const calls: Call[] = [];
        for (const [path, entry] of Object.entries(document['paths']))
            if (isRecord(entry)) for (const method of methods) if (isRecord(entry[method])) calls.push(this.#call(path, method, entry[method]));
        this.calls = calls;
        this.groups = [...new Set(calls.map(({ group }) => group))];
    }

    #call(path: string, method: string, operation: Json): Call {
        const description = String(operation['description'] ?? '');
        const codes = (/Codes to expect: (.*)\.$/.exec(description)?.[1] ?? '').replaceAll('`', '').split(', ');
        const responses = isRecord(operation['responses']) ? operation['responses'] : {};
        const [status = '200', response] = Object.entries(responses).find(([name]) => /^2/.test(name)) ?? [];
        const content = isRecord(response) && isRecord(response['content']) ? response['content'] : {};
        const stream = content['text/event-stream'];
        const json = content['application/json'];
        const taken = this.#bodyOf(operation);
        const body = taken === null ? null : taken['schema'];
        const security = operation['security'];
        return {
            id: String(operation['operationId'] ?? `${method} ${path}`),
            group: Array.isArray(operation['tags']) ? String(operation['tags'][0] ?? '') : '',
            method,
            path,
            title: String(operation['summary'] ?? path),
            text: description.replace(/\s*Codes to expect: .*\.$/, ''),
            refusals: this.#refusals(responses, codes),
            parameters: (Array.isArray(operation['parameters']) ? operation['parameters'] : []).map((parameter) => this.#parameter(parameter)),
            body: body === null ? null : this.#fields(body),
            bodySample: taken === null ? null : shown(this.#exampleOf(taken)),
            answer: {
                status,
                type: Object.keys(content)[0] ?? '',
                sample: isRecord(json) ? shown(this.#exampleOf(json)) : '',
                hasJson: isRecord(json),
                stream: isRecord(stream) && typeof stream['example'] === 'string' ? stream['example'].trimEnd() : '',
            },
            events: isRecord(stream) && Array.isArray(stream['x-events']) ? stream['x-events'].filter(isRecord).map((event) => ({ name: String(event['event']), text: String(event['description'] ?? '') })) : [],
            isOpen: Array.isArray(security) && security.length === 0,
        };
    }

    #bodyOf(operation: Json): Json | null {
        const body = isRecord(operation['requestBody']) ? operation['requestBody'] : null;
        const content = body && isRecord(body['content']) ? body['content']['application/json'] : null;
        return isRecord(content) ? content : null;
    }

    // What the document shows of a body; where it shows nothing, a value that fits.
    #exampleOf(content: Json): unknown {
        return content['example'] ?? this.sample(content['schema']);
    }

    // Those that are this call's own first; what any call may be refused with stands behind them.
    #refusals(responses: Json, own: readonly string[]): Refusal[] {
        const all: Refusal[] = [];
        for (const [status, given] of Object.entries(responses).filter(([name]) => /^[45]/.test(name))) {
            const response = this.#resolve(given);
            const content = isRecord(response['content']) ? response['content']['application/problem+json'] : null;
            const examples = isRecord(content) && isRecord(content['examples']) ? Object.entries(content['examples']) : [];
            for (const [code, one] of examples) all.push({ status, code, text: String(this.#resolve(one)['summary'] ?? '') });
            if (examples.length === 0) all.push({ status, code: '', text: '' });
        }
        const rank = ({ code }: Refusal): number => Number(!own.includes(code));
        return all.sort((one, other) => rank(one) - rank(other));
    }

    #parameter(given: unknown): Parameter {
        const parameter = this.#resolve(given);
        const place = parameter['in'];
        const schema = this.#resolve(parameter['schema']);
        return {
            name: String(parameter['name'] ?? ''),
            place: place === 'query' || place === 'header' ? place : 'path',
            type: this.#typeOf(schema),
            isRequired: parameter['required'] === true,
            text: [String(parameter['description'] ?? ''), limitsOf(schema)].filter((part) => part !== '').join(' '),
            sample: String(this.sample(schema)),
        };
    }

    #fields(given: unknown): Field[] {
        const schema = this.#resolve(given);
        const required = Array.isArray(schema['required']) ? schema['required'] : [];
        const properties = isRecord(schema['properties']) ? schema['properties'] : {};
        return Object.entries(properties).map(([name, of]) => {
            const field = this.#resolve(of);
            return { name, type: this.#typeOf(field), isRequired: required.includes(name), text: [String(field['description'] ?? ''), limitsOf(field)].filter((part) => part !== '').join(' ') };
        });
    }

    #resolve(given: unknown, depth = 0): Json {
        if (!isRecord(given)) return {};
        const reference = given['$ref'];
        if (typeof reference !== 'string' || depth > 8) return given;
        const found = reference
            .replace(/^#\//, '')
            .split('/')
            .reduce<unknown>((at, part) => (isRecord(at) ? at[part] : undefined), this.#document);
        return this.#resolve(found, depth + 1);
    }

    #typeOf(schema: Json): string {
        const choices = schema['anyOf'] ?? schema['oneOf'];
        if (Array.isArray(choices)) return choices.map((choice) => this.#typeOf(this.#resolve(choice))).join(' or ');
        if (Array.isArray(schema['enum'])) return schema['enum'].map((value) => JSON.stringify(value)).join(' or ');
        if (schema['type'] === 'array') return `array of ${this.#typeOf(this.#resolve(schema['items']))}`;
        return String(schema['type'] ?? 'any');
    }

    // A value that fits the schema: its own example if it has one.
    sample(given: unknown, depth = 0): unknown {
        const schema = this.#resolve(given);
        const examples = schema['examples'];
        if (schema['example'] !== undefined) return schema['example'];
        if (Array.isArray(examples) && examples.length > 0) return examples[0];
        const choices = schema['anyOf'] ?? schema['oneOf'];
        if (Array.isArray(choices)) return this.sample(choices[0], depth + 1);
        if (Array.isArray(schema['enum'])) return schema['enum'][0];
        if (depth > 6) return null;
        if (isRecord(schema['properties'])) return Object.fromEntries(Object.entries(schema['properties']).map(([name, of]) => [name, this.sample(of, depth + 1)]));
        switch (schema['type']) {
            case 'array':
                return [this.sample(schema['items'], depth + 1)];
            case 'integer':
            case 'number':
                return typeof schema['minimum'] === 'number' ? schema['minimum'] : 1;
            case 'boolean':
                return true;
            case 'string':
                return schema['format'] === 'date-time' ? '2026-03-12T14:32:00Z' : 'text';
            default:
                return null;
        }
    }
}

const shortMax = 60; // Characters of a value that stands on one line.

function shown(value: unknown): string {
    const long = JSON.stringify(value, null, 2);
    const short = long.replace(/\n\s*/g, ' ');
    return short.length <= shortMax ? short : long;
}

function limitsOf(schema: Json): string {
    const parts: string[] = [];
    const [least, most] = [schema['minLength'], schema['maxLength']];
    if (typeof most === 'number') parts.push(`${Number(least ?? 0).toLocaleString('en')} to ${most.toLocaleString('en')} characters.`);
    const [from, to] = [schema['minimum'], schema['maximum']];
    if (typeof from === 'number' && typeof to === 'number') parts.push(`${from.toLocaleString('en')} to ${to.toLocaleString('en')}.`);
    return parts.join(' ');
}

export type Language = 'curl' | 'JavaScript' | 'Python';

// The call as a program makes it, with the values that are filled in.
export function example(call: Call, language: Language, origin: string, values: Readonly<Record<string, string>>, body: string | null, streams: boolean): string {
    const address = origin + pathOf(call, values);
    const head: [string, string][] = [];
    if (!call.isOpen) head.push(['Authorization', 'Bearer $TOKEN']);
    if (body !== null) head.push(['Content-Type', 'application/json']);
    if (streams) head.push(['Accept', 'text/event-stream']);
    for (const { name, place } of call.parameters) if (place === 'header' && values[name]) head.push([name, values[name]]);
    const method = call.method.toUpperCase();
    if (language === 'curl') {
        const lines = [`curl${streams ? ' -N' : ''}${method === 'GET' ? '' : ` -X ${method}`} "${address}"`];
        for (const [name, value] of head) lines.push(`  -H "${name}: ${value}"`);
        if (body !== null) lines.push(`  -d '${body.replaceAll("'", "'\\''")}'`);
        return lines.join(' \\\n');
    }
    if (language === 'JavaScript') {
        const options = [`method: '${method}'`];
        if (head.length > 0) options.push(`headers: {\n${head.map(([name, value]) => `    '${name}': ${value.includes('$TOKEN') ? '`Bearer ${token}`' : `'${value}'`},`).join('\n')}\n  }`);
        if (body !== null) options.push(`body: JSON.stringify(${body.replaceAll('\n', '\n  ')})`);
        return `const response = await fetch('${address}', {\n  ${options.join(',\n  ')},\n});\n${streams ? 'for await (const piece of response.body.pipeThrough(new TextDecoderStream())) console.log(piece);' : 'console.log(await response.json());'}`;
    }
    const given = [`"${method}"`, `"${address}"`];
    if (head.length > 0) given.push(`headers={${head.map(([name, value]) => `"${name}": ${value.includes('$TOKEN') ? 'f"Bearer {token}"' : `"${value}"`}`).join(', ')}}`);
    if (body !== null) given.push(`json=${pythonOf(body)}`);
    return `import httpx\n\n${streams ? `with httpx.stream(\n    ${given.join(',\n    ')},\n) as response:\n    for line in response.iter_lines():\n        print(line)` : `response = httpx.request(\n    ${given.join(',\n    ')},\n)\nprint(response.json())`}`;
}

function pythonOf(body: string): string {
    try {
        return JSON.stringify(JSON.parse(body)).replace(/"(?:[^"\\]|\\.)*"|true|false|null/g, (part) => ({ true: 'True', false: 'False', null: 'None' })[part] ?? part);
    } catch {
        return body;
    }
}

export function pathOf(call: Call, values: Readonly<Record<string, string>>): string {
    const path = call.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
    const query = call.parameters.filter(({ place, name }) => place === 'query' && values[name]).map(({ name }) => `${name}=${encodeURIComponent(values[name] ?? '')}`);
    return path + (/\.\w+$/.test(path) ? '' : '/') + (query.length > 0 ? `?${query.join('&')}` : '');
}
