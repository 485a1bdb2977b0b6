-- Claim for narrow subscriptions, second step: as many due slices as the limit leaves beside the leases that still run; the next waiting head
-- after the one probed last comes first. Before not_before all that are due, to be put to sleep together.
-- $1 keys, $2 limits, $3 slices to put to sleep (0: may send), $4 event number probed last, $5 now. Indexes: slice_pkey, delivery_pending, held_key_next.
select x.subscription_key, x.slice_no
  from unnest($1::bigint[], $2::int[], $3::int[], $4::bigint[]) c(k, room, asleep, probed)
 cross join lateral (
   select s.subscription_key, s.slice_no
     from slice s
    cross join lateral (
      select least((select min(d.event_no) from delivery d
                     where d.subscription_key = s.subscription_key and d.slice_no = s.slice_no and d.state = 'pending' and d.event_no > c.probed),
                   (select min(q.head_event_no) from held_key q
                     where q.subscription_key = s.subscription_key and q.slice_no = s.slice_no and q.next_at <= $5::timestamptz
                       and q.kind <> 'blocked' and q.head_event_no > c.probed)) as event_no) h
    where s.subscription_key = c.k and s.due_at <= $5::timestamptz
    order by h.event_no nulls last, s.due_at, s.slice_no
    limit case when c.asleep > 0 then c.asleep
               else greatest(0, c.room - (select count(*) from slice o where o.subscription_key = c.k and o.lease_until > $5::timestamptz)) end
      for update of s skip locked) x
