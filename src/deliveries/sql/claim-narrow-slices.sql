-- Claim for narrow subscriptions, second step: as many due slices as the cap leaves beside the leases that still run.
-- $1 keys, $2 caps, $3 now. Index: slice_pkey.
select x.subscription_key, x.slice_no
  from unnest($1::bigint[], $2::int[]) c(k, cap)
 cross join lateral (
   select s.subscription_key, s.slice_no from slice s
    where s.subscription_key = c.k and s.due_at <= $3::timestamptz
    order by s.due_at
    limit greatest(0, c.cap - (select count(*) from slice o where o.subscription_key = c.k and o.lease_until > $3::timestamptz))
      for update skip locked) x
