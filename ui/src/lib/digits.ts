// Digits as keyboards of any script write them: those that the server reads, too.
const isDigit = (character: string) => /^\p{Nd}$/u.test(character);

// The ASCII digits of a text, and what `also` holds; all else goes.
export function digitsOf(text: string, also = ''): string {
    return [...text.normalize('NFKC')].map((character) => (isDigit(character) ? String(valueOf(character)) : also.includes(character) ? character : '')).join('');
}

// Unicode keeps the ten of a script together, in order.
function valueOf(digit: string): number {
    const point = digit.codePointAt(0) ?? 0;
    let before = 0;
    while (isDigit(String.fromCodePoint(point - before - 1))) before += 1;
    return before % 10;
}
