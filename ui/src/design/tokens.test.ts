import { readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

const css = readFileSync(path.join(import.meta.dirname, 'css/tokens.css'), 'utf8');
const tokensIn = (part: string) => new Map([...part.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})\b/g)].map(([, name, value]) => [name as string, value as string]));
const [light = '', dark = ''] = css.split('data-theme="dark"');

// WCAG 2.2.
function luminance(colour: string): number {
    const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)) as [number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(one: string, other: string): number {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
    return (high + 0.05) / (low + 0.05);
}

const grounds = ['bg', 'rail', 'sunken', 'surface', 'raised'];
const readable: readonly (readonly [string, readonly string[], number])[] = [
    ...['ink', 'ink-2', 'ink-3', 'accent'].map((text) => [text, grounds, 4.5] as const),
    ...['accent', 'good', 'warn', 'bad'].map((text) => [text, [`${text}-soft`, 'bg', 'surface'], 4.5] as const),
    ['on-star', ['star', 'star-2'], 4.5],
    ['on-ink', ['ink'], 4.5],
    ['on-bad', ['bad', 'bad-2'], 4.5],
    ...['code-key', 'code-str', 'code-num', 'code-com', 'code-fun'].map((text) => [text, ['sunken'], 4.5] as const),
    ...['control', 'live'].map((mark) => [mark, grounds, 3] as const),
    ...['c1', 'c2', 'c3', 'c4'].map((mark) => [mark, ['surface'], 3] as const),
];

describe.each([
    ['light', tokensIn(light)],
    ['dark', tokensIn(dark)],
])('%s', (_, tokens) => {
    it.each(readable)('%s is seen on %s', (name, on, least) => {
        const colour = (token: string) => tokens.get(token) ?? expect.fail(`there is no --${token}`);
        for (const ground of on) expect(contrast(colour(name), colour(ground)), ground).toBeGreaterThanOrEqual(least);
    });
});
