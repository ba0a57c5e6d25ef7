import { expect, it } from 'vitest';

import { countries, firstCountry, mobileOf } from './countries.ts';

const us = { region: 'US', code: '1' };

it.each([
    ['202 555 0142', us, '+12025550142'],
    ['(202) 555-0142', us, '+12025550142'],
    ['+44 7911 123456', us, '+447911123456'],
    ['0044 7911 123456', us, '+447911123456'],
    ['07911 123456', { region: 'GB', code: '44' }, '+4407911123456'],
    ['0612 345678', { region: 'IT', code: '39' }, '+390612345678'],
    ['07 07 12 34 56', { region: 'CI', code: '225' }, '+2250707123456'],
    ['06 612 3456', { region: 'CG', code: '242' }, '+242066123456'],
    ['01 90 12 34 56', { region: 'BJ', code: '229' }, '+2290190123456'],
    ['٠١٠ ٠١٢٣ ٤٥٦٧', { region: 'EG', code: '20' }, '+2001001234567'],
    ['۰۹۱۲ ۳۴۵ ۶۷۸۹', { region: 'IR', code: '98' }, '+9809123456789'],
    ['＋٤٤ ٧٩١١ ١٢٣٤٥٦', us, '+447911123456'],
    ['٠٠٤٤ ٧٩١١ ١٢٣٤٥٦', us, '+447911123456'],
])('%s is understood', (written, country, mobile) => expect(mobileOf(written, country)).toBe(mobile));

it('only countries that the server takes are offered', () => {
    expect(countries(['US', '44']).map(({ region }) => region)).toEqual(['GB', 'GG', 'IM', 'JE', 'US']);
    expect(countries(null).length).toBeGreaterThan(200);
});

it('the reader’s own country comes first, else the server’s default', () => {
    expect(firstCountry(countries(null), '1', ['ar-EG', 'en-US']).region).toBe('EG');
    expect(firstCountry(countries(null), '1', ['en']).region).toBe('US');
    expect(firstCountry(countries(['44']), '44', ['en-US']).region).toBe('GB');
});
