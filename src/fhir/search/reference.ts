// Search type reference: `id`, `Type/id`, absolute URLs and canonicals. http://hl7.org/fhir/R4/search.html#reference
import { errorIssue, type Issue } from '../outcome/outcome';
import type { LeafElement } from '../path/compile-path';
import { escapeValue, unescapeValue } from './escapes';
import { storableText } from './fold';
import { isInHierarchy, versionHierarchy } from './hierarchy';
import { literalReference, type LiteralReference } from './literal-reference';
import type { ReferenceEntry, ReferenceIdentifierEntry } from './search-entry';
import type { ReferenceIdentifierValue, ReferenceValue } from './search-query';
import type { EntryCollector, SearchType, ValueContext } from './search-type.contract';
import { identifierEntry, matchesToken, parseToken } from './token';

type Entry = ReferenceEntry | ReferenceIdentifierEntry;
type Value = ReferenceValue | ReferenceIdentifierValue;

const idPattern = /^[A-Za-z0-9\-.]{1,64}$/;

function addLiteral(written: unknown, into: Entry[], baseUrl: string): void {
  const found = typeof written === 'string' ? literalReference(storableText(written), baseUrl) : undefined;
  if (found) {
    const { key, versionKey, type, id } = found;
    into.push({ kind: 'reference', key, versionKey, type, id });
  }
}

function collectReference(node: unknown, into: Entry[], baseUrl: string): void {
  const { reference, identifier } = node as { reference?: unknown; identifier?: unknown };
  if (reference !== undefined) addLiteral(reference, into, baseUrl);
  const token = identifier === undefined ? undefined : identifierEntry(identifier);
  if (token) into.push({ kind: 'reference-identifier', identifier: token });
}

/** A resource inside this one (`Bundle.entry.resource`) is referred to by its own type and id. */
function collectInline(node: unknown, into: Entry[]): void {
  const { resourceType, id } = node as { resourceType?: unknown; id?: unknown };
  if (typeof resourceType === 'string' && typeof id === 'string') addLiteral(`${resourceType}/${id}`, into, '');
}

function entries(element: LeafElement): EntryCollector<Entry> | undefined {
  switch (element.type) {
    case 'Reference':
      return collectReference;
    case 'canonical':
    case 'uri':
    case 'url':
      return addLiteral;
    case 'Resource':
      return collectInline;
    default:
      return undefined;
  }
}

function allowedTypes({ parameter, definitions }: ValueContext): readonly string[] {
  return parameter.targets ?? definitions.resourceTypes;
}

function wrongType(type: string, context: ValueContext): Issue {
  const targets = allowedTypes(context);
  const known = context.definitions.isResourceType(type);
  const shown = targets.length > 10 ? 'any resource type' : targets.join(', ');
  const problem = known ? `${context.parameter.code} never refers to ${type}` : `"${type}" is no resource type`;
  return errorIssue('value', `${problem}. ${context.resourceType}.${context.parameter.code} refers to ${shown}.`);
}

function valueOf({ key, versionKey }: LiteralReference): ReferenceValue {
  const wanted = versionKey ?? key;
  return { kind: 'reference', key: wanted, text: escapeValue(wanted) };
}

/** `onlyType` comes from a `:Type` modifier. */
function parseLiteral(raw: string, context: ValueContext, onlyType: string | undefined): ReferenceValue | Issue {
  const written = unescapeValue(raw);
  const types = onlyType === undefined ? allowedTypes(context) : [onlyType];
  if (idPattern.test(written)) {
    if (types.length > 1) return { kind: 'reference', id: written, types, text: escapeValue(written) };
    return valueOf({ key: `${types[0]}/${written}`, versionKey: undefined, type: types[0], id: written });
  }
  const found = literalReference(written, context.baseUrl);
  if (!found) {
    return errorIssue(
      'value',
      `"${written}" is not a reference. Write an id, Type/id (${types[0]}/123) or an absolute URL.`,
    );
  }
  if (found.type !== undefined && !types.includes(found.type)) return wrongType(found.type, context);
  return valueOf(found);
}

/** In: one value and the type of a `:Type` modifier. Out: the value, or an issue when that type is not a target. */
export function parseTypedReference(raw: string, context: ValueContext, type: string): ReferenceValue | Issue {
  return allowedTypes(context).includes(type) ? parseLiteral(raw, context, type) : wrongType(type, context);
}

const canonicalTypes = ['canonical', 'uri', 'url'];

/** The standard gives canonicals a hierarchy of versions; what it says of resources that are parts of others would have to read them. */
function parseHierarchy(raw: string, context: ValueContext, kind: 'above' | 'below'): ReferenceValue | Issue {
  const { parameter, leafTypes, baseUrl } = context;
  if (leafTypes.length === 0 || !leafTypes.every((type) => canonicalTypes.includes(type))) {
    return errorIssue(
      'not-supported',
      `":${kind}" follows the versions of canonicals here; ${parameter.code} refers to resources. Ask for each of them.`,
    );
  }
  const key = literalReference(unescapeValue(raw), baseUrl)?.versionKey;
  if (!key?.includes('|')) {
    return errorIssue('value', `":${kind}" needs a canonical with a version, not "${raw}". Write url|1.2.`);
  }
  return { kind: 'reference', key, hierarchy: versionHierarchy(key, kind), text: escapeValue(key) };
}

function parse(raw: string, context: ValueContext): Value | Issue {
  const { modifier } = context;
  if (modifier === 'above' || modifier === 'below') return parseHierarchy(raw, context, modifier);
  if (context.modifier !== 'identifier') return parseLiteral(raw, context, undefined);
  const identifier = parseToken(raw);
  return 'severity' in identifier ? identifier : { kind: 'reference-identifier', identifier, text: identifier.text };
}

function matches(entry: Entry, value: Value): boolean {
  if (value.kind === 'reference-identifier') {
    return entry.kind === 'reference-identifier' && matchesToken(entry.identifier, value.identifier);
  }
  if (entry.kind !== 'reference') return false;
  if (value.hierarchy) return isInHierarchy(entry.versionKey ?? entry.key, value.key!, value.hierarchy);
  if (value.key !== undefined) return entry.key === value.key || entry.versionKey === value.key;
  return entry.id === value.id && entry.type !== undefined && value.types!.includes(entry.type);
}

export const referenceType: SearchType<Value, Entry> = {
  modifiers: ['identifier', 'above', 'below'],
  parse,
  entries,
  matches,
};
