// Mobile numbers as the server writes them (+447911123456), for people to read.

// Calling codes have one, two or three digits; which, their first digits say.
const shape = /^\+(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3})(\d+)$/;
const groupMax = 4;

// Where a 0 in front belongs to the number. Elsewhere it is dialled at home alone.
const ownZero = new Set('39 47 225 226 227 229 241 242 247 267 268 378 501 507 676 679 687 853 974 992'.split(' '));

// In groups that are as equal as they can be, longer ones last: +1 201 303 3381.
export function grouped(mobile: string): string {
    const [, code, national] = shape.exec(mobile) ?? [];
    if (code === undefined || national === undefined) return mobile;
    const groups: string[] = [];
    for (let at = 0, left = Math.ceil(national.length / groupMax); left > 0; --left) {
        const size = Math.floor((national.length - at) / left);
        groups.push(national.slice(at, at + size));
        at += size;
    }
    return [`+${code}`, ...groups].join(' ');
}

// Without what people write in front of their number because they dial it at home, for showing it while the server has not said how it reads it.
export function withoutTrunk(mobile: string): string {
    const [, code, national] = shape.exec(mobile) ?? [];
    if (code === undefined || national === undefined || ownZero.has(code)) return mobile;
    const trunk = code === '1' ? /^1(?=\d{10}$)/ : code === '36' ? /^06/ : /^0+/;
    return `+${code}${national.replace(trunk, '')}`;
}
