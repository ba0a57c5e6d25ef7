import { afterEach, expect, it } from 'vitest';

import { ar } from './ar.ts';
import { en } from './en.ts';
import { say, words, type Catalogue, type Word } from './words.svelte.ts';

const catalogues: Record<'en' | 'ar', Catalogue> = { en, ar };

function read(language: 'en' | 'ar'): void {
    words.catalogue = catalogues[language];
    words.language = language;
}
afterEach(() => read('en'));

it.each([
    [3, 5, '3 of 5 messages left today'],
    [1, 5, '1 of 5 messages left today'],
    [1, 1, '1 of 1 message left today'],
    [900, 1000, '900 of 1,000 messages left today'],
])('%d of %d in English', (n, limit, text) => expect(say('left_today', { n, limit })).toBe(text));

// The noun behind the limit is in the number and the form that the limit asks for, whatever is left of it.
it.each([
    [0, 5, 'لم يبقَ شيء من 5 رسائل اليوم'],
    [1, 5, 'بقيت واحدة من 5 رسائل اليوم'],
    [2, 2, 'بقيت اثنتان من رسالتين اليوم'],
    [3, 5, 'بقي 3 من 5 رسائل اليوم'],
    [3, 11, 'بقي 3 من 11 رسالة اليوم'],
    [11, 100, 'بقي 11 من 100 رسالة اليوم'],
    [0, 1, 'لم يبقَ شيء من رسالة واحدة اليوم'],
])('%d of %d in Arabic', (n, limit, text) => {
    read('ar');
    expect(say('left_today', { n, limit })).toBe(text);
});

it('the same holds for what is used, and on the page of plans', () => {
    read('ar');
    expect(say('used_of', { used: 12, limit: 5 })).toBe('استُعمل 12 من 5 رسائل');
    expect(say('you_are_on', { plan: 'Basic', left: 11, limit: 3, time: '10:00' })).toContain('بقي 11 من 3 رسائل اليوم');
    expect(say('messages_per_day', { n: 2 })).toBe('رسالتان يوميًا');
    read('en');
    expect(say('used_of', { used: 3, limit: 1 })).toBe('3 of 1 message used');
    expect(say('messages_per_day', { n: 1000 })).toBe('1,000 messages a day');
});

// Every value by its name, with the word that it is counted in.
const formsOf = (catalogue: Catalogue, word: Word) => (typeof catalogue[word] === 'string' ? [catalogue[word]] : Object.values(catalogue[word]));
const valuesIn = (forms: readonly string[]) => forms.flatMap((form) => [...form.matchAll(/\{(\w+)(?::(\w+))?\}/g)].map(([, name, counted]) => ({ name: name as string, counted })));

it.each(['en', 'ar'] as const)('what stands in braces is known in both languages: %s', (language) => {
    const other = language === 'en' ? catalogues.ar : catalogues.en;
    for (const word of Object.keys(en) as Word[]) {
        const known = new Set(['n', ...valuesIn(formsOf(other, word)).map(({ name }) => name)]);
        for (const { name, counted } of valuesIn(formsOf(catalogues[language], word))) {
            expect(known, word).toContain(name);
            if (counted === undefined) continue;
            expect(Object.keys(en), `${word} names a word`).toContain(counted);
            expect(typeof catalogues[language][counted as Word], `${counted} has plurals`).toBe('object');
        }
    }
});
