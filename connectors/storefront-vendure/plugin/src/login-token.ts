/**
 * One-time logins as text: a JWT, HS256. Pure: time is a parameter, and whether one was used already is
 * known to the database alone.
 */
import { createHmac, timingSafeEqual } from 'crypto';

export interface LoginClaims {
    /** Id of this login, used once. */
    jti: string;
    /** The punchout session that it opens. */
    sub: string;
    /** The channel for which it was made. */
    aud: string;
    /** End, in seconds since the epoch. */
    exp: number;
}

/** Why a login is not accepted. */
export type LoginProblem = 'malformed' | 'forged' | 'expired' | 'foreign';

const ISSUER = 'punchgate-vendure';
const HEADER = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'JWT' })).toString('base64url');
const LONGEST_TOKEN = 2048;

export function signLogin(claims: LoginClaims, secret: string): string {
    const payload = Buffer.from(JSON.stringify({ iss: ISSUER, ...claims })).toString('base64url');
    const signed = `${HEADER}.${payload}`;
    return `${signed}.${mac(signed, secret).toString('base64url')}`;
}

/** Reads a login made for this channel; nothing in it is believed before its signature is. */
export function readLogin(token: string, secret: string, channel: string, now: Date): LoginClaims | LoginProblem {
    const parts = typeof token === 'string' && token.length <= LONGEST_TOKEN ? token.split('.') : [];
    if (parts.length !== 3) return 'malformed';
    const [header, payload, signature] = parts;
    // Our own header, to the letter: no other algorithm and no key from elsewhere can be asked for.
    if (header !== HEADER) return 'forged';
    const given = Buffer.from(signature, 'base64url');
    const wanted = mac(`${header}.${payload}`, secret);
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return 'forged';
    const claims = parse(payload);
    if (!claims) return 'malformed';
    if (claims.iss !== ISSUER || claims.aud !== channel) return 'foreign';
    if (claims.exp * 1000 <= now.getTime()) return 'expired';
    return { jti: claims.jti, sub: claims.sub, aud: claims.aud, exp: claims.exp };
}

function parse(payload: string): (LoginClaims & { iss: string }) | undefined {
    try {
        const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
        const texts = [claims.iss, claims.jti, claims.sub, claims.aud];
        return texts.every(text => typeof text === 'string') && Number.isFinite(claims.exp) ? claims : undefined;
    } catch {
        return undefined;
    }
}

function mac(text: string, secret: string): Buffer {
    return createHmac('sha256', secret).update(text).digest();
}
