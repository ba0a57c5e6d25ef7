import { expect, it } from 'vitest';

import { Document, example, pathOf, type Call } from './document.ts';

const document = new Document({
    info: { title: 'Pollux' },
    paths: {
        '/chatroom/{room}/message': {
            post: {
                operationId: 'sendMessage',
                summary: 'Send a message',
                description: 'Send a message. Codes to expect: `room_not_found`, `busy`.',
                tags: ['chat'],
                parameters: [
                    { name: 'room', in: 'path', required: true, schema: { type: 'integer', minimum: 1 } },
                    { name: 'wait', in: 'query', schema: { type: 'integer', minimum: 0, maximum: 25 } },
                    { $ref: '#/components/parameters/Key' },
                ],
                requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Send' }, example: { content: 'Why is the sky blue?' } } } },
                responses: { 201: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Sent' } }, 'text/event-stream': { example: 'event: accepted\ndata: {}\n\n', 'x-events': [{ event: 'done', description: 'the last event.' }] } } }, 400: { content: { 'application/problem+json': { examples: { bad_target: { $ref: '#/components/examples/bad_target' } } } } }, 404: { content: { 'application/problem+json': { examples: { room_not_found: { summary: 'No such room.' } } } } }, 503: {} },
            },
        },
    },
    components: {
        examples: { bad_target: { summary: 'Ask for a path.' } },
        parameters: { Key: { name: 'Idempotency-Key', in: 'header', schema: { type: 'string' } } },
        schemas: {
            Send: { type: 'object', properties: { content: { type: 'string', minLength: 1, maxLength: 32000 } }, required: ['content'] },
            Sent: { type: 'object', properties: { id: { type: 'integer' }, role: { enum: ['user'] }, parent: { $ref: '#/components/schemas/Sent' } } },
        },
    },
});
const call = document.calls[0] as Call;

it('a call has what the document says', () => {
    expect(call).toMatchObject({ id: 'sendMessage', group: 'chat', title: 'Send a message', bodySample: '{ "content": "Why is the sky blue?" }', events: [{ name: 'done' }] });
    expect(call.body).toEqual([{ name: 'content', type: 'string', isRequired: true, text: '1 to 32,000 characters.' }]);
    expect(call.parameters.map(({ name, place }) => [name, place])).toEqual([['room', 'path'], ['wait', 'query'], ['Idempotency-Key', 'header']]);
});

it('a refusal is named with what to do, those that are its own first', () => {
    expect(call.refusals).toEqual([
        { status: '404', code: 'room_not_found', text: 'No such room.' },
        { status: '400', code: 'bad_target', text: 'Ask for a path.' },
        { status: '503', code: '', text: '' },
    ]);
});

it('a stream is shown as it arrives', () => expect(call.answer).toMatchObject({ stream: 'event: accepted\ndata: {}', hasJson: true }));

it('a schema that holds itself ends', () => expect(call.answer.sample.length).toBeLessThan(2000));

it('paths are filled in', () => expect(pathOf(call, { room: '3', wait: '5' })).toBe('/chatroom/3/message/?wait=5'));

it('examples quote what a shell would take', () => {
    expect(example(call, 'curl', 'http://a', { room: '3' }, '{"content":"it\'s"}', true)).toContain(`-d '{"content":"it'\\''s"}'`);
    expect(example(call, 'Python', 'http://a', { room: '3' }, '{"a":true,"b":"true"}', false)).toContain('json={"a":True,"b":"true"}');
});
