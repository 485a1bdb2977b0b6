// One page of a search: which resources, how many in all, where the next page begins. What the clauses mean is the search folder's business.
import { matchesQuery, searchLimits, type FhirDefinitions, type FhirResource, type SearchQuery } from '../fhir';
import type { Statement, Tx } from '../platform';
import { SEARCH_COUNT_DEFAULT } from './limits';
import { readPageToken, writePageToken, type PagePosition } from './page-token';
import { storedVersionOf, type VersionRow } from './read';
import type { StoredVersion } from './resource-version';
import { needsConfirmation, ownClauses, queryCondition } from './search/search-conditions';
import { SqlValues } from './search/search-sql';
import { partitionOf } from './sql/partition';

export interface SearchPage {
  readonly total: number;
  readonly resources: StoredVersion[];
  /** Absent on the last page. */
  readonly next?: string;
}

/**
 * Unsorted pages follow the id, which never changes, so they neither repeat nor miss what was there all the time. Sorted by _lastUpdated,
 * a resource that is written while somebody pages moves to its new place.
 */
export async function searchResources(
  tx: Tx,
  definitions: FhirDefinitions,
  tenant: string,
  query: SearchQuery,
): Promise<SearchPage> {
  const count = Math.min(query.count ?? SEARCH_COUNT_DEFAULT, searchLimits.countMax);
  const position = query.page === undefined ? undefined : readPageToken(query.page, query.sort !== undefined);
  const filter = filterOf(definitions, tenant, query);
  const counted = await tx.query<{ total: number }>({
    text: `select count(*) as total from ${filter.from} where ${filter.where}`,
    values: [...filter.values.list],
  });
  const { total } = counted.rows[0]!;
  if (count === 0 || total === 0) return { total, resources: [] };
  const { rows } = await tx.query<VersionRow>(pageStatement(query, filter, count, position));
  const page = rows.slice(0, count).map(storedVersionOf);
  const last = page.at(-1);
  const next = last && rows.length > count ? writePageToken(positionOf(last, query)) : undefined;
  return { total, resources: confirmed(definitions, query, page), ...(next !== undefined && { next }) };
}

interface Filter {
  readonly from: string;
  readonly where: string;
  readonly values: SqlValues;
}

function filterOf(definitions: FhirDefinitions, tenant: string, query: SearchQuery): Filter {
  const values = new SqlValues();
  const tenantSql = values.add(tenant, 'text');
  const condition = queryCondition(definitions, query, values, tenantSql);
  return {
    from: `${partitionOf(query.type)} r`,
    where: `r.tenant = ${tenantSql} and not r.deleted and ${condition}`,
    values,
  };
}

/** Counts on resource_<type>_pkey (unsorted), resource_by_last_updated (sorted), resource_version_pkey. */
function pageStatement(
  query: SearchQuery,
  filter: Filter,
  count: number,
  position: PagePosition | undefined,
): Statement {
  const { values } = filter;
  const isDescending = query.sort === '-_lastUpdated';
  const keys = query.sort === undefined ? ['id'] : ['last_updated', 'id'];
  const order = (alias: string): string =>
    keys.map((key) => `${alias}.${key}${isDescending ? ' desc' : ''}`).join(', ');
  const after = position ? ` and ${afterSql(position, values, isDescending ? '<' : '>')}` : '';
  // One row more than the page tells whether there is a next one. Bodies are joined to the page's rows only.
  const text = `select v.tenant, v.type, v.id, v.version, v.last_updated, v.interaction, v.body
    from (select r.tenant, r.type, r.id, r.version, r.last_updated from ${filter.from}
      where ${filter.where}${after} order by ${order('r')} limit ${values.add(count + 1, 'int')}) p
    join resource_version v on v.tenant = p.tenant and v.type = p.type and v.id = p.id and v.version = p.version
    order by ${order('p')}`;
  return { text, values: values.list };
}

function afterSql({ id, lastUpdated }: PagePosition, values: SqlValues, operator: '<' | '>'): string {
  if (lastUpdated === undefined) return `r.id ${operator} ${values.add(id, 'text')}`;
  return `(r.last_updated, r.id) ${operator} (${values.add(lastUpdated, 'timestamptz')}, ${values.add(id, 'text')})`;
}

function positionOf(last: StoredVersion, query: SearchQuery): PagePosition {
  return query.sort === undefined ? { id: last.id } : { id: last.id, lastUpdated: last.lastUpdated.toISOString() };
}

/** Values too long for an index entry are compared by hash there; the body has the last word. */
function confirmed(definitions: FhirDefinitions, query: SearchQuery, found: StoredVersion[]): StoredVersion[] {
  if (!needsConfirmation(query)) return found;
  const own = { ...query, clauses: ownClauses(query) };
  return found.filter(({ body }) => matchesQuery(definitions, own, JSON.parse(body!) as FhirResource));
}
