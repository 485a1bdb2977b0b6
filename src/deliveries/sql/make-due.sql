-- Wakes slices. Locks the row even when it changes nothing (a leased slice), which is what going idle relies on.
-- $1 keys, $2 slice numbers, $3 now. Index: slice_pkey.
insert into slice as s (subscription_key, slice_no, due_at)
select k, n, $3::timestamptz from unnest($1::bigint[], $2::int[]) u(k, n) order by 1, 2
on conflict (subscription_key, slice_no) do update set due_at = excluded.due_at
  where s.lease_until is null and s.due_at > excluded.due_at
