// The prefixes of values that are compared by order: http://hl7.org/fhir/R4/search.html#prefix
import type { SearchPrefix } from './search-query';

export const searchPrefixes: readonly SearchPrefix[] = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'];

/** What a message about such a value ends with. */
export const prefixHint = `with one of the prefixes ${searchPrefixes.join(', ')} before it if you like.`;

const prefixed = new RegExp(`^(${searchPrefixes.join('|')})?(.*)$`, 's');

/** In: `gt5.4`. Out: its prefix (`eq` when it has none) and the rest. */
export function splitPrefix(text: string): { readonly prefix: SearchPrefix; readonly rest: string } {
  const [, prefix, rest = ''] = prefixed.exec(text) ?? [];
  return { prefix: (prefix ?? 'eq') as SearchPrefix, rest };
}
