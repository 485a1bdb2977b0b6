// Which patient a resource belongs to, and so which events are kept in order with which: the ordering root.
// http://hl7.org/fhir/R4/compartmentdefinition-patient.html
import type { FhirDefinitions } from './definitions';
import type { FhirResource } from './resource';
import { indexedParameters } from './search/indexed-parameters';
import { trimmedBase } from './search/trimmed-base';

export interface CompartmentContext {
  /** The server's own FHIR base: absolute references below it equal relative ones. */
  readonly baseUrl: string;
}

const NO_BASE: CompartmentContext = { baseUrl: '' };

/**
 * Out: `Patient/x`. A Patient belongs to itself, always (a merge must not move it); any other resource to the patient its
 * compartment parameters name by a literal reference (an identifier or a display names nobody; a version is left out);
 * of several patients the smallest reference, so that every version of a resource that names the same ones agrees.
 * undefined: it belongs to none. A Patient must have its id.
 */
export function patientOf(
  definitions: FhirDefinitions,
  resource: FhirResource,
  context: CompartmentContext = NO_BASE,
): string | undefined {
  const type = resource.resourceType;
  if (type === 'Patient') return `Patient/${resource.id}`;
  const parameters = indexedParameters(definitions, type);
  const baseUrl = trimmedBase(context.baseUrl);
  let smallest: string | undefined;
  for (const code of definitions.compartmentParameters('Patient', type)) {
    for (const entry of parameters.get(code)?.extract(resource, baseUrl).entries ?? []) {
      if (entry.kind !== 'reference' || entry.type !== 'Patient') continue;
      if (smallest === undefined || entry.key < smallest) smallest = entry.key;
    }
  }
  return smallest;
}

/** What the events of a resource are ordered by across resources: its patient, else the resource itself (`Type/id`). */
export function orderingRoot(
  definitions: FhirDefinitions,
  resource: FhirResource,
  context: CompartmentContext = NO_BASE,
): string {
  return patientOf(definitions, resource, context) ?? `${resource.resourceType}/${resource.id}`;
}
