// Debian's Chromium, with a profile of its own.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { chromium } from 'playwright-core';

const names = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

// `hosts`: names that lead to this machine.
export async function openBrowser({ hosts = [] } = {}) {
    const program = process.env.CHROMIUM ?? names.find((name) => fs.existsSync(name));
    if (!program) throw new Error('no Chromium was found: install the package chromium, or set CHROMIUM');
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pollux-chromium-'));
    const rules = hosts.map((host) => `MAP ${host} 127.0.0.1`).join(',');
    const context = await chromium.launchPersistentContext(folder, {
        executablePath: program,
        headless: true,
        args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', ...(rules ? [`--host-resolver-rules=${rules}`] : [])],
    });
    const close = async () => {
        await context.close();
        fs.rmSync(folder, { recursive: true, force: true });
    };
    return { context, close };
}

// A tab with the client in it, as `window.client`. What it complains of is kept.
export async function openTab(context, url) {
    const page = await context.newPage();
    page.complaints = [];
    page.on('pageerror', (error) => page.complaints.push(String(error)));
    await page.goto(`${url}/-/`);
    await page.waitForFunction(() => window.client !== undefined);
    return page;
}
