-- owner: platform
-- safe online: yes, a new table
-- Who does a duty that only one process may do (relay, audit, expiry, partitions). Rows, not advisory locks: they work
-- through connection poolers, and every change of hands raises the epoch, which fences the one before.
create table leader (
  duty text primary key,
  holder text not null,
  lease_until timestamptz(3) not null,
  epoch bigint not null
);
