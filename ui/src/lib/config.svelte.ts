// What this server is set to, for everybody to read: GET /config/. What it said last is kept on this device, so that its name and its logo
// stand there at once; a server that does not answer is taken as it is by default.
import { isRecord, keep, kept } from './kept.ts';
import { words } from './words/words.svelte.ts';

export interface Config {
    readonly countries: readonly string[] | null; // Regions ("US") or calling codes ("44") whose numbers are taken; null: all.
    readonly default_country: string; // A calling code, without +.
    readonly password_login: boolean;
    readonly sells: boolean; // Plans can be bought here.
    readonly brand: string;
    readonly logo: string | null; // An address of this server.
    readonly terms_url: string | null;
    readonly privacy_url: string | null;
}

const usual: Config = { countries: null, default_country: '1', password_login: false, sells: true, brand: 'Pollux', logo: null, terms_url: null, privacy_url: null };

class Settings {
    now = $state.raw<Config>(usual);

    async load(): Promise<void> {
        this.#take(kept('config', isRecord));
        try {
            const response = await fetch('/config/');
            if (!response.ok) return;
            const said: unknown = await response.json();
            if (!isRecord(said)) return;
            keep('config', said);
            this.#take(said);
        } catch {
            // No answer: as before. Whatever is asked next says what is wrong.
        }
    }

    #take(said: Record<string, unknown> | null): void {
        if (said === null) return;
        this.now = configOf(said);
        words.brand = this.now.brand;
    }
}

export const config = new Settings();

export function configOf(said: Record<string, unknown>): Config {
    const brand = isRecord(said['brand']) ? said['brand'] : {};
    const countries = said['countries'];
    const logo = textOf(brand['logo']);
    return {
        countries: Array.isArray(countries) && countries.every((country) => typeof country === 'string') ? countries : null,
        default_country: textOf(said['default_country'])?.replace(/^\+/, '') ?? usual.default_country,
        password_login: said['password_login'] === true,
        sells: said['billing'] !== 'off',
        brand: textOf(brand['name']) ?? usual.brand,
        logo: logo?.startsWith('/') && !logo.startsWith('//') ? logo : null,
        terms_url: addressOf(said['terms_url']),
        privacy_url: addressOf(said['privacy_url']),
    };
}

function textOf(value: unknown): string | null {
    return typeof value === 'string' && value !== '' ? value : null;
}

function addressOf(value: unknown): string | null {
    const text = textOf(value);
    return text !== null && /^https?:\/\//i.test(text) ? text : null;
}
