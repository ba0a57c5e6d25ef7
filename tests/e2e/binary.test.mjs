// What the program carries with it, looked at from outside: nothing that it could print says where on the machine that built it the
// sources of a library lie, and it stays small, with the pages in it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { binary } from './support/process.mjs';

const binaryMax = 9 * 1024 * 1024; // bytes, stripped

// The headers of the sections of an ELF file: {type, flags, begin, size}.
function sectionsOf(file) {
    assert.equal(file.subarray(0, 5).toString('latin1'), '\x7fELF\x02', 'a 64-bit ELF file');
    const table = Number(file.readBigUInt64LE(0x28));
    const [size, count] = [file.readUInt16LE(0x3a), file.readUInt16LE(0x3c)];
    return Array.from({ length: count }, (_, index) => {
        const header = file.subarray(table + index * size, table + (index + 1) * size);
        return { type: header.readUInt32LE(0x04), flags: header.readBigUInt64LE(0x08), begin: Number(header.readBigUInt64LE(0x18)), size: Number(header.readBigUInt64LE(0x20)) };
    });
}

const [symbols, noBytes, allocated] = [2, 8, 2n];
const file = readFileSync(binary('pollux'));
const headers = sectionsOf(file);
// Those that are loaded with the program, and so hold whatever it can print; debug information is not.
const sections = headers
    .filter(({ type, flags }) => flags & allocated && type !== noBytes)
    .map(({ begin, size }) => file.subarray(begin, begin + size).toString('latin1'));
// They write the place of every check into the program.
const isSanitized = sections.some((section) => /__(asan|tsan|ubsan)_/.test(section));

test('the program holds no path of a header', { skip: isSanitized && 'sanitizers need them' }, () => {
    assert.ok(sections.some((section) => section.includes('DATABASE_URL')), 'the texts of the program are looked at');
    const paths = sections.flatMap((section) => section.match(/\/(usr|opt|home|root)\/[\x21-\x7e]*\.(h|hpp|ipp)\b/g) ?? []);
    assert.deepEqual(paths, []);
});

test('a release is at most 9 MiB', { skip: headers.some(({ type }) => type === symbols) && 'this build has its symbols' }, () => {
    assert.ok(file.length <= binaryMax, `${(file.length / 1024 / 1024).toFixed(2)} MiB`);
});
