// The texts that stand in the array columns: `parameter=value`, written alike by a resource and by a query. Escaped so that
// two different values never share a key; a long one is its beginning and a hash.
import { createHash } from 'node:crypto';
import type { ReferenceEntry, ReferenceValue, TokenEntry, TokenValue, TypedIdentifierEntry } from '../../fhir';

/** A GIN or btree entry above about 2.7 kB is an error of the database; this stays far below. */
export const KEY_BYTES_MAX = 512;
const BEGINNING_CHARACTERS = 100;
const HASH_MARK = '…';
const HASH_CHARACTERS = 64;

function bytesOver(text: string): boolean {
  // UTF-8 takes at most three bytes per UTF-16 unit, so almost no text needs counting.
  return text.length * 3 > KEY_BYTES_MAX && Buffer.byteLength(text) > KEY_BYTES_MAX;
}

/** True when the key of this parameter and value is a hash: matches must then be confirmed on the body. */
export function isLongKey(code: string, value: string): boolean {
  return bytesOver(`${code}=${value}`);
}

/** The key of one value of a parameter. */
export function indexKey(code: string, value: string): string {
  const key = `${code}=${value}`;
  if (!bytesOver(key)) return key;
  return `${key.slice(0, BEGINNING_CHARACTERS)}${HASH_MARK}${createHash('sha256').update(key).digest('hex')}`;
}

/**
 * In: a beginning of a value. Out: beginnings of which every key has one whose value begins so: the text itself, or as much of it as a hashed key
 * shows, with what such a key looks like.
 */
export function keyBeginnings(code: string, value: string): { readonly plain: string; readonly hashed: string } {
  const plain = `${code}=${value}`;
  return { plain, hashed: plain.slice(0, BEGINNING_CHARACTERS) };
}

/** A pattern of the keys that are hashes. */
export const HASHED_KEY = `^.{${BEGINNING_CHARACTERS},}${HASH_MARK}[0-9a-f]{${HASH_CHARACTERS}}$`;

function escaped(part: string): string {
  return part.includes('|') || part.includes('\\') ? part.replace(/[\\|]/g, '\\$&') : part;
}

/** Every form in which a query may ask for this token: `code`, `system|code`, `system|`, `|code`. */
export function tokenForms({ system, code, isImplied }: TokenEntry): string[] {
  const codeText = escaped(code);
  const forms = code === '' ? [] : [codeText];
  if (system !== undefined) {
    forms.push(`${escaped(system)}|`);
    if (code !== '') forms.push(`${escaped(system)}|${codeText}`);
  }
  if (code !== '' && (system === undefined || isImplied)) forms.push(`|${codeText}`);
  return forms;
}

/** The one form a query asks for. */
export function tokenForm({ system, code }: TokenValue): string {
  if (system === undefined) return escaped(code!);
  return `${escaped(system)}|${code === undefined ? '' : escaped(code)}`;
}

/** The one form of an identifier with its type. */
export function typedIdentifierForm({ system, code, value }: Omit<TypedIdentifierEntry, 'kind'>): string {
  return `${escaped(system)}|${escaped(code)}|${escaped(value)}`;
}

/** A reference's own text, and the one with its version where it names one. */
export function referenceForms({ key, versionKey }: ReferenceEntry): string[] {
  return versionKey === undefined ? [key] : [key, versionKey];
}

/** The texts any of which satisfies the value: an id alone may be of any target type. */
export function referenceTargets({ key, id, types }: ReferenceValue): string[] {
  return key !== undefined ? [key] : (types ?? []).map((type) => `${type}/${id}`);
}

/** True for `Type/id` without version: what the reference columns hold. */
export function isPlainReference(text: string): boolean {
  return /^[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/.test(text);
}
