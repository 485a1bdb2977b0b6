// The parameters of a search request → a query, or every reason why not. http://hl7.org/fhir/R4/search.html
import type { CompartmentName, FhirDefinitions } from '../definitions';
import { errorIssue, FhirError, type Issue } from '../outcome/outcome';
import { compartmentClause, compartmentTypes } from './compartment-clause';
import { searchLimits } from './limits';
import { nearestHint } from './nearest-name';
import { parseClause } from './parse-clause';
import {
  isDispensable,
  isResultParameter,
  readResultParameter,
  shapeIssues,
  type ResultShape,
} from './result-parameters';
import type { SearchClause, SearchQuery } from './search-query';
import type { TermsOf } from '../terms/terms';
import { trimmedBase } from './trimmed-base';

/** Name and value, percent-decoded once; values keep their escapes. */
export type SearchParameterText = readonly [name: string, value: string];

export interface SearchContext {
  /** The server's own FHIR base. */
  readonly baseUrl: string;
  /** The time the date prefix `ap` is relative to; without it `ap` is refused. */
  readonly now?: Date;
  /** Answers what `:in`, `:not-in`, `:above` and `:below` of tokens ask; without it they are refused. See `withTerms`. */
  readonly termsOf?: TermsOf;
  /** `Prefer: handling=lenient`: told of each parameter that is unknown or not offered, which is then left out. */
  readonly onIgnored?: (issue: Issue) => void;
  /** Only what is in it: `Patient/p1/Observation`. */
  readonly compartment?: { readonly name: CompartmentName; readonly id: string };
}

interface Types {
  readonly definitions: FhirDefinitions;
  /** Never empty. */
  readonly types: readonly string[];
}

function readShape(parameters: readonly SearchParameterText[], types: Types, context: SearchContext) {
  const shape: ResultShape = {};
  const issues: Issue[] = [];
  for (const [name, value] of parameters) {
    if (!isResultParameter(name) || value === '') continue;
    const issue = readResultParameter(name, value, shape, types);
    if (!issue) continue;
    if (context.onIgnored && isDispensable(name)) context.onIgnored(issue);
    else issues.push(issue);
  }
  return { shape, issues: [...issues, ...shapeIssues(shape)] };
}

function readClauses(
  definitions: FhirDefinitions,
  type: string,
  parameters: readonly SearchParameterText[],
  context: SearchContext,
) {
  const clauses: SearchClause[] = [];
  const issues: Issue[] = [];
  const reading = {
    definitions,
    resourceType: type,
    baseUrl: trimmedBase(context.baseUrl),
    now: context.now,
    follows: 'all',
    termsOf: context.termsOf,
  } as const;
  for (const [name, value] of parameters) {
    if (isResultParameter(name) || value === '') continue;
    const found = parseClause(name, value, reading);
    if (!('issues' in found)) clauses.push(found);
    else if (context.onIgnored && found.concerns === 'parameter') found.issues.forEach(context.onIgnored);
    else issues.push(...found.issues);
  }
  if (clauses.length > searchLimits.clausesMax) {
    issues.push(errorIssue('too-costly', `A search takes at most ${searchLimits.clausesMax} parameters.`));
  }
  if (context.compartment) clauses.push(compartmentClause(definitions, type, context.compartment));
  return { clauses, issues };
}

function parseFor(
  { definitions, types }: Types,
  parameters: readonly SearchParameterText[],
  context: SearchContext,
): readonly SearchQuery[] {
  const { shape, issues } = readShape(parameters, { definitions, types }, context);
  const queries: SearchQuery[] = [];
  for (const type of types) {
    const read = readClauses(definitions, type, parameters, context);
    queries.push({ type, clauses: read.clauses, baseUrl: trimmedBase(context.baseUrl), ...shape });
    if (read.issues.length === 0) continue;
    issues.push(...read.issues);
    if (types.length > 1) {
      const text =
        'A search of several types takes only parameters that all of them have; name fewer types with _type.';
      issues.push({ ...errorIssue('invalid', text), severity: 'information' });
    }
    break;
  }
  if (issues.length > 0) throw new FhirError(400, issues);
  return queries;
}

/**
 * In: a resource type, and the parameters in the order of the request. Out: the query; a parameter without a value is left out, as FHIR
 * asks. Throws FhirError 400 with an issue per mistake, each naming the parameter, modifier or value and what to write instead; 404 for a
 * resource type that does not exist, or that is not in the compartment.
 */
export function parseSearch(
  definitions: FhirDefinitions,
  type: string,
  parameters: readonly SearchParameterText[],
  context: SearchContext,
): SearchQuery {
  if (!definitions.isResourceType(type)) {
    throw new FhirError(404, errorIssue('not-supported', `There is no resource type "${type}".`));
  }
  const { compartment } = context;
  if (compartment && !compartmentTypes(definitions, compartment.name).includes(type)) {
    const text = `${type} is not in the compartment of a ${compartment.name}; search ${type} by itself.`;
    throw new FhirError(404, errorIssue('not-supported', text));
  }
  return parseFor({ definitions, types: [type] }, parameters, context)[0]!;
}

function typesOf(asked: readonly string[], allowed: readonly string[]): readonly string[] {
  if (asked.length === 0) return allowed;
  const unknown = asked.find((type) => !allowed.includes(type));
  if (unknown === undefined) return allowed.filter((type) => asked.includes(type));
  const text = `_type names "${unknown}", which is no resource type to search here.${nearestHint(unknown, allowed)}`;
  throw new FhirError(400, errorIssue('value', text));
}

/**
 * The same over all types, or those that `_type` names, or those of a compartment: a query for each type in order of name, all of one shape.
 * Takes only parameters that all of them have. Throws as `parseSearch` does.
 */
export function parseSystemSearch(
  definitions: FhirDefinitions,
  parameters: readonly SearchParameterText[],
  context: SearchContext,
): readonly SearchQuery[] {
  const { compartment } = context;
  const asked = parameters.filter(([name]) => name === '_type').flatMap(([, value]) => value.split(','));
  const allowed = compartment ? compartmentTypes(definitions, compartment.name) : definitions.resourceTypes;
  const types = typesOf(
    asked.map((type) => type.trim()).filter((type) => type !== ''),
    allowed,
  );
  const others = parameters.filter(([name]) => name !== '_type');
  return parseFor({ definitions, types }, others, context);
}
