// Clauses that ask other resources: chains (`subject:Patient.name=x`) and reverse chains (`_has:Observation:patient:code=x`).
// http://hl7.org/fhir/R4/search.html#chaining
import type { FhirDefinitions, SearchParameterDefinition } from '../definitions';
import { errorIssue, type Issue } from '../outcome/outcome';
import { indexedParameters, type IndexedParameter } from './indexed-parameters';
import { searchLimits } from './limits';
import { nearestHint } from './nearest-name';
import type { ClauseContext, ClauseRefusal } from './clause-context';
import type { ChainLink, SearchClause } from './search-query';

/** Reads what comes after a link; given in, since a link may lead to further ones. */
export type ParseRest = (name: string, value: string, context: ClauseContext) => SearchClause | ClauseRefusal;

type Found = SearchClause | ClauseRefusal;

const canonicalTypes: readonly string[] = ['canonical', 'uri', 'url'];

function refusal(concerns: ClauseRefusal['concerns'], code: Issue['code'], text: string): ClauseRefusal {
  return { concerns, issues: [errorIssue(code, text)] };
}

/** Every way that the clause can take; one that asks only its own resource is one. */
function pathsOf({ link }: SearchClause): number {
  if (link?.kind === 'chain') return link.targets.reduce((sum, { clause }) => sum + pathsOf(clause), 0);
  return link?.kind === 'has' ? pathsOf(link.clause) : 1;
}

function nextLink(context: ClauseContext): ClauseContext | undefined {
  const links = (context.links ?? 0) + 1;
  return links > searchLimits.chainLinksMax ? undefined : { ...context, links };
}

function tooLong(name: string): ClauseRefusal {
  const { chainLinksMax, chainPathsMax } = searchLimits;
  const text = `"${name}" asks too far: a chain has at most ${chainLinksMax} links and ${chainPathsMax} ways through its types. Name the types, or search in steps.`;
  return refusal('value', 'too-costly', text);
}

/** The reference parameter that a link follows. */
function referenceOf(code: string, { definitions, resourceType }: ClauseContext): IndexedParameter | ClauseRefusal {
  const parameters = indexedParameters(definitions, resourceType);
  const found = parameters.get(code);
  const references = [...parameters.values()].filter(({ definition }) => definition.type === 'reference');
  const names = references.map(({ definition }) => definition.code);
  const unusable = definitions.custom?.refusal(resourceType, code);
  if (unusable !== undefined) return refusal('parameter', 'not-supported', unusable);
  if (!found) {
    const text = `${resourceType} has no search parameter "${code}" to follow.${nearestHint(code, names)}`;
    return refusal('parameter', 'invalid', text);
  }
  if (found.definition.type !== 'reference') {
    const text = `"${code}" of ${resourceType} is no reference, so nothing can be asked of what it refers to.${nearestHint(code, names)}`;
    return refusal('parameter', 'invalid', text);
  }
  if (found.leafTypes.length > 0 && found.leafTypes.every((type) => canonicalTypes.includes(type))) {
    const text = `"${code}" of ${resourceType} holds canonical URLs; only references to resources of this server can be followed.`;
    return refusal('parameter', 'not-supported', text);
  }
  return found;
}

function targetsOf({ targets }: SearchParameterDefinition, { definitions }: ClauseContext): readonly string[] {
  return (targets ?? definitions.resourceTypes).filter((type) => definitions.isResourceType(type));
}

function wrongTarget(code: string, type: string, targets: readonly string[], resourceType: string): ClauseRefusal {
  const shown = targets.length > 10 ? 'any resource type' : targets.join(', ');
  const text = `"${code}" of ${resourceType} does not refer to "${type}"; it refers to ${shown}.${nearestHint(type, targets)}`;
  return refusal('value', 'value', text);
}

function isRefusal(found: Found): found is ClauseRefusal {
  return 'issues' in found;
}

/** Whether it says no more than that this type has no such parameter. */
function isUnknown({ issues }: ClauseRefusal): boolean {
  return issues.every(({ code }) => code === 'invalid');
}

interface Read {
  readonly type: string;
  readonly found: Found;
}

/** Where the type is left open, parameters of one's own do not count: a new one on a further type would change what stored criteria mean. */
function countedFor(types: number, { definitions }: ClauseContext): FhirDefinitions {
  return types > 1 ? (definitions.custom?.standard ?? definitions) : definitions;
}

/** Where a type knows the next link, the fault lies behind it and was told there. */
function noTarget(code: string, rest: string, read: readonly Read[], context: ClauseContext): ClauseRefusal {
  const [name = ''] = rest.split(/[.:]/, 1);
  const definitions = countedFor(read.length, context);
  const further = read.find(({ type }) => indexedParameters(definitions, type).has(name));
  if (further && isRefusal(further.found)) return further.found;
  const types = read.map(({ type }) => type);
  const own = types.find((type) => context.definitions.custom?.of(type)?.has(name));
  if (own !== undefined) {
    const text = `"${name}" of ${own} was added to the standard: name the type, as in ${code}:${own}.${rest}.`;
    return refusal('parameter', 'invalid', text);
  }
  const valid = new Set(types.flatMap((type) => [...indexedParameters(context.definitions, type).keys()]));
  const text = `Nothing that "${code}" of ${context.resourceType} refers to has a search parameter "${name}".${nearestHint(name, valid)}`;
  return refusal('parameter', 'invalid', text);
}

