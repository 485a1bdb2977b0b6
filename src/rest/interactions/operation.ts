// A $operation on a type or an instance: its Parameters are read here, everything else is the operation's own. https://hl7.org/fhir/R4/operations.html
import { errorIssue, FhirError, type FhirResource } from '../../fhir';
import type { FhirAnswer, FhirRequest, RestDeps } from '../exchange';
import { parsePayload } from '../incoming-resource';
import type { FhirOperation } from '../operation.contract';
import { refuseParametersExcept, withoutFormat } from '../parameters';

/** The operation that an address names, if there is such a one. */
export function findOperation(
  operations: readonly FhirOperation[] | undefined,
  type: string,
  name: string,
  level: FhirOperation['level'],
): FhirOperation | undefined {
  return operations?.find((each) => each.type === type && each.level === level && `$${each.code}` === name);
}

/** @throws FhirError 400 when no Parameters resource was sent, and what the operation throws */
export async function operation(deps: RestDeps, request: FhirRequest): Promise<FhirAnswer> {
  const { type, id, operation: name = '' } = request.route;
  const found = findOperation(deps.operations, type, name, id === '' ? 'type' : 'instance');
  if (found === undefined) throw new Error(`${name} was routed but is not there`);
  const { context, idempotencyKey } = request;
  return found.perform({ id, parameters: parametersOf(request, name), context, idempotencyKey });
}

/** What came with the call: a Parameters resource, or (by GET) the parameters of the address, each as a text. */
function parametersOf(request: FhirRequest, name: string): FhirResource {
  if (request.route.isGet === true) {
    const parameter = withoutFormat(request.parameters).map(([given, valueString]) => ({ name: given, valueString }));
    return { resourceType: 'Parameters', parameter };
  }
  refuseParametersExcept(request.parameters, name, []);
  const { value } = parsePayload(request);
  if (value.resourceType !== 'Parameters') {
    const text = `${name} takes a Parameters resource, but the body is a ${value.resourceType.slice(0, 64)}.`;
    throw new FhirError(400, errorIssue('value', text, 'resourceType'));
  }
  return value;
}
