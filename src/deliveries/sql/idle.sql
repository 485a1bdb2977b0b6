-- Gives slices back, in a snapshot taken after lock-slices: due now when something sendable is pending, at the next held key's time, or never;
-- and not before an open breaker allows.
-- What lies above a barrier does not count; passing the barrier wakes the slices. $1 keys, $2 slices, $3 epochs, $4 now, $5 last successes,
-- $6 measured rates.
-- Indexes: slice_pkey, subscription_runtime_pkey, delivery_pending, held_key_next, resend_waiting.
update slice x
   set lease_until = null,
       recent_delivered_at = coalesce(c.marks::timestamptz(3)[], x.recent_delivered_at),
       delivered_rate = coalesce(c.rate, x.delivered_rate),
       rated_at = case when c.rate is not null then $4::timestamptz else x.rated_at end,
       due_at = greatest(coalesce(r.not_before, '-infinity'), least(
         case when exists (select 1 from delivery d where d.subscription_key = x.subscription_key and d.slice_no = x.slice_no
                              and d.state = 'pending' and d.event_no <= coalesce(r.barriers[1], 9007199254740991)) then $4::timestamptz end,
         (select min(q.next_at) from held_key q where q.subscription_key = x.subscription_key and q.slice_no = x.slice_no
             and q.kind <> 'blocked' and q.head_event_no <= coalesce(r.barriers[1], 9007199254740991)),
         case when exists (select 1 from resend w where w.subscription_key = x.subscription_key and w.slice_no = x.slice_no
                              and w.done_at is null) then $4::timestamptz end,
         'infinity'))
  from unnest($1::bigint[], $2::int[], $3::bigint[], $5::text[], $6::real[]) c(k, s, e, marks, rate)
  join subscription_runtime r on r.subscription_key = c.k
 where x.subscription_key = c.k and x.slice_no = c.s and x.epoch = c.e
returning x.subscription_key, x.slice_no, x.due_at
