// The days of a chart, and its scale. Without a DOM.
export interface Day {
    readonly day: string; // 2026-03-12, UTC
    readonly used: number;
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

// Whole steps of 1, 2 or 5 times a power of ten from zero, at most `most` of them, up to at least `top`.
export function ticks(top: number, most = 5): number[] {
    const least = Math.max(1, top) / most;
    const power = 10 ** Math.floor(Math.log10(least));
    const step = Math.max(1, [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= least) ?? 10 * power);
    return Array.from({ length: Math.ceil(Math.max(1, top) / step) + 1 }, (_, index) => index * step);
}
