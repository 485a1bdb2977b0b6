// What one resource refers to, as far as some queries ask: for whoever holds criteria against a resource outside of matching.
import { chainPathOf, type FhirResource, type ReferencedSubjects, type SearchQuery } from '../fhir';
import type { Tx } from '../platform';
import { readReferenced, type ReferencedDeps } from './referenced';

export interface JudgedResource {
  readonly tenant: string;
  readonly resource: FhirResource;
  /** What it refers to is taken as it was then: of an event its version's lastUpdated. Absent: as it is now. */
  readonly at?: Date;
}

/** Later than any version. */
const LATEST = new Date('9999-12-31T23:59:59.999Z');

/** In: the resource and the queries that will be asked of it; those of other types ask nothing. Reads nothing where no chain is asked. */
export async function referencedBy(
  deps: ReferencedDeps,
  { tenant, resource, at = LATEST }: JudgedResource,
  queries: readonly SearchQuery[],
  tx?: Tx,
): Promise<ReferencedSubjects> {
  const type = resource.resourceType;
  const chains = queries
    .filter((query) => query.type === type)
    .flatMap(({ clauses, baseUrl }) =>
      clauses.flatMap((clause) => {
        const path = chainPathOf(deps.definitions, type, clause);
        return path ? [{ path, baseUrl }] : [];
      }),
    );
  const [referenced] = await readReferenced(deps, [{ tenant, resource, at, chains }], undefined, tx);
  return referenced!;
}
