// HTML that the renderer made becomes nodes here, and only here. The renderer escapes everything; this is the second wall.
import DOMPurify from 'dompurify';

const tags = ['p', 'h3', 'h4', 'h5', 'h6', 'ul', 'ol', 'li', 'blockquote', 'pre', 'code', 'em', 'strong', 's', 'br', 'hr', 'a', 'span', 'div', 'table', 'thead', 'tbody', 'tr', 'th', 'td'];
const attributes = ['href', 'class', 'dir', 'start', 'scope', 'data-language', 'data-display', 'data-source'];

const purify = DOMPurify(window);
purify.addHook('afterSanitizeAttributes', (node) => {
    if (node.tagName !== 'A' || !node.hasAttribute('href')) return;
    node.setAttribute('target', '_blank');
    node.setAttribute('rel', 'noopener noreferrer');
});

export function nodesOf(html: string): DocumentFragment {
    return purify.sanitize(html, {
        ALLOWED_TAGS: tags,
        ALLOWED_ATTR: attributes,
        // Only href is an address; DOMPurify would judge the others by the same expression.
        ADD_URI_SAFE_ATTR: attributes.filter((name) => name !== 'href'),
        ALLOW_DATA_ATTR: false,
        ALLOW_ARIA_ATTR: false,
        ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
        RETURN_DOM_FRAGMENT: true,
    });
}
