/** Signatures of outgoing events, as Standard Webhooks describes them. Pure: id and time are parameters. */
import { createHmac } from 'crypto';

const PREFIX = 'whsec_';

export function signingKey(secret: string): Buffer {
    const key = secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), 'base64') : Buffer.alloc(0);
    if (key.length < 24 || key.length > 64) {
        throw new Error('Punchgate: a webhook secret is whsec_ and the base64 of 24 to 64 random bytes');
    }
    return key;
}

/** The headers of a message: one signature a key, newest first. */
export function signedHeaders(id: string, now: Date, body: string, keys: Buffer[]): Record<string, string> {
    const timestamp = Math.floor(now.getTime() / 1000).toString();
    const signature = (key: Buffer) =>
        'v1,' + createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
    return {
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': keys.map(signature).join(' '),
    };
}

/** Milliseconds until the next attempt: a second, then ever longer, an hour at most. For Vendure's job queue. */
export function webhookBackoff(_queue: string, attempts: number): number {
    return Math.min(1000 * 3 ** Math.max(attempts - 1, 0), 3_600_000);
}
