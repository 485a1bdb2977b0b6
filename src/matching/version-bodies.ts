// Bodies of versions of several tenants, read with one statement for each tenant.
import type { FhirResource } from '../fhir';
import { groupBy, type Tx } from '../platform';
import { versionName, type ResourceStore, type VersionKey } from '../store';

/** Names a version among those of all tenants. */
export function nameOf(key: VersionKey): string {
  return `${key.tenant}/${versionName(key)}`;
}

/** In: versions, each once. Out: by name, those that the store has; undefined for a tombstone. With `tx`, sees what that transaction sees. */
export async function readBodies(
  store: Pick<ResourceStore, 'readVersions'>,
  keys: Iterable<VersionKey>,
  tx?: Tx,
): Promise<Map<string, FhirResource | undefined>> {
  const bodies = new Map<string, FhirResource | undefined>();
  for (const sameTenant of groupBy(keys, ({ tenant }) => tenant).values()) {
    const found = await store.readVersions(sameTenant, tx);
    for (const key of sameTenant) {
      const version = found.get(versionName(key));
      if (version === undefined) continue;
      bodies.set(nameOf(key), version.body == null ? undefined : (JSON.parse(version.body) as FhirResource));
    }
  }
  return bodies;
}
