// Offsets of the wire are UTF-8 bytes, strings here are UTF-16.
export function utf8Length(text: string): number {
    let bytes = text.length;
    for (let i = 0; i < text.length; ++i) {
        const unit = text.charCodeAt(i);
        if (unit < 0x80) continue;
        // Half of a pair counts 2: the two together are 4 bytes. One alone would be written as U+FFFD, which is 3.
        if (unit < 0x800) bytes += 1;
        else if (unit >= 0xd800 && unit < 0xdc00 && isLow(text.charCodeAt(i + 1))) {
            bytes += 2;
            ++i;
        } else bytes += 2;
    }
    return bytes;
}

// `text` without its first `bytes` bytes; null when that would cut a character.
export function withoutBytes(text: string, bytes: number): string | null {
    let at = 0;
    let i = 0;
    while (at < bytes && i < text.length) {
        const unit = text.charCodeAt(i);
        const isPair = unit >= 0xd800 && unit < 0xdc00 && isLow(text.charCodeAt(i + 1));
        at += unit < 0x80 ? 1 : unit < 0x800 ? 2 : isPair ? 4 : 3;
        i += isPair ? 2 : 1;
    }
    return at === bytes ? text.slice(i) : null;
}

function isLow(unit: number): boolean {
    return unit >= 0xdc00 && unit < 0xe000;
}
