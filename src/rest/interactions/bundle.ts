// batch and transaction: https://hl7.org/fhir/R4/http.html#transaction. Reads the Bundle and hands it to the one or the other.
import { errorIssue, FhirError, readBundle } from '../../fhir';
import type { FhirAnswer, FhirRequest } from '../exchange';
import { parsePayload } from '../incoming-resource';
import { refuseParametersExcept } from '../parameters';
import type { PerformDeps } from '../perform';
import { batch } from './batch';
import { transaction } from './transaction';

/** `POST [base]`: 200 with one answer per entry, in the order of the entries. @throws FhirError 400 no batch or transaction; a transaction's own */
export async function bundle(deps: PerformDeps, request: FhirRequest): Promise<FhirAnswer> {
  refuseParametersExcept(request.parameters, 'batch and transaction', []);
  const resource = parsePayload(request);
  if (resource.type !== 'Bundle') {
    const text = `The base address takes a Bundle of type batch or transaction; send a ${resource.type.slice(0, 64)} to /${resource.type.slice(0, 64)}.`;
    throw new FhirError(400, errorIssue('value', text, 'resourceType'));
  }
  const { type, entries } = readBundle(resource);
  return type === 'batch' ? batch(deps, request, entries) : transaction(deps, request, entries);
}
