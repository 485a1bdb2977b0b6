// The opaque token of a search page: from which resource it goes on, and in which direction. Holds no search values and no patient's data: what
// that resource is sorted by is taken from the version it names, which never changes.
import { FhirError, errorIssue } from '../fhir';

/** `after` and `before` a version of a resource, which is not on the page itself; `end`: the last page. */
export type PagePosition =
  | { readonly direction: 'after' | 'before'; readonly type: string; readonly id: string; readonly version: number }
  | { readonly direction: 'end' };

const letters = { after: 'a', before: 'b' } as const;
const typeSyntax = /^[A-Z][A-Za-z]{1,63}$/;
const idSyntax = /^[A-Za-z0-9\-.]{1,64}$/;

export function writePageToken(position: PagePosition): string {
  if (position.direction === 'end') return encoded(['z']);
  return encoded([letters[position.direction], position.type, position.id, position.version]);
}

/** Throws FhirError 400 for anything this server did not write. */
export function readPageToken(token: string): PagePosition {
  const content = parseToken(token);
  if (Array.isArray(content)) {
    const [letter, type, id, version] = content as unknown[];
    if (letter === 'z' && content.length === 1) return { direction: 'end' };
    const direction = letter === 'a' ? 'after' : letter === 'b' ? 'before' : undefined;
    if (direction && isText(type, typeSyntax) && isText(id, idSyntax) && isVersion(version)) {
      return { direction, type, id, version };
    }
  }
  throw brokenToken();
}

export function brokenToken(): FhirError {
  return new FhirError(
    400,
    errorIssue('value', 'The page link is not one of this search. Start again with its first page.'),
  );
}

function isText(value: unknown, syntax: RegExp): value is string {
  return typeof value === 'string' && syntax.test(value);
}

function isVersion(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 2 ** 31;
}

function encoded(content: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

function parseToken(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
  } catch {
    // Expected for a token somebody made up or cut off.
    return undefined;
  }
}
