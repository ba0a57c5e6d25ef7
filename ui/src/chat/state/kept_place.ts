// Where the reader was in a chat, in this tab: a reload opens it there again.
import { isRecord } from '../../lib/kept.ts';

export interface KeptPlace {
    readonly turn: string; // The key of the first turn in view.
    readonly offset: number; // px of its top from that of the view.
}

const nameOf = (room: number) => `pollux.place.${room}`;

export function keepPlace(room: number, place: KeptPlace | null): void {
    try {
        if (place === null) sessionStorage.removeItem(nameOf(room));
        else sessionStorage.setItem(nameOf(room), JSON.stringify(place));
    } catch {
        // Kept nowhere: the chat opens at its end.
    }
}

export function keptPlace(room: number): KeptPlace | null {
    try {
        const place: unknown = JSON.parse(sessionStorage.getItem(nameOf(room)) ?? 'null');
        return isRecord(place) && typeof place['turn'] === 'string' && typeof place['offset'] === 'number' ? { turn: place['turn'], offset: place['offset'] } : null;
    } catch {
        return null;
    }
}
