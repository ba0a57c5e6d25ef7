import { describe, expect, it } from 'vitest';

import { Blocks, mayBecomeBlock, wholeBlocks, type Step } from './blocks.ts';
import { withSources } from '../citations.ts';
import { parser } from './parser.ts';

// What a page shows after these steps, as HTML; `tail` is what stands open behind them.
class Shown {
    html = '';
    #group = '';
    #head = '';

    take(steps: readonly Step[]): void {
        for (const step of steps) {
            if (step.kind === 'block') this.html += step.html;
            if (step.kind === 'open_group') {
                this.#group = step.group.tag;
                this.#head = step.group.head;
                this.html += `<${this.#group}>${this.#head}`;
            }
            if (step.kind === 'part') this.html += step.html;
            if (step.kind === 'close') this.html += `</${this.#group}>`;
            if (step.kind === 'open_code') this.html += `<code ${step.language}>`;
            if (step.kind === 'code') this.html += step.text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
            if (step.kind === 'close_code') this.html += '</code>';
        }
    }
}

function grown(text: string, sizes: readonly number[]): string {
    const blocks = new Blocks();
    const shown = new Shown();
    let at = 0;
    for (let turn = 0; at < text.length; ++turn) {
        const size = sizes[turn % sizes.length] ?? 1;
        shown.take(blocks.append(text.slice(at, at + size)));
        blocks.tail();
        at += size;
    }
    const tail = blocks.tail();
    return shown.html + tail.html;
}

// Without what only differs in the way it was put together.
function plain(html: string): string {
    return html
        .replace(/<pre class="md-code" data-language="([^"]*)"><code>/g, '<code $1>')
        .replace(/<\/code><\/pre>/g, '</code>')
        .replace(/<ol start="\d+"/g, '<ol')
        .replace(/ dir="auto"/g, '')
        .replace(/<\/?(p|tbody|table|ul|ol|code)( [a-z]*)?( dir="auto")?>/g, '')
        .replace(/\s+/g, ' ')
        .replace(/> /g, '>')
        .replace(/ </g, '<')
        .trim();
}

const texts: Record<string, string> = {
    paragraphs: 'One **bold** line\nand its second.\n\nAnother with `code` and *words*.\n\nLast.\n',
    headings: '# Title\nText below.\n\nUnder\n=====\n\n## Two\n\nMore\n',
    list: 'Before\n\n- one\n- two **b**\n  with more\n- three\n\nAfter\n',
    ordered: '3. three\n4. four\n\n   more of four\n5. five\n\nEnd.\n',
    nested: '- a\n  - b\n    - c\n  - d\n- e\n\n1. x\n2. y\n',
    tasks: '- [ ] open\n- [x] done\n',
    table: 'See:\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n| 3 | **4** |\n\nEnd\n',
    code: 'Run:\n\n```python\nprint("<a>")\n\nx = 1\n```\n\nThen:\n\n~~~\n```\n~~~\nDone\n',
    quote: '> said\n> more\n\n---\n\nText\n',
    list_with_code: '1. do\n\n   ```sh\n   ls\n   ```\n\n2. then\n',
    formula: 'So $a^2$ and\n\n$$\nx = 1\n$$\n\nfor $5 and $6.\n',
    html: '<script>alert(1)</script>\n\n<b>x</b> <img src=x onerror=y>\n',
    arabic: 'نص **مهم** هنا.\n\n- أول\n- ثان\n',
};

describe('blocks that grow', () => {
    for (const [name, text] of Object.entries(texts))
        for (const sizes of [[1], [7], [3, 11, 2], [1000]])
            it(`${name} in pieces of ${sizes.join(', ')} come to what the whole is`, () => {
                const whole = new Shown();
                whole.take(wholeBlocks(text));
                expect(plain(grown(text, sizes))).toBe(plain(whole.html));
            });

    it('a finished block is told once and never again', () => {
        const blocks = new Blocks();
        expect(blocks.append('First.\n\nSec')).toEqual([{ kind: 'block', html: '<p dir="auto">First.</p>\n' }]);
        expect(blocks.append('ond.\n\nThird')).toEqual([{ kind: 'block', html: '<p dir="auto">Second.</p>\n' }]);
    });

    it('an open fence gives its text as it comes, but for what may still close it', () => {
        const blocks = new Blocks();
        expect(blocks.append('```js\nlet a').map(({ kind }) => kind)).toEqual(['open_code', 'code']);
        expect(blocks.append(' = 1;\n``')).toEqual([{ kind: 'code', text: ' = 1;\n' }]);
        expect(blocks.append('`\n')).toEqual([{ kind: 'close_code' }]);
    });

    it('what is written half is closed in the tail', () => {
        const blocks = new Blocks();
        blocks.append('a **bol');
        expect(blocks.tail().html).toContain('<strong>bol</strong>');
    });

    it.each(['``', '# ', '- ', '--', '12.', '| a', '**', '==='])('%s may become a block', (line) => expect(mayBecomeBlock(line)).toBe(true));
    it.each(['text', '# Title', '- item', '12. item', '**bold'])('%s is what it is', (line) => expect(mayBecomeBlock(line)).toBe(false));
});

describe('sources', () => {
    it('stand at the byte after which they were said', () => {
        const text = withSources('Grün ist gut. Ja.', [{ url: 'https://a.example/', title: 'A', start: 0, end: 14 }]);
        expect(parser.render(text)).toContain('Grün ist gut.<a class="cite" data-source="1">1</a>');
    });

    it('are no links to anything but pages', () => {
        expect(withSources('a', [{ url: 'javascript:alert(1)', title: 'A', start: 0, end: 1 }])).toBe('a');
    });
});

describe('links', () => {
    it.each(['javascript:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', '//host/x', 'JaVaScRiPt:x'])('%s stays text', (url) => {
        expect(parser.render(`[a](${url})`)).not.toContain('<a');
    });

    it('pictures become links', () => {
        expect(parser.render('![cat](https://a.example/c.png)')).toContain('<a href="https://a.example/c.png" class="pic">cat</a>');
    });
});
