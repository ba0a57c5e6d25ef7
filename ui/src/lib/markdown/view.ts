// A reply on the page. Text joins a buffer; at most one paint a frame and 33 ms puts what is new below what stands. What is finished is
// never touched again while the reply grows, so nothing that is being read moves, and a selection in it stays.
import { Blocks, mayBecomeBlock, wholeBlocks, type Group, type Step } from './blocks.ts';
import { numbered, withSources, type Source } from '../citations.ts';
import { codeCard, dress, tableCard, type CodeCard } from './pieces.ts';
import { nodesOf } from './purify.ts';

const paintMs = 33;
const heldMs = 120; // A last line that may still become a block waits so long at most.
const highlightMax = 50_000; // Characters.

interface Shown {
    readonly node: Element;
    html: string; // What it was made of; for groups all parts.
}

export class ReplyView {
    readonly #root: HTMLElement;
    #blocks = new Blocks();
    #shown: Shown[] = [];
    #buffer = '';
    #heldSince = 0;
    #lastPaint = 0;
    #frame = 0;
    #timer = 0;
    #tail: Element[] = [];
    #tailHtml = '';
    #group: { group: Group; into: Element; shown: Shown } | null = null;
    #card: { card: CodeCard; shown: Shown } | null = null;
    #text = '';

    constructor(root: HTMLElement) {
        this.#root = root;
        document.addEventListener('visibilitychange', this.#seen);
    }

    get text(): string {
        return this.#text;
    }

    append(text: string): void {
        this.#text += text;
        this.#buffer += text.replace(/[\uE000\uE001]/g, '').replace(/\r\n?/g, '\n');
        this.#ask();
    }

    // The text so far goes, with the first of the new one.
    restart(): void {
        this.#clear();
    }

    // The reply is finished: the whole text is parsed once, and only blocks that differ are swapped (links by reference, sources).
    finish(text: string, sources: readonly Source[], atOnce = false): void {
        this.#paint(true);
        this.#text = text;
        const run = () => this.#settle(text, sources);
        if (atOnce) run();
        else idle(run);
    }

    destroy(): void {
        cancelAnimationFrame(this.#frame);
        clearTimeout(this.#timer);
        document.removeEventListener('visibilitychange', this.#seen);
    }

    // --------------------------------------------------------------------------------------------------------------------------------------

    #seen = (): void => {
        if (!document.hidden && this.#buffer !== '') this.#ask();
    };

    #ask(): void {
        if (this.#frame !== 0 || this.#timer !== 0 || document.hidden) return;
        const wait = this.#lastPaint + paintMs - performance.now();
        if (wait > 4) {
            this.#timer = window.setTimeout(() => {
                this.#timer = 0;
                this.#request();
            }, wait - 4);
        } else this.#request();
    }

    #request(): void {
        this.#frame = requestAnimationFrame(() => {
            this.#frame = 0;
            this.#paint(false);
        });
    }

    #paint(all: boolean): void {
        this.#lastPaint = performance.now();
        const text = all ? this.#buffer : this.#ready();
        this.#buffer = this.#buffer.slice(text.length);
        if (text === '' && !all) return;
        this.#take(this.#blocks.append(text));
        this.#paintTail();
        if (this.#buffer !== '') this.#ask();
    }

    // What may be shown now: not a last line that may still become something else, but for 120 ms at most.
    #ready(): string {
        if (this.#blocks.inCode) return this.#buffer;
        const at = this.#buffer.lastIndexOf('\n') + 1;
        const line = (at === 0 ? this.#blocks.lastLine : '') + this.#buffer.slice(at);
        if (!mayBecomeBlock(line)) {
            this.#heldSince = 0;
            return this.#buffer;
        }
        const now = performance.now();
        if (this.#heldSince === 0) this.#heldSince = now;
        if (now - this.#heldSince >= heldMs) {
            this.#heldSince = 0;
            return this.#buffer;
        }
        if (this.#timer === 0)
            this.#timer = window.setTimeout(
                () => {
                    this.#timer = 0;
                    this.#request();
                },
                this.#heldSince + heldMs - now + 1,
            );
        return this.#buffer.slice(0, at);
    }

    #take(steps: readonly Step[]): void {
        if (steps.length > 0) this.#dropTail();
        for (const step of steps) {
            switch (step.kind) {
                case 'block':
                    this.#put(step.html, []);
                    break;
                case 'open_group':
                    this.#openGroup(step.group);
                    break;
                case 'part': {
                    const part = this.#partNodes(step.html);
                    this.#group?.into.append(...part);
                    if (this.#group) this.#group.shown.html += step.html;
                    break;
                }
                case 'close':
                    this.#group = null;
                    break;
                case 'open_code': {
                    const card = codeCard(step.language);
                    const shown = { node: card.node, html: `code ${step.language}\n` };
                    this.#root.append(card.node);
                    this.#shown.push(shown);
                    this.#card = { card, shown };
                    break;
                }
                case 'code':
                    this.#card?.card.text.appendData(step.text);
                    if (this.#card) this.#card.shown.html += step.text;
                    break;
                case 'close_code':
                    if (this.#card) colour(this.#card.card);
                    this.#card = null;
            }
        }
    }

    #put(html: string, sources: readonly Source[]): void {
        for (const node of this.#made(html, sources)) {
            this.#root.append(node);
            this.#shown.push({ node, html });
        }
    }

    #made(html: string, sources: readonly Source[]): Element[] {
        const fragment = nodesOf(html);
        const cards: CodeCard[] = [];
        dress(fragment, sources, cards);
        cards.forEach(colour);
        void formulasIn(fragment);
        return [...fragment.children];
    }

    #openGroup(group: Group): void {
        const list = document.createElement(group.tag);
        list.dir = 'auto';
        let node: Element = list;
        let into: Element = list;
        if (list instanceof HTMLTableElement) {
            list.append(...partOf(`<table>${group.head}</table>`, 'thead'));
            into = list.createTBody();
            node = tableCard(list);
        } else if (list instanceof HTMLOListElement && group.start !== 1) list.start = group.start;
        const shown = { node, html: '' };
        this.#root.append(node);
        this.#shown.push(shown);
        this.#group = { group, into, shown };
    }

    #partNodes(html: string): Element[] {
        const tag = this.#group?.group.tag;
        const nodes = tag === 'table' ? partOf(`<table><tbody>${html}</tbody></table>`, 'tr') : partOf(`<ul>${html}</ul>`, 'li');
        const cards: CodeCard[] = [];
        const fragment = document.createDocumentFragment();
        fragment.append(...nodes);
        dress(fragment, [], cards);
        void formulasIn(fragment);
        return [...fragment.children];
    }

    #paintTail(): void {
        const tail = this.#blocks.tail();
        const key = tail.where + tail.html;
        if (key === this.#tailHtml) return;
        const old = this.#tail;
        this.#tailHtml = key;
        if (tail.where === 'none') return this.#dropTail();
        const nodes = tail.where === 'part' ? this.#partNodes(tail.html) : this.#made(tail.html, []);
        const into = tail.where === 'part' && this.#group ? this.#group.into : this.#root;
        into.append(...nodes);
        for (const node of old) node.remove();
        this.#tail = nodes;
    }

    #dropTail(): void {
        for (const node of this.#tail) node.remove();
        this.#tail = [];
        this.#tailHtml = '';
    }

    #settle(text: string, sources: readonly Source[]): void {
        const list = numbered(sources);
        const next: { html: string; code: { language: string; text: string } | null }[] = [];
        for (const step of wholeBlocks(withSources(text, sources).replace(/\r\n?/g, '\n'))) {
            if (step.kind === 'block') next.push({ html: step.html, code: null });
            if (step.kind === 'open_code') next.push({ html: `code ${step.language}\n`, code: { language: step.language, text: '' } });
            const last = next.at(-1);
            if (step.kind === 'code' && last?.code) {
                last.html += step.text;
                last.code.text += step.text;
            }
        }
        this.#dropTail();
        const before = this.#shown;
        this.#shown = [];
        for (const [index, block] of next.entries()) {
            const old = before[index];
            if (old && same(old, block.html)) {
                this.#shown.push(old);
                continue;
            }
            let nodes: Element[];
            if (block.code) {
                const card = codeCard(block.code.language);
                card.text.appendData(block.code.text);
                colour(card);
                nodes = [card.node];
            } else nodes = this.#made(block.html, list);
            const node = nodes[0];
            if (!node) continue;
            if (old) old.node.replaceWith(node);
            else this.#root.append(node);
            this.#shown.push({ node, html: block.html });
        }
        for (const { node } of before.slice(next.length)) node.remove();
        this.#blocks = new Blocks(); // What was open stands among the others now.
        this.#group = null;
        this.#card = null;
    }

    #clear(): void {
        this.#root.replaceChildren();
        this.#blocks = new Blocks();
        this.#shown = [];
        this.#tail = [];
        this.#tailHtml = '';
        this.#buffer = '';
        this.#text = '';
        this.#group = null;
        this.#card = null;
    }
}

