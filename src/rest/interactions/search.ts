// search of one type, by GET or by POST _search: https://hl7.org/fhir/R4/http.html#search
import { operationOutcome, PAGE_PARAMETER, parseSearch, withTerms } from '../../fhir';
import type { FhirDefinitions, Issue, SearchContext, SearchQuery } from '../../fhir';
import type { StoredVersion } from '../../store';
import { bundleText, jsonText, objectText } from '../bundle-text';
import type { BundleLink } from '../bundle-text';
import type { FhirAnswer, FhirRequest, RestDeps } from '../exchange';
import { formatParameters, withoutFormat } from '../parameters';
import type { Parameter } from '../parameters';

/** A search Bundle; the self link lists what was really used. @throws FhirError 400 naming the parameter, modifier or value */
export async function search(deps: RestDeps, request: FhirRequest): Promise<FhirAnswer> {
  const { type } = request.route;
  const given = withoutFormat(request.parameters).filter(([, value]) => value !== '');
  const base = { baseUrl: request.context.baseUrl, now: deps.clock.now() };
  const { used, query, ignored } = await withTerms(
    (termsOf) => parsed(deps.definitions, request, given, { ...base, termsOf }),
    (questions) => deps.store.terms(request.context, questions),
  );
  const found = await deps.store.search(request.context, query);
  const resources = query.count === 0 ? [] : found.resources;
  const next = query.count === 0 ? undefined : found.next;
  const entries = resources.map((stored) => entryText(request.context.baseUrl, stored));
  if (ignored.length > 0) entries.push(ignoredText(ignored));
  const links = linksOf(`${request.context.baseUrl}/${type}`, used, next);
  return { status: 200, body: bundleText({ type: 'searchset', total: found.total, links }, entries) };
}

function parsed(
  definitions: FhirDefinitions,
  { route: { type }, preferences }: FhirRequest,
  given: readonly Parameter[],
  context: SearchContext,
): { used: readonly Parameter[]; query: SearchQuery; ignored: readonly Issue[] } {
  const ignored: Issue[] = [];
  const used = preferences.isLenient ? usedOf(definitions, type, given, context, ignored) : given;
  return { used, query: parseSearch(definitions, type, used, context), ignored };
}

/**
 * Under `Prefer: handling=lenient` parameters that are unknown or not offered are left out and reported. Each is parsed by itself, so
 * that the self link can tell what was really used; a modifier or value that is not supported stays an error.
 */
function usedOf(
  definitions: FhirDefinitions,
  type: string,
  given: readonly Parameter[],
  context: SearchContext,
  ignored: Issue[],
): readonly Parameter[] {
  return given.filter((parameter) => {
    const before = ignored.length;
    parseSearch(definitions, type, [parameter], { ...context, onIgnored: (issue) => ignored.push(issue) });
    return ignored.length === before;
  });
}

function entryText(baseUrl: string, stored: StoredVersion): string {
  return objectText({
    fullUrl: jsonText(`${baseUrl}/${stored.type}/${stored.id}`),
    resource: stored.body ?? undefined,
    search: '{"mode":"match"}',
  });
}

function ignoredText(ignored: readonly Issue[]): string {
  const outcome = operationOutcome(ignored.map((issue) => ({ ...issue, severity: 'warning' })));
  return objectText({ resource: jsonText(outcome), search: '{"mode":"outcome"}' });
}

function linksOf(address: string, used: readonly Parameter[], next: string | undefined): BundleLink[] {
  const link = (relation: BundleLink['relation'], parameters: readonly Parameter[]): BundleLink => {
    return { relation, url: parameters.length === 0 ? address : `${address}?${formatParameters(parameters)}` };
  };
  const first = used.filter(([name]) => name !== PAGE_PARAMETER);
  const links = [link('self', used), link('first', first)];
  if (next !== undefined) links.push(link('next', [...first, [PAGE_PARAMETER, next]]));
  return links;
}
