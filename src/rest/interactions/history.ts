// History of one resource: https://hl7.org/fhir/R4/http.html#history
import { errorIssue, FhirError } from '../../fhir';
import type { StoredVersion } from '../../store';
import { bundleText, jsonText, objectText } from '../bundle-text';
import type { BundleLink } from '../bundle-text';
import { etagOf } from '../conditions';
import type { FhirAnswer, FhirRequest, RestDeps } from '../exchange';
import { HISTORY_COUNT_DEFAULT, HISTORY_COUNT_MAX } from '../limits';
import { formatParameters, parameterValue, refuseParametersExcept } from '../parameters';
import type { Parameter } from '../parameters';

// An instant: a date with a time and a zone.
const instantSyntax = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** `GET Type/id/_history`: newest first, deletions included. Pages by `_before`, an opaque link of ours. @throws FhirError 400, 404 */
export async function history(deps: RestDeps, request: FhirRequest): Promise<FhirAnswer> {
  refuseParametersExcept(request.parameters, 'history', ['_count', '_since', '_before']);
  const { type, id } = request.route;
  const count = countOf(request.parameters);
  const since = sinceOf(request.parameters);
  const before = wholeNumber(request.parameters, '_before');
  // One more than the page tells whether there is a next page.
  const page = { count: count + 1, ...(since && { since }), ...(before !== undefined && { before }) };
  const found = await deps.store.history(request.context.tenant, type, id, page);
  if (found.total === 0) {
    throw new FhirError(404, errorIssue('not-found', `There is no ${type}/${id} and never was.`));
  }
  const versions = found.versions.slice(0, count);
  const links = linksOf(request, versions, found.versions.length > count);
  const entries = versions.map((stored) => entryText(request.context.baseUrl, stored));
  return { status: 200, body: bundleText({ type: 'history', total: found.total, links }, entries) };
}

function entryText(baseUrl: string, stored: StoredVersion): string {
  // Version 1 of a create came by POST; what was revived has an address already, so it came by PUT.
  const isPost = stored.interaction === 'create' && stored.version === 1;
  const method = stored.interaction === 'delete' ? 'DELETE' : isPost ? 'POST' : 'PUT';
  const status =
    stored.interaction === 'delete' ? '204 No Content' : stored.interaction === 'create' ? '201 Created' : '200 OK';
  return objectText({
    fullUrl: jsonText(`${baseUrl}/${stored.type}/${stored.id}`),
    resource: stored.body ?? undefined,
    request: JSON.stringify({ method, url: isPost ? stored.type : `${stored.type}/${stored.id}` }),
    response: JSON.stringify({
      status,
      etag: etagOf(stored.version),
      lastModified: stored.lastUpdated.toISOString(),
    }),
  });
}

function linksOf(request: FhirRequest, versions: readonly StoredVersion[], hasMore: boolean): BundleLink[] {
  const { type, id } = request.route;
  const address = `${request.context.baseUrl}/${type}/${id}/_history`;
  const link = (relation: BundleLink['relation'], parameters: readonly Parameter[]): BundleLink => {
    return { relation, url: parameters.length === 0 ? address : `${address}?${formatParameters(parameters)}` };
  };
  const links = [link('self', request.parameters)];
  const last = versions.at(-1);
  if (last !== undefined && hasMore) {
    const kept = request.parameters.filter(([name]) => name !== '_before');
    links.push(link('next', [...kept, ['_before', String(last.version)]]));
  }
  return links;
}

function countOf(parameters: readonly Parameter[]): number {
  return Math.min(wholeNumber(parameters, '_count') ?? HISTORY_COUNT_DEFAULT, HISTORY_COUNT_MAX);
}

function wholeNumber(parameters: readonly Parameter[], name: string): number | undefined {
  const text = parameterValue(parameters, name);
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new FhirError(
    400,
    errorIssue('value', `${name} must be a whole number of at least 0, not '${text.slice(0, 40)}'.`),
  );
}

function sinceOf(parameters: readonly Parameter[]): Date | undefined {
  // A raw plus of a time zone has become a blank in the query.
  const text = parameterValue(parameters, '_since')?.replace(' ', '+');
  if (text === undefined || text === '') return undefined;
  const since = new Date(text);
  if (instantSyntax.test(text) && !Number.isNaN(since.getTime())) return since;
  const problem = `_since must be an instant with time zone like 2026-01-31T08:30:00Z, not '${text.slice(0, 40)}'.`;
  throw new FhirError(400, errorIssue('value', problem));
}
