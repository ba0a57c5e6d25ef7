// Markdown as replies have it: CommonMark with tables, strikethrough and tasks, formulas, and places of sources. HTML stays text.
import MarkdownIt from 'markdown-it';
import { sourceFirst, sourceLast } from '../citations.ts';
import type { Token } from './types.ts';

export const parser = new MarkdownIt({ html: false, linkify: true, breaks: false, typographer: false, maxNesting: 40 });
parser.linkify.set({ fuzzyEmail: false, fuzzyIP: false, fuzzyLink: false });

// Only what leads to a page or a letter. The rest stays text.
parser.validateLink = (url) => /^(https?:\/\/|mailto:)/i.test(url.trim());

const rules = parser.renderer.rules;

// Headings begin at h3: the page has its own above.
// The first three levels are one: replies begin at any of them, and a level that is skipped misleads whoever reads by headings.
const lower = (tag: string) => (Number(tag.slice(1)) <= 3 ? 'h3' : 'h4');
rules['heading_open'] = (tokens, index) => `<${lower((tokens[index] as Token).tag)}${(tokens[index] as Token).level === 0 ? ' dir="auto"' : ''}>`;
rules['heading_close'] = (tokens, index) => `</${lower((tokens[index] as Token).tag)}>\n`;

rules['link_open'] = (tokens, index) => `<a href="${escape(String((tokens[index] as Token).attrGet('href') ?? ''))}">`;

// The policy allows no remote pictures, and a picture would tell its host who reads: it becomes a link.
rules['image'] = (tokens, index) => {
    const token = tokens[index] as Token;
    const url = String(token.attrGet('src') ?? '');
    const name = token.content || url;
    return parser.validateLink(url) ? `<a href="${escape(url)}" class="pic">${escape(name)}</a>` : escape(name);
};

rules['fence'] = rules['code_block'] = (tokens, index) => {
    const token = tokens[index] as Token;
    return `<pre class="md-code" data-language="${escape(languageOf(token.info))}"><code>${escape(withoutSources(token.content))}</code></pre>\n`;
};
rules['code_inline'] = (tokens, index) => `<code>${escape(withoutSources((tokens[index] as Token).content))}</code>`;

// Columns are aligned by classes: style attributes do not pass the policy.
for (const name of ['th_open', 'td_open'])
    rules[name] = (tokens, index) => {
        const token = tokens[index] as Token;
        const aligned = /text-align:(right|center)/.exec(String(token.attrGet('style') ?? ''))?.[1];
        const scope = name === 'th_open' ? ' scope="col"' : '';
        return `<${name.slice(0, 2)}${scope}${aligned ? ` class="${aligned === 'right' ? 'n' : 'mid'}"` : ''}>`;
    };

