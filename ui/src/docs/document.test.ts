import { expect, it } from 'vitest';

import { Document, example, pathOf, type Call } from './document.ts';

const document = new Document({
    info: { title: 'Pollux' },
    paths: {
        '/chatroom/{room}/message': {
            post: {
                operationId: 'sendMessage',
                summary: 'Send a message; its reply is streamed',
                description: 'Send a message. Codes to expect: `room_not_found`, `busy`.',
                tags: ['chat'],
                parameters: [
                    { name: 'room', in: 'path', required: true, schema: { type: 'integer', minimum: 1 } },
                    { name: 'wait', in: 'query', schema: { type: 'integer', minimum: 0, maximum: 25 } },
                    { $ref: '#/components/parameters/Key' },
                ],
                requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Send' } } } },
                responses: { 201: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Sent' } }, 'text/event-stream': { 'x-events': [{ event: 'done', description: 'the last event.' }] } } }, 404: {} },
            },
        },
    },
    components: {
        parameters: { Key: { name: 'Idempotency-Key', in: 'header', schema: { type: 'string' } } },
        schemas: {
            Send: { type: 'object', properties: { content: { type: 'string', minLength: 1, maxLength: 32000 } }, required: ['content'] },
            Sent: { type: 'object', properties: { id: { type: 'integer' }, role: { enum: ['user'] }, parent: { $ref: '#/components/schemas/Sent' } } },
        },
    },
});
const call = document.calls[0] as Call;

it('a call has what the document says', () => {
    expect(call).toMatchObject({ id: 'sendMessage', group: 'chat', title: 'Send a message', codes: ['room_not_found', 'busy'], statuses: ['404'], events: [{ name: 'done' }] });
    expect(call.body).toEqual([{ name: 'content', type: 'string', isRequired: true, text: '1 to 32,000 characters.' }]);
    expect(call.parameters.map(({ name, place }) => [name, place])).toEqual([['room', 'path'], ['wait', 'query'], ['Idempotency-Key', 'header']]);
});

it('a schema that holds itself ends', () => expect(call.answer.sample.length).toBeLessThan(2000));

it('paths are filled in', () => expect(pathOf(call, { room: '3', wait: '5' })).toBe('/chatroom/3/message/?wait=5'));

it('examples quote what a shell would take', () => {
    expect(example(call, 'curl', 'http://a', { room: '3' }, '{"content":"it\'s"}', true)).toContain(`-d '{"content":"it'\\''s"}'`);
    expect(example(call, 'Python', 'http://a', { room: '3' }, '{"a":true,"b":"true"}', false)).toContain('json={"a":True,"b":"true"}');
});