// A group was made of its parts: its HTML is theirs, without what is around them.
function same(old: Shown, html: string): boolean {
    if (old.html === html) return true;
    const inner = /^<(?:ul|ol|table)[^>]*>\s*(?:<thead>[\s\S]*?<\/thead>\s*)?(?:<tbody>)?([\s\S]*?)(?:<\/tbody>)?\s*<\/(?:ul|ol|table)>\s*$/.exec(html)?.[1];
    return inner !== undefined && !html.includes('class="cite"') && squeezed(inner) === squeezed(old.html);
}

function squeezed(html: string): string {
    return html.replace(/<\/?p[^>]*>/g, '').replace(/\s+/g, ' ').replace(/> /g, '>').replace(/ </g, '<').trim();
}

function partOf(html: string, selector: string): Element[] {
    const fragment = nodesOf(html);
    const first = fragment.querySelector(selector);
    return first?.parentElement ? [...first.parentElement.children].filter((node) => node.matches(selector)) : [];
}

function colour({ code, text, language }: CodeCard): void {
    if (language === '' || text.length > highlightMax) return;
    idle(async () => {
        const whole = text.data;
        try {
            const { highlighted } = await import('./highlight.ts');
            const nodes = await highlighted(whole, language);
            if (nodes && code.textContent === whole) code.replaceChildren(nodes);
        } catch {
            // Not to be had now: code without colours is still the code.
        }
    });
}

// Until the first formula is drawn its source stands in mono.
async function formulasIn(fragment: DocumentFragment): Promise<void> {
    const nodes = [...fragment.querySelectorAll<HTMLElement>('.md-formula')];
    if (nodes.length === 0) return;
    if (drawFormula) return nodes.forEach(drawFormula);
    try {
        drawFormula = (await import('./formulas.ts')).drawFormula;
        nodes.forEach(drawFormula);
    } catch {
        // As above.
    }
}
let drawFormula: ((node: HTMLElement) => void) | null = null;

function idle(act: () => void): void {
    if ('requestIdleCallback' in window) requestIdleCallback(act, { timeout: 1000 });
    else setTimeout(act, 50);
}
