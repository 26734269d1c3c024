/**
 * Hashing of API keys by SHA-256. Vendure's default is bcrypt, which costs a quarter of a second on every
 * call; it protects passwords, which people choose. A key of 32 random bytes cannot be guessed whatever the hash.
 */
import { PasswordHashingStrategy } from '@vendure/core';
import { createHash, timingSafeEqual } from 'crypto';

const PREFIX = 'sha256:';

export class ApiKeyHashing implements PasswordHashingStrategy {
    async hash(key: string): Promise<string> {
        return PREFIX + createHash('sha256').update(key).digest('hex');
    }

    async check(key: string, hash: string): Promise<boolean> {
        const given = Buffer.from(await this.hash(key));
        const wanted = Buffer.from(hash);
        return given.length === wanted.length && timingSafeEqual(given, wanted);
    }
}
