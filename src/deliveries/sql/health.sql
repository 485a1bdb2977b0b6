-- How subscriptions are doing, in a transaction of its own after finish. Failures count from the last success; locked in key order.
-- $1 keys, $2 had a success, $3 failures since, $4 first and $5 last of them, $6 last error, $7 standing reason. Indexes: subscription_runtime_pkey, held_key_blocked.
with c as (
  select * from unnest($1::bigint[], $2::boolean[], $3::int[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::text[])
    c(k, has_success, failures, first_failed_at, last_failed_at, last_error, reason)),
l as materialized (
  select r.subscription_key from subscription_runtime r join c on c.k = r.subscription_key where r.alive order by 1 for update of r)
update subscription_runtime r
   set failing_since = case when c.has_success then c.first_failed_at else coalesce(r.failing_since, c.first_failed_at) end,
       failures = case when c.has_success then c.failures else r.failures + c.failures end,
       last_failed_at = coalesce(c.last_failed_at, r.last_failed_at),
       last_error = coalesce(c.last_error, r.last_error),
       reason = case when c.has_success then c.reason else coalesce(c.reason, r.reason) end
  from l join c on c.k = l.subscription_key
 where r.subscription_key = l.subscription_key
returning r.subscription_key, r.status, r.failing_since, r.failures, r.last_error, r.breaker, r.cap,
          exists (select 1 from held_key q where q.subscription_key = r.subscription_key and q.kind = 'blocked') as has_blocked
