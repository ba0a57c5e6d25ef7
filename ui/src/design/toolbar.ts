// A toolbar is one stop of Tab; arrows, Home and End go within, mirrored where the page is. For its `keydown`.
export function roam(event: KeyboardEvent): void {
    if (event.target instanceof Element && event.target.closest('[popover]')) return; // A menu that lies in it has keys of its own.
    const bar = event.currentTarget as HTMLElement;
    const all = [...bar.querySelectorAll<HTMLElement>('button:not(:disabled)')].filter((button) => button.offsetParent !== null);
    const at = all.indexOf(document.activeElement as HTMLElement);
    if (at < 0) return;
    // The browser goes on from the last one, or back from the first.
    if (event.key === 'Tab') return (event.shiftKey ? all[0] : all.at(-1))?.focus({ preventScroll: true });
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight' && event.key !== 'Home' && event.key !== 'End') return;
    event.preventDefault();
    event.stopPropagation();
    const forward = (event.key === 'ArrowRight') !== (document.documentElement.dir === 'rtl');
    const next = event.key === 'Home' ? 0 : event.key === 'End' ? all.length - 1 : (at + (forward ? 1 : -1) + all.length) % all.length;
    all[next]?.focus();
}
