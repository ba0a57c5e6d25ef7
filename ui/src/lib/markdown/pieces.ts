// The parts of a reply that are more than text: cards of code, tables with their bar, tasks, sources.
import { copyText, saveText } from '../clipboard.ts';
import { say, type Word } from '../words/words.svelte.ts';
import { hostOf, type Source } from '../citations.ts';

const copiedMs = 2000;
const svg = 'http://www.w3.org/2000/svg';

function element<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, className = ''): HTMLElementTagNameMap[Tag] {
    const made = document.createElement(tag);
    if (className !== '') made.className = className;
    return made;
}

function icon(name: string): SVGSVGElement {
    const made = document.createElementNS(svg, 'svg');
    made.setAttribute('class', 'i s');
    made.setAttribute('aria-hidden', 'true');
    made.append(document.createElementNS(svg, 'use'));
    made.firstElementChild?.setAttribute('href', `#i-${name}`);
    return made;
}

function button(name: string, word: Word, act: (button: HTMLButtonElement) => void): HTMLButtonElement {
    const made = element('button', 'icon-btn s');
    made.type = 'button';
    made.title = say(word);
    made.setAttribute('aria-label', say(word));
    made.append(icon(name));
    made.addEventListener('click', () => act(made));
    return made;
}

// "Copied" stands in the button for two seconds.
async function copyFrom(made: HTMLButtonElement, text: string, word: Word): Promise<void> {
    const done = await copyText(text);
    made.replaceChildren(icon(done ? 'check' : 'alert'));
    const said = say(done ? 'copied' : 'cannot_copy');
    made.setAttribute('aria-label', said);
    made.title = said;
    setTimeout(() => {
        made.replaceChildren(icon('copy'));
        made.setAttribute('aria-label', say(word));
        made.title = say(word);
    }, copiedMs);
}

export interface CodeCard {
    readonly node: HTMLElement;
    readonly code: HTMLElement;
    readonly text: Text;
    readonly language: string;
}

const endings = new Map(Object.entries({
    python: 'py', py: 'py', javascript: 'js', js: 'js', typescript: 'ts', ts: 'ts', bash: 'sh', sh: 'sh', shell: 'sh', c: 'c', cpp: 'cpp', 'c++': 'cpp', rust: 'rs', go: 'go',
    java: 'java', html: 'html', css: 'css', json: 'json', sql: 'sql', yaml: 'yml', yml: 'yml', markdown: 'md', md: 'md', csv: 'csv', ruby: 'rb', php: 'php', swift: 'swift',
}));
const names = new Map(Object.entries({
    python: 'Python', py: 'Python', javascript: 'JavaScript', js: 'JavaScript', typescript: 'TypeScript', ts: 'TypeScript', bash: 'Bash', sh: 'Shell', shell: 'Shell', c: 'C', cpp: 'C++',
    rust: 'Rust', go: 'Go', java: 'Java', html: 'HTML', css: 'CSS', json: 'JSON', sql: 'SQL', yaml: 'YAML', yml: 'YAML', markdown: 'Markdown', csv: 'CSV', ruby: 'Ruby', php: 'PHP',
}));

export function codeCard(language: string): CodeCard {
    const node = element('div', 'code');
    const bar = element('div', 'code-bar');
    const label = element('span', 'grow cut');
    const key = language.toLowerCase();
    label.textContent = names.get(key) ?? (language === '' ? say('code') : language);
    const pre = element('pre');
    pre.tabIndex = 0;
    pre.setAttribute('role', 'region');
    pre.setAttribute('aria-label', language === '' ? say('code') : say('code_in', { language: label.textContent }));
    const code = element('code');
    const text = document.createTextNode('');
    code.append(text);
    pre.append(code);
    const whole = () => code.textContent ?? '';
    const wrap = button('wrap', 'wrap', (made) => made.setAttribute('aria-pressed', String(pre.classList.toggle('wrapped'))));
    wrap.setAttribute('aria-pressed', 'false');
    bar.append(
        label,
        wrap,
        button('download', 'download', () => saveText(whole(), `code.${endings.get(key) ?? 'txt'}`, 'text/plain')),
        button('copy', 'copy_code', (made) => void copyFrom(made, whole(), 'copy_code')),
    );
    node.append(bar, pre);
    return { node, code, text, language: key };
}

