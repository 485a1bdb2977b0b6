// One page of a search: which resources, how many in all, where the other pages begin. What the clauses mean is the search folder's business.
import {
  indexEntries,
  matchesQuery,
  searchLimits,
  type FhirDefinitions,
  type FhirResource,
  type SearchQuery,
  type SearchSort,
} from '../fhir';
import type { Statement, Tx } from '../platform';
import { SEARCH_COUNT_DEFAULT } from './limits';
import { brokenToken, readPageToken, writePageToken, type PagePosition } from './page-token';
import { readVersionRows, storedVersionOf, type VersionRow } from './read';
import { versionName, type StoredVersion } from './resource-version';
import { indexRow, type IndexRow } from './search/columns';
import { beyondSql, orderSql, type OrderKey } from './search/page-order';
import { needsConfirmation, ownClauses, queryCondition } from './search/search-conditions';
import { SqlValues } from './search/search-sql';
import { sortCast, sortSql, sortValue, type SortValue } from './search/sort-keys';
import { partitionOf } from './sql/partition';

export interface SearchPage {
  /** Of all matches; absent when nobody wanted to know. */
  readonly total?: number;
  readonly resources: StoredVersion[];
  /** Tokens of other pages (`SearchQuery.page`). Absent on the last page. */
  readonly next?: string;
  /** Absent on the first page. */
  readonly previous?: string;
  /** Absent when there is no other page. */
  readonly last?: string;
}

/** A search of one type, or of several at once: a query for each, all of one shape. */
interface Search {
  readonly definitions: FhirDefinitions;
  readonly tenant: string;
  readonly queries: readonly SearchQuery[];
  readonly sort: readonly SearchSort[];
  readonly keys: readonly OrderKey[];
}

/**
 * Unsorted pages follow type and id, which never change, so they neither repeat nor miss what was there all the time. In a sorted search a
 * resource that is written while somebody pages moves to its new place. Queries are of different types and otherwise of one shape; never none.
 */
export async function searchResources(
  tx: Tx,
  definitions: FhirDefinitions,
  tenant: string,
  queries: readonly SearchQuery[],
): Promise<SearchPage> {
  const shape = queries[0]!;
  const count = shape.summary === 'count' ? 0 : Math.min(shape.count ?? SEARCH_COUNT_DEFAULT, searchLimits.countMax);
  const search: Search = { definitions, tenant, queries, sort: shape.sort ?? [], keys: keysOf(definitions, queries) };
  const position = shape.page === undefined ? undefined : readPageToken(shape.page);
  const place = position && (await placeOf(tx, search, position));
  const total = shape.total === 'none' && count > 0 ? undefined : await totalOf(tx, search);
  const counted = total === undefined ? {} : { total };
  if (count === 0 || total === 0) return { ...counted, resources: [] };
  const isBackward = position !== undefined && position.direction !== 'after';
  const { rows } = await tx.query<VersionRow>(pageStatement(search, count, place, isBackward));
  // One row more than the page tells whether it goes on; of a backward page that is the first one.
  const page = (isBackward ? rows.slice(-count) : rows.slice(0, count)).map(storedVersionOf);
  const links = linksOf(page, position, rows.length > count);
  return { ...counted, resources: confirmed(definitions, queries, page), ...links };
}

function keysOf(definitions: FhirDefinitions, queries: readonly SearchQuery[]): readonly OrderKey[] {
  const [{ type, sort = [] }] = queries as readonly [SearchQuery];
  const sorted = sort.map((key, index): OrderKey => {
    const { code, isDescending } = key;
    if (code === '_id') return { name: 'id', cast: 'text', isDescending, canBeMissing: false };
    const name = code === '_lastUpdated' ? 'last_updated' : `sort_${index}`;
    const cast = sortCast(definitions, type, key);
    return { name, cast, isDescending, canBeMissing: code !== '_lastUpdated' };
  });
  const isDescending = sorted.at(-1)?.isDescending ?? false;
  const identity = (name: string): OrderKey => ({ name, cast: 'text', isDescending, canBeMissing: false });
  return [...sorted, ...(queries.length > 1 ? [identity('type')] : []), identity('id')];
}

