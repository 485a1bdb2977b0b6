// One entry of a batch or transaction as a request of its own, and its answer as the text of a response entry.
import { STATUS_CODES } from 'node:http';
import { errorIssue, FhirError } from '../fhir';
import type { BundleEntry, FhirDefinitions, Issue } from '../fhir';
import { objectText } from './bundle-text';
import type { FhirAnswer, FhirRequest } from './exchange';
import { pathOf, queryOf } from './http';
import { parseParameters } from './parameters';
import { routeOf } from './route';

/** The request an entry stands for; `request.url` is relative to the base, or absolute under our own base. @throws FhirError 400, 404, 405, 501 */
export function entryRequest(definitions: FhirDefinitions, bundle: FhirRequest, entry: BundleEntry): FhirRequest {
  const url = relativeUrl(entry.url, bundle.context.baseUrl);
  const query = queryOf(url);
  const route = routeOf(definitions, entry.method, pathOf(url), query !== '');
  if (route.interaction === 'bundle' || route.interaction === 'capabilities' || route.interaction === 'options') {
    throw new FhirError(
      400,
      errorIssue('not-supported', `'${entry.method} ${url.slice(0, 100)}' cannot be an entry of a Bundle.`),
    );
  }
  return {
    route,
    parameters: parseParameters(query),
    conditions: {
      ifMatch: entry.ifMatch,
      ifNoneMatch: entry.ifNoneMatch,
      ifModifiedSince: entry.ifModifiedSince,
      ifNoneExist: entry.ifNoneExist,
    },
    preferences: bundle.preferences,
    context: bundle.context,
    payload: entry.resource,
  };
}

function relativeUrl(url: string, baseUrl: string): string {
  if (url.startsWith(`${baseUrl}/`)) return url.slice(baseUrl.length + 1);
  if (/^[a-z][a-z0-9+.-]*:/i.test(url)) {
    const text = `The url '${url.slice(0, 200)}' is not under this server's base; write it relative to the base, like Patient/1.`;
    throw new FhirError(400, errorIssue('value', text));
  }
  return url;
}

/** The same refusal, its issues named by the place in the Bundle: `Bundle.entry[3].resource.name[0]`. */
export function atEntry(error: FhirError, entry: Pick<BundleEntry, 'index' | 'method' | 'url'>): FhirError {
  const place = `Bundle.entry[${entry.index}]`;
  const issues = error.issues.map((issue): Issue => {
    const { expression } = issue;
    if (expression?.startsWith('Bundle.entry[') === true) return issue;
    const path = expression === undefined ? place : `${place}.resource${expression.replace(/^[A-Za-z]+/, '')}`;
    return { ...issue, text: `${place} (${entry.method} ${entry.url.slice(0, 100)}): ${issue.text}`, expression: path };
  });
  return new FhirError(error.status, issues, error.headers);
}

/** The JSON text of the response entry (B-2). */
export function responseEntryText(answer: FhirAnswer): string {
  const { status, body } = answer;
  const response = objectText({
    status: JSON.stringify(`${status} ${STATUS_CODES[status] ?? ''}`.trim()),
    location: answer.location === undefined ? undefined : JSON.stringify(answer.location),
    etag: answer.etag === undefined ? undefined : JSON.stringify(answer.etag),
    lastModified: answer.lastModified === undefined ? undefined : JSON.stringify(answer.lastModified.toISOString()),
    outcome: answer.isOutcome === true ? body : undefined,
  });
  return objectText({ resource: answer.isOutcome === true ? undefined : body, response });
}
