// Times, dates and numbers as the chosen language writes them. All of it by Intl; digits are Latin in Arabic too.
import { say, words } from './words/words.svelte.ts';

const farDays = 180; // From where on a day may be of another year than the one that is thought of.

// 4 s, 2 min, 5 h 20 min: the two largest units that say something.
export function shortTime(ms: number): string {
    const seconds = Math.max(0, Math.ceil(ms / 1000));
    if (seconds < 60) return unit(seconds, 'second');
    const minutes = Math.ceil(seconds / 60);
    if (minutes < 60) return unit(minutes, 'minute');
    const hours = Math.floor(minutes / 60);
    const rest = minutes % 60;
    return rest === 0 ? unit(hours, 'hour') : `${unit(hours, 'hour')} ${unit(rest, 'minute')}`;
}

function unit(value: number, name: string): string {
    return new Intl.NumberFormat(words.locale, { style: 'unit', unit: name, unitDisplay: 'short' }).format(value).replace(/\bsec\b/, 's').replace(/\bhr\b/, 'h');
}

// 0:42, for a countdown.
export function clock(ms: number): string {
    const seconds = Math.max(0, Math.ceil(ms / 1000));
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

export function timeOfDay(at: string): string {
    return new Intl.DateTimeFormat(words.locale, { hour: 'numeric', minute: '2-digit' }).format(new Date(at));
}

// With the year where that says which one.
export function day(at: string): string {
    const isFar = Math.abs(Date.parse(at) - Date.now()) > farDays * 86_400_000;
    return new Intl.DateTimeFormat(words.locale, { day: 'numeric', month: 'long', ...(isFar ? { year: 'numeric' } : {}), ...zoneOf(at) }).format(new Date(at));
}

export function shortDay(at: string): string {
    return new Intl.DateTimeFormat(words.locale, { day: 'numeric', month: 'short', ...zoneOf(at) }).format(new Date(at));
}

// A date alone is a day of UTC, wherever it is read.
function zoneOf(at: string): { timeZone?: string } {
    return at.length === 10 ? { timeZone: 'UTC' } : {};
}

export function fullTime(at: string): string {
    return new Intl.DateTimeFormat(words.locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(at));
}

// 3.8 s, of a reply.
export function secondsLong(ms: number): string {
    const n = ms / 1000;
    return say('seconds', { n: new Intl.NumberFormat(words.locale, { maximumFractionDigits: n < 10 ? 1 : 0 }).format(n) });
}

// By the calendar of this device: some days have 23 hours, and some 25.
function daysBetween(then: Date, now: Date): number {
    const dayOf = (date: Date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000;
    return dayOf(now) - dayOf(then);
}

export type DayGroup = { readonly name: 'today' | 'yesterday' | 'last_7_days' } | { readonly name: 'month'; readonly month: string };

// Under which heading something from `at` stands in a list, seen at `now`, by days of this device.
export function dayGroup(at: string, now: Date): DayGroup {
    const then = new Date(at);
    const daysAgo = daysBetween(then, now);
    if (daysAgo <= 0) return { name: 'today' };
    if (daysAgo === 1) return { name: 'yesterday' };
    if (daysAgo <= 7) return { name: 'last_7_days' };
    return { name: 'month', month: `${then.getFullYear()}-${String(then.getMonth() + 1).padStart(2, '0')}` };
}

export function monthName(month: string, now: Date): string {
    const [year, number] = month.split('-').map(Number);
    const sameYear = year === now.getFullYear();
    return new Intl.DateTimeFormat(words.locale, { month: 'long', ...(sameYear ? {} : { year: 'numeric' }) }).format(new Date(year ?? 0, (number ?? 1) - 1, 1));
}

// Six hours each: the greeting by the clock on the wall.
export function partOfDay(now: Date): 'morning' | 'afternoon' | 'evening' {
    const hour = now.getHours();
    return hour >= 5 && hour < 12 ? 'morning' : hour >= 12 && hour < 18 ? 'afternoon' : 'evening';
}

// 1200 of currency usd with exponent 2: $12, and $12.50 where there are cents.
export function money(minor: number, currency: string, exponent: number): string {
    const amount = minor / 10 ** exponent;
    const digits = Number.isInteger(amount) ? 0 : exponent;
    const options = { style: 'currency', currency: currency.toUpperCase(), currencyDisplay: 'narrowSymbol', minimumFractionDigits: digits, maximumFractionDigits: digits } as const;
    return isolated(new Intl.NumberFormat(words.locale, options).format(amount).replace(/[\u200e\u200f]/g, ''));
}

export function count(value: number): string {
    return new Intl.NumberFormat(words.locale).format(value);
}

// 86.4K, for figures that are looked at and not counted with.
export function roughly(value: number): string {
    return new Intl.NumberFormat(words.locale, { notation: 'compact', maximumFractionDigits: 1 }).format(value);
}

// "2 hours ago", "yesterday", and the date from a week on.
export function ago(at: string, now: number): string {
    const minutes = Math.round((now - Date.parse(at)) / 60_000);
    const days = daysBetween(new Date(at), new Date(now));
    const relative = new Intl.RelativeTimeFormat(words.locale, { numeric: 'auto' });
    if (minutes < 1) return relative.format(0, 'second');
    if (minutes < 60) return relative.format(-minutes, 'minute');
    if (minutes < 24 * 60 || days === 0) return relative.format(-Math.round(minutes / 60), 'hour');
    if (days < 7) return relative.format(-days, 'day');
    return day(at);
}

// A number or an id within a sentence of another direction: left to right, and apart from what is around it.
export function isolated(text: string): string {
    return `\u2066${text}\u2069`;
}
