// Identifiers and hashes that are stored: their form must never change.
import { createHash, randomUUID } from 'node:crypto';

/** UUIDv7: 48 bits of `now` in milliseconds, then random bits; text order follows time across milliseconds. */
export function uuidv7(now: Date): string {
  const ms = now.getTime().toString(16).padStart(12, '0');
  // A version 4 UUID supplies the random bits and the variant; its first 12 digits and its version digit are replaced.
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7${randomUUID().slice(15)}`;
}

/** A 53-bit non-negative hash (a safe integer; first bits of SHA-256 over UTF-8): stored as bigint and equal on every machine. */
export function hash53(text: string): number {
  const digest = createHash('sha256').update(text).digest();
  return (digest.readUInt32BE(0) & 0x1fffff) * 2 ** 32 + digest.readUInt32BE(4);
}

/** A random identifier, 36 characters, valid as a FHIR id. */
export function randomId(): string {
  return randomUUID();
}
