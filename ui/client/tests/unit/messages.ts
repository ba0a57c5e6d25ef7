// Replies as the API shows them.
import type { Message } from '../../src/types.ts';

export function message(content: string, more: Partial<Message> = {}): Message {
    return {
        id: 2, chatroom: 1, role: 'assistant', status: 'completed', content, thoughts: '', citations: [],
        reply_to: 1, variant: 1, variants: 1, model: 'm', requested_model: null, finish_reason: 'stop',
        error: null, usage: null, waiting: null, created_at: '', started_at: null, completed_at: null, thought_ms: null, request_id: null, ...more,
    };
}
