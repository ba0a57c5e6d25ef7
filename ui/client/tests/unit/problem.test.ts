import { describe, expect, test } from 'vitest';

import { PolluxError, connectionFailed, errorOf, retryAfterMs, signedOut, unreadableAnswer } from '../../src/problem.ts';

const document = {
    type: 'about:blank',
    title: 'Unprocessable Content',
    status: 422,
    detail: 'content is too long.',
    code: 'invalid_input',
    request_id: 'abc',
    errors: [{ field: 'content', code: 'too_long', detail: 'At most 32000.' }],
};

function answer(status: number, body: unknown, headers: Record<string, string> = {}): Response {
    return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers });
}

describe('errorOf', () => {
    test('keeps all of a problem document', async () => {
        const error = await errorOf(answer(422, document));
        expect(error).toBeInstanceOf(PolluxError);
        const told = { code: 'invalid_input', status: 422, requestId: 'abc', message: 'content is too long.', retryAfterMs: null };
        expect(error).toMatchObject(told);
        expect(error.fields).toEqual(document.errors);
        expect(error.problem).toEqual(document);
    });

    test('says when to come back', async () => {
        const error = await errorOf(answer(429, { ...document, status: 429, code: 'rate_limited' }, { 'Retry-After': '7' }));
        expect(error.retryAfterMs).toBe(7000);
        expect(error.isTemporary).toBe(true);
    });

    test('takes what somebody on the way answers for no refusal, save that it is too large', async () => {
        for (const status of [302, 400, 401, 403, 404, 408, 429, 503]) expect((await errorOf(answer(status, '<html>'))).isTemporary).toBe(true);
        for (const status of [413, 414, 431]) expect((await errorOf(answer(status, '<html>'))).isTemporary).toBe(false);
    });

    test('makes an error of what is no document of Pollux', async () => {
        for (const body of ['<html>Bad gateway</html>', '', 'null', '{}', '[]', '{"code":1}']) {
            const error = await errorOf(answer(502, body, { 'X-Request-ID': 'r1' }));
            expect(error).toMatchObject({ code: unreadableAnswer, status: 502, requestId: 'r1', problem: null, isTemporary: true });
        }
    });
});

test('a refusal is not temporary, what never came is', () => {
    expect(new PolluxError('room_not_found', '', { status: 404 }).isTemporary).toBe(false);
    expect(new PolluxError('idempotency_in_progress', '', { status: 409 }).isTemporary).toBe(true);
    expect(new PolluxError(connectionFailed, '').isTemporary).toBe(true);
    expect(new PolluxError(signedOut, '').isTemporary).toBe(false);
});

test('Retry-After is seconds or a date', () => {
    const now = Date.parse('2026-11-30T00:00:00Z');
    expect(retryAfterMs('30', now)).toBe(30_000);
    expect(retryAfterMs('Mon, 30 Nov 2026 00:01:00 GMT', now)).toBe(60_000);
    expect(retryAfterMs('Mon, 30 Nov 2026 00:00:00 GMT', now + 5000)).toBe(0);
    for (const value of [null, '', ' ', 'soon']) expect(retryAfterMs(value, now)).toBe(null);
});
