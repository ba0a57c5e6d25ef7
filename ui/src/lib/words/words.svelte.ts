// All words of the pages, in the language that is chosen. Keys are typed: a word that is missing in one catalogue does not compile.
import { keepText, keptText } from '../kept.ts';
import { en } from './en.ts';

export type Language = 'en' | 'ar';
type Plural = { readonly [Rule in Intl.LDMLPluralRule]?: string } & { readonly other: string };
export type Catalogue = { readonly [Key in keyof typeof en]: (typeof en)[Key] extends string ? string : Plural };
export type Word = keyof Catalogue;
export type Values = { readonly [name: string]: string | number };

export const languages: readonly Language[] = ['en', 'ar'];
const locales = { en: 'en', ar: 'ar-u-nu-latn' } as const;

class Words {
    language = $state<Language>('en');
    catalogue = $state.raw<Catalogue>(en);
    brand = $state('Pollux'); // As the server calls the product.

    get locale(): string {
        return locales[this.language];
    }
}

export const words = new Words();

// Named values stand in braces in a word; {n} chooses its plural, {brand} need not be given. {limit:messages} is the other word, in the plural
// that this value chooses: what a noun counts is not always what its sentence does.
export function say(word: Word, values: Values = {}): string {
    const entry: string | Plural = words.catalogue[word];
    const form = typeof entry === 'string' ? entry : (entry[pluralRules(words.locale).select(Number(values['n'] ?? 0))] ?? entry.other);
    return form.replace(/\{(\w+)(?::(\w+))?\}/g, (whole, name: string, counted?: string) => {
        const value = values[name] ?? (name === 'brand' ? words.brand : undefined);
        if (value === undefined) return whole;
        if (counted !== undefined) return say(counted as Word, { n: value });
        return typeof value === 'number' ? numbers(words.locale).format(value) : value;
    });
}

export async function speak(language: Language): Promise<void> {
    const catalogue = language === 'ar' ? (await import('./ar.ts')).ar : en;
    words.catalogue = catalogue;
    words.language = language;
    document.documentElement.lang = language;
    document.documentElement.dir = language === 'ar' ? 'rtl' : 'ltr';
    // An app is installed in the language in which it is read.
    document.querySelector('link[rel=manifest]')?.setAttribute('href', language === 'ar' ? '/manifest.ar.webmanifest' : '/manifest.webmanifest');
}

// Throws where the catalogue is not to be had: then all stays as it was.
export async function chooseLanguage(language: Language): Promise<void> {
    await speak(language);
    keepText('language', language);
}

// What theme.js has chosen before the first paint.
export function firstLanguage(): Language {
    return keptText('language') === 'ar' || document.documentElement.lang === 'ar' ? 'ar' : 'en';
}

function memo<T>(make: (locale: string) => T): (locale: string) => T {
    const made = new Map<string, T>();
    return (locale) => {
        let value = made.get(locale);
        if (value === undefined) made.set(locale, (value = make(locale)));
        return value;
    };
}

const pluralRules = memo((locale) => new Intl.PluralRules(locale));
const numbers = memo((locale) => new Intl.NumberFormat(locale));
