// The search index alone, on a real Postgres: rows written through columns.ts, asked through search-conditions.ts.
import {
  definitionsFor,
  indexEntries,
  type FhirDefinitions,
  type FhirResource,
  type SearchQuery,
} from '../../src/fhir';
import { indexColumns, indexRow, sideTables } from '../../src/store/search/columns';
import { queryCondition } from '../../src/store/search/search-conditions';
import { SqlValues } from '../../src/store/search/search-sql';
import { partitionOf } from '../../src/store/sql/partition';
import type { Database } from '../../src/platform';

export class SearchIndex {
  constructor(
    private readonly database: Database,
    private readonly baseUrl: string,
    private readonly tenant = 'default',
    readonly definitions: FhirDefinitions = definitionsFor('R4'),
  ) {}

  /** Stores what the index holds of a resource, as version 1; bodies play no part here. */
  async add(resource: FhirResource): Promise<void> {
    const { resourceType, id, meta } = resource;
    const { columns, side } = indexRow(indexEntries(this.definitions, resource, { baseUrl: this.baseUrl }));
    const names = indexColumns.map(({ name }) => name);
    const casts = indexColumns.map(({ type }, i) => `$${i + 5}::${type}`);
    await this.database.query({
      text: `insert into ${partitionOf(resourceType)} (tenant, type, id, version, deleted, last_updated, root, root_hash, ${names.join()})
        values ($1, $2, $3, 1, false, $4, '', 0, ${casts.join()})`,
      values: [this.tenant, resourceType, id, meta?.lastUpdated ?? '2020-01-01T00:00:00.000Z', ...columns],
    });
    for (const [index, table] of sideTables.entries()) {
      if (side[index]!.length === 0) continue;
      const arrays = table.columns.map(({ type }, i) => `$${i + 4}::${type}[]`);
      await this.database.query({
        text: `insert into ${table.name} (tenant, type, id, version, ${table.columns.map(({ name }) => name).join()})
          select $1, $2, $3, 1, n.* from unnest(${arrays.join()}) n`,
        values: [this.tenant, resourceType, id, ...table.columns.map((_, i) => side[index]!.map((row) => row[i]))],
      });
    }
  }

  /** Ids of what a query finds, sorted. */
  async find(query: SearchQuery): Promise<string[]> {
    const values = new SqlValues();
    const tenant = values.add(this.tenant, 'text');
    const condition = queryCondition(this.definitions, query, values, tenant);
    const { rows } = await this.database.query<{ id: string }>({
      text: `select r.id from ${partitionOf(query.type)} r where r.tenant = ${tenant} and not r.deleted and ${condition} order by r.id`,
      values: values.list,
    });
    return rows.map(({ id }) => id);
  }
}
