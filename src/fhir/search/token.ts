// Search type token: codes, codings, identifiers, contact points, booleans. http://hl7.org/fhir/R4/search.html#token
import type { FhirDefinitions } from '../definitions';
import { errorIssue, type Issue } from '../outcome/outcome';
import type { LeafElement } from '../path/compile-path';
import { escapeValue, splitUnescaped, unescapeValue } from './escapes';
import { storableText } from './fold';
import type { TokenEntry, TokenTextEntry, TypedIdentifierEntry } from './search-entry';
import type { TokenTextValue, TokenValue, TypedIdentifierValue } from './search-query';
import type { EntryCollector, SearchType, ValueContext } from './search-type.contract';
import {
  addCodingText,
  addConceptTexts,
  addIdentifierType,
  matchesTokenText,
  matchesTypedIdentifier,
  parseTokenText,
  parseTypedIdentifier,
} from './token-extras';

type Entry = TokenEntry | TokenTextEntry | TypedIdentifierEntry;
type Value = TokenValue | TokenTextValue | TypedIdentifierValue;

type Fields = Readonly<Record<string, unknown>>;

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? storableText(value) : undefined;
}

function add(into: Entry[], system: string | undefined, code: string, isImplied = false): void {
  into.push({ kind: 'token', system, code, isImplied });
}

function collectCoding(node: unknown, into: Entry[]): void {
  addCode(node, into);
  addCodingText(node as Fields, into);
}

function addCode(node: unknown, into: Entry[]): void {
  const { system, code } = node as Fields;
  const codeText = textOf(code);
  const systemText = textOf(system);
  // A coding without a code can still be asked for by its system (`system|`).
  if (codeText !== undefined || systemText !== undefined) add(into, systemText, codeText ?? '');
}

function collectCodeableConcept(node: unknown, into: Entry[]): void {
  const { coding } = node as Fields;
  if (Array.isArray(coding)) for (const item of coding) if (item) addCode(item, into);
  addConceptTexts(node as Fields, into);
}

function collectIdentifier(node: unknown, into: Entry[]): void {
  const entry = identifierEntry(node);
  if (entry) into.push(entry);
  addIdentifierType(node as Fields, into);
}

/** R4 puts the use of a contact point where other tokens have their system; its own system is understood there too. */
function collectContactPoint(node: unknown, into: Entry[]): void {
  const { system, use, value } = node as Fields;
  const code = textOf(value);
  if (code === undefined) return;
  const places = [textOf(use), textOf(system)].filter((place) => place !== undefined);
  if (places.length === 0) add(into, undefined, code);
  for (const place of places) add(into, place, code);
}

function collectPrimitive(node: unknown, into: Entry[]): void {
  const code = typeof node === 'string' ? textOf(node) : String(node);
  if (code !== undefined && typeof node !== 'object') add(into, undefined, code);
}

function boundCodeCollector(binding: string, definitions: FhirDefinitions): EntryCollector<Entry> {
  return (node, into) => {
    const code = textOf(node);
    if (code !== undefined) add(into, definitions.systemOf(binding, code), code, true);
  };
}

const collectors: Readonly<Record<string, EntryCollector<Entry>>> = {
  Coding: collectCoding,
  CodeableConcept: collectCodeableConcept,
  Identifier: collectIdentifier,
  ContactPoint: collectContactPoint,
};

/** The token of an Identifier element; undefined when it has neither a value nor a system. */
export function identifierEntry(node: unknown): TokenEntry | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  const { system, value } = node as Fields;
  const code = textOf(value);
  const systemText = textOf(system);
  if (code === undefined && systemText === undefined) return undefined;
  return { kind: 'token', system: systemText, code: code ?? '', isImplied: false };
}

function entries(element: LeafElement, definitions: FhirDefinitions): EntryCollector<Entry> | undefined {
  const own = collectors[element.type];
  if (own) return own;
  if (definitions.type(element.type)?.kind !== 'primitive') return undefined;
  return element.binding === undefined ? collectPrimitive : boundCodeCollector(element.binding, definitions);
}

/** In: `code`, `system|code`, `|code` or `system|`. Out: the value, or an issue when neither part is there. */
export function parseToken(raw: string): TokenValue | Issue {
  const [first = '', ...rest] = splitUnescaped(raw, '|');
  if (rest.length === 0) {
    const code = unescapeValue(first);
    return { kind: 'token', text: escapeValue(code), code };
  }
  const system = unescapeValue(first);
  const code = unescapeValue(rest.join('|'));
  if (system === '' && code === '') {
    return errorIssue('value', '"|" names neither a system nor a code. Write code, system|code, |code or system|.');
  }
  const text = `${escapeValue(system)}|${escapeValue(code)}`;
  return { kind: 'token', text, system, ...(code !== '' && { code }) };
}

/** True when the entry has the code and system asked for. */
export function matchesToken(entry: TokenEntry, value: TokenValue): boolean {
  if (value.code === undefined) return entry.system === value.system;
  if (entry.code !== value.code) return false;
  if (value.system === undefined) return true;
  if (value.system === '') return entry.system === undefined || entry.isImplied;
  return entry.system === value.system;
}

function parse(raw: string, context: ValueContext): Value | Issue {
  if (context.modifier === 'text') return parseTokenText(raw, context);
  if (context.modifier === 'of-type') return parseTypedIdentifier(raw, context);
  return parseToken(raw);
}

function matches(entry: Entry, value: Value): boolean {
  switch (value.kind) {
    case 'token':
      return entry.kind === 'token' && matchesToken(entry, value);
    case 'token-text':
      return entry.kind === 'token-text' && matchesTokenText(entry, value);
    case 'typed-identifier':
      return entry.kind === 'typed-identifier' && matchesTypedIdentifier(entry, value);
  }
}

export const tokenType: SearchType<Value, Entry> = {
  modifiers: ['not', 'text', 'of-type'],
  parse,
  entries,
  matches,
};
