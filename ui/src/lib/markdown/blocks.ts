// Markdown that grows, as blocks that are finished and one that is still open. Nothing here has a DOM.
//
// Only the text from the start of the last open block on is parsed again. Every top-level block but the last is finished; of a list every
// item but the last, of a table every row but the last. An open fence is not parsed at all: its lines are passed on as they come.
import remend from 'remend';

import { languageOf, parser } from './parser.ts';
import type { Token } from './types.ts';

export type Step =
    | { readonly kind: 'block'; readonly html: string } // A whole block, finished.
    | { readonly kind: 'open_group'; readonly group: Group } // A list or a table begins; its parts follow, and then `close`.
    | { readonly kind: 'part'; readonly html: string } // A finished item or row of the group that is open.
    | { readonly kind: 'close' }
    | { readonly kind: 'open_code'; readonly language: string }
    | { readonly kind: 'code'; readonly text: string } // Appended to the code that is open.
    | { readonly kind: 'close_code' };

export interface Group {
    readonly tag: 'ul' | 'ol' | 'table';
    readonly start: number; // Of an ordered list.
    readonly head: string; // Of a table: the HTML of its <thead>.
}

// What is shown behind the finished blocks: a block, or a part of the open group.
export interface Tail {
    readonly where: 'block' | 'part' | 'none';
    readonly html: string;
}

interface Fence {
    readonly marker: string; // ``` or longer, or tildes
    readonly indent: number;
}

export class Blocks {
    #text = ''; // From the start of the open block, item or row on.
    #group: Group | null = null;
    #tableHead = ''; // The two lines of the open table, in front of each row when it is parsed.
    #fence: Fence | null = null;

