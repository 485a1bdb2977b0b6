// The locking read of a transaction: rows of one type in id order. Types follow in their own order, so two transactions never wait for each other
// in a circle. Counts on resource_<type>_pkey.
import { perType } from './partition';

/** $1 tenant, $2 ids. */
export const lockRowsSql = perType(
  'lock',
  (partition) => `select id, version, deleted, last_updated, root, root_hash, replaced_by
    from ${partition} where tenant = $1::text and id = any($2::text[]) order by id for update`,
);
