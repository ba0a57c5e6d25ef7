// Copies text, with HTML beside it where both are given. On plain http there is no clipboard; a hidden field does it there.
export async function copyText(text: string, html?: string): Promise<boolean> {
    try {
        if (html !== undefined && typeof ClipboardItem !== 'undefined' && navigator.clipboard) {
            const item = new ClipboardItem({ 'text/plain': new Blob([text], { type: 'text/plain' }), 'text/html': new Blob([html], { type: 'text/html' }) });
            await navigator.clipboard.write([item]);
            return true;
        }
        if (navigator.clipboard) {
            await navigator.clipboard.writeText(text);
            return true;
        }
    } catch {
        // Refused, or without the user's gesture: the old way may still do.
    }
    const field = document.createElement('textarea');
    field.value = text;
    field.className = 'sr';
    field.setAttribute('aria-hidden', 'true');
    const focused = document.activeElement;
    (document.querySelector('dialog[open]') ?? document.body).append(field);
    field.select();
    let done = false;
    try {
        done = document.execCommand('copy');
    } catch {
        done = false;
    }
    field.remove();
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
    return done;
}

export function saveText(text: string, name: string, type: string): void {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