export function languageOf(info: string): string {
    return /^[^\s{]*/.exec(info.trim())?.[0].slice(0, 40) ?? '';
}

export function escape(text: string): string {
    return parser.utils.escapeHtml(text);
}

function withoutSources(text: string): string {
    return text.replace(/\uE000\d+\uE001/g, '');
}

// --- Formulas: $a$, $$a$$, \(a\), \[a\] ---------------------------------------------------------------------------------------------------

const formulaMax = 4000; // Characters; longer ones stay text.

parser.inline.ruler.before('escape', 'formula', (state, silent) => {
    const { src, pos } = state;
    const found = formulaAt(src, pos);
    if (!found) return false;
    if (!silent) {
        const token = state.push('formula', 'span', 0);
        token.content = found.text;
        token.markup = found.display ? 'display' : '';
    }
    state.pos = found.end;
    return true;
});

parser.block.ruler.before(
    'fence',
    'formula_block',
    (state, first, last, silent) => {
        const begin = (state.bMarks[first] ?? 0) + (state.tShift[first] ?? 0);
        const opening = state.src.slice(begin, begin + 2);
        if (opening !== '$$' && opening !== '\\[') return false;
        const closing = opening === '$$' ? '$$' : '\\]';
        for (let line = first; line < last; ++line) {
            const lineBegin = line === first ? begin + 2 : (state.bMarks[line] ?? 0);
            const text = state.src.slice(lineBegin, state.eMarks[line]);
            const at = text.indexOf(closing);
            if (at < 0) continue;
            if (text.slice(at + 2).trim() !== '') return false; // Text goes on behind it: the inline rule's.
            const content = state.src.slice(begin + 2, lineBegin + at).trim();
            if (content === '' || content.length > formulaMax) return false;
            if (silent) return true;
            const token = state.push('formula', 'div', 0);
            token.content = content;
            token.markup = 'display';
            token.block = true;
            token.map = [first, line + 1];
            state.line = line + 1;
            return true;
        }
        return false;
    },
    { alt: ['paragraph', 'blockquote'] },
);

rules['formula'] = (tokens, index) => {
    const token = tokens[index] as Token;
    const text = escape(withoutSources(token.content));
    if (token.block) return `<div class="math md-formula" data-display="1">${text}</div>\n`;
    return `<span class="md-formula"${token.markup ? ' data-display="1"' : ''}>${text}</span>`;
};

function formulaAt(src: string, pos: number): { text: string; end: number; display: boolean } | null {
    const two = src.slice(pos, pos + 2);
    if (two === '\\(' || two === '\\[') {
        const end = src.indexOf(two === '\\(' ? '\\)' : '\\]', pos + 2);
        return end < 0 ? null : sized(src.slice(pos + 2, end), end + 2, two === '\\[');
    }
    if (src[pos] !== '$') return null;
    if (two === '$$') {
        const end = src.indexOf('$$', pos + 2);
        return end < 0 ? null : sized(src.slice(pos + 2, end), end + 2, true);
    }
    // As in Pandoc: no space inside, no digit behind, so that "$5 and $6" stays money.
    if (/[\s$]/.test(src[pos + 1] ?? ' ')) return null;
    for (let end = pos + 1; end < src.length && end - pos <= formulaMax; ++end) {
        if (src[end] === '\\') ++end;
        else if (src[end] === '\n' && src[end + 1] === '\n') return null;
        else if (src[end] === '$') {
            if (/\s/.test(src[end - 1] ?? '') || /\d/.test(src[end + 1] ?? '')) return null;
            return sized(src.slice(pos + 1, end), end + 1, false);
        }
    }
    return null;
}

function sized(text: string, end: number, display: boolean): { text: string; end: number; display: boolean } | null {
    return text.trim() === '' || text.length > formulaMax ? null : { text, end, display };
}

// --- Places of sources -------------------------------------------------------------------------------------------------------------------

parser.inline.ruler.before('escape', 'source', (state, silent) => {
    if (state.src[state.pos] !== sourceFirst) return false;
    const end = state.src.indexOf(sourceLast, state.pos);
    const number = end < 0 ? '' : state.src.slice(state.pos + 1, end);
    if (!/^\d{1,3}$/.test(number)) return false;
    if (!silent) state.push('source', 'a', 0).content = number;
    state.pos = end + 1;
    return true;
});
// The text rule runs over everything that begins no other rule; ours begin with characters that it does not know.
const texts = /[\n$%&*+\-:<=>@[\\\]^_`{}~!#\uE000h]/g;
parser.inline.ruler.at('text', (state, silent) => {
    texts.lastIndex = state.pos;
    const found = texts.exec(state.src);
    let end = found ? found.index : state.src.length;
    if (end === state.pos) return false;
    if (end > state.posMax) end = state.posMax;
    if (!silent) state.pending += state.src.slice(state.pos, end);
    state.pos = end;
    return true;
});
rules['source'] = (tokens, index) => `<a class="cite" data-source="${escape((tokens[index] as Token).content)}">${escape((tokens[index] as Token).content)}</a>`;

// --- Tasks: "- [x] text" -------------------------------------------------------------------------------------------------------------------

parser.core.ruler.after('inline', 'tasks', (state) => {
    const { tokens } = state;
    for (let index = 2; index < tokens.length; ++index) {
        const [item, paragraph, inline] = [tokens[index - 2], tokens[index - 1], tokens[index]];
        if (item?.type !== 'list_item_open' || paragraph?.type !== 'paragraph_open' || inline?.type !== 'inline') continue;
        const first = inline.children?.[0];
        const mark = first?.type === 'text' ? /^\[([ xX])\]\s+/.exec(first.content) : null;
        if (!mark || !first) continue;
        first.content = first.content.slice(mark[0].length);
        item.attrSet('class', mark[1] === ' ' ? 'task' : 'task is-done');
    }
});

// Directions by block: an Arabic paragraph in an English reply runs its own way. What stands within a block goes with it, or a list's marks
// would be on one side and its text on the other.
parser.core.ruler.push('directions', (state) => {
    for (const token of state.tokens) if (token.level === 0 && /^(paragraph|heading|bullet_list|ordered_list|blockquote|table)_open$/.test(token.type)) token.attrSet('dir', 'auto');
});
