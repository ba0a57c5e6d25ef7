// What this server is set to, for everybody to read: GET /config/. A server that does not have it yet is taken as it is by default.
import { isRecord } from './kept.ts';

export interface Config {
    readonly countries: readonly string[] | null; // Regions ("US") or calling codes ("44") whose numbers are taken; null: all.
    readonly default_country: string; // A calling code, without +.
    readonly password_login: boolean;
    readonly brand: string;
    readonly billing: boolean;
    readonly terms_url: string | null;
    readonly privacy_url: string | null;
}

const usual: Config = { countries: null, default_country: '1', password_login: false, brand: 'Pollux', billing: true, terms_url: null, privacy_url: null };

class Settings {
    now = $state.raw<Config>(usual);

    async load(): Promise<void> {
        try {
            const response = await fetch('/config/');
            if (!response.ok) return;
            const said: unknown = await response.json();
            if (isRecord(said)) this.now = configOf(said);
        } catch {
            // No answer: as usual. Whatever is asked next says what is wrong.
        }
    }
}

export const config = new Settings();

export function configOf(said: Record<string, unknown>): Config {
    const text = (name: string) => (typeof said[name] === 'string' && said[name] !== '' ? said[name] : null);
    const countries = said['countries'];
    return {
        countries: Array.isArray(countries) && countries.every((country) => typeof country === 'string') ? countries : null,
        default_country: text('default_country')?.replace(/^\+/, '') ?? usual.default_country,
        password_login: said['password_login'] === true,
        brand: text('brand') ?? usual.brand,
        billing: said['billing'] !== false,
        terms_url: text('terms_url'),
        privacy_url: text('privacy_url'),
    };
}
