// Bundles are written by putting stored texts side by side: a stored body is never parsed and serialised again.
import type { FhirResource } from '../fhir';

export interface BundleLink {
  readonly relation: 'self' | 'first' | 'previous' | 'next' | 'last';
  readonly url: string;
}

export interface BundleHead {
  readonly type: 'searchset' | 'history' | 'batch-response' | 'transaction-response';
  readonly total?: number;
  readonly links?: readonly BundleLink[];
}

/** Puts a Bundle together from entries that are JSON texts already. */
export function bundleText(head: BundleHead, entries: readonly string[]): string {
  const parts = [`{"resourceType":"Bundle","type":"${head.type}"`];
  if (head.total !== undefined) parts.push(`,"total":${head.total}`);
  if (head.links !== undefined) parts.push(`,"link":${JSON.stringify(head.links)}`);
  // FHIR forbids empty arrays, so a Bundle without entries has no `entry`.
  if (entries.length > 0) parts.push(`,"entry":[${entries.join(',')}]`);
  parts.push('}');
  return parts.join('');
}

/** An object of named JSON texts; pieces that are undefined are left out. */
export function objectText(pieces: Readonly<Record<string, string | undefined>>): string {
  const members: string[] = [];
  for (const name in pieces) {
    const text = pieces[name];
    if (text !== undefined) members.push(`"${name}":${text}`);
  }
  return `{${members.join(',')}}`;
}

/** JSON text of a value, undefined for undefined. */
export function jsonText(value: string | FhirResource | undefined): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}
