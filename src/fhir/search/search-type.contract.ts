// What a search parameter type must offer. One file per type beside this one; search (SQL) and matching share its meaning.
// http://hl7.org/fhir/R4/search.html#ptypes
import type { FhirDefinitions, SearchParameterDefinition } from '../definitions';
import type { Issue } from '../outcome/outcome';
import type { LeafElement } from '../path/compile-path';
import type { SearchEntry } from './search-entry';
import type { SearchModifier, SearchValue } from './search-query';

export interface ValueContext {
  readonly definitions: FhirDefinitions;
  readonly resourceType: string;
  readonly parameter: SearchParameterDefinition;
  readonly modifier?: SearchModifier;
  /** FHIR types of the elements that the parameter finds; empty when they are not known. */
  readonly leafTypes: readonly string[];
  /** The server's own FHIR base, without trailing slash. */
  readonly baseUrl: string;
  /** Needed by the prefix `ap` only; undefined where an answer must not depend on when it is asked for. */
  readonly now?: Date;
}

/** Adds the index entries of one element of a resource. Own-base absolute references become relative. */
export type EntryCollector<Entry> = (node: unknown, into: Entry[], baseUrl: string) => void;

export interface SearchType<Value extends SearchValue = SearchValue, Entry extends SearchEntry = SearchEntry> {
  /** Modifiers it takes besides `missing`, which every type has, and `:Type`, which references have. */
  readonly modifiers: readonly SearchModifier[];
  /** In: one value as written (still escaped, commas already split). Out: its meaning, or an issue that says what is wrong. */
  parse(raw: string, context: ValueContext): Value | Issue;
  /** How entries are taken from elements of this FHIR type; undefined: such elements carry none. */
  entries(element: LeafElement, definitions: FhirDefinitions): EntryCollector<Entry> | undefined;
  /** One entry against one value; the caller does "any of", `:not` and `:missing`. */
  matches(entry: Entry, value: Value): boolean;
}
