import { describe, expect, test } from 'vitest';

import { EventParser, type ServerEvent } from '../../src/event_parser.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

function parse(...pieces: Uint8Array[]): ServerEvent[] {
    const parser = new EventParser();
    return pieces.flatMap((piece) => parser.feed(piece));
}

const stream =
    '\ufeff: hello\n\nevent: start\nid: 1-0\ndata: {"attempt":1}\n\n' +
    'event: delta\r\nid: 1-9\r\ndata: {"text":"é€😀"}\r\n\r\n: \n\n' +
    'retry: 2500\rdata:a\rdata: b\rdata\r\rid: 1-9-4\nevent: thought\nunknown: x\ndata:  two spaces\n\n' +
    'event: none\nid: 7-1\n\ndata: rest\n\n';

const wanted = [
    { name: 'start', id: '1-0', data: '{"attempt":1}' },
    { name: 'delta', id: '1-9', data: '{"text":"é€😀"}' },
    { name: 'message', id: '1-9', data: 'a\nb\n' },
    { name: 'thought', id: '1-9-4', data: ' two spaces' },
    { name: 'message', id: '7-1', data: 'rest' },
];

describe('EventParser', () => {
    test('gives the events of a whole stream', () => {
        expect(parse(bytesOf(stream))).toEqual(wanted);
    });

    test('gives the same however the bytes are cut in two', () => {
        const bytes = bytesOf(stream);
        for (let at = 0; at <= bytes.length; ++at) expect(parse(bytes.slice(0, at), bytes.slice(at)), `cut at ${at}`).toEqual(wanted);
    });

    test('gives the same byte by byte, with empty pieces between', () => {
        const bytes = bytesOf(stream);
        const pieces = Array.from(bytes, (_, at) => [bytes.slice(at, at + 1), new Uint8Array()]).flat();
        expect(parse(...pieces)).toEqual(wanted);
    });

    test('gives the same cut in three at every two places', () => {
        const bytes = bytesOf(stream);
        for (let a = 0; a < bytes.length; a += 3) {
            for (let b = a; b <= bytes.length; ++b) {
                const events = parse(bytes.slice(0, a), bytes.slice(a, b), bytes.slice(b));
                if (JSON.stringify(events) !== JSON.stringify(wanted)) expect(events, `cut at ${a} and ${b}`).toEqual(wanted);
            }
        }
    });

    test('drops an event that the end of the stream cut', () => {
        expect(parse(bytesOf('data: a\n\ndata: b\n'))).toEqual([{ name: 'message', id: null, data: 'a' }]);
    });

    test('keeps the newest retry, and takes no other words for one', () => {
        const parser = new EventParser();
        parser.feed(bytesOf('retry: 1000\nretry: soon\nretry: -1\n\n'));
        expect(parser.retryMs).toBe(1000);
    });

    test('takes no id with a NUL, and an empty one as none', () => {
        expect(parse(bytesOf('id: a\ndata: 1\n\nid: b\0\ndata: 2\n\nid\ndata: 3\n\n')).map(({ id }) => id)).toEqual(['a', 'a', null]);
    });
});
