// Searches as tests ask them.
import type { FhirClient } from './fhir-client';

/** The ids of everything on the first page, sorted. Throws what the server refuses. */
export async function foundIds(herald: FhirClient, query: string): Promise<string[]> {
  const { status, body } = await herald.get(query);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return (body.entry ?? []).map(({ resource }: any) => resource.id).sort();
}
