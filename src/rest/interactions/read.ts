// read and conditional read: https://hl7.org/fhir/R4/http.html#read
import { errorIssue, FhirError } from '../../fhir';
import type { StoredVersion } from '../../store';
import { etagOf, isUnchanged } from '../conditions';
import type { FhirAnswer, FhirRequest, RestDeps } from '../exchange';
import { refuseParametersExcept } from '../parameters';

/** `GET Type/id`: the current version. @throws FhirError 404 never there, 410 deleted */
export async function read(deps: RestDeps, request: FhirRequest): Promise<FhirAnswer> {
  refuseParametersExcept(request.parameters, 'read', []);
  const { type, id } = request.route;
  return readAnswer(request, await deps.store.read(request.context.tenant, type, id));
}

/** The answer for a stored version that may be absent, deleted or known to the client already. */
export function readAnswer(request: FhirRequest, stored: StoredVersion | undefined): FhirAnswer {
  const { type, id } = request.route;
  if (stored === undefined) {
    throw new FhirError(404, errorIssue('not-found', `There is no ${type}/${id}.`));
  }
  const etag = etagOf(stored.version);
  if (stored.body === null) {
    const text = `${type}/${id} was deleted with version ${stored.version}; its earlier versions are in ${type}/${id}/_history.`;
    throw new FhirError(410, errorIssue('deleted', text), { ETag: etag });
  }
  const lastModified = stored.lastUpdated;
  if (isUnchanged(request.conditions, stored)) return { status: 304, etag, lastModified };
  return { status: 200, body: stored.body, etag, lastModified };
}
