// The writes of a transaction as set statements: one for all new rows, one per type for changed and for deleted rows, one for all versions.
// The rows to change are locked by this transaction, so their new values were computed outside.
import { indexColumns, sideTables } from '../search/columns';
import { clearIndexSql } from './delete-resource.sql';
import { perType, type PreparedText } from './partition';

/** $1 rows as JSON objects. Comes back with fewer rows than it was given when an id appeared since the locks were taken. */
export const insertRowsSql: PreparedText = {
  name: 'insert_rows',
  text: `insert into resource
    select n.* from json_populate_recordset(null::resource, $1::json) n order by n.type collate "C", n.id
    on conflict do nothing
    returning type, id`,
};

/** $1 rows as JSON objects. Counts on resource_<type>_pkey. */
export const updateRowsSql = perType('update_rows', (partition) => {
  const columns = ['last_updated', 'root', 'root_hash', 'replaced_by', ...indexColumns.map((column) => column.name)];
  return `update ${partition} r set version = n.version, deleted = false, ${columns.map((name) => `${name} = n.${name}`).join(', ')}
    from json_populate_recordset(null::${partition}, $1::json) n
    where r.tenant = n.tenant and r.id = n.id`;
});

/** $1 tenant, $2 ids, $3 versions, $4 times. Counts on resource_<type>_pkey. */
export const deleteRowsSql = perType(
  'delete_rows',
  (partition) => `update ${partition} r set version = n.version, deleted = true, last_updated = n.last_updated,
      replaced_by = null${clearIndexSql}
    from unnest($2::text[], $3::int[], $4::timestamptz[]) n(id, version, last_updated)
    where r.tenant = $1::text and r.id = n.id`,
);

/** $1 tenant, $2 types, $3 ids, $4 versions, $5 times, $6 interactions, $7 bodies. */
export const insertVersionsSql: PreparedText = {
  name: 'insert_versions',
  text: `insert into resource_version (tenant, type, id, version, last_updated, interaction, body)
    select $1::text, n.* from unnest($2::text[], $3::text[], $4::int[], $5::timestamptz[], $6::text[], $7::text[]) n`,
};

/** Per side table: $1 tenant, $2 types, $3 ids. */
export const deleteSideRowSetsSql: readonly PreparedText[] = sideTables.map((table) => ({
  name: `delete_${table.name}`,
  text: `delete from ${table.name} s using unnest($2::text[], $3::text[]) n(type, id)
    where s.tenant = $1::text and s.type = n.type and s.id = n.id`,
}));

/** Per side table: $1 rows as JSON objects. */
export const insertSideRowSetsSql: readonly PreparedText[] = sideTables.map((table) => ({
  name: `insert_${table.name}`,
  text: `insert into ${table.name} select n.* from json_populate_recordset(null::${table.name}, $1::json) n`,
}));
