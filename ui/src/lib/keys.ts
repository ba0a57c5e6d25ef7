// Keys of the pages. A page gives a table; what a field, a dialog or an input method wants stays theirs.
import { keepText, keptText } from './kept.ts';

export interface Keys {
    readonly [combination: string]: (event: KeyboardEvent) => boolean | void; // false: not taken.
}

export function lettersWork(): boolean {
    return keptText('letters') !== 'off';
}

export function letLettersWork(on: boolean): void {
    keepText('letters', on ? null : 'off');
}

const isMac = /mac|iphone|ipad/i.test(navigator.platform);
export const commandKey = isMac ? '⌘' : 'Ctrl';

// "mod+k", "mod+shift+o", "alt+ArrowUp", "/", "Escape".
export function combinationOf(event: KeyboardEvent): string {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const parts = [];
    if (event.ctrlKey || event.metaKey) parts.push('mod');
    if (event.altKey) parts.push('alt');
    if (event.shiftKey && (event.key.length > 1 || event.ctrlKey || event.metaKey)) parts.push('shift');
    return [...parts, key].join('+');
}

export function isTyping(target: EventTarget | null): boolean {
    return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

export function listen(keys: Keys): () => void {
    const take = (event: KeyboardEvent) => {
        if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open]')) return;
        const combination = combinationOf(event);
        const isPlain = !/^(mod|alt)\+/.test(combination);
        if (isPlain && combination !== 'Escape' && isTyping(event.target)) return;
        if (isPlain && event.key.length === 1 && !lettersWork()) return;
        const act = keys[combination] ?? (isPlain && /^\p{L}$/u.test(event.key) ? keys['letter'] : undefined);
        if (act && act(event) !== false) event.preventDefault();
    };
    addEventListener('keydown', take);
    return () => removeEventListener('keydown', take);
}
