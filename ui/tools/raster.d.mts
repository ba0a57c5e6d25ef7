export function pngOf(svg: string, size: number): Uint8Array;
