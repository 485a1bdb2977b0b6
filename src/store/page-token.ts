// The opaque token of a search page: where the page before ended. Holds no search values and no patient's data but the id it stopped at.
import { FhirError, errorIssue } from '../fhir';

/** The last resource of the page before; with its time when the search is sorted by it. */
export interface PagePosition {
  readonly id: string;
  readonly lastUpdated?: string;
}

export function writePageToken(position: PagePosition): string {
  return Buffer.from(JSON.stringify([position.id, position.lastUpdated ?? null])).toString('base64url');
}

/** Throws FhirError 400 for anything this server did not write, or wrote for another sort order. */
export function readPageToken(token: string, isSorted: boolean): PagePosition {
  const content = parseToken(token);
  if (Array.isArray(content) && content.length === 2) {
    const [id, lastUpdated] = content as [unknown, unknown];
    if (typeof id === 'string' && id !== '') {
      if (!isSorted && lastUpdated === null) return { id };
      if (isSorted && isInstant(lastUpdated)) return { id, lastUpdated };
    }
  }
  throw new FhirError(
    400,
    errorIssue('value', 'The page link is not one of this search. Start again with its first page.'),
  );
}

function isInstant(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value);
}

function parseToken(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
  } catch {
    // Expected for a token somebody made up or cut off.
    return undefined;
  }
}
