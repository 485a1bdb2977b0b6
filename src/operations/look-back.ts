// "Would have matched n of the last m changes": criteria held against the newest stored versions of their type.
import { matchesQuery, type FhirDefinitions, type FhirResource, type SearchQuery } from '../fhir';
import { referencedBy } from '../matching';
import { versionName, type ResourceStore } from '../store';
import { CHANGES_BYTES_MAX, CHANGES_READ_AT_ONCE, EXAMPLES_MAX } from './limits';

export interface LookBack {
  /** Changes that were looked at: fewer than asked for when there are no more, or when they were too large. */
  readonly examined: number;
  readonly matched: number;
  /** Versions that match, newest first: `Type/id/_history/n`. */
  readonly examples: readonly string[];
}

export interface LookBackDeps {
  readonly definitions: FhirDefinitions;
  readonly store: Pick<ResourceStore, 'recentVersions' | 'readVersions' | 'versionsAsOf'>;
}

/** Creates and updates of resources that are not deleted now, the newest `count` of the query's type. */
export async function lookBack(
  deps: LookBackDeps,
  tenant: string,
  query: SearchQuery,
  count: number,
): Promise<LookBack> {
  const { store, definitions } = deps;
  const keys = await store.recentVersions(tenant, query.type, count);
  const examples: string[] = [];
  let examined = 0;
  let matched = 0;
  let bytes = 0;
  for (let from = 0; from < keys.length && bytes < CHANGES_BYTES_MAX; from += CHANGES_READ_AT_ONCE) {
    const part = keys.slice(from, from + CHANGES_READ_AT_ONCE);
    const versions = await store.readVersions(part);
    for (const key of part) {
      const version = versions.get(versionName(key));
      const body = version?.body;
      if (version === undefined || body == null) continue;
      examined += 1;
      bytes += body.length;
      const resource = JSON.parse(body) as FhirResource;
      const referenced = await referencedBy(deps, { tenant, resource, at: version.lastUpdated }, [query]);
      if (!matchesQuery(definitions, query, resource, referenced)) continue;
      matched += 1;
      if (examples.length < EXAMPLES_MAX) examples.push(`${key.type}/${key.id}/_history/${key.version}`);
    }
  }
  return { examined, matched, examples };
}
