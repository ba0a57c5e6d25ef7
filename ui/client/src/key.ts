// Idempotency-Keys: 128 random bits. From getRandomValues, because randomUUID is there on https only.
export function newKey(): string {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
