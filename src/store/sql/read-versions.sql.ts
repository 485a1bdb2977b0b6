// Reads of resource_version. The newest version of a resource is the highest one: the `resource` row is not needed for a read.
// All count on resource_version_pkey.
import type { PreparedText } from './partition';

const columns = (alias: string): string =>
  ['tenant', 'type', 'id', 'version', 'last_updated', 'interaction', 'body']
    .map((name) => `${alias}.${name}`)
    .join(', ');

/** $1 tenant, $2 type, $3 id. */
export const readCurrentSql: PreparedText = {
  name: 'read_current',
  text: `select ${columns('v')} from resource_version v where v.tenant = $1 and v.type = $2 and v.id = $3
    order by v.version desc limit 1`,
};

/** $1 tenant, $2 types, $3 ids. */
export const readCurrentsSql: PreparedText = {
  name: 'read_currents',
  text: `select n.* from unnest($2::text[], $3::text[]) k(type, id) cross join lateral (
      select ${columns('v')} from resource_version v where v.tenant = $1 and v.type = k.type and v.id = k.id
      order by v.version desc limit 1) n`,
};

/** $1 tenants, $2 types, $3 ids, $4 versions. */
export const readVersionsSql: PreparedText = {
  name: 'read_versions',
  text: `select ${columns('v')} from unnest($1::text[], $2::text[], $3::text[], $4::int[]) k(tenant, type, id, version)
    join resource_version v on v.tenant = k.tenant and v.type = k.type and v.id = k.id and v.version = k.version`,
};

/** $1 tenants, $2 types, $3 ids, $4 times: of each the newest version not written after its time, deletes included. */
export const versionsAsOfSql: PreparedText = {
  name: 'versions_as_of',
  text: `select k.n::int as n, v.version from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])
      with ordinality k(tenant, type, id, at, n) cross join lateral (
      select w.version from resource_version w where w.tenant = k.tenant and w.type = k.type and w.id = k.id and w.last_updated <= k.at
      order by w.version desc limit 1) v`,
};

/** $1 tenant, $2 type, $3 id, $4 since or null, $5 below this version or null, $6 most rows. Newest first. */
export const historySql: PreparedText = {
  name: 'history',
  text: `select ${columns('v')} from resource_version v where v.tenant = $1 and v.type = $2 and v.id = $3
      and ($4::timestamptz is null or v.last_updated >= $4::timestamptz) and ($5::int is null or v.version < $5::int)
    order by v.version desc limit $6`,
};

/** $1 tenant, $2 type, $3 id, $4 since or null. */
export const historyTotalSql: PreparedText = {
  name: 'history_total',
  text: `select count(*) as total from resource_version v where v.tenant = $1 and v.type = $2 and v.id = $3
    and ($4::timestamptz is null or v.last_updated >= $4::timestamptz)`,
};
