// On a touch screen a field that gets the focus brings a keyboard, which covers what is read.
export function isTouch(): boolean {
    return matchMedia('(pointer: coarse)').matches;
}
