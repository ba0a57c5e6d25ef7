#!/usr/bin/env node
// Prints src/numbers/number_spellings.inc, which the tests of src/numbers read: how people write numbers of many countries, what npm's
// libphonenumber-js (its folder is the argument) makes of each, what Pollux shall make of it, and, where the two differ, by which rule.
//
//     tools/make_number_spellings.mjs build/numbers/node_modules/libphonenumber-js >src/numbers/number_spellings.inc
//
// What is expected of Pollux is the number that the spelling was made from, never what Pollux says. Where libphonenumber-js does not find
// that number the form has to name a rule, and this program fails when it does not.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const folder = resolve(process.argv[2] ?? '.');
const require = createRequire(import.meta.url);
const { parsePhoneNumberFromString, getExampleNumber } = require(join(folder, 'max'));
const examples = require(join(folder, 'examples.mobile.json'));
const { version } = require(join(folder, 'package.json'));
const metadata = JSON.parse(readFileSync(join(folder, 'metadata.max.json'), 'utf8'));

const countries =
    `US GB DE FR IT ES PT NL BE LU CH AT DK NO SE FI IS IE PL CZ SK HU RO BG GR TR RU UA BY LT LV EE HR SI RS MD GE AM AZ KZ IL SA AE QA OM
     EG MA DZ TN NG GH KE ZA ET CI SN CM BJ TZ UG IN PK BD LK NP CN HK TW JP KR SG MY TH VN ID PH AU NZ MX BR AR CL CO PE VE UY CU JM DO`
        .split(/\s+/);

const RULES = {
    clean: 'spaces, dashes, dots, brackets and what cannot be seen go',
    abroad: '00 and 011 name the country',
    zero: 'a (0), or a trunk prefix, goes where the rest has a possible length and the whole has not',
    own: "the own code goes where what follows is a mobile's number and the whole is none",
    trunk: 'trunk prefixes are stripped, nothing is put in their place',
    refused: 'premium, shared-cost, pager and satellite numbers are refused',
    digits: 'E.164 has at most 15 digits',
};

const inScript = (zero) => (text) => text.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));
const fullWidth = (text) => inScript(0xff10)(text).replace('+', '\uff0b');

// name of a form -> the spelling, the country that it is typed in ("home" or another calling code), and the rule where libphonenumber-js
// does not follow. `n`: code, national digits, how it is printed at home and abroad.
const forms = [
    ['home', (n) => n.atHome, null, 'trunk'],
    ['abroad', (n) => n.abroad, '1', null],
    ['digits', (n) => `+${n.code}${n.national}`, '44', null],
    ['code without plus', (n) => n.code + n.national, null, 'own'],
    ['00', (n) => `00${n.code} ${n.national}`, '49', 'abroad'],
];
const moreForms = [
    ['national digits', (n) => n.national, null, 'trunk'],
    ['00 from the US', (n) => `00 ${n.code} ${n.national}`, '1', 'abroad'],
    ['011', (n) => `011-${n.code}-${n.national}`, '1', 'abroad'],
    ['no-break spaces', (n) => n.abroad.replaceAll(' ', '\u00a0'), '1', 'clean'],
    ['direction marks', (n) => `\u202a${n.abroad}\u202c`, '1', 'clean'],
    ['dashes', (n) => n.abroad.replace(/[ -]/g, '\u2011'), '1', 'clean'],
    ['en dashes, dots', (n) => `+${n.code}\u2013${n.national.slice(0, 3)}.${n.national.slice(3)}`, '44', 'clean'],
    ['full width', (n) => fullWidth(n.abroad), '1', 'clean'],
    ['Arabic digits', (n) => inScript(0x660)(n.abroad), '1', 'clean'],
    ['Persian digits', (n) => inScript(0x6f0)(n.abroad), '1', 'clean'],
    ['Devanagari digits', (n) => inScript(0x966)(n.abroad), '1', 'clean'],
    ['(0)', (n) => `+${n.code} (0) ${n.national}`, '1', 'zero'],
    ['(+code)', (n) => `(+${n.code}) ${n.national}`, '1', 'clean'],
    ['tel:', (n) => `tel:+${n.code}-${n.national}`, '1', 'clean'],
    ['soft hyphens', (n) => `+${n.code}\u00ad${n.national.slice(0, 4)}\u200b${n.national.slice(4)}\ufeff`, '1', 'clean'],
    ['trunk behind the code', (n) => (n.trunk ? `+${n.code} ${n.trunk}${n.national}` : `+${n.code} ${n.national}`), '1', 'trunk'],
];
// Nothing is expected but that both say the same of it.
const wrongForms = [
    ['two digits more', (n) => `+${n.code}${n.national}12`, '1'],
    ['three digits less', (n) => `+${n.code}${n.national.slice(0, -3)}`, '1'],
];

