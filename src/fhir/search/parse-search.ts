// The parameters of a search request → a query, or every reason why not. http://hl7.org/fhir/R4/search.html
import type { FhirDefinitions } from '../definitions';
import { errorIssue, FhirError, type Issue } from '../outcome/outcome';
import { searchLimits } from './limits';
import { parseClause } from './parse-clause';
import { isResultParameter, readResultParameter, type ResultShape } from './result-parameters';
import type { SearchClause, SearchQuery } from './search-query';
import type { TermsOf } from '../terms/terms';
import { trimmedBase } from './trimmed-base';

export interface SearchContext {
  /** The server's own FHIR base. */
  readonly baseUrl: string;
  /** The time the date prefix `ap` is relative to; without it `ap` is refused. */
  readonly now?: Date;
  /** Answers what `:in`, `:not-in`, `:above` and `:below` of tokens ask; without it they are refused. See `withTerms`. */
  readonly termsOf?: TermsOf;
  /** `Prefer: handling=lenient`: told of each filter parameter that is unknown or not offered, which is then left out. */
  readonly onIgnored?: (issue: Issue) => void;
}

/**
 * In: a resource type, and name and value of each parameter in the order of the request, percent-decoded once (values
 * keep their escapes). Out: the query; a parameter without a value is left out, as FHIR asks.
 * Throws FhirError 400 with an issue per mistake, each naming the parameter, modifier or value and what to write instead;
 * 404 for a resource type that does not exist.
 */
export function parseSearch(
  definitions: FhirDefinitions,
  type: string,
  parameters: readonly (readonly [string, string])[],
  context: SearchContext,
): SearchQuery {
  if (!definitions.isResourceType(type)) {
    throw new FhirError(404, errorIssue('not-supported', `There is no resource type "${type}".`));
  }
  const baseUrl = trimmedBase(context.baseUrl);
  const shape: ResultShape = {};
  const clauses: SearchClause[] = [];
  const issues: Issue[] = [];
  const reading = {
    definitions,
    resourceType: type,
    baseUrl,
    now: context.now,
    follows: 'all',
    termsOf: context.termsOf,
  } as const;
  for (const [name, value] of parameters) {
    if (isResultParameter(name)) {
      const issue = readResultParameter(name, value, shape);
      if (issue) issues.push(issue);
    } else if (value !== '') {
      const found = parseClause(name, value, reading);
      if (!('issues' in found)) clauses.push(found);
      else if (context.onIgnored && found.concerns === 'parameter') found.issues.forEach(context.onIgnored);
      else issues.push(...found.issues);
    }
  }
  if (clauses.length > searchLimits.clausesMax) {
    issues.push(errorIssue('too-costly', `A search takes at most ${searchLimits.clausesMax} parameters.`));
  }
  if (issues.length > 0) throw new FhirError(400, issues);
  return { type, clauses, baseUrl, ...shape };
}
