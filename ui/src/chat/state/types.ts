import type { ListedRoom, Message } from 'pollux-client';

// What the server will tell besides; a server that does not yet is shown without it.
export type ChatMessage = Message & { readonly thought_ms?: number | null; readonly started_at?: string | null; readonly request_id?: string | null };
export type ChatRoom = ListedRoom & { readonly running?: boolean };

export function isOpen(message: ChatMessage): boolean {
    return message.status === 'queued' || message.status === 'streaming';
}
