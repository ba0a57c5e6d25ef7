import { describe, expect, test } from 'vitest';

import { utf8Length, withoutBytes } from '../../src/utf8.ts';

const broken = ['\ud800', 'x\udc00y', '\ud800\ud800\udc00'];
const texts = ['', 'plain', 'é', '€', '😀', 'a😀b€cé', ...broken, '\u0000\u007f\u0080\u07ff\u0800\uffff'];

describe('utf8', () => {
    test('counts bytes as they are written', () => {
        for (const text of texts) expect(utf8Length(text), JSON.stringify(text)).toBe(new TextEncoder().encode(text).length);
    });

    test('cuts between characters, and refuses to cut within one', () => {
        for (const text of texts.filter((text) => !/[\ud800-\udfff]/u.test(text))) {
            const bytes = new TextEncoder().encode(text);
            for (let at = 0; at <= bytes.length; ++at) {
                const isBorder = at === bytes.length || ((bytes[at] ?? 0) & 0xc0) !== 0x80;
                expect(withoutBytes(text, at)).toBe(isBorder ? new TextDecoder().decode(bytes.slice(at)) : null);
            }
            expect(withoutBytes(text, bytes.length + 1)).toBe(null);
        }
    });
});
