import svelte from 'eslint-plugin-svelte';
import ts from 'typescript-eslint';

import svelteConfig from './svelte.config.js';

export default ts.config(
    { ignores: ['dist/', 'client/', 'node_modules/', '.svelte-kit/'] },
    ...ts.configs.recommended,
    ...svelte.configs.recommended,
    {
        files: ['**/*.svelte', '**/*.svelte.ts'],
        languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig } },
    },
    {
        rules: {
            'svelte/no-at-html-tags': 'error', // The policy of the pages has no place for it, nor has a reply.
            'svelte/no-navigation-without-resolve': 'off', // Of SvelteKit, which is not here.
            'svelte/prefer-svelte-reactivity': 'off',
            '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
        },
    },
    {
        // Own words for links and pictures go through lib/markdown alone; nothing else makes HTML of text.
        files: ['src/**'],
        rules: {
            'no-restricted-properties': [
                'error',
                ...['innerHTML', 'outerHTML', 'insertAdjacentHTML'].map((property) => ({ property, message: 'Make nodes instead.' })),
            ],
        },
    },
);
