// The way in: a number, a code, and a session. What was begun survives a reload; it ends with the tab.
import type { User } from 'pollux-client';

import { shortTime } from '../lib/format.ts';
import { isRecord } from '../lib/kept.ts';
import { isProblem, pollux, session, tell } from '../lib/session.svelte.ts';
import { say } from '../lib/words/words.svelte.ts';

export type Purpose = 'login' | 'signup';
export type Way = Purpose | 'password';

export interface Begun {
    readonly purpose: Purpose;
    readonly mobile: string;
    readonly challenge: string;
    readonly signupToken: string | null;
    readonly sentAt: number;
    readonly expiresAt: number;
    readonly againAt: number; // From when on a new code may be asked for.
    readonly debugCode: string | null; // In debug the answer holds it.
}

const place = 'pollux.signin';
const restMs = 60_000; // Of a refusal that does not say for how long it is (429).

export class Flow {
    begun = $state.raw<Begun | null>(read());
    #refused = $state.raw<Readonly<Record<string, number>>>({}); // Until when: by way and number.

    // Until when asking for this is refused, 0 if it is not: what one number waits for, no other does, nor another way in.
    againAt(way: Way, mobile: string): number {
        return this.#refused[`${way} ${mobile}`] ?? 0;
    }

    signUp(mobile: string, name: string, password: string): Promise<void> {
        return this.#ask('signup', mobile, async () => {
            const signed = await pollux.signUp({ mobile, ...(name === '' ? {} : { name }), ...(password === '' ? {} : { password }) });
            await this.#send(signed.mobile, 'signup', signed.signup_token); // As the server has read it.
        });
    }

    signIn(mobile: string): Promise<void> {
        return this.#ask('login', mobile, () => this.#send(mobile, 'login', null));
    }

    logIn(mobile: string, password: string): Promise<User> {
        return this.#ask('password', mobile, async () => (await session.entering(() => pollux.logIn({ mobile, password }))).user);
    }

    async sendAgain(): Promise<void> {
        const begun = this.begun;
        if (begun) await this.#ask(begun.purpose, begun.mobile, () => this.#send(begun.mobile, begun.purpose, begun.signupToken));
    }

    async verify(code: string): Promise<User> {
        const begun = this.begun;
        if (!begun) throw new Error('no code was asked for');
        const { mobile, purpose, challenge, signupToken } = begun;
        const verified = await session.entering(() =>
            pollux.verifyCode({ mobile, code, purpose, challenge, ...(signupToken === null ? {} : { signup_token: signupToken }) }),
        );
        this.forget();
        return verified.user ?? (await pollux.get('/user/me'));
    }

    forget(): void {
        this.begun = null;
        write(null);
    }

    async #send(mobile: string, purpose: Purpose, signupToken: string | null): Promise<void> {
        const sent = await pollux.sendCode({ mobile, purpose });
        const now = Date.now();
        this.begun = {
            purpose,
            mobile,
            challenge: sent.challenge,
            signupToken,
            sentAt: now,
            expiresAt: now + sent.expires_in * 1000,
            againAt: now + sent.retry_after * 1000,
            debugCode: sent.otp ?? null,
        };
        write(this.begun);
    }

    async #ask<T>(way: Way, mobile: string, work: () => Promise<T>): Promise<T> {
        try {
            return await work();
        } catch (failure) {
            if (isProblem(failure) && failure.status === 429) this.#refused = { ...this.#refused, [`${way} ${mobile}`]: Date.now() + (failure.retryAfterMs ?? restMs) };
            throw failure;
        }
    }
}

// What a refusal is about: too many codes for a number, too many guesses of what opens its account, or too much of anything from here.
export function tellRefusal(failure: unknown, way: Way | 'code'): string {
    if (!isProblem(failure) || failure.status !== 429) return tell(failure);
    const time = shortTime(failure.retryAfterMs ?? restMs);
    if (failure.code.startsWith('otp_')) return say('too_many_codes', { time });
    if (failure.code === 'too_many_guesses') return say(way === 'password' ? 'too_many_passwords' : 'too_many_guesses', { time });
    return say('problem_rate_limited', { time });
}

function read(): Begun | null {
    try {
        const value: unknown = JSON.parse(sessionStorage.getItem(place) ?? 'null');
        if (!isRecord(value) || typeof value['mobile'] !== 'string' || typeof value['challenge'] !== 'string') return null;
        if (typeof value['expiresAt'] !== 'number' || value['expiresAt'] < Date.now()) return null;
        return value as unknown as Begun;
    } catch {
        return null;
    }
}

function write(begun: Begun | null): void {
    try {
        if (begun === null) sessionStorage.removeItem(place);
        else sessionStorage.setItem(place, JSON.stringify(begun));
    } catch {
        // Kept in memory only.
    }
}

