// What a $operation must offer to be routed: https://hl7.org/fhir/R4/operations.html. Operations live in their own room and are plugged in by app;
// their conformance suite is test/conformance/operation.ts.
import type { FhirResource } from '../fhir';
import type { WriteContext } from '../store';

/** One call, by POST on an instance. */
export interface OperationCall {
  readonly id: string;
  /** The Parameters resource that was sent; its parameters are not checked yet. */
  readonly parameters: FhirResource;
  readonly context: WriteContext;
  readonly idempotencyKey?: string;
}

export interface OperationAnswer {
  readonly status: number;
  /** FHIR JSON text, sent as it is. */
  readonly body?: string;
}

export interface FhirOperation {
  /** Without the `$`. */
  readonly code: string;
  /** The resource type on whose instances it is called. */
  readonly type: string;
  /** Canonical URL, as the CapabilityStatement shows it. */
  readonly definition: string;
  /** @throws FhirError naming the parameter that is wrong */
  perform(call: OperationCall): Promise<OperationAnswer>;
}
