// What this device keeps: text under names that begin with "pollux.". Where a browser keeps nothing, everything works but is forgotten.
const prefix = 'pollux.';

export function keptText(name: string): string | null {
    try {
        return localStorage.getItem(prefix + name);
    } catch {
        return null;
    }
}

export function keepText(name: string, text: string | null): void {
    try {
        if (text === null) localStorage.removeItem(prefix + name);
        else localStorage.setItem(prefix + name, text);
    } catch {
        // Full or forbidden: it is only forgotten.
    }
}

// A document that `check` recognises, or null: what another version of the pages left behind is not trusted.
export function kept<T>(name: string, check: (value: unknown) => value is T): T | null {
    const text = keptText(name);
    if (text === null) return null;
    try {
        const value: unknown = JSON.parse(text);
        return check(value) ? value : null;
    } catch {
        return null;
    }
}

export function keep(name: string, value: unknown): void {
    keepText(name, value === null ? null : JSON.stringify(value));
}

export function keptNames(): string[] {
    try {
        return Object.keys(localStorage)
            .filter((name) => name.startsWith(prefix))
            .map((name) => name.slice(prefix.length));
    } catch {
        return [];
    }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}
