// What a $operation must offer to be routed: https://hl7.org/fhir/R4/operations.html. Operations live in their own room and are plugged in by app;
// their conformance suite is test/conformance/operation.ts.
import type { FhirResource } from '../fhir';
import type { WriteContext } from '../store';

/** One call. */
export interface OperationCall {
  /** Empty when it is called on the type itself. */
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
  /** The resource type that it belongs to. */
  readonly type: string;
  /** Whether it is called on the type itself or on its instances. */
  readonly level: 'type' | 'instance';
  /** Changes nothing, so it may also be asked for by GET: its parameters then stand in the address, each as a text. */
  readonly isReadOnly?: boolean;
  /** Canonical URL, as the CapabilityStatement shows it. */
  readonly definition: string;
  /** @throws FhirError naming the parameter that is wrong */
  perform(call: OperationCall): Promise<OperationAnswer>;
}
