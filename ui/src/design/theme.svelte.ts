// Light, dark, or as the system. theme.js chose before the first paint; this changes it later.
import { keepText, keptText } from '../lib/kept.ts';

export type Theme = 'system' | 'light' | 'dark';

class ThemeChoice {
    chosen = $state<Theme>(kept());

    choose(theme: Theme): void {
        this.chosen = theme;
        keepText('theme', theme === 'system' ? null : theme);
        const dark = matchMedia('(prefers-color-scheme: dark)').matches;
        const shown = theme === 'system' ? (dark ? 'dark' : 'light') : theme;
        document.documentElement.dataset['theme'] = shown;
        const bar = document.querySelector<HTMLMetaElement>('meta[name="theme-color"]');
        if (bar) bar.content = shown === 'dark' ? '#0f1317' : '#ffffff';
    }

    // The other of the two that is shown now.
    turn(): void {
        this.choose(document.documentElement.dataset['theme'] === 'dark' ? 'light' : 'dark');
    }
}

function kept(): Theme {
    const text = keptText('theme');
    return text === 'light' || text === 'dark' ? text : 'system';
}

export const theme = new ThemeChoice();
