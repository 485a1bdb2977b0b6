// Rebuilding index values of a type, a page of ids at a time. Nothing here touches a version, a time or the outbox.
import { indexColumns, sideTables } from '../search/columns';
import { perType, type PreparedText } from './partition';

/** $1 tenant, $2 after id, $3 most rows, $4 most bytes of bodies (one row may have more). Bodies of deleted rows are left out. Counts on resource_<type>_pkey. */
export const reindexPageSql = perType(
  'reindex_page',
  (partition, type) => `select p.id, p.version, p.deleted, v.body from (
      select q.*, sum(q.bytes) over (order by q.id) - q.bytes as before from (
        select r.id, r.version, r.deleted, coalesce(octet_length(b.body), 0) as bytes
        from (select id, version, deleted from ${partition} where tenant = $1 and id > $2 order by id limit $3) r
        left join resource_version b on b.tenant = $1 and b.type = '${type}' and b.id = r.id and b.version = r.version) q) p
    left join resource_version v on not p.deleted and v.tenant = $1 and v.type = '${type}' and v.id = p.id and v.version = p.version
    where p.before < $4::bigint order by p.id`,
);

const lock = (partition: string, wait: string): string =>
  `select id, version from ${partition} where tenant = $1 and id = any($2::text[]) order by id for update${wait}`;

/** $1 tenant, $2 ids. Rows that somebody is writing are left out: they are looked at once more, one by one. */
export const reindexLockFreeSql = perType('reindex_lock_free', (partition) => lock(partition, ' skip locked'));

/** $1 tenant, $2 ids. Waits. */
export const reindexLockSql = perType('reindex_lock', (partition) => lock(partition, ''));

/** $1 rows as JSON objects; they are locked by this transaction. Writes, and answers, only those whose values differ. Counts on resource_<type>_pkey. */
export const reindexRowsSql = perType('reindex_rows', (partition) => {
  const columns = indexColumns.map(({ name }) => `${name} = n.${name}`).join(', ');
  const differ = indexColumns.map(({ name }) => `r.${name} is distinct from n.${name}`).join(' or ');
  return `update ${partition} r set ${columns} from json_populate_recordset(null::${partition}, $1::json) n
    where r.tenant = n.tenant and r.id = n.id and r.version = n.version and (${differ}) returning r.id`;
});

/** Per side table: $1 tenant, $2 type, $3 ids, $4 rows as JSON objects. Answers the ids whose rows are not these. */
export const sideChangedSql: readonly PreparedText[] = sideTables.map(({ name, columns }) => {
  const values = ['id', 'version', ...columns.map((column) => column.name)].join(', ');
  return {
    name: `reindex_side_${name}`,
    text: `with have as (select ${values} from ${name} where tenant = $1 and type = $2 and id = any($3::text[])),
      want as (select ${values} from json_populate_recordset(null::${name}, $4::json))
    select id from ((select * from have except all select * from want) union all (select * from want except all select * from have)) d`,
  };
});
