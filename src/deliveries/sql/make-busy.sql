-- A key that fills too much of a window: held as busy, its rows behind, to be served from their own index. Slices are locked by this
-- transaction. $1 keys, $2 key hashes, $3 slices, $4 heads, $5 now; $6, $7 the rows (key, event number).
-- Indexes: held_key_pkey, delivery_pkey; the state is compared as an expression, so that the index of pending rows, which a young table's plan would
-- read from end to end, is no candidate.
with h as (
  insert into held_key (subscription_key, key_hash, slice_no, kind, head_event_no, next_at)
  select k, kh, n, 'busy', head, $5::timestamptz from unnest($1::bigint[], $2::bigint[], $3::int[], $4::bigint[]) c(k, kh, n, head) order by 1, 2)
update delivery d set state = 'behind'
  from unnest($6::bigint[], $7::bigint[]) r(k, event_no)
 where d.subscription_key = r.k and d.event_no = r.event_no and d.state || '' = 'pending'
