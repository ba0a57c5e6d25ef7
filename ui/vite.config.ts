// How the pages are built: one shell (index.html), one stylesheet, and a script for each room, all under names that hold their hash.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

import { shell as words } from './src/lib/words/shell.ts';
import { pngOf } from './tools/raster.mjs';
import { serversPaths } from './tools/serve.mjs';

const here = import.meta.dirname;
const server = process.env['POLLUX_URL'] ?? 'http://127.0.0.1:8000';

const hashOf = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('base64url').slice(0, 8);
const read = (file: string) => readFileSync(path.join(here, 'src/design', file), 'utf8');

// What makes an app of the pages: its icons, and the manifest that names them. Systems cut the maskable ones to their own shapes.
function app(): Plugin {
    const sizes = [
        { name: 'icon', svg: 'icon.svg', size: 192, purpose: 'any' },
        { name: 'icon', svg: 'icon.svg', size: 512, purpose: 'any' },
        { name: 'icon-maskable', svg: 'icon-maskable.svg', size: 192, purpose: 'maskable' },
        { name: 'icon-maskable', svg: 'icon-maskable.svg', size: 512, purpose: 'maskable' },
    ] as const;
    const icons = sizes.map(({ name, svg, size, purpose }) => {
        const source = pngOf(read(svg), size);
        return { fileName: `assets/${name}-${size}-${hashOf(source)}.png`, source, size, purpose };
    });
    const touch = pngOf(read('icon-maskable.svg'), 180);
    const touchName = `assets/icon-180-${hashOf(touch)}.png`;
    // The server writes its brand over both names.
    const manifestIn = (language: keyof typeof words) => ({
        id: '/',
        name: 'Pollux',
        short_name: 'Pollux',
        lang: language,
        dir: words[language].dir,
        description: words[language].about,
        start_url: '/',
        scope: '/',
        display: 'standalone',
        background_color: '#0b2a35',
        theme_color: '#0b2a35',
        icons: icons.map(({ fileName, size, purpose }) => ({ src: `/${fileName}`, sizes: `${size}x${size}`, type: 'image/png', purpose })),
        shortcuts: [{ name: words[language].newChat, url: '/' }, { name: words[language].account, url: '/account' }],
    });
    return {
        name: 'pollux-app',
        apply: 'build',
        generateBundle() {
            for (const { fileName, source } of icons) this.emitFile({ type: 'asset', fileName, source });
            this.emitFile({ type: 'asset', fileName: touchName, source: touch });
            for (const language of ['en', 'ar'] as const) this.emitFile({ type: 'asset', fileName: words[language].manifest, source: JSON.stringify(manifestIn(language)) });
        },
        transformIndexHtml: (html) => html.replace('<!--app-->', `<link rel="manifest" href="/${words.en.manifest}">\n<link rel="apple-touch-icon" href="/${touchName}">\n<meta name="build" content="%BUILD%">`),
    };
}

// Puts what must be there before any module into the shell: the theme, as a file of its own since the policy allows no inline script, and
// the icons, which every page uses.
function shell(): Plugin {
    const theme = read('theme.js');
    const hash = hashOf(theme);
    let building = false;
    return {
        name: 'pollux-shell',
        configResolved(config) {
            building = config.command === 'build';
        },
        generateBundle() {
            this.emitFile({ type: 'asset', fileName: `assets/theme-${hash}.js`, source: theme });
        },
        transformIndexHtml: {
            order: 'post',
            handler(html, { bundle }) {
                const icons = read('icons.svg').trim();
                const script = building ? `/assets/theme-${hash}.js` : '/src/design/theme.js';
                const noScript = Object.entries(words).map(([language, { dir, noScript: text }]) => `<p lang="${language}" dir="${dir}">${text}</p>`);
                let out = html
                    .replace('<!--theme-->', `<script src="${script}"></script>`)
                    .replace('<!--icons-->', icons)
                    .replace('<!--about-->', words.en.about)
                    .replace('<!--noscript-->', `<noscript>${noScript.join('')}</noscript>`);
                // The chat is what most visits open, and where every sign-in leads: its script is fetched beside the first one.
                const chat = Object.values(bundle ?? {}).find((chunk) => chunk.type === 'chunk' && chunk.facadeModuleId?.endsWith('/src/chat/index.ts'));
                if (chat) out = out.replace('</title>', `</title>\n<link rel="modulepreload" crossorigin href="/${chat.fileName}">`);
                return out;
            },
        },
    };
}

// Every browser that runs the pages reads WOFF2: the other forms of KaTeX's fonts are left out.
function fonts(): Plugin {
    return {
        name: 'pollux-fonts',
        enforce: 'pre',
        transform(code, id) {
            return id.includes('katex.min.css') ? code.replace(/,url\([^)]*\.(?:woff|ttf)\) format\("(?:woff|truetype)"\)/g, '') : undefined;
        },
    };
}

export default defineConfig({
    plugins: [fonts(), svelte(), app(), shell()],
    resolve: { alias: { 'pollux-client': path.join(here, 'client/src/index.ts') } },
    // In development the API stands behind the same address. The Host stays this one's: it is what the pages' Origin has to equal.
    server: { port: 5173, host: '127.0.0.1', proxy: { [serversPaths.source]: { target: server, changeOrigin: false } } },
    build: {
        target: 'es2022',
        cssCodeSplit: false,
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        reportCompressedSize: false,
        sourcemap: false,
        rolldownOptions: {
            // Else what the chat exports becomes an object of its own, by a third file that typing would wait for.
            experimental: { chunkOptimization: false },
            output: {
                // What every page needs is one file, replies another: each round trip before typing counts.
                codeSplitting: {
                    groups: [
                        { name: 'replies', includeDependenciesRecursively: false, test: /src\/lib\/markdown\/(?!formulas|highlight)|node_modules\/(markdown-it|remend|dompurify|linkify-it|mdurl|uc\.micro|entities|punycode\.js)\//, priority: 2 },
                        { name: 'base', includeDependenciesRecursively: false, test: /preload-helper|rolldown\/runtime|node_modules\/(svelte|esm-env|clsx|openapi-fetch)\/|\/client\/src\/|src\/(design|lib)\/(?!words\/ar|markdown)|src\/app\//, priority: 1 },
                    ],
                },
            },
        },
    },
    test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
