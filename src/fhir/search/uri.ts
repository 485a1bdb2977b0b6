// Search type uri: compared as it is written, case and all. http://hl7.org/fhir/R4/search.html#uri
import type { FhirDefinitions } from '../definitions';
import { errorIssue, type Issue } from '../outcome/outcome';
import type { LeafElement } from '../path/compile-path';
import { escapeValue, unescapeValue } from './escapes';
import { storableText } from './fold';
import { isInHierarchy, urlHierarchy } from './hierarchy';
import type { UriEntry } from './search-entry';
import type { UriValue } from './search-query';
import type { EntryCollector, SearchType, ValueContext } from './search-type.contract';

function collectUri(node: unknown, into: UriEntry[]): void {
  if (typeof node === 'string' && node !== '') into.push({ kind: 'uri', uri: storableText(node) });
}

/** What stands before the mark counts as well: `url|version` is found by its url, `source#id` by its source. */
function withoutTailCollector(mark: '|' | '#'): EntryCollector<UriEntry> {
  return (node, into) => {
    collectUri(node, into);
    const end = typeof node === 'string' ? node.indexOf(mark) : -1;
    if (end > 0) collectUri((node as string).slice(0, end), into);
  };
}

function entries(element: LeafElement, definitions: FhirDefinitions): EntryCollector<UriEntry> | undefined {
  if (element.type === 'canonical') return withoutTailCollector('|');
  if (element.path.endsWith('.meta.source')) return withoutTailCollector('#');
  return definitions.type(element.type)?.kind === 'primitive' ? collectUri : undefined;
}

function parse(raw: string, { modifier }: ValueContext): UriValue | Issue {
  const uri = unescapeValue(raw);
  if (modifier !== 'above' && modifier !== 'below') return { kind: 'uri', uri, text: escapeValue(uri) };
  const found = urlHierarchy(uri, modifier);
  if (found) return { kind: 'uri', uri: found.base, hierarchy: found.hierarchy, text: escapeValue(found.base) };
  return errorIssue('value', `":${modifier}" follows the path of a URL; "${uri}" is none. Write scheme://host/path.`);
}

export const uriType: SearchType<UriValue, UriEntry> = {
  modifiers: ['above', 'below'],
  parse,
  entries,
  matches: ({ uri }, value) => (value.hierarchy ? isInHierarchy(uri, value.uri, value.hierarchy) : uri === value.uri),
};
