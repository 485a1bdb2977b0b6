-- Claim for subscriptions whose cap is below their slices: the runtime rows first (the lock order), so that two workers cannot each
-- lease the last slice the cap allows. $1 now, $2 limit. Indexes: subscription_runtime_narrow, slice_pkey.
select r.subscription_key, r.cap
  from subscription_runtime r
 where r.alive and r.cap < r.slices
   and exists (select 1 from slice s where s.subscription_key = r.subscription_key and s.due_at <= $1::timestamptz)
 order by r.subscription_key limit $2::int
   for update skip locked
