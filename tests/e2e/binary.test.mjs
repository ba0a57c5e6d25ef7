// What the program carries with it, looked at from outside: nothing that it could print says where on the machine that built it the
// sources of a library lie.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { binary } from './support/process.mjs';

// The sections of an ELF file that are loaded with the program, and so hold whatever it can print; debug information is not.
function loadedSections(file) {
    assert.equal(file.subarray(0, 5).toString('latin1'), '\x7fELF\x02', 'a 64-bit ELF file');
    const table = Number(file.readBigUInt64LE(0x28));
    const [size, count] = [file.readUInt16LE(0x3a), file.readUInt16LE(0x3c)];
    const [isAllocated, hasNoBytes] = [2n, 8];
    const sections = [];
    for (let index = 0; index < count; ++index) {
        const header = file.subarray(table + index * size, table + (index + 1) * size);
        if (!(header.readBigUInt64LE(0x08) & isAllocated) || header.readUInt32LE(0x04) === hasNoBytes) continue;
        const begin = Number(header.readBigUInt64LE(0x18));
        sections.push(file.subarray(begin, begin + Number(header.readBigUInt64LE(0x20))).toString('latin1'));
    }
    return sections;
}

const sections = loadedSections(readFileSync(binary('pollux')));
// They write the place of every check into the program.
const isSanitized = sections.some((section) => /__(asan|tsan|ubsan)_/.test(section));

test('the program holds no path of a header', { skip: isSanitized && 'sanitizers need them' }, () => {
    assert.ok(sections.some((section) => section.includes('DATABASE_URL')), 'the texts of the program are looked at');
    const paths = sections.flatMap((section) => section.match(/\/(usr|opt|home|root)\/[\x21-\x7e]*\.(h|hpp|ipp)\b/g) ?? []);
    assert.deepEqual(paths, []);
});
