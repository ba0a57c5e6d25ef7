import { expect, it } from 'vitest';

import { digitsOf } from './digits.ts';

it.each([
    ['0123456789', '0123456789'],
    ['٠١٢٣٤٥٦٧٨٩', '0123456789'],
    ['۰۱۲۳۴۵۶۷۸۹', '0123456789'],
    ['०१२३४५६७८९', '0123456789'],
    ['０１２３４５６７８９', '0123456789'],
    ['𝟬𝟭𝟮 𝟗', '0129'],
    [' 12-34\u200F 56 ', '123456'],
    ['no digit', ''],
])('%s has the digits %s', (text, digits) => expect(digitsOf(text)).toBe(digits));

it('what else is wanted stays', () => expect(digitsOf('＋٢٠ (10)', '+')).toBe('+2010'));
