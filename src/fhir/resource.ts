// The shape every FHIR resource has in memory. Anything more is known from the definitions, not from TypeScript.

/** A parsed resource: plain JSON data whose `resourceType` is known to be there. */
export interface FhirResource {
  resourceType: string;
  id?: string;
  meta?: { versionId?: string; lastUpdated?: string; [element: string]: unknown };
  [element: string]: unknown;
}
