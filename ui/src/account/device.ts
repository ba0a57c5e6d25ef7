// What a User-Agent says for a list of devices: a browser and a system, no more.
const browsers: readonly [RegExp, string][] = [
    [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
    [/\bOPR\//, 'Opera'],
    [/\bSamsungBrowser\//, 'Samsung Internet'],
    [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
    [/\b(?:(?:Headless)?Chrome|CriOS|Chromium)\//, 'Chrome'],
    [/\bVersion\/[\d.]+.*Safari\//, 'Safari'],
    [/^curl\//, 'curl'],
];
const systems: readonly [RegExp, string][] = [
    [/\biPhone\b/, 'iPhone'],
    [/\biPad\b/, 'iPad'],
    [/\bAndroid\b/, 'Android'],
    [/\bWindows\b/, 'Windows'],
    [/\bMac OS X\b/, 'macOS'],
    [/\bCrOS\b/, 'ChromeOS'],
    [/\bLinux\b/, 'Linux'],
];

export interface Device {
    readonly browser: string | null;
    readonly system: string | null;
    readonly isPhone: boolean;
}

export function deviceOf(agent: string): Device {
    const find = (list: readonly [RegExp, string][]) => list.find(([pattern]) => pattern.test(agent))?.[1] ?? null;
    const system = find(systems);
    return { browser: find(browsers), system, isPhone: system === 'iPhone' || (system === 'Android' && /\bMobile\b/.test(agent)) };
}
