import { expect, it } from 'vitest';

import { combinationOf, isComposing } from './keys.ts';

const pressed = (key: string, code: string, more: Partial<KeyboardEvent> = {}) => ({ key, code, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more }) as KeyboardEvent;

it.each([
    ['k', 'KeyK', { ctrlKey: true }, 'mod+k'],
    ['O', 'KeyO', { ctrlKey: true, shiftKey: true }, 'mod+shift+o'],
    ['ArrowUp', 'ArrowUp', { altKey: true }, 'alt+ArrowUp'],
    ['?', 'Slash', { shiftKey: true }, '?'],
    ['k', 'KeyK', { metaKey: true }, 'other+k'],
    // Arabic and Cyrillic layouts: the key that stands there.
    ['\u0646', 'KeyK', { ctrlKey: true }, 'mod+k'],
    ['\u0624', 'KeyC', {}, 'c'],
    ['\u0442', 'KeyN', {}, 'n'],
    ['\u061f', 'Slash', { shiftKey: true }, '?'],
    ['\u0638', 'Slash', {}, '/'],
    // Where a Latin layout has a letter elsewhere, its letter counts.
    ['a', 'KeyQ', {}, 'a'],
])('%s at %s', (key, code, more, combination) => expect(combinationOf(pressed(key, code, more), false)).toBe(combination));

it('the command key of a Mac is Cmd alone', () => {
    expect(combinationOf(pressed('k', 'KeyK', { metaKey: true }), true)).toBe('mod+k');
    expect(combinationOf(pressed('k', 'KeyK', { ctrlKey: true }), true)).toBe('other+k');
});

it('a key that an input method is busy with is its own, as Safari tells it, too', () => {
    expect(isComposing(pressed('Enter', 'Enter', { isComposing: true, keyCode: 229 }))).toBe(true);
    expect(isComposing(pressed('Enter', 'Enter', { isComposing: false, keyCode: 229 }))).toBe(true);
    expect(isComposing(pressed('Enter', 'Enter', { isComposing: false, keyCode: 13 }))).toBe(false);
});
