-- Claim, second statement, in a snapshot taken after the locks: slices whose subscription may send get a lease and the next epoch, the
-- others sleep until not_before or until whoever allows sending wakes them. $1 keys, $2 slices, $3 now, $4 lease end.
-- Indexes: slice_pkey, subscription_runtime_pkey, resend_waiting.
with a as (
  select c.k, c.n, r.*,
         r.alive and r.sending and not r.paused and (r.ends_at is null or r.ends_at > $3::timestamptz)
           and (r.not_before is null or r.not_before <= $3::timestamptz) as may_send
    from unnest($1::bigint[], $2::int[]) c(k, n) join subscription_runtime r on r.subscription_key = c.k)
update slice s
   set epoch = s.epoch + 1,
       lease_until = case when a.may_send then $4::timestamptz end,
       due_at = case when a.may_send then $4::timestamptz
                     when a.alive and a.sending and not a.paused and a.not_before > $3::timestamptz then a.not_before
                     else 'infinity' end
  from a
 where s.subscription_key = a.k and s.slice_no = a.n
returning s.subscription_key, s.slice_no, s.epoch, s.lease_until, s.recent_delivered_at, a.may_send, a.alive, a.sending, a.paused, a.ends_at,
          a.config_version, a.status, a.slices, a.cap, a.stopped_ms, a.failing_since, a.failures, cardinality(a.barriers) > 0 as has_barrier,
          exists (select 1 from resend q where q.subscription_key = s.subscription_key and q.slice_no = s.slice_no and q.done_at is null) as has_resends,
          least(a.cap, a.send_limit) as "limit", a.not_before, a.breaker is not null as is_counting, a.breaker ? 'open' as is_open, coalesce((a.breaker #>> '{open,probed}')::bigint, 0) as probed
