// The FHIR versions Herald speaks, one line each. Nothing outside this folder asks which version is in force.
import type { FhirDefinitions } from '../definitions';
import { r4Definitions } from './r4/definitions';

const versions: Readonly<Record<FhirDefinitions['fhirVersion'], FhirDefinitions>> = Object.freeze({
  R4: r4Definitions,
});

/** The definitions of a version: loaded once per process, frozen, safe to share. */
export function definitionsFor(version: FhirDefinitions['fhirVersion']): FhirDefinitions {
  return versions[version];
}
