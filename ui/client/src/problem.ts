// Everything that can go wrong is a PolluxError: a refusal by its code, and an answer that never came as `connection_failed`.
import type { components } from './api.ts';

export type Problem = components['schemas']['Problem'];
export type FieldProblem = NonNullable<Problem['errors']>[number];

// Codes of this client itself; all others come from the server.
export const connectionFailed = 'connection_failed'; // Whether the request had its effect is not known.
export const signedOut = 'signed_out'; // There is no session, or it has ended: nothing was asked.
export const unreadableAnswer = 'unreadable_answer'; // Not from Pollux: the page of a proxy, or of a network that wants a log-in first.

const tooLarge = [413, 414, 431];

interface ErrorParts {
    readonly status?: number;
    readonly retryAfterMs?: number | null;
    readonly problem?: Problem;
    readonly requestId?: string | null;
    readonly cause?: unknown;
}

export class PolluxError extends Error {
    readonly code: string;
    readonly status: number; // 0 when there was no answer.
    readonly requestId: string | null;
    readonly retryAfterMs: number | null;
    readonly fields: readonly FieldProblem[]; // Which inputs are wrong, and why.
    readonly problem: Problem | null; // The whole document, with the members that only some codes have.

    constructor(code: string, detail: string, more: ErrorParts = {}) {
        super(detail, more.cause === undefined ? undefined : { cause: more.cause });
        this.name = 'PolluxError';
        this.code = code;
        this.status = more.status ?? 0;
        this.requestId = more.problem?.request_id ?? more.requestId ?? null;
        this.retryAfterMs = more.retryAfterMs ?? null;
        this.fields = more.problem?.errors ?? [];
        this.problem = more.problem ?? null;
    }

    // Coming back later, unchanged, may help. Whether it is safe is another question: that is what Idempotency-Keys are for.
    get isTemporary(): boolean {
        if (this.status === 0) return this.code !== signedOut;
        // Somebody on the way has answered, who knows nothing of what was asked, save that it is too large to pass.
        if (this.code === unreadableAnswer) return !tooLarge.includes(this.status);
        return this.status === 429 || this.status >= 500 || this.code === 'idempotency_in_progress';
    }
}

// Of an answer that is no success. Never throws.
export async function errorOf(response: Response): Promise<PolluxError> {
    const text = await response.text().catch(() => '');
    return errorOfText(response.status, (name) => response.headers.get(name), text);
}

// The JSON of a success; undefined where it has none (204).
export async function jsonOf(response: Response): Promise<unknown> {
    if (response.status === 204) return undefined;
    const text = await response.text().catch((failure: unknown) => {
        if (isAbort(failure)) throw failure;
        throw new PolluxError(connectionFailed, 'The answer broke off.', { cause: failure });
    });
    try {
        return JSON.parse(text);
    } catch (failure) {
        throw unreadable(response, `The server answered ${response.status} with what is no JSON.`, failure);
    }
}

// Of an answer that Pollux does not give.
export function unreadable(response: Response, detail: string, cause?: unknown): PolluxError {
    return new PolluxError(unreadableAnswer, detail, { status: response.status, requestId: response.headers.get('X-Request-ID'), cause });
}

export function errorOfText(status: number, header: (name: string) => string | null, text: string): PolluxError {
    const more = { status, retryAfterMs: retryAfterMs(header('Retry-After')), requestId: header('X-Request-ID') };
    const problem = problemOf(text);
    if (!problem) return new PolluxError(unreadableAnswer, `The server answered ${status} without saying why.`, more);
    return new PolluxError(problem.code, problem.detail, { ...more, problem });
}

// A number of seconds or a date, as RFC 9110 has it.
export function retryAfterMs(value: string | null, now: number = Date.now()): number | null {
    if (value === null || value.trim() === '') return null;
    if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1000;
    const at = Date.parse(value);
    return Number.isNaN(at) ? null : Math.max(0, at - now);
}

function problemOf(text: string): Problem | null {
    try {
        const document = JSON.parse(text) as Partial<Problem> | null;
        return typeof document?.code === 'string' && typeof document.detail === 'string' ? (document as Problem) : null;
    } catch {
        return null;
    }
}

export function isAbort(failure: unknown): boolean {
    return failure instanceof Error && failure.name === 'AbortError';
}
