// The days of a chart, and its scale. Without a DOM.
import { scaleLinear } from 'd3-scale';

export interface Day {
    readonly day: string; // 2026-03-12, UTC
    readonly used: number;
}

export interface Used extends Day {
    readonly tokens: { readonly prompt_tokens: number; readonly completion_tokens: number };
}

const dayMs = 86_400_000;

// So many days up to today, those without a row at zero.
export function filled(rows: readonly Day[], today: string, count: number): Day[] {
    const known = new Map(rows.map((row) => [row.day, row.used]));
    const end = Date.parse(`${today}T00:00:00Z`);
    return Array.from({ length: count }, (_, index) => {
        const day = new Date(end - (count - 1 - index) * dayMs).toISOString().slice(0, 10);
        return { day, used: known.get(day) ?? 0 };
    });
}

// What was used since the first of the month of `today`.
export function monthOf(rows: readonly Used[], today: string): { readonly used: number; readonly read: number; readonly written: number } {
    const own = rows.filter(({ day }) => day.slice(0, 7) === today.slice(0, 7));
    const sum = (of: (row: Used) => number) => own.reduce((total, row) => total + of(row), 0);
    return { used: sum(({ used }) => used), read: sum(({ tokens }) => tokens.prompt_tokens), written: sum(({ tokens }) => tokens.completion_tokens) };
}

// Whole numbers from zero to at least `top`, some four of them, evenly apart.
export function ticks(top: number): number[] {
    const most = Math.max(1, Math.ceil(top));
    return scaleLinear().domain([0, most]).nice(3).ticks(3).filter(Number.isInteger);
}

// Every which day has its date below, so that `widest` px fit between two: the last one ends with the chart, the others have it in their middle.
export function labelEvery(widest: number, step: number): number {
    const apart = 8;
    return Math.max(1, Math.ceil((widest * 1.5 + apart) / step));
}
