// The criteria of a Subscription → a query that can be answered exactly in memory, or a refusal that says why.
// http://hl7.org/fhir/R4/subscription.html: criteria means what it would mean as a search; nothing of it is ever ignored.
import type { FhirDefinitions } from '../definitions';
import { errorIssue, FhirError, type Issue } from '../outcome/outcome';
import { searchLimits } from './limits';
import { nearestHint } from './nearest-name';
import { parseClause } from './parse-clause';
import { isResultParameter } from './result-parameters';
import type { SearchClause, SearchQuery } from './search-query';
import type { TermsOf } from '../terms/terms';
import { trimmedBase } from './trimmed-base';

const EXPRESSION = 'Subscription.criteria';

function refuse(issues: readonly Issue[]): FhirError {
  return new FhirError(
    422,
    issues.map((issue) => ({ ...issue, expression: EXPRESSION })),
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    // A lone % or bytes that are not UTF-8: the client's mistake.
    throw refuse([errorIssue('value', `"${text}" is not percent-encoded correctly. Write a literal % as %25.`)]);
  }
}

/** In: a query string without `?`. Out: its decoded names and values, in order. `+` is a blank. */
function decodedParameters(queryString: string): (readonly [string, string])[] {
  return queryString
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.indexOf('=');
      return equals < 0 ? [decode(part), ''] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))];
    });
}

function typeIssue(definitions: FhirDefinitions, type: string): Issue {
  return errorIssue(
    'not-supported',
    `Criteria begin with a resource type, as in Observation?code=1234-5; "${type}" is none.${nearestHint(type, definitions.resourceTypes)}`,
  );
}

function parameterIssue(name: string, value: string): Issue | undefined {
  if (isResultParameter(name)) {
    return errorIssue(
      'not-supported',
      `"${name}" shapes the answer of a search and means nothing in criteria. Remove it.`,
    );
  }
  if (value === '') {
    return errorIssue('value', `"${name}" has no value, so it would filter nothing. Give it one or remove it.`);
  }
  return undefined;
}

/**
 * In: `Type`, `Type?name=value&…`, or the same with a leading slash; percent-encoded, though raw `|`, `$` and `:` are fine.
 * Out: the query. Throws FhirError 422 on Subscription.criteria with an issue per mistake: an unknown type or parameter
 * (with the nearest valid name), whatever cannot be evaluated exactly (`_has`, `_list`, `ap`, unsupported types and
 * modifiers), parameters that shape results, and empty values.
 */
export function parseCriteria(
  definitions: FhirDefinitions,
  criteria: string,
  context: { readonly baseUrl: string; readonly termsOf?: TermsOf | undefined },
): SearchQuery {
  if (criteria.length > searchLimits.criteriaCharactersMax) {
    const max = searchLimits.criteriaCharactersMax;
    throw refuse([errorIssue('too-long', `Criteria have at most ${max} characters; these have ${criteria.length}.`)]);
  }
  const text = criteria.trim().replace(/^\//, '');
  const mark = text.indexOf('?');
  const type = mark < 0 ? text : text.slice(0, mark);
  if (!definitions.isResourceType(type)) throw refuse([typeIssue(definitions, type)]);
  const baseUrl = trimmedBase(context.baseUrl);
  const clauses: SearchClause[] = [];
  const issues: Issue[] = [];
  const { termsOf } = context;
  const reading = { definitions, resourceType: type, baseUrl, follows: 'chains', termsOf } as const;
  for (const [name, value] of mark < 0 ? [] : decodedParameters(text.slice(mark + 1))) {
    const issue = parameterIssue(name, value);
    const found = issue ? { issues: [issue] } : parseClause(name, value, reading);
    if ('issues' in found) issues.push(...found.issues);
    else clauses.push(found);
  }
  if (clauses.length > searchLimits.clausesMax) {
    issues.push(errorIssue('too-costly', `Criteria take at most ${searchLimits.clausesMax} parameters.`));
  }
  if (issues.length > 0) throw refuse(issues);
  return { type, clauses, baseUrl };
}
