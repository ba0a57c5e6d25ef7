import type { IncomingMessage, ServerResponse } from 'node:http';

export function answer(url: string, request: IncomingMessage, response: ServerResponse): boolean;
