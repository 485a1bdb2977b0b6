// Rows as JSON objects, for set statements: keys are column names.
import type { Draft } from './draft';
import { indexColumns, sideTables } from './search/columns';

/** A resource row about to be written. */
export interface NewRow {
  readonly tenant: string;
  readonly draft: Draft;
  readonly version: number;
  readonly lastUpdated: Date;
}

export function resourceRowsJson(rows: readonly NewRow[]): string {
  return JSON.stringify(rows.map(resourceRow));
}

function resourceRow({ tenant, draft, version, lastUpdated }: NewRow): Record<string, unknown> {
  const row: Record<string, unknown> = {
    tenant,
    type: draft.type,
    id: draft.id,
    version,
    deleted: false,
    last_updated: lastUpdated.toISOString(),
    root: draft.root,
    root_hash: draft.rootHash,
    replaced_by: draft.replacedBy,
  };
  for (const [index, column] of indexColumns.entries()) row[column.name] = draft.index.columns[index];
  return row;
}

/** The rows of one side table, `[]` when there are none. `table` is its place in `sideTables`. */
export function sideRowsJson(rows: readonly NewRow[], table: number): string {
  const { columns } = sideTables[table]!;
  return JSON.stringify(
    rows.flatMap(({ tenant, draft, version }) =>
      (draft.index.side[table] ?? []).map((values) => {
        const row: Record<string, unknown> = { tenant, type: draft.type, id: draft.id, version };
        for (const [index, column] of columns.entries()) row[column.name] = values[index];
        return row;
      }),
    ),
  );
}