/**
 * In: `subject:Patient` or `subject`, what follows the dot, and the value. Without a type every allowed one that has the parameter is asked.
 * Out: the clause; or why not, naming the link that is wrong.
 */
export function parseChain(
  head: string,
  rest: string,
  value: string,
  context: ClauseContext,
  parseRest: ParseRest,
): Found {
  const [code = '', type, ...more] = head.split(':');
  const reference = referenceOf(code, context);
  if ('issues' in reference) return reference;
  const allowed = targetsOf(reference.definition, context);
  const types = type === undefined ? allowed : [type];
  if (more.length > 0 || (type !== undefined && !allowed.includes(type))) {
    return wrongTarget(code, head.slice(code.length + 1), allowed, context.resourceType);
  }
  const further = nextLink(context);
  if (!further) return tooLong(`${head}.${rest}`);
  const asked = { ...further, definitions: countedFor(types.length, context) };
  const read = types.map((each) => ({
    type: each,
    found: parseRest(rest, value, { ...asked, resourceType: each }),
  }));
  const decisive = read
    .map(({ found }) => found)
    .filter(isRefusal)
    .find((found) => type !== undefined || !isUnknown(found));
  if (decisive) return decisive;
  const targets = read.flatMap((each) => (isRefusal(each.found) ? [] : [{ type: each.type, clause: each.found }]));
  if (targets.length === 0) return noTarget(code, rest, read, context);
  const isOpen = type === undefined || allowed.length === 1;
  // Asked of this resource alone: with what it refers to, it is this very chain.
  const here: ClauseContext = { ...context, follows: undefined };
  const logical = isOpen && rest === 'identifier' ? parseRest(`${code}:identifier`, value, here) : undefined;
  const link: ChainLink = {
    kind: 'chain',
    targets,
    written: [rest, value],
    ...(logical && !isRefusal(logical) && { logical }),
  };
  const clause = { parameter: reference.definition, values: [], link };
  return pathsOf(clause) > searchLimits.chainPathsMax ? tooLong(`${head}.${rest}`) : clause;
}

/**
 * In: a name that may be `subject:identifier`, and the value. Out: the clause that asks for the identifier which the reference names and for those of
 * what it refers to, as `subject.identifier` does (ADR 23); undefined for other names, and where nothing referred to has identifiers.
 */
export function parseIdentifierOf(
  name: string,
  value: string,
  context: ClauseContext,
  parseRest: ParseRest,
): Found | undefined {
  const [code = '', modifier, ...more] = name.split(':');
  if (modifier !== 'identifier' || more.length > 0) return undefined;
  const reference = referenceOf(code, context);
  // Unknown, no reference, or a canonical: reading the name as it stands tells why.
  if ('issues' in reference) return undefined;
  // By the standard alone: what this means must not change with a parameter of one's own.
  const standard = context.definitions.custom?.standard ?? context.definitions;
  const types = targetsOf(reference.definition, context);
  if (!types.some((type) => indexedParameters(standard, type).has('identifier'))) return undefined;
  return parseChain(code, 'identifier', value, context, parseRest);
}

/** In: `Observation:patient:code`, what follows `_has:`. Out: the clause; or why not, naming the part that is wrong. */
export function parseHas(tail: string, value: string, context: ClauseContext, parseRest: ParseRest): Found {
  const [type = '', code = '', ...names] = tail.split(':');
  const { definitions, resourceType } = context;
  const rest = names.join(':');
  if (rest === '') {
    const text = `"_has:${tail}" is not complete. Write _has:[type]:[reference]:[parameter], as in _has:Observation:patient:code=1234-5.`;
    return refusal('value', 'invalid', text);
  }
  if (!definitions.isResourceType(type)) {
    const text = `"_has:${tail}" asks for "${type}", which is no resource type.${nearestHint(type, definitions.resourceTypes)}`;
    return refusal('value', 'invalid', text);
  }
  const further = nextLink(context);
  if (!further) return tooLong(`_has:${tail}`);
  const reference = referenceOf(code, { ...context, resourceType: type });
  if ('issues' in reference) return reference;
  const targets = targetsOf(reference.definition, context);
  if (!targets.includes(resourceType)) return wrongTarget(code, resourceType, targets, type);
  const clause = parseRest(rest, value, { ...further, resourceType: type });
  if ('issues' in clause) return clause;
  const parameter = definitions.searchParameters(resourceType).get('_id')!;
  return { parameter, values: [], link: { kind: 'has', type, reference: reference.definition, clause } };
}