// Spellings that were no pattern's, from the default country, with what they are.
const others = [
    ['1', '1234567890', '+11234567890'],
    ['1', '(123) 456-7890', '+11234567890'],
    ['1', '1 (415) 555-0100', '+14155550100'],
    ['1', '11234567890', '+11234567890'],
    ['1', '447911123456', 'refused'],
    ['1', '+1447911123456', 'refused'],
    ['44', '447911123456', '+447911123456'],
    ['44', '+44 44 7911 123456', 'refused'],
    ['44', '001 415 555 0100', '+14155550100'],
    ['44', '44 (0) 7911 123456', '+447911123456'],
    ['7', '8 (912) 345-67-89', '+79123456789'],
    ['7', '810 1 415 555 0100', '+14155550100'],
    ['7', '89123456789', '+79123456789'],
    ['81', '010 1 415 555 0100', '+14155550100'],
    ['36', '06 20 123 4567', '+36201234567'],
    ['370', '8 612 34567', '+37061234567'],
    ['375', '8 029 491 19 11', '+375294911911'],
    ['39', '06 1234 5678', '+390612345678'],
    ['39', '+39 (0)6 1234 5678', '+390612345678'],
    ['54', '011 15-2345-6789', 'refused', 'trunk'],
    ['1', '+1 900 555 0100', 'refused', 'refused'],
    ['49', '+49 900 1 123456', 'refused', 'refused'],
    ['49', '+49 180 5 123456', 'refused', 'refused'],
    ['44', '+44 909 879 0000', 'refused', 'refused'],
    ['44', '+44 843 222 2222', 'refused', 'refused'],
    ['44', '+44 7640 123456', 'refused', 'refused'],
    ['1', '+881 612 345 678', 'refused', 'refused'],
    ['1', '+870 773 111 632', 'refused', 'refused'],
    ['1', '+882 16 555 12345', 'refused', 'refused'],
    ['1', '+979 123 456 789', 'refused', 'refused'],
    ['1', '+999 123 456 789', 'refused'],
    ['1', '+0 123 456 789', 'refused'],
    ['1', '12345', 'refused'],
    ['1', '+', 'refused'],
    ['1', 'call me', 'refused'],
    ['1', '+1 415 555 0100 ext. 5', 'refused', 'clean'],
];

function byLibrary(text, code) {
    const number = parsePhoneNumberFromString(text, { defaultCountry: metadata.country_calling_codes[code][0], extract: false });
    return number?.isPossible() ? number.number : 'refused';
}

const rows = [];
function add(code, text, expected, rule, what) {
    const library = byLibrary(text, code);
    if (expected === undefined) expected = library;
    const differs = library !== expected;
    if (differs && !rule) throw new Error(`${what}: ${JSON.stringify(text)} is ${library} there and ${expected} here, and no rule says why`);
    rows.push([code, text, expected, library, differs ? RULES[rule] : '']);
}

countries.forEach((iso, at) => {
    const example = getExampleNumber(iso, examples);
    const trunk = metadata.countries[iso][5] || '';
    const n = { code: example.countryCallingCode, national: example.nationalNumber, trunk, atHome: example.formatNational(), abroad: example.formatInternational() };
    const some = [0, 5, 10].map((step) => moreForms[(at + step) % moreForms.length]);
    for (const [name, spell, from, rule] of [...forms, ...some]) {
        // Argentina's way to write a mobile at home has digits in the middle that only a pattern knows.
        const isImpossible = iso === 'AR' && name === 'home';
        add(from ?? n.code, spell(n), isImpossible ? 'refused' : example.number, rule, `${iso}, ${name}`);
    }
    const [name, spell, from] = wrongForms[at % wrongForms.length];
    const text = spell(n);
    add(from, text, text.length > 16 ? 'refused' : undefined, 'digits', `${iso}, ${name}`);
});
for (const [code, text, expected, rule] of others) add(code, text, expected, rule, 'others');

// For C++: what is not ASCII as bytes in octal, which end after three digits.
const literal = (text) =>
    `"${[...Buffer.from(text, 'utf8')].map((byte) => (byte >= 0x20 && byte < 0x7f ? (byte === 0x22 || byte === 0x5c ? '\\' : '') + String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`)).join('')}"`;

const different = rows.filter(([, , , , rule]) => rule).length;
process.stdout.write(`// Made by tools/make_number_spellings.mjs from libphonenumber-js ${version}; see NOTICE. Do not edit.
// ${rows.length} spellings of ${countries.length} countries; libphonenumber-js reads ${different} of them otherwise, and the rule says why.
// clang-format off
constexpr Case spellings[] = {
    // Default code, as it is typed, as it is read here, and by libphonenumber-js, the rule that makes the difference.
${rows.map((row) => `    {${row.map(literal).join(', ')}},`).join('\n')}
};
// clang-format on
`);
