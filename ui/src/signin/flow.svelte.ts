// The way in: a number, a code, and a session. What was begun survives a reload; it ends with the tab.
import { PolluxError, type User } from 'pollux-client';

import { isRecord } from '../lib/kept.ts';
import { pollux } from '../lib/session.svelte.ts';

export type Purpose = 'login' | 'signup';

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

export class Flow {
    begun = $state.raw<Begun | null>(read());
    againAt = $state(0); // Until when sending is refused (429).

    async signUp(mobile: string, name: string, password: string): Promise<void> {
        const signed = await pollux.signUp({ mobile, ...(name === '' ? {} : { name }), ...(password === '' ? {} : { password }) });
        await this.#send(signed.mobile, 'signup', signed.signup_token); // As the server has read it.
    }

    signIn(mobile: string): Promise<void> {
        return this.#send(mobile, 'login', null);
    }

    async sendAgain(): Promise<void> {
        const begun = this.begun;
        if (begun) await this.#send(begun.mobile, begun.purpose, begun.signupToken);
    }

    async verify(code: string): Promise<User> {
        const begun = this.begun;
        if (!begun) throw new Error('no code was asked for');
        const verified = await pollux.verifyCode({
            mobile: begun.mobile,
            code,
            purpose: begun.purpose,
            challenge: begun.challenge,
            ...(begun.signupToken === null ? {} : { signup_token: begun.signupToken }),
        });
        this.forget();
        return verified.user ?? (await pollux.get('/user/me'));
    }

    forget(): void {
        this.begun = null;
        write(null);
    }

    async #send(mobile: string, purpose: Purpose, signupToken: string | null): Promise<void> {
        try {
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
        } catch (failure) {
            if (failure instanceof PolluxError && failure.status === 429) this.againAt = Date.now() + (failure.retryAfterMs ?? 60_000);
            throw failure;
        }
    }
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

