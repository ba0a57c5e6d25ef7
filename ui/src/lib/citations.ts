// Sources come with places in UTF-8 bytes; what is rendered has places in characters.
// Private characters that stand for the place of a source in a text: first, its number, last.
export const sourceFirst = '\uE000';
export const sourceLast = '\uE001';

export interface Source {
    readonly url: string;
    readonly title: string;
    readonly start: number;
    readonly end: number;
}

// The sources as they are numbered: one for each address, in order of appearance.
export function numbered(citations: readonly Source[]): Source[] {
    const seen = new Map<string, Source>();
    for (const source of citations) if (isPage(source.url) && !seen.has(source.url)) seen.set(source.url, source);
    return [...seen.values()];
}

function isPage(url: string): boolean {
    return /^https?:\/\//i.test(url);
}

export function withSources(text: string, citations: readonly Source[]): string {
    const clean = text.replace(/[\uE000\uE001]/g, '');
    if (citations.length === 0) return clean;
    const numbers = new Map(numbered(citations).map(({ url }, index) => [url, index + 1]));
    const places = citations
        .filter(({ url, end }) => numbers.has(url) && end > 0)
        .map(({ url, end }) => ({ end, number: numbers.get(url) as number }))
        .sort((a, b) => a.end - b.end || a.number - b.number);
    let out = '';
    let bytes = 0;
    let next = 0;
    for (const character of clean) {
        for (; places[next] && (places[next] as { end: number }).end <= bytes; ++next) out += mark(places[next]?.number);
        out += character;
        bytes += sizeOf(character);
    }
    for (; next < places.length; ++next) out += mark(places[next]?.number);
    return out;
}

function mark(number: number | undefined): string {
    return `${sourceFirst}${number}${sourceLast}`;
}

function sizeOf(character: string): number {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

export function hostOf(url: string): string {
    try {
        return new URL(url).hostname.replace(/^www\./, '');
    } catch {
        return url;
    }
}
