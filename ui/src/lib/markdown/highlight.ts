// Colours for code, made of nodes. Languages are fetched when a reply has them.
import hljs from 'highlight.js/lib/core';
import type { LanguageFn } from 'highlight.js';

const loaders: Record<string, () => Promise<{ default: LanguageFn }>> = {
    bash: () => import('highlight.js/lib/languages/bash'),
    c: () => import('highlight.js/lib/languages/c'),
    cpp: () => import('highlight.js/lib/languages/cpp'),
    csharp: () => import('highlight.js/lib/languages/csharp'),
    css: () => import('highlight.js/lib/languages/css'),
    diff: () => import('highlight.js/lib/languages/diff'),
    dockerfile: () => import('highlight.js/lib/languages/dockerfile'),
    go: () => import('highlight.js/lib/languages/go'),
    ini: () => import('highlight.js/lib/languages/ini'),
    java: () => import('highlight.js/lib/languages/java'),
    javascript: () => import('highlight.js/lib/languages/javascript'),
    json: () => import('highlight.js/lib/languages/json'),
    kotlin: () => import('highlight.js/lib/languages/kotlin'),
    lua: () => import('highlight.js/lib/languages/lua'),
    markdown: () => import('highlight.js/lib/languages/markdown'),
    php: () => import('highlight.js/lib/languages/php'),
    python: () => import('highlight.js/lib/languages/python'),
    r: () => import('highlight.js/lib/languages/r'),
    ruby: () => import('highlight.js/lib/languages/ruby'),
    rust: () => import('highlight.js/lib/languages/rust'),
    sql: () => import('highlight.js/lib/languages/sql'),
    swift: () => import('highlight.js/lib/languages/swift'),
    typescript: () => import('highlight.js/lib/languages/typescript'),
    xml: () => import('highlight.js/lib/languages/xml'),
    yaml: () => import('highlight.js/lib/languages/yaml'),
};
const aliases: Record<string, string> = {
    py: 'python', js: 'javascript', jsx: 'javascript', mjs: 'javascript', ts: 'typescript', tsx: 'typescript', sh: 'bash', shell: 'bash', zsh: 'bash', console: 'bash', 'c++': 'cpp', cc: 'cpp',
    h: 'c', hpp: 'cpp', cs: 'csharp', 'c#': 'csharp', html: 'xml', svg: 'xml', svelte: 'xml', vue: 'xml', yml: 'yaml', toml: 'ini', rs: 'rust', golang: 'go', kt: 'kotlin', rb: 'ruby', md: 'markdown',
    patch: 'diff', docker: 'dockerfile', json5: 'json', jsonc: 'json', postgresql: 'sql', sqlite: 'sql', mysql: 'sql',
};
const classes: Record<string, string> = {
    keyword: 'k', built_in: 'k', literal: 'k', type: 'k', tag: 'k', name: 'k', 'selector-tag': 'k', section: 'k', doctag: 'k', string: 'st', regexp: 'st', addition: 'st', attribute: 'st', symbol: 'st',
    number: 'nu', bullet: 'nu', deletion: 'nu', comment: 'co', quote: 'co', meta: 'co', title: 'fn', function: 'fn', attr: 'fn', 'selector-class': 'fn', 'selector-id': 'fn',
};

interface Node {
    readonly scope?: string;
    readonly children: readonly (Node | string)[];
}

// The nodes of `text`, or null for a language that is not known here.
export async function highlighted(text: string, language: string): Promise<DocumentFragment | null> {
    const name = (Object.hasOwn(aliases, language) ? aliases[language] : undefined) ?? language;
    const load = Object.hasOwn(loaders, name) ? loaders[name] : undefined;
    if (!load) return null;
    if (!hljs.getLanguage(name)) hljs.registerLanguage(name, (await load()).default);
    const result = hljs.highlight(text, { language: name, ignoreIllegals: true });
    // The tree that its HTML is made of: nodes need no trusted HTML.
    const root = (result as unknown as { _emitter: { rootNode: Node } })._emitter.rootNode;
    const out = document.createDocumentFragment();
    put(root, out);
    return out;
}

function put(node: Node, into: ParentNode & globalThis.Node): void {
    for (const child of node.children) {
        if (typeof child === 'string') {
            into.append(child);
            continue;
        }
        const name = classes[child.scope ?? ''] ?? classes[(child.scope ?? '').split('.')[0] ?? ''];
        if (name === undefined) {
            put(child, into);
            continue;
        }
        const span = document.createElement('span');
        span.className = name;
        put(child, span);
        into.append(span);
    }
}
