-- Claim for subscriptions that may lease fewer slices than they have (a low cap, a probe, slow start, the adaptive limit): the runtime rows
-- first (the lock order), so that two workers cannot each lease the last slice. Who has waited longest comes first. $1 now, $2 limit.
-- Indexes: subscription_runtime_limited, slice_pkey.
select r.subscription_key, least(r.cap, r.send_limit) as "limit", r.slices, r.not_before, coalesce((r.breaker #>> '{open,probed}')::bigint, 0) as probed
  from subscription_runtime r
 cross join lateral (
   select min(s.due_at) as due_at from slice s where s.subscription_key = r.subscription_key and s.due_at <= $1::timestamptz) d
 where r.alive and (r.cap < r.slices or r.send_limit < r.slices) and d.due_at is not null
 order by d.due_at, r.subscription_key limit $2::int
   for update of r skip locked
