-- The reading an owner must not let grow old: epochs and leases of its slices, and whether their subscriptions may still send.
-- $1 keys, $2 slices. Indexes: slice_pkey, subscription_runtime_pkey, resend_waiting.
select s.subscription_key, s.slice_no, s.epoch, s.lease_until, r.alive, r.sending, r.paused, r.ends_at, r.config_version, r.status, r.slices, r.cap,
       r.stopped_ms, r.failing_since, r.failures, cardinality(r.barriers) > 0 as has_barrier,
       exists (select 1 from resend q where q.subscription_key = s.subscription_key and q.slice_no = s.slice_no and q.done_at is null) as has_resends,
       least(r.cap, r.send_limit) as "limit", r.not_before, r.breaker is not null as is_counting, r.breaker ? 'open' as is_open, coalesce((r.breaker #>> '{open,probed}')::bigint, 0) as probed
  from unnest($1::bigint[], $2::int[]) c(k, n)
  join slice s on s.subscription_key = c.k and s.slice_no = c.n
  join subscription_runtime r on r.subscription_key = c.k
