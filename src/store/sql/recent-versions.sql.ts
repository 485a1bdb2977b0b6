// The newest versions of a type, without bodies. Each of them belongs to one of as many resources changed last: whatever lies before the change of the
// last of these cannot be among the newest. Deleted resources and deletes are left out. Counts on resource_by_last_updated and resource_version_pkey.
import { perType } from './partition';

/** $1 tenant, $2 how many. */
export const recentVersionsSql = perType(
  'recent_versions',
  (partition, type) => `with changed as (
      select r.id, r.last_updated from ${partition} r where r.tenant = $1 and not r.deleted order by r.last_updated desc, r.id desc limit $2),
    edge as (
      select case when count(*) < $2 then '-infinity'::timestamptz else min(last_updated) end as at from changed)
    select v.id, v.version, v.last_updated from changed c cross join edge cross join lateral (
      select n.id, n.version, n.last_updated, n.interaction from resource_version n
      where n.tenant = $1 and n.type = '${type}' and n.id = c.id order by n.version desc limit $2) v
    where v.last_updated >= edge.at and v.interaction <> 'delete'
    order by v.last_updated desc, v.id desc, v.version desc limit $2`,
);
