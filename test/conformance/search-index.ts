// The search index alone, on a real Postgres: rows written through columns.ts, asked through search-conditions.ts.
import { definitionsFor, indexEntries, type FhirResource, type SearchQuery } from '../../src/fhir';
import { indexColumns, indexRow, sideTables } from '../../src/store/search/columns';
import { queryCondition } from '../../src/store/search/search-conditions';
import { SqlValues } from '../../src/store/search/search-sql';
import { partitionOf } from '../../src/store/sql/partition';
import type { Database } from '../../src/platform';

const TENANT = 'default';
const definitions = definitionsFor('R4');

export class SearchIndex {
  constructor(
    private readonly database: Database,
    private readonly baseUrl: string,
  ) {}

  /** Stores what the index holds of a resource (version 1, or the one its meta names); bodies play no part here. */
  async add(resource: FhirResource): Promise<void> {
    const { resourceType, id, meta } = resource;
    const version = Number(meta?.versionId ?? 1);
    const { columns, side } = indexRow(indexEntries(definitions, resource, { baseUrl: this.baseUrl }));
    const names = indexColumns.map(({ name }) => name);
    const casts = indexColumns.map(({ type }, i) => `$${i + 5}::${type}`);
    await this.database.query({
      text: `insert into ${partitionOf(resourceType)} (tenant, type, id, version, deleted, last_updated, root, root_hash, ${names.join()})
        values ($1, $2, $3, ${version}, false, $4, '', 0, ${casts.join()})`,
      values: [TENANT, resourceType, id, meta?.lastUpdated ?? '2020-01-01T00:00:00.000Z', ...columns],
    });
    for (const [index, table] of sideTables.entries()) {
      for (const row of side[index]!) {
        await this.database.query({
          text: `insert into ${table.name} (tenant, type, id, version, ${table.columns.map(({ name }) => name).join()})
            values ($1, $2, $3, ${version}, ${row.map((_, i) => `$${i + 4}`).join()})`,
          values: [TENANT, resourceType, id, ...row],
        });
      }
    }
  }

  /** Ids of what a query finds, sorted. */
  async find(query: SearchQuery): Promise<string[]> {
    const values = new SqlValues();
    const tenant = values.add(TENANT, 'text');
    const condition = queryCondition(definitions, query, values, tenant);
    const { rows } = await this.database.query<{ id: string }>({
      text: `select r.id from ${partitionOf(query.type)} r where r.tenant = ${tenant} and not r.deleted and ${condition} order by r.id`,
      values: values.list,
    });
    return rows.map(({ id }) => id);
  }
}
