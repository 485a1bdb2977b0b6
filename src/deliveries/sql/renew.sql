-- Prolongs leases that are still held under the same epoch; what comes back was prolonged. Locked in order, like every set of slices.
-- $1 keys, $2 slices, $3 epochs, $4 lease end, $5 last successes,
-- $6 measured rates, $7 now. Index: slice_pkey.
with c as (select * from unnest($1::bigint[], $2::int[], $3::bigint[], $5::text[], $6::real[]) c(k, n, e, marks, rate)),
l as materialized (
  select s.subscription_key k, s.slice_no n from slice s join c on s.subscription_key = c.k and s.slice_no = c.n
   where s.epoch = c.e and s.lease_until is not null
   order by 1, 2 for update of s)
update slice s
   set lease_until = $4::timestamptz, due_at = $4::timestamptz,
       recent_delivered_at = coalesce(c.marks::timestamptz(3)[], s.recent_delivered_at),
       delivered_rate = coalesce(c.rate, s.delivered_rate), rated_at = case when c.rate is not null then $7::timestamptz else s.rated_at end
  from l join c on c.k = l.k and c.n = l.n
 where s.subscription_key = l.k and s.slice_no = l.n and s.epoch = c.e and s.lease_until is not null
returning s.subscription_key, s.slice_no
