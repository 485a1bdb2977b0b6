// What a search asks for: its queries, and which of its parameters were used. https://hl7.org/fhir/R4/search.html
import { parseSearch, parseSystemSearch } from '../fhir';
import type { FhirDefinitions, Issue, SearchContext, SearchQuery } from '../fhir';
import type { FhirRequest } from './exchange';
import { withoutFormat } from './parameters';
import type { Parameter } from './parameters';

export interface SearchRequest {
  /** One for each type that is searched; never none. All are of one shape. */
  readonly queries: readonly SearchQuery[];
  /** What was really used, for the self link. */
  readonly used: readonly Parameter[];
  /** What lenient handling left out, and why. */
  readonly ignored: readonly Issue[];
}

function parsed(
  definitions: FhirDefinitions,
  type: string,
  parameters: readonly Parameter[],
  context: SearchContext,
): readonly SearchQuery[] {
  if (type === '') return parseSystemSearch(definitions, parameters, context);
  return [parseSearch(definitions, type, parameters, context)];
}

/**
 * Under `Prefer: handling=lenient` parameters that are unknown or not offered are left out and reported. Each is parsed by itself, so
 * that the self link can tell what was really used; a modifier or value that is not supported stays an error.
 * `known`: the time and terminology, where the answer needs them.
 * @throws FhirError 400 naming the parameter, modifier or value; 404 for a type that is not in the compartment
 */
export function searchRequest(
  definitions: FhirDefinitions,
  request: FhirRequest,
  known: Pick<SearchContext, 'now' | 'termsOf'> = {},
): SearchRequest {
  const { type, compartment } = request.route;
  const context: SearchContext = {
    baseUrl: request.context.baseUrl,
    ...known,
    ...(compartment && { compartment }),
  };
  const given = withoutFormat(request.parameters).filter(([, value]) => value !== '');
  if (!request.preferences.isLenient)
    return { queries: parsed(definitions, type, given, context), used: given, ignored: [] };
  const ignored: Issue[] = [];
  // Every parameter is judged for the types that are searched.
  const types = type === '' ? given.filter(([name]) => name === '_type') : [];
  const used = given.filter((parameter) => {
    if (type === '' && parameter[0] === '_type') return true;
    const before = ignored.length;
    parsed(definitions, type, [...types, parameter], { ...context, onIgnored: (issue) => ignored.push(issue) });
    return ignored.length === before;
  });
  return { queries: parsed(definitions, type, used, context), used, ignored };
}
