// delete: https://hl7.org/fhir/R4/http.html#delete
import { expectedVersion, refuseIfNoneMatch } from '../conditions';
import type { FhirAnswer, FhirRequest, RestDeps } from '../exchange';
import { refuseParametersExcept } from '../parameters';
import { deletedAnswer } from '../written';

/** `DELETE Type/id`: 204, also when it is gone already or never was. @throws FhirError 400, 412 */
export async function deleteResource(deps: RestDeps, request: FhirRequest): Promise<FhirAnswer> {
  refuseParametersExcept(request.parameters, 'delete', []);
  refuseIfNoneMatch(request.conditions);
  const ifMatch = expectedVersion(request.conditions.ifMatch);
  const { type, id } = request.route;
  const options = ifMatch === undefined ? undefined : { ifMatch };
  return deletedAnswer(request, await deps.store.delete(request.context, type, id, options));
}
