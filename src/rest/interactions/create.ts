// create: https://hl7.org/fhir/R4/http.html#create
import { refuseIfNoneExist } from '../conditions';
import type { FhirAnswer, FhirRequest, RestDeps } from '../exchange';
import { incomingResource } from '../incoming-resource';
import { refuseParametersExcept } from '../parameters';
import { notesOn, writtenAnswer } from '../written';

/** `POST Type`: stores a new resource under an id of ours and answers 201. @throws FhirError 400, 422 */
export async function create(deps: RestDeps, request: FhirRequest): Promise<FhirAnswer> {
  refuseParametersExcept(request.parameters, 'create', []);
  refuseIfNoneExist(request.conditions);
  const resource = incomingResource(deps.definitions, request);
  const result = await deps.store.create(request.context, resource);
  return writtenAnswer(request, result, await notesOn(deps, request, result));
}
