// One `name[:modifier]=value,value` of a search or of criteria → a clause, or issues that say what to write instead.
import type { SearchParameterDefinition } from '../definitions';
import { errorIssue, type Issue } from '../outcome/outcome';
import { splitUnescaped } from './escapes';
import { indexedParameters, type IndexedParameter } from './indexed-parameters';
import { searchLimits } from './limits';
import type { ClauseContext, ClauseRefusal } from './clause-context';
import { nearestHint } from './nearest-name';
import { parseChain, parseHas, parseIdentifierOf } from './parse-chain';
import { parseTypedReference } from './reference';
import type { MissingValue, SearchClause, SearchModifier, SearchValue } from './search-query';
import type { SearchType, ValueContext } from './search-type.contract';
import { refusedParameters } from './search-types';
import { isTermModifier, modifierOfCodes, parseTerms, termModifiers } from './term-clause';

/** Parameters of FHIR itself that ask for more than Herald does; each with what to do instead. */
const notOffered: Readonly<Record<string, string>> = {
  _has: 'Criteria cannot ask who refers to a resource; subscribe to the other resource type.',
  _text: 'Full-text search is not supported; use the parameters of the resource type.',
  _content: 'Full-text search is not supported; use the parameters of the resource type.',
  _list: 'Searching by list is not supported; read the List and search by _id.',
  _query: 'Named queries are not supported; use the parameters of the resource type.',
  _filter: 'The filter language is not supported; use the parameters of the resource type.',
  _type: 'It belongs to a search of all types: [base]?_type=Patient,Observation.',
};

/** Resource types a Reference modifier could name begin like this; other modifiers are lower case. */
const typeModifier = /^[A-Z]/;

function listed(names: Iterable<string>): string {
  return [...names].map((name) => `:${name}`).join(', ');
}

function unknownParameter(name: string, { definitions, resourceType }: ClauseContext): Issue {
  const hint = nearestHint(name, indexedParameters(definitions, resourceType).keys());
  return errorIssue('invalid', `${resourceType} has no search parameter "${name}".${hint}`);
}

function unsupportedParameter({ code, type }: SearchParameterDefinition, { resourceType }: ClauseContext): Issue {
  const reason =
    refusedParameters[code] ??
    `Parameters of type ${type} without a path to elements are not supported; search without it.`;
  return errorIssue('not-supported', `The search parameter "${code}" of ${resourceType} cannot be used. ${reason}`);
}

function findParameter(name: string, context: ClauseContext): IndexedParameter | Issue {
  const { definitions, resourceType } = context;
  const indexed = indexedParameters(definitions, resourceType).get(name);
  if (indexed) return indexed;
  const refusal = definitions.custom?.refusal(resourceType, name);
  if (refusal !== undefined) return errorIssue('not-supported', refusal);
  if (Object.hasOwn(notOffered, name)) {
    return errorIssue('not-supported', `The search parameter "${name}" cannot be used. ${notOffered[name]}`);
  }
  const definition = definitions.searchParameters(resourceType).get(name);
  return definition ? unsupportedParameter(definition, context) : unknownParameter(name, context);
}

function chainIssue(name: string): Issue {
  const text = `"${name}" is a chained search parameter; chains are not supported here. Ask for the reference: ${name.split(/[.:]/, 1)[0]!}=Type/id.`;
  return errorIssue('not-supported', text);
}

function modifierIssue(name: string, modifier: string, allowed: readonly string[]): Issue {
  return errorIssue(
    'not-supported',
    `The search parameter "${name}" does not take the modifier ":${modifier}" here. It takes ${listed(allowed)}.`,
  );
}

function parseMissing(name: string, raw: string): MissingValue | Issue {
  if (raw === 'true' || raw === 'false') return { kind: 'missing', isMissing: raw === 'true', text: raw };
  return errorIssue('value', `"${name}:missing" takes true or false, not "${raw}".`);
}

function valuesIssue(name: string, value: string, parts: readonly string[]): Issue | undefined {
  if (value.length > searchLimits.valueCharactersMax || parts.length > searchLimits.valuesMax) {
    const { valueCharactersMax, valuesMax } = searchLimits;
    return errorIssue(
      'too-costly',
      `The value of "${name}" is too long: at most ${valueCharactersMax} characters and ${valuesMax} values. Split it into several searches.`,
    );
  }
  if (value.includes('\0')) return errorIssue('value', `The value of "${name}" contains a NUL character. Remove it.`);
  if (parts.some((part) => part === '')) {
    return errorIssue('value', `The value of "${name}" has an empty place between its commas: "${value}". Remove it.`);
  }
  return undefined;
}

