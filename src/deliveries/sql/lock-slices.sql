-- Locks slices in (key, slice) order and tells their epochs: the fence before looking and changing. $1 keys, $2 slices.
-- Index: slice_pkey.
select s.subscription_key, s.slice_no, s.epoch, s.lease_until
  from slice s
 where (s.subscription_key, s.slice_no) in (select * from unnest($1::bigint[], $2::int[]))
 order by 1, 2 for update
