// A create in one statement: resource row, version row, side rows of the search index, outbox row.
// Everything after the first insert selects from its `returning`, so nothing happens when the id is taken (no row comes back: the caller
// repeats it as an update), and the outbox number is drawn while the row is locked.
// Counts on resource_<type>_pkey and resource_version_pkey.
import { appendOutboxSql } from '../../outbox';
import { indexColumns } from '../search/columns';
import { insertSideRowsSql } from './side-rows.sql';
import { perType } from './partition';

/** Parameters before those of the index: see `createValues`. */
const FIRST_INDEX_PARAMETER = 11;

/**
 * $1 tenant, $2 id, $3 now, $4 body, $5 its bytes, $6 root, $7 root hash, $8 replaced_by, $9 event id, $10 request id, then the index columns,
 * then the side tables (one array per column).
 */
export const createResourceSql = perType('create', (partition, type) => {
  const names = indexColumns.map((column) => `, ${column.name}`).join('');
  const values = indexColumns.map((column, i) => `, $${FIRST_INDEX_PARAMETER + i}::${column.type}`).join('');
  return `with w as (
      insert into ${partition} (tenant, type, id, version, deleted, last_updated, root, root_hash, replaced_by${names})
      values ($1::text, '${type}', $2::text, 1, false, $3::timestamptz, $6::text, $7::bigint, $8::text[]${values})
      on conflict do nothing
      returning tenant, id, version, last_updated, root, root_hash),
    v as (
      insert into resource_version (tenant, type, id, version, last_updated, interaction, body)
      select tenant, '${type}', id, 1, last_updated, 'create', $4::text from w),
    ${insertSideRowsSql('w', type, FIRST_INDEX_PARAMETER + indexColumns.length)}
    o as (${appendOutboxSql('w', {
      eventId: '$9::uuid',
      tenant: 'tenant',
      type: `'${type}'`,
      id: 'id',
      version: '1',
      interaction: `'create'`,
      label: 'null',
      root: 'root',
      rootHash: 'root_hash',
      prevRootHash: 'null',
      bodyBytes: '$5::int',
      requestId: '$10::text',
      writtenAt: 'last_updated',
    })})
    select last_updated from w`;
});
