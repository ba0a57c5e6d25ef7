import { expect, it } from 'vitest';

import { configOf } from './config.svelte.ts';

it('takes what the server says', () => {
    const brand = { name: 'Aurora', accent: '#0c6078', accent_dark: '#67c5dd', logo: '/brand/3f0c9a1b2c4d5e6f.svg' };
    expect(configOf({ countries: ['US', '44'], default_country: '44', password_login: true, brand, billing: 'demo', plans: '/plans/', terms_url: 'https://a.example/terms', privacy_url: null })).toEqual({
        countries: ['US', '44'],
        default_country: '44',
        password_login: true,
        sells: true,
        brand: 'Aurora',
        logo: '/brand/3f0c9a1b2c4d5e6f.svg',
        terms_url: 'https://a.example/terms',
        privacy_url: null,
    });
});

it.each([
    ['nothing', {}],
    ['other shapes', { countries: 'US', default_country: 1, password_login: 'yes', brand: 'Aurora', terms_url: 7 }],
    ['addresses that lead elsewhere', { brand: { logo: '//evil.example/logo.svg' }, terms_url: 'javascript:alert(1)', privacy_url: '/privacy' }],
])('%s is as usual', (_, said) =>
    expect(configOf(said)).toEqual({ countries: null, default_country: '1', password_login: false, sells: true, brand: 'Pollux', logo: null, terms_url: null, privacy_url: null }),
);

it('knows a server that sells nothing', () => expect(configOf({ billing: 'off', plans: null }).sells).toBe(false));