// A table in its scroller. Rows may still be added to the table.
export function tableCard(table: HTMLTableElement): HTMLElement {
    const node = element('div', 'table-wrap');
    const bar = element('div', 'table-bar');
    const label = element('span', 'grow');
    label.textContent = say('table');
    bar.append(
        label,
        button('copy', 'copy_csv', (made) => void copyFrom(made, csvOf(table), 'copy_csv')),
        button('download', 'download_csv', () => saveText(csvOf(table), 'table.csv', 'text/csv')),
    );
    const scroller = element('div', 'table-scroll');
    scroller.tabIndex = 0;
    scroller.setAttribute('role', 'region');
    scroller.setAttribute('aria-label', say('table'));
    scroller.append(table);
    node.append(bar, scroller);
    return node;
}

// A cell that a spreadsheet would take for a formula is kept text.
export function csvOf(table: HTMLTableElement): string {
    const rows = [...table.rows].map((row) => [...row.cells].map((cell) => cellOf(textOf(cell))).join(','));
    return rows.join('\r\n') + '\r\n';
}

// Without the numbers of its sources, and with formulas as they were written.
function textOf(cell: HTMLTableCellElement): string {
    const copy = cell.cloneNode(true) as HTMLElement;
    for (const source of copy.querySelectorAll('.cite')) source.remove();
    for (const formula of copy.querySelectorAll('.katex')) formula.replaceWith(formula.querySelector('annotation')?.textContent ?? '');
    return (copy.textContent ?? '').trim();
}

function cellOf(text: string): string {
    const safe = /^[=+\-@\t\r]/.test(text) && !/^[+-]?[\d.,]+%?$/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

// What purified nodes still need: cards around code and tables, boxes of tasks, addresses of sources.
export function dress(root: ParentNode, sources: readonly Source[], cards: CodeCard[]): void {
    for (const pre of root.querySelectorAll<HTMLElement>('pre.md-code')) {
        const card = codeCard(pre.dataset['language'] ?? '');
        card.text.appendData(pre.textContent ?? '');
        pre.replaceWith(card.node);
        cards.push(card);
    }
    for (const table of root.querySelectorAll('table')) if (!table.closest('.table-wrap')) wrapIn(table);
    for (const item of root.querySelectorAll('li.task')) dressTask(item);
    for (const link of root.querySelectorAll<HTMLAnchorElement>('a.cite')) dressSource(link, sources);
}

function wrapIn(table: HTMLTableElement): void {
    const place = document.createComment('');
    table.replaceWith(place);
    place.replaceWith(tableCard(table));
}

// The box is drawn beside the text; the list item says itself whether it is done.
function dressTask(item: Element): void {
    if (item.querySelector(':scope > .check')) return;
    const box = element('input', 'check');
    box.type = 'checkbox';
    box.disabled = true;
    box.checked = item.classList.contains('is-done');
    box.setAttribute('aria-label', say(box.checked ? 'done' : 'not_done'));
    const rest = element('div');
    rest.append(...item.childNodes);
    item.append(box, rest);
}

function dressSource(link: HTMLAnchorElement, sources: readonly Source[]): void {
    const number = Number(link.dataset['source']);
    const source = sources[number - 1];
    if (!source) return link.remove();
    link.href = source.url;
    link.target = '_blank';
    link.rel = 'noopener noreferrer';
    link.setAttribute('aria-label', `${say('source', { n: number })}: ${source.title || hostOf(source.url)}`);
}
