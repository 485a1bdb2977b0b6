// A delete in one statement: the row stays as a tombstone without index values, the version has no body. Old values come from `l` only (see
// update-resource.sql.ts). The event keeps the last version's root. Counts on resource_<type>_pkey.
import { appendOutboxSql } from '../../outbox';
import { indexColumns } from '../search/columns';
import { deleteSideRowsSql } from './side-rows.sql';
import { perType } from './partition';

/** `, column = null` for every index column. */
export const clearIndexSql = indexColumns.map((column) => `, ${column.name} = ${column.empty}`).join('');

/**
 * $1 tenant, $2 id, $3 now, $4 event id, $5 request id, $6 If-Match version or null.
 * No row: there never was such a resource. A row with a null `version`: it was already deleted, or If-Match did not fit.
 */
export const deleteResourceSql = perType(
  'delete',
  (partition, type) => `with l as materialized (
      select tenant, id, version, deleted, last_updated
      from ${partition} where tenant = $1::text and id = $2::text for update),
    w as (
      update ${partition} r set version = l.version + 1, deleted = true,
        last_updated = greatest($3::timestamptz, l.last_updated + interval '1 millisecond'), replaced_by = null${clearIndexSql}
      from l where r.tenant = l.tenant and r.id = l.id and not l.deleted and ($6::int is null or l.version = $6::int)
      returning r.tenant, r.id, r.version, r.last_updated, r.root, r.root_hash),
    v as (
      insert into resource_version (tenant, type, id, version, last_updated, interaction, body)
      select tenant, '${type}', id, version, last_updated, 'delete', null from w),
    ${deleteSideRowsSql('w', type)}
    o as (${appendOutboxSql('w', {
      eventId: '$4::uuid',
      tenant: 'tenant',
      type: `'${type}'`,
      id: 'id',
      version: 'version',
      interaction: `'delete'`,
      label: 'null',
      root: 'root',
      rootHash: 'root_hash',
      prevRootHash: 'null',
      bodyBytes: '0',
      requestId: '$5::text',
      writtenAt: 'last_updated',
    })})
    select l.version as locked_version, l.deleted as locked_deleted, l.last_updated as locked_last_updated,
      w.version, w.last_updated, w.root_hash from l left join w on true`,
);
