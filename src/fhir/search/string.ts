// Search type string: names, addresses, titles. http://hl7.org/fhir/R4/search.html#string
import type { FhirDefinitions } from '../definitions';
import { errorIssue, type Issue } from '../outcome/outcome';
import type { LeafElement } from '../path/compile-path';
import { escapeValue, unescapeValue } from './escapes';
import { foldText, storableText } from './fold';
import type { StringEntry } from './search-entry';
import type { StringValue } from './search-query';
import type { EntryCollector, SearchType, ValueContext } from './search-type.contract';

function addText(value: unknown, into: StringEntry[]): void {
  if (Array.isArray(value)) for (const item of value) addText(item, into);
  if (typeof value !== 'string' || value === '') return;
  const text = storableText(value);
  into.push({ kind: 'string', value: text, folded: foldText(text) });
}

/** The text parts of a data type, each of which a search may begin with. */
export const stringParts: Readonly<Partial<Record<string, readonly string[]>>> = {
  HumanName: ['text', 'family', 'given', 'prefix', 'suffix'],
  Address: ['text', 'line', 'city', 'district', 'state', 'postalCode', 'country'],
};

function entries(element: LeafElement, definitions: FhirDefinitions): EntryCollector<StringEntry> | undefined {
  if (definitions.type(element.type)?.kind === 'primitive') return addText;
  const parts = stringParts[element.type];
  return parts && ((node, into) => parts.forEach((part) => addText((node as Record<string, unknown>)[part], into)));
}

function parse(raw: string, { modifier, parameter }: ValueContext): StringValue | Issue {
  const written = unescapeValue(raw);
  const mode = modifier === 'exact' || modifier === 'contains' ? modifier : 'prefix';
  const value = mode === 'exact' ? written : foldText(written);
  if (value === '') {
    return errorIssue('value', `"${raw}" holds nothing that ${parameter.code} could begin with. Write a few letters.`);
  }
  return { kind: 'string', mode, value, text: escapeValue(value) };
}

function matches(entry: StringEntry, value: StringValue): boolean {
  switch (value.mode) {
    case 'exact':
      return entry.value === value.value;
    case 'contains':
      return entry.folded.includes(value.value);
    case 'prefix':
      return entry.folded.startsWith(value.value);
  }
}

export const stringType: SearchType<StringValue, StringEntry> = {
  modifiers: ['exact', 'contains'],
  parse,
  entries,
  matches,
};
