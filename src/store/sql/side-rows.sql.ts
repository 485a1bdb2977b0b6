// Rows of the index's side tables, written with their resource. A side row carries the version it was made from, and search joins on it:
// the delete here sees only the statement's snapshot, so after a wait for the lock it may leave rows of a newer version behind. They are
// never found, and the next write removes them.
import { sideTables, type SideTable } from '../search/columns';

const fixed = (source: string, type: string): string => `${source}.tenant, '${type}', ${source}.id`;

/** CTEs that insert the side rows of one resource: one array parameter per column, from `firstParameter` on. Ends with a comma. */
export function insertSideRowsSql(source: string, type: string, firstParameter: number): string {
  let parameter = firstParameter;
  return sideTables
    .map((table, index) => {
      const names = table.columns.map((column) => column.name).join(', ');
      const arrays = table.columns.map((column) => `$${parameter++}::${column.type}[]`).join(', ');
      return `si${index} as (
      insert into ${table.name} (tenant, type, id, version, ${names})
      select ${fixed(source, type)}, ${source}.version, n.* from ${source}, unnest(${arrays}) n),
    `;
    })
    .join('');
}

/** CTEs that delete the side rows of the version before. Ends with a comma. */
export function deleteSideRowsSql(source: string, type: string): string {
  return sideTables
    .map(
      (table, index) => `sd${index} as (
      delete from ${table.name} s using ${source}
      where s.tenant = ${source}.tenant and s.type = '${type}' and s.id = ${source}.id and s.version < ${source}.version),
    `,
    )
    .join('');
}

/** The values of `insertSideRowsSql`'s parameters: rows turned into one array per column. */
export function sideValues(rows: readonly (readonly (readonly unknown[])[])[]): unknown[][] {
  return sideTables.flatMap((table: SideTable, index) =>
    table.columns.map((_, column) => (rows[index] ?? []).map((row) => row[column])),
  );
}
