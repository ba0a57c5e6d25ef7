// Looking for codes where there should be none.

// What is made of digits and may hold any six of them by chance: times and other fractions, durations and sizes, values of metrics.
const fractions = /\d*\.\d+/g;
const durations = /"?\b\w+_(us|ms|bytes)"?[:=]\d+/g;
const samples = /^((?:pollux|process)_\w+(?:\{.*\})?) [-+\d.eE]+$/gm;

// Whether the text says the code, anywhere but as a part of a word, an id, a hash or a figure.
export function saysCode(text, code) {
    const plain = text.replaceAll(samples, '$1').replaceAll(durations, '').replaceAll(fractions, '');
    return new RegExp(`(?<![\\w+/-])${code}(?![\\w+/-])`).test(plain);
}