/** The rows of all types that match, one SELECT for each type. */
function rowsSql({ definitions, tenant, queries, sort }: Search, values: SqlValues, isOrdered: boolean): string {
  const tenantSql = values.add(tenant, 'text');
  const branches = queries.map((query) => {
    const asking = { definitions, type: query.type, values, tenant: tenantSql };
    const sorted = isOrdered ? sort.map((key, index) => `, ${sortSql(key, asking)} as sort_${index}`) : [];
    const condition = queryCondition(definitions, query, values, tenantSql);
    return `select r.tenant, r.type, r.id, r.version, r.last_updated${sorted.join('')} from ${partitionOf(query.type)} r
      where r.tenant = ${tenantSql} and not r.deleted and ${condition}`;
  });
  return branches.join('\n      union all ');
}

async function totalOf(tx: Tx, search: Search): Promise<number> {
  const values = new SqlValues();
  const text = `select count(*) as total from (${rowsSql(search, values, false)}) p`;
  const { rows } = await tx.query<{ total: number }>({ text, values: values.list });
  return rows[0]!.total;
}

/** Counts on resource_<type>_pkey (unsorted), resource_by_last_updated (sorted by it), resource_version_pkey. */
function pageStatement(
  search: Search,
  count: number,
  place: readonly SortValue[] | undefined,
  isBackward: boolean,
): Statement {
  const values = new SqlValues();
  const rows = rowsSql(search, values, true);
  const { keys } = search;
  const beyond = place ? `where ${beyondSql(keys, place, values, 'q', isBackward)}` : '';
  // Bodies are joined to the page's rows only.
  const text = `select v.tenant, v.type, v.id, v.version, v.last_updated, v.interaction, v.body
    from (select * from (${rows}) q ${beyond}
      order by ${orderSql(keys, 'q', isBackward)} limit ${values.add(count + 1, 'int')}) p
    join resource_version v on v.tenant = p.tenant and v.type = p.type and v.id = p.id and v.version = p.version
    order by ${orderSql(keys, 'p', false)}`;
  return { text, values: values.list };
}

/** What the page begins after (or ends before), key by key; undefined for the end. The version named in a token is kept for ever. */
async function placeOf(tx: Tx, search: Search, position: PagePosition): Promise<readonly SortValue[] | undefined> {
  if (position.direction === 'end') return undefined;
  const { type, id } = position;
  const query = search.queries.find((each) => each.type === type);
  if (!query) throw brokenToken();
  const sorted = search.sort.length === 0 ? [] : await sortedBy(tx, search, query, position);
  return [...sorted, ...(search.queries.length > 1 ? [type] : []), id];
}

async function sortedBy(
  tx: Tx,
  { definitions, tenant, sort }: Search,
  { baseUrl, type }: SearchQuery,
  { id, version }: { readonly id: string; readonly version: number },
): Promise<SortValue[]> {
  const key = { tenant, type, id, version };
  const stored = (await readVersionRows(tx, [key])).get(versionName(key));
  if (stored?.body == null) throw brokenToken();
  const resource = JSON.parse(stored.body) as FhirResource;
  let row: IndexRow | undefined;
  const index = (): IndexRow => (row ??= indexRow(indexEntries(definitions, resource, { baseUrl })));
  return sort.map((each) => sortValue(definitions, each, { type, id, lastUpdated: stored.lastUpdated, index }));
}

/** `goesOn`: there is more in the direction the page was read in. */
function linksOf(
  page: readonly StoredVersion[],
  position: PagePosition | undefined,
  goesOn: boolean,
): Pick<SearchPage, 'next' | 'previous' | 'last'> {
  const first = page[0];
  const last = page.at(-1);
  if (!first || !last) return {};
  const isForward = position === undefined || position.direction === 'after';
  const hasNext = isForward ? goesOn : position.direction === 'before';
  const hasPrevious = isForward ? position !== undefined : goesOn;
  const at = (direction: 'after' | 'before', { type, id, version }: StoredVersion): string =>
    writePageToken({ direction, type, id, version });
  return {
    ...(hasNext && { next: at('after', last) }),
    ...(hasPrevious && { previous: at('before', first) }),
    ...((hasNext || hasPrevious) && { last: writePageToken({ direction: 'end' }) }),
  };
}

/** Values too long for an index entry are compared by hash there; the body has the last word. */
function confirmed(
  definitions: FhirDefinitions,
  queries: readonly SearchQuery[],
  found: StoredVersion[],
): StoredVersion[] {
  const doubtful = new Map(queries.filter(needsConfirmation).map((query) => [query.type, query]));
  if (doubtful.size === 0) return found;
  return found.filter(({ type, body }) => {
    const query = doubtful.get(type);
    if (!query) return true;
    const own = { ...query, clauses: ownClauses(query) };
    return matchesQuery(definitions, own, JSON.parse(body!) as FhirResource);
  });
}
