// An update (or the revival of a deleted resource) in one statement. Every old value comes from `l`, the one locking read: the other parts
// keep the statement's snapshot and would see values from before a wait for the lock. Join `l` by key only, never by an old value.
// Counts on resource_<type>_pkey and resource_version_pkey.
import { appendOutboxSql } from '../../outbox';
import { indexColumns } from '../search/columns';
import { deleteSideRowsSql, insertSideRowsSql } from './side-rows.sql';
import { perType } from './partition';

const FIRST_INDEX_PARAMETER = 13;

/** ISO 8601 in UTC with milliseconds, as JavaScript writes it. */
export const isoTimeSql = (column: string): string =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/**
 * $1 tenant, $2 id, $3 now, $4 head, $5 tail, $6 bytes of head and tail and what stands between but the version, $7 root, $8 root hash,
 * $9 replaced_by, $10 event id, $11 request id, $12 If-Match version or null, then index columns and side tables as in a create.
 * No row: there is no such resource. A row with a null `version`: If-Match did not fit `locked_version`.
 */
export const updateResourceSql = perType('update', (partition, type) => {
  const columns = indexColumns.map((column, i) => `, ${column.name} = $${FIRST_INDEX_PARAMETER + i}::${column.type}`);
  return `with l as materialized (
      select tenant, id, version, deleted, last_updated, root_hash, replaced_by
      from ${partition} where tenant = $1::text and id = $2::text for update),
    w as (
      update ${partition} r set version = l.version + 1, deleted = false,
        last_updated = greatest($3::timestamptz, l.last_updated + interval '1 millisecond'),
        root = $7::text, root_hash = $8::bigint, replaced_by = $9::text[]${columns.join('')}
      from l where r.tenant = l.tenant and r.id = l.id and ($12::int is null or l.version = $12::int)
      returning r.tenant, r.id, r.version, r.last_updated, r.root, r.root_hash, l.deleted as was_deleted,
        case when l.root_hash <> r.root_hash then l.root_hash end as prev_root_hash,
        case when not l.deleted and not (r.replaced_by <@ coalesce(l.replaced_by, '{}')) then 'merge' end as label),
    v as (
      insert into resource_version (tenant, type, id, version, last_updated, interaction, body)
      select tenant, '${type}', id, version, last_updated, case when was_deleted then 'create' else 'update' end,
        $4::text || version || '","lastUpdated":"' || ${isoTimeSql('last_updated')} || $5::text from w),
    ${deleteSideRowsSql('w', type)}
    ${insertSideRowsSql('w', type, FIRST_INDEX_PARAMETER + indexColumns.length)}
    o as (${appendOutboxSql('w', {
      eventId: '$10::uuid',
      tenant: 'tenant',
      type: `'${type}'`,
      id: 'id',
      version: 'version',
      interaction: `case when was_deleted then 'create' else 'update' end`,
      label: 'label',
      root: 'root',
      rootHash: 'root_hash',
      prevRootHash: 'prev_root_hash',
      bodyBytes: '$6::int + length(version::text)',
      requestId: '$11::text',
      writtenAt: 'last_updated',
    })})
    select l.version as locked_version, l.deleted as locked_deleted, w.version, w.last_updated from l left join w on true`;
});