type ParseValue = (raw: string) => SearchValue | readonly SearchValue[] | Issue;

interface Reading {
  readonly parse: ParseValue;
  readonly modifier?: SearchModifier | undefined;
}

/** How the values of this parameter with this modifier are read. */
function readingOf(
  name: string,
  modifier: string | undefined,
  type: SearchType,
  { termsOf, ...base }: ValueContext & Pick<ClauseContext, 'termsOf'>,
): Reading | Issue {
  if (termsOf && base.parameter.type === 'token' && isTermModifier(modifier)) {
    return { modifier: modifierOfCodes(modifier), parse: (raw) => parseTerms(raw, modifier, termsOf) };
  }
  if (modifier === undefined) return { parse: (raw) => type.parse(raw, base) };
  if (modifier === 'missing') return { modifier, parse: (raw) => parseMissing(name, raw) };
  const known = type.modifiers.find((each) => each === modifier);
  if (known) return { modifier: known, parse: (raw) => type.parse(raw, { ...base, modifier: known }) };
  if (base.parameter.type === 'reference' && typeModifier.test(modifier)) {
    return { parse: (raw) => parseTypedReference(raw, base, modifier) };
  }
  const types = base.parameter.type === 'reference' ? ['Type (a resource type)'] : [];
  const terms = termsOf && base.parameter.type === 'token' ? termModifiers : [];
  return modifierIssue(name, modifier, [...type.modifiers, ...terms, ...types, 'missing']);
}

function isIssue(value: object): value is Issue {
  return 'severity' in value;
}

function parseValues(name: string, value: string, { parse, modifier }: Reading): readonly SearchValue[] | Issue[] {
  const parts = modifier === 'missing' ? [value] : splitUnescaped(value, ',');
  const issue = valuesIssue(name, value, parts);
  if (issue) return [issue];
  const parsed = parts.flatMap((part): readonly (SearchValue | Issue)[] => [parse(part)].flat());
  const issues = parsed.filter(isIssue);
  return issues.length > 0 ? issues : (parsed as SearchValue[]);
}

/** A clause that asks other resources than those of the type; undefined when this one does not. */
function parseLink(name: string, value: string, context: ClauseContext): SearchClause | ClauseRefusal | undefined {
  if (name.startsWith('_has:') && context.follows === 'all') {
    return parseHas(name.slice('_has:'.length), value, context, parseClause);
  }
  const logical = context.follows && parseIdentifierOf(name, value, context, parseClause);
  if (logical) return logical;
  const dot = name.indexOf('.');
  if (dot < 0 || Object.hasOwn(notOffered, name.split(':', 1)[0]!)) return undefined;
  if (context.follows === undefined) return { concerns: 'parameter', issues: [chainIssue(name)] };
  return parseChain(name.slice(0, dot), name.slice(dot + 1), value, context, parseClause);
}

/** In: a decoded name with its modifier, and the decoded but still escaped value. Out: the clause, or every issue found. */
export function parseClause(
  nameAndModifier: string,
  value: string,
  context: ClauseContext,
): SearchClause | ClauseRefusal {
  const link = parseLink(nameAndModifier, value, context);
  if (link) return link;
  const colon = nameAndModifier.indexOf(':');
  const name = colon < 0 ? nameAndModifier : nameAndModifier.slice(0, colon);
  const written = colon < 0 ? undefined : nameAndModifier.slice(colon + 1);
  const found = findParameter(name, context);
  if (isIssue(found)) return { concerns: 'parameter', issues: [found] };
  const { definition: parameter, searchType, leafTypes } = found;
  const reading = readingOf(name, written, searchType, { ...context, parameter, leafTypes });
  if (isIssue(reading)) return { concerns: 'value', issues: [reading] };
  const values = parseValues(name, value, reading);
  if (values.some(isIssue)) return { concerns: 'value', issues: values as Issue[] };
  const { modifier } = reading;
  return { parameter, values: values as readonly SearchValue[], ...(modifier !== undefined && { modifier }) };
}
