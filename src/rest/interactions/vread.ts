// vread: https://hl7.org/fhir/R4/http.html#vread
import { errorIssue, FhirError } from '../../fhir';
import { etagOf, isUnchanged } from '../conditions';
import type { FhirAnswer, FhirRequest, RestDeps } from '../exchange';
import { refuseParametersExcept } from '../parameters';

/** `GET Type/id/_history/n`: one version as it was. @throws FhirError 404 no such version, 410 the version is a deletion */
export async function vread(deps: RestDeps, request: FhirRequest): Promise<FhirAnswer> {
  refuseParametersExcept(request.parameters, 'vread', []);
  const { type, id, version } = request.route;
  const stored = await deps.store.readVersion(request.context.tenant, type, id, version);
  if (stored === undefined) {
    throw new FhirError(404, errorIssue('not-found', `There is no version ${version} of ${type}/${id}.`));
  }
  const etag = etagOf(stored.version);
  if (stored.body === null) {
    const text = `Version ${version} of ${type}/${id} is its deletion; there is nothing to read.`;
    throw new FhirError(410, errorIssue('deleted', text), { ETag: etag });
  }
  const lastModified = stored.lastUpdated;
  if (isUnchanged(request.conditions, stored)) return { status: 304, etag, lastModified };
  return { status: 200, body: stored.body, etag, lastModified };
}