    // Takes text and tells what it finishes.
    append(text: string): Step[] {
        this.#text += text;
        const steps: Step[] = [];
        // Each turn takes one kind of state to its end; it ends when a turn finds nothing more to take.
        while (this.#fence ? this.#takeCode(steps) : this.#takeBlocks(steps)) continue;
        return steps;
    }

    // The open block as it stands. What is written half is closed: **bold, `code, [a link.
    tail(): Tail {
        if (this.#fence || this.#text.trim() === '') return { where: 'none', html: '' };
        const text = remend(this.#text, { images: false, links: true, linkMode: 'text-only', htmlTags: false, comparisonOperators: false });
        if (!this.#group) return { where: 'block', html: render(text) };
        const parts = this.#partsOf(text);
        const last = parts?.parts.at(-1);
        return last ? { where: 'part', html: last.html } : { where: 'block', html: render(text) };
    }

    get inCode(): boolean {
        return this.#fence !== null;
    }

    // The last line of what is open, for whoever holds lines back.
    get lastLine(): string {
        return this.#text.slice(this.#text.lastIndexOf('\n') + 1);
    }

    // Returns whether there is more to take in another state.
    #takeBlocks(steps: Step[]): boolean {
        if (this.#group) {
            if (!this.#takeParts(steps)) return false;
            return true;
        }
        const tokens = parser.parse(this.#text, {});
        const tops = topLevel(tokens);
        const lines = new Lines(this.#text);
        for (const [index, top] of tops.entries()) {
            const isLast = index === tops.length - 1;
            const [first] = top.map;
            if (isLast) {
                const fence = openFence(top, lines);
                const group = groupOf(top);
                const begin = lines.start(first);
                this.#text = this.#text.slice(begin);
                if (fence) {
                    // Behind the line of the fence; without its end the line may still grow.
                    const lineEnd = this.#text.indexOf('\n');
                    if (lineEnd < 0) return false;
                    steps.push({ kind: 'open_code', language: languageOf((top.tokens[0] as Token).info) });
                    this.#fence = fence;
                    this.#text = this.#text.slice(lineEnd + 1);
                    return true;
                }
                // The line below a table's head says how its columns are aligned: until it ends, that may change.
                const isReady = group?.tag !== 'table' || this.#text.split('\n', 3).length === 3;
                if (group && isReady) {
                    steps.push({ kind: 'open_group', group });
                    this.#group = group;
                    if (group.tag === 'table') {
                        const head = this.#text.split('\n', 2).join('\n');
                        this.#tableHead = head + '\n';
                        this.#text = this.#text.slice(Math.min(this.#text.length, head.length + 1));
                    }
                    return true;
                }
                return false;
            }
            if ((top.tokens[0] as Token).type === 'fence') pushCode(steps, top.tokens[0] as Token);
            else steps.push({ kind: 'block', html: parser.renderer.render([...top.tokens], parser.options, {}) });
        }
        return false;
    }

    #takeParts(steps: Step[]): boolean {
        const found = this.#partsOf(this.#text);
        if (!found) return this.#closeGroup(steps);
        const { parts, after } = found;
        const isClosed = after !== null;
        for (const [index, part] of parts.entries())
            if (isClosed || index < parts.length - 1) steps.push({ kind: 'part', html: part.html });
        const lines = new Lines(this.#text);
        if (isClosed) {
            this.#text = this.#text.slice(lines.start(after - this.#headLines));
            return this.#closeGroup(steps);
        }
        const last = parts.at(-1);
        if (last && parts.length > 1) this.#text = this.#text.slice(lines.start(last.first - this.#headLines));
        return false;
    }

    get #headLines(): number {
        return this.#group?.tag === 'table' ? 2 : 0;
    }

    #closeGroup(steps: Step[]): boolean {
        steps.push({ kind: 'close' });
        this.#group = null;
        this.#tableHead = '';
        return true;
    }

    // The items or rows in `text`, which begins with one; null when it begins with something else. `after`: the line at which another
    // block begins.
    #partsOf(text: string): { parts: { html: string; first: number }[]; after: number | null } | null {
        const group = this.#group;
        if (!group) return null;
        const isTable = group.tag === 'table';
        if (isTable && text.trim() === '') return { parts: [], after: /\n\s*\n/.test('\n' + text) && text !== '' ? 2 + 1 : null };
        const tops = topLevel(parser.parse(this.#tableHead + text, {}));
        const top = tops[0];
        if (!top || groupOf(top)?.tag !== group.tag) return isTable || text.trim() !== '' ? null : { parts: [], after: null };
        const [open, close] = isTable ? ['tr_open', 'tr_close'] : ['list_item_open', 'list_item_close'];
        const parts: { html: string; first: number }[] = [];
        let begin = -1;
        let depth = 0;
        for (const [index, token] of top.tokens.entries()) {
            if (token.type === open && depth++ === 0) begin = index;
            if (token.type === close && --depth === 0) {
                const first = (top.tokens[begin] as Token).map?.[0] ?? 0;
                if (isTable && first < 2) continue; // The row of the head.
                parts.push({ html: parser.renderer.render(top.tokens.slice(begin, index + 1), parser.options, {}), first });
            }
        }
        const next = tops[1];
        return { parts, after: next ? next.map[0] : isTable && this.#endsBlank(text) ? new Lines(this.#tableHead + text).count : null };
    }

    #endsBlank(text: string): boolean {
        return /\n[ \t]*\n$/.test(text);
    }

    // Lines of the open fence, until the one that closes it. A line that may still become the closing one waits.
    #takeCode(steps: Step[]): boolean {
        const fence = this.#fence as Fence;
        let out = '';
        for (;;) {
            const end = this.#text.indexOf('\n');
            const line = end < 0 ? this.#text : this.#text.slice(0, end);
            const closes = isClosing(line, fence);
            if (end < 0) {
                const mayClose = new RegExp(`^ {0,3}${fence.marker[0] === '`' ? '`*' : '~*'}[ \\t]*$`).test(line);
                if (!mayClose && line !== '') {
                    // The indent of the fence goes from the beginning of lines only, so a half line is kept whole until it ends.
                    if (fence.indent === 0) {
                        out += line;
                        this.#text = '';
                        this.#midLine = true;
                    }
                }
                break;
            }
            this.#text = this.#text.slice(end + 1);
            if (closes && !this.#midLine) {
                if (out !== '') steps.push({ kind: 'code', text: out });
                steps.push({ kind: 'close_code' });
                this.#fence = null;
                return true;
            }
            out += (this.#midLine ? line : withoutIndent(line, fence.indent)) + '\n';
            this.#midLine = false;
        }
        if (out !== '') steps.push({ kind: 'code', text: out });
        return false;
    }
    #midLine = false; // A part of the line went out already.
}

// All blocks of a whole text, for replies that are finished and for the last look at one.
export function wholeBlocks(text: string): Step[] {
    const env = {};
    const steps: Step[] = [];
    for (const { tokens } of topLevel(parser.parse(text, env))) {
        const first = tokens[0] as Token;
        if (first.type === 'fence') pushCode(steps, first);
        else steps.push({ kind: 'block', html: parser.renderer.render([...tokens], parser.options, env) });
    }
    return steps;
}

function pushCode(steps: Step[], token: Token): void {
    steps.push({ kind: 'open_code', language: languageOf(token.info) });
    if (token.content !== '') steps.push({ kind: 'code', text: token.content.replace(/\uE000\d+\uE001/g, '') });
    steps.push({ kind: 'close_code' });
}

function render(text: string): string {
    return parser.render(text);
}

interface Top {
    readonly tokens: readonly Token[];
    readonly map: readonly [number, number];
}

function topLevel(tokens: readonly Token[]): Top[] {
    const tops: Top[] = [];
    let begin = 0;
    let depth = 0;
    for (const [index, token] of tokens.entries()) {
        depth += token.nesting;
        if (depth !== 0) continue;
        const own = tokens.slice(begin, index + 1);
        tops.push({ tokens: own, map: own[0]?.map ?? [0, 0] });
        begin = index + 1;
    }
    return tops;
}

function groupOf({ tokens }: Top): Group | null {
    const first = tokens[0] as Token;
    if (first.type === 'bullet_list_open') return { tag: 'ul', start: 1, head: '' };
    if (first.type === 'ordered_list_open') return { tag: 'ol', start: Number(first.attrGet('start') ?? 1), head: '' };
    if (first.type !== 'table_open') return null;
    const end = tokens.findIndex(({ type }) => type === 'thead_close');
    return { tag: 'table', start: 1, head: parser.renderer.render(tokens.slice(1, end + 1), parser.options, {}) };
}

function openFence({ tokens, map }: Top, lines: Lines): Fence | null {
    const token = tokens[0] as Token;
    if (token.type !== 'fence') return null;
    const fence = { marker: token.markup, indent: /^ */.exec(lines.line(map[0]))?.[0].length ?? 0 };
    const last = map[1] - 1;
    return last > map[0] && isClosing(lines.line(last), fence) && lines.isEnded(last) ? null : fence;
}

function isClosing(line: string, fence: Fence): boolean {
    const found = /^ {0,3}(`+|~+)[ \t]*$/.exec(line);
    return found !== null && found[1]?.[0] === fence.marker[0] && (found[1]?.length ?? 0) >= fence.marker.length;
}

function withoutIndent(line: string, indent: number): string {
    let at = 0;
    while (at < indent && line[at] === ' ') ++at;
    return line.slice(at);
}

class Lines {
    readonly #text: string;
    readonly #starts: number[] = [0];

    constructor(text: string) {
        this.#text = text;
        for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1);
    }

    start(line: number): number {
        return this.#starts[line] ?? this.#text.length;
    }

    get count(): number {
        return this.#starts.length;
    }

    line(line: number): string {
        return this.#text.slice(this.start(line), this.start(line + 1)).replace(/\n$/, '');
    }

    isEnded(line: number): boolean {
        return this.#starts[line + 1] !== undefined;
    }
}

// The last line while it may still become a fence, a rule, a heading, a table or a list item.
export function mayBecomeBlock(line: string): boolean {
    return /^\s{0,3}(?:`{1,2}|~{1,2}|#{1,6}[ \t]?|[-*+=_][-*+=_ \t]*|\d{1,9}[.)]?|\|[^\n]*|\\|\\\[|\$)$/.test(line);
}
