// search of one type, of several, or in a compartment, by GET or by POST _search: https://hl7.org/fhir/R4/http.html#search
import { errorIssue, FhirError, operationOutcome, PAGE_PARAMETER, subsetText, withTerms } from '../../fhir';
import type { FhirDefinitions, Issue, SearchQuery, SubsetWish } from '../../fhir';
import type { SearchPage, StoredVersion } from '../../store';
import { bundleText, jsonText, objectText } from '../bundle-text';
import type { BundleLink } from '../bundle-text';
import type { FhirAnswer, FhirRequest, RestDeps } from '../exchange';
import { included } from '../includes';
import { INCLUDED_MAX, SEARCH_TRIES_MAX } from '../limits';
import { formatParameters } from '../parameters';
import type { Parameter } from '../parameters';
import { searchRequest, type SearchRequest } from '../search-request';
import type { Route } from '../route';

/** A search Bundle; the self link lists what was really used. @throws FhirError 400 naming the parameter, modifier or value */
export async function search(deps: RestDeps, request: FhirRequest): Promise<FhirAnswer> {
  const { baseUrl } = request.context;
  const { queries, used, ignored, found } = await answered(deps, request);
  const shape = queries[0]!;
  const added = await included(deps, request, found.resources, shape.includes ?? []);
  const wish = wishOf(shape);
  const entry = (stored: StoredVersion, mode: 'match' | 'include'): string =>
    objectText({
      fullUrl: jsonText(`${baseUrl}/${stored.type}/${stored.id}`),
      resource: shownText(deps.definitions, stored, wish),
      search: `{"mode":"${mode}"}`,
    });
  const entries = [
    ...found.resources.map((stored) => entry(stored, 'match')),
    ...added.resources.map((stored) => entry(stored, 'include')),
  ];
  const hints = [...ignored, ...(added.isCut ? [cutIssue()] : [])];
  if (hints.length > 0) entries.push(hintsText(hints));
  const links = linksOf(`${baseUrl}${pathOf(request.route)}`, used, found);
  return { status: 200, body: bundleText({ type: 'searchset', total: found.total, links }, entries) };
}

/** The search as it was understood, and its page. Asked again when a search parameter of one's own was changed meanwhile: by then it is known how. */
async function answered(deps: RestDeps, request: FhirRequest): Promise<SearchRequest & { readonly found: SearchPage }> {
  for (let tries = 1; ; tries += 1) {
    const asked = await understood(deps, request);
    try {
      return { ...asked, found: await deps.store.search(request.context, asked.queries) };
    } catch (error) {
      // Expected: a parameter was changed between the two.
      if (!(error instanceof FhirError) || error.status !== 409 || tries >= SEARCH_TRIES_MAX) throw error;
    }
  }
}

function understood(deps: RestDeps, request: FhirRequest): Promise<SearchRequest> {
  const now = deps.clock.now();
  return deps.store.understood(() =>
    withTerms(
      (termsOf) => searchRequest(deps.definitions, request, { now, termsOf }),
      (questions) => deps.store.terms(request.context, questions),
    ),
  );
}

/** The address that is searched, without a slash at its end. */
function pathOf({ type, compartment }: Route): string {
  if (compartment === undefined) return type === '' ? '' : `/${type}`;
  return `/${compartment.name}/${compartment.id}/${type === '' ? '*' : type}`;
}

function wishOf({ summary, elements }: SearchQuery): SubsetWish | undefined {
  if (elements) return { elements };
  return summary === undefined || summary === 'count' ? undefined : { summary };
}

function shownText(
  definitions: FhirDefinitions,
  { type, body }: StoredVersion,
  wish: SubsetWish | undefined,
): string | undefined {
  if (body === null) return undefined;
  return wish ? subsetText(definitions, type, body, wish) : body;
}

function cutIssue(): Issue {
  const text = `More resources are referred to than one page includes (${INCLUDED_MAX}). Ask for smaller pages with _count, or include less.`;
  return errorIssue('too-costly', text);
}

function hintsText(hints: readonly Issue[]): string {
  const outcome = operationOutcome(hints.map((issue) => ({ ...issue, severity: 'warning' })));
  return objectText({ resource: jsonText(outcome), search: '{"mode":"outcome"}' });
}

function linksOf(address: string, used: readonly Parameter[], { next, previous, last }: SearchPage): BundleLink[] {
  const first = used.filter(([name]) => name !== PAGE_PARAMETER);
  const link = (relation: BundleLink['relation'], parameters: readonly Parameter[]): BundleLink => {
    return { relation, url: parameters.length === 0 ? address : `${address}?${formatParameters(parameters)}` };
  };
  const page = (relation: BundleLink['relation'], token: string | undefined): BundleLink[] =>
    token === undefined ? [] : [link(relation, [...first, [PAGE_PARAMETER, token]])];
  return [
    link('self', used),
    link('first', first),
    ...page('previous', previous),
    ...page('next', next),
    ...page('last', last),
  ];
}
