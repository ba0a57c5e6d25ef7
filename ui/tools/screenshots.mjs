// Pictures of every page and state, of both themes, two widths and two directions: `node tools/screenshots.mjs` in ui/, of build/release.
// All of them go to build/screenshots, those that the repository keeps also to docs/screenshots. What they show is the real server's.
import { copyFileSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { Worlds, walk } from '../tests/support/states.mjs';

const project = path.join(import.meta.dirname, '../..');
const all = path.join(project, 'build/screenshots');
const kept = path.join(project, 'docs/screenshots');
const pictureMax = 250_000; // bytes
const keptMax = 8_000_000;

// The states whose pictures the repository keeps: what a reader would want to see. The others differ by a line, or are how it looks for a moment.
const keptStates = new Set(
    `sign-in sign-in-wrong-number create-account code code-wrong new-chat list-empty thinking stopped writing reply reply-end source menu-of-the-chat models checklist search
    search-nothing list account-menu keys failed limit limit-dialog offline delete plan account account-usage delete-account docs docs-list chat-that-is-gone nowhere
    waiting-model fell-back declined connection-lost list-dots demo-checkout plan-cancelled payment-failed account-failed`.split(/\s+/),
);

const looks = [];
for (const theme of ['light', 'dark']) for (const width of [1280, 390]) for (const language of ['en', 'ar']) looks.push({ theme, width, language });
// In the repository: the wide light one and the narrow dark one in English, and the narrow light one in Arabic.
const isKept = ({ theme, width, language }) => (language === 'en' ? (theme === 'light') === (width === 1280) : theme === 'light' && width === 390);

const shown = new Set();
const { values } = parseArgs({ options: { only: { type: 'string' } } }); // --only dark-390-ar
mkdirSync(all, { recursive: true });
if (!values.only) rmSync(kept, { recursive: true, force: true });
mkdirSync(kept, { recursive: true });

for (const look of looks) {
    const { theme, width, language } = look;
    const suffix = `${theme}-${width}-${language}`;
    if (values.only && values.only !== suffix) continue;
    const worlds = await Worlds.open();
    try {
        const isPhone = width === 390;
        const { page } = await worlds.browser({ theme, width, height: isPhone ? 844 : 820, language: language === 'ar' ? 'ar' : 'en-US', touch: isPhone, reducedMotion: 'reduce' });
        await walk(worlds, page, {
            language,
            isPhone,
            show: async (name) => {
                const file = path.join(all, `${name}-${suffix}.png`);
                await page.screenshot({ path: file });
                shown.add(name);
                if (statSync(file).size > pictureMax) throw new Error(`${file} has ${statSync(file).size} bytes, over ${pictureMax}`);
                if (isKept(look) && keptStates.has(name)) copyFileSync(file, path.join(kept, path.basename(file)));
            },
        });
        console.log(suffix);
    } finally {
        await worlds.close();
    }
}
const missing = [...keptStates].filter((name) => !shown.has(name));
if (!values.only && missing.length > 0) {
    console.error(`no state is called ${missing.join(', ')}`);
    process.exit(1);
}
const sum = readdirSync(kept).reduce((total, name) => total + statSync(path.join(kept, name)).size, 0);
console.log(`docs/screenshots: ${readdirSync(kept).length} pictures, ${(sum / 1e6).toFixed(1)} MB`);
if (sum > keptMax) {
    console.error(`over ${keptMax / 1e6} MB: keep fewer`);
    process.exit(1);
}
process.exit(0);
