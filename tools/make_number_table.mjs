#!/usr/bin/env node
// Prints src/numbers/number_table.inc from the metadata of npm's libphonenumber-js, whose folder is the argument:
//
//     npm install --prefix build/numbers libphonenumber-js
//     tools/make_number_table.mjs build/numbers/node_modules/libphonenumber-js >src/numbers/number_table.inc
//
// then tools/make_number_spellings.mjs, and the tests of src/numbers. What the fields mean stands in src/numbers/number_table.hpp.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2];
if (!folder) {
    console.error('usage: tools/make_number_table.mjs FOLDER_OF_LIBPHONENUMBER_JS');
    process.exit(2);
}
const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const metadata = JSON.parse(readFileSync(join(folder, 'metadata.max.json'), 'utf8'));

// Places in a country's list and in its list of types (libphonenumber-js source/metadata.js).
const CODE = 0, IDD = 1, PATTERN = 2, LENGTHS = 3, TRUNK = 5, TRUNK_FOR_PARSING = 7, LEADING = 10, TYPES = 11;
const FIXED = 0, MOBILE = 1, PREMIUM = 3, PAGER = 7, SHARED_COST = 9;
const refusedTypes = [PREMIUM, PAGER, SHARED_COST];

// Networks by satellite: whole codes, and Thuraya's part of the code that international networks share.
const satellite = { 870: '\\d{1,17}', 881: '\\d{1,17}', 882: '16\\d{5,10}' };

const typed = (country, types) =>
    types.map((type) => country[TYPES]?.[type]).filter(Boolean).map(([pattern]) => pattern).join('|');
const allTypes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

// All texts of a small expression without groups that capture: "0|80?" is 0, 8, 80. Undefined for any other.
function textsOf(expression) {
    const texts = new Set();
    for (const part of expression.split('|')) {
        let some = [''];
        for (const [item, digit, digits, mark] of part.matchAll(/(?:(\d)|\[(\d+)\])(\??)|./g)) {
            const next = digit ? [digit] : digits ? [...digits] : undefined;
            if (!next) return undefined;
            if (item === '') continue;
            some = [...(mark ? some : []), ...some.flatMap((text) => next.map((one) => text + one))];
        }
        for (const text of some) if (text) texts.add(text);
    }
    return [...texts];
}

function trunksOf(country) {
    const simple = country[TRUNK_FOR_PARSING] ? textsOf(country[TRUNK_FOR_PARSING]) : undefined;
    const trunks = new Set(simple ?? []);
    if (country[TRUNK]) trunks.add(country[TRUNK]);
    return [...trunks].sort((a, b) => b.length - a.length || (a < b ? -1 : 1)).join(' ');
}

const text = (value) => JSON.stringify(value || '');
const mask = (lengths) => `0x${lengths.reduce((sum, length) => sum + 2 ** length, 0).toString(16)}`;

function regionRow(iso, country, isShared) {
    const refused = satellite[country[CODE]] ?? typed(country, refusedTypes);
    const isSatellite = country[CODE] in satellite;
    const mobile = isSatellite ? '' : typed(country, [MOBILE]);
    const fixed = !isSatellite && (refused || isShared) ? typed(country, [FIXED]) : '';
    const others = isShared && !country[LEADING] ? typed(country, allTypes.filter((type) => type > MOBILE && !refusedTypes.includes(type))) : '';
    return `    {${[text(iso), mask(country[LENGTHS]), text(country[PATTERN]), text(country[LEADING]), text(mobile), text(fixed === mobile ? '' : fixed), text(others), text(refused)].join(', ')}},`;
}

const regions = [];
const codes = [];
function addCode(code, members, main) {
    const idd = /^\d{3,}$/.test(main[IDD] || '') && !main[IDD].startsWith('00') ? main[IDD] : '';
    codes.push(`    {${[text(code), text(idd), text(trunksOf(main)), regions.length, members.length].join(', ')}},`);
    for (const [iso, country] of members) regions.push(regionRow(iso, country, members.length > 1));
}
const all = [
    ...Object.entries(metadata.country_calling_codes).map(([code, isos]) => [code, isos.map((iso) => [iso, metadata.countries[iso]])]),
    ...Object.entries(metadata.nonGeographic).map(([code, country]) => [code, [['', country]]]),
];
all.sort(([a], [b]) => (a < b ? -1 : 1));
for (const [code, members] of all) addCode(code, members, members[0][1]);

process.stdout.write(`// Made by tools/make_number_table.mjs from libphonenumber-js ${version} (metadata.max.json); see NOTICE. Do not edit.
// clang-format off
constexpr Region regions[] = {
${regions.join('\n')}
};

constexpr CallingCode calling_codes[] = {
${codes.join('\n')}
};
// clang-format on
`);
