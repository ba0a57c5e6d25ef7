// Formulas, drawn into nodes: styles that a script sets pass the policy, style attributes do not.
import styles from 'katex/dist/katex.min.css?url';
import katex from 'katex';

const link = document.createElement('link');
link.rel = 'stylesheet';
link.href = styles;
document.head.append(link);

export function drawFormula(node: HTMLElement): void {
    const source = node.textContent ?? '';
    try {
        katex.render(source, node, {
            displayMode: node.dataset['display'] === '1',
            throwOnError: true,
            strict: 'ignore',
            trust: false,
            maxSize: 20,
            maxExpand: 500,
        });
        node.dir = 'ltr';
    } catch {
        node.textContent = source; // What cannot be drawn stays as it was written.
    }
}
