// Rows as JSON objects, for set statements: keys are column names.
import type { Draft } from './draft';
import { indexColumns, sideTables, type IndexRow } from './search/columns';

/** A resource row about to be written. */
export interface NewRow {
  readonly tenant: string;
  readonly draft: Draft;
  readonly version: number;
  readonly lastUpdated: Date;
}

/** What of a resource stands in the search index. */
export interface IndexedRow {
  readonly tenant: string;
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly index: IndexRow;
}

export function resourceRowsJson(rows: readonly NewRow[]): string {
  return JSON.stringify(
    rows.map((row) => ({
      ...resourceRow(indexedOf(row)),
      deleted: false,
      last_updated: row.lastUpdated.toISOString(),
      root: row.draft.root,
      root_hash: row.draft.rootHash,
      replaced_by: row.draft.replacedBy,
    })),
  );
}

function indexedOf({ tenant, draft: { type, id, index }, version }: NewRow): IndexedRow {
  return { tenant, type, id, version, index };
}

/** Its key and its index columns. */
export function resourceRow({ tenant, type, id, version, index }: IndexedRow): Record<string, unknown> {
  const row: Record<string, unknown> = { tenant, type, id, version };
  for (const [place, column] of indexColumns.entries()) row[column.name] = index.columns[place];
  return row;
}

/** The rows of one side table, `[]` when there are none. `table` is its place in `sideTables`. */
export function sideRowsJson(rows: readonly NewRow[], table: number): string {
  return JSON.stringify(sideRowsOf(rows.map(indexedOf), table));
}

export function sideRowsOf(rows: readonly IndexedRow[], table: number): Record<string, unknown>[] {
  const { columns } = sideTables[table]!;
  return rows.flatMap(({ tenant, type, id, version, index }) =>
    (index.side[table] ?? []).map((values) => {
      const row: Record<string, unknown> = { tenant, type, id, version };
      for (const [place, column] of columns.entries()) row[column.name] = values[place];
      return row;
    }),
  );
}
