// update, also of a resource that is not there yet: https://hl7.org/fhir/R4/http.html#update
import { expectedVersion, refuseIfNoneExist, refuseIfNoneMatch } from '../conditions';
import type { FhirAnswer, FhirRequest, RestDeps } from '../exchange';
import { checkUpdateIdentity, incomingResource } from '../incoming-resource';
import { refuseParametersExcept } from '../parameters';
import { notesOn, writtenAnswer } from '../written';

/** `PUT Type/id`: 200 for a new version, 201 when it was created or revived. @throws FhirError 400, 412, 422 */
export async function update(deps: RestDeps, request: FhirRequest): Promise<FhirAnswer> {
  refuseParametersExcept(request.parameters, 'update', []);
  refuseIfNoneMatch(request.conditions);
  refuseIfNoneExist(request.conditions);
  const ifMatch = expectedVersion(request.conditions.ifMatch);
  const resource = incomingResource(deps.definitions, request);
  const { type, id } = request.route;
  checkUpdateIdentity(resource, type, id);
  const options = ifMatch === undefined ? undefined : { ifMatch };
  const result = await deps.store.update(request.context, id, resource, options);
  return writtenAnswer(request, result, await notesOn(deps, request, result));
}
