// Where something that opens at a button stands: below it, above where there is no room, and always within the window.
const gap = 6; // px between the two
const edge = 8; // px to the edges of the window

export function placeAt(panel: HTMLElement, opener: Element): void {
    const button = opener.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = panel;
    const rightToLeft = document.documentElement.dir === 'rtl';
    const isStart = rightToLeft ? button.right > innerWidth / 2 : button.left < innerWidth / 2;
    const left = isStart !== rightToLeft ? button.left : button.right - width;
    const below = button.bottom + gap;
    const top = below + height + edge <= innerHeight || button.top - gap - height < edge ? below : button.top - gap - height;
    panel.style.left = `${Math.max(edge, Math.min(left, innerWidth - width - edge))}px`;
    panel.style.top = `${Math.max(edge, Math.min(top, innerHeight - height - edge))}px`;
}
