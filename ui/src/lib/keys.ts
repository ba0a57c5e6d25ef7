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

// "mod+k", "mod+shift+o", "alt+ArrowUp", "/", "Escape"; "other+k" with the modifier that is not this system's for commands.
export function combinationOf(event: KeyboardEvent, onMac = isMac): string {
    const key = latinOf(event);
    const parts = [];
    if (onMac ? event.metaKey : event.ctrlKey) parts.push('mod');
    if (onMac ? event.ctrlKey : event.metaKey) parts.push('other');
    if (event.altKey) parts.push('alt');
    if (event.shiftKey && (event.key.length > 1 || event.ctrlKey || event.metaKey)) parts.push('shift');
    return [...parts, key].join('+');
}

// Where the layout writes another script, a key is the one that stands there on a Latin keyboard.
function latinOf({ key, code, shiftKey }: KeyboardEvent): string {
    if (key.length !== 1) return key;
    if (key > '\u007f') {
        const letter = /^Key([A-Z])$/.exec(code)?.[1];
        if (letter !== undefined) return letter.toLowerCase();
        if (code === 'Slash') return shiftKey ? '?' : '/';
    }
    return key === '؟' ? '?' : key.toLowerCase();
}

// A key that an input method is busy with. Safari says so of the Enter that ends a composition by 229 alone.
export function isComposing(event: KeyboardEvent): boolean {
    return event.isComposing || event.keyCode === 229;
}

export function isTyping(target: EventTarget | null): boolean {
    return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

export function listen(keys: Keys): () => void {
    const take = (event: KeyboardEvent) => {
        if (event.defaultPrevented || isComposing(event) || document.querySelector('dialog[open]')) return;
        const combination = combinationOf(event);
        const isPlain = !/^(mod|other|alt)\+/.test(combination);
        // In an empty box there is no end of a line to go to.
        const isForPage = combination === 'Escape' || (combination === 'End' && event.target instanceof HTMLTextAreaElement && event.target.value === '');
        if (isPlain && !isForPage && isTyping(event.target)) return;
        if (isPlain && event.key.length === 1 && !lettersWork()) return;
        const act = keys[combination] ?? (isPlain && /^\p{L}$/u.test(event.key) ? keys['letter'] : undefined);
        if (act && act(event) !== false) event.preventDefault();
    };
    addEventListener('keydown', take);
    return () => removeEventListener('keydown', take);
}
