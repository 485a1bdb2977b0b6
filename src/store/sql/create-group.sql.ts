// Several creates of fresh ids in one statement and one commit, of any types. No `on conflict`: it stores all of them or none, and the caller then
// repeats each alone. The rows go in through the parent table: an insert plans no partitions, it only routes.
// Every outbox row selects from the `returning` of its resource row, as in a single create. Counts on resource_version_pkey.
import { appendOutboxSql } from '../../outbox';
import { sideTables } from '../search/columns';
import type { PreparedText } from './partition';

const FIRST_SIDE_PARAMETER = 7;

const sideInserts = sideTables
  .map(
    (table, i) => `s${i} as (
      insert into ${table.name} select n.* from json_populate_recordset(null::${table.name}, $${FIRST_SIDE_PARAMETER + i}::json) n),`,
  )
  .join('\n    ');

/** $1 resource rows as JSON objects, $2 ids, $3 bodies, $4 their bytes, $5 event ids, $6 request ids, then per side table its rows as JSON objects. */
export const createGroupSql: PreparedText = {
  name: 'create_group',
  text: `with w as (
      insert into resource select n.* from json_populate_recordset(null::resource, $1::json) n
      returning tenant, type, id, last_updated, root, root_hash),
    c as materialized (
      select w.*, m.body, m.bytes, m.event_id, m.request_id
      from w join unnest($2::text[], $3::text[], $4::int[], $5::uuid[], $6::text[]) m(id, body, bytes, event_id, request_id)
        on m.id = w.id),
    v as (
      insert into resource_version (tenant, type, id, version, last_updated, interaction, body)
      select tenant, type, id, 1, last_updated, 'create', body from c),
    ${sideInserts}
    o as (${appendOutboxSql('c', {
      eventId: 'event_id',
      tenant: 'tenant',
      type: 'type',
      id: 'id',
      version: '1',
      interaction: `'create'`,
      label: 'null',
      root: 'root',
      rootHash: 'root_hash',
      prevRootHash: 'null',
      bodyBytes: 'bytes',
      requestId: 'request_id',
      writtenAt: 'last_updated',
    })})
    select count(*) as stored from c`,
};
