-- Due heads of held keys, and of a busy key also what follows, in event-number order; event_no is null for a head that is not waiting, which only
-- a fault can cause. $1 keys, $2 slices, $3 now, $4 heads per slice, $5 further rows of one busy key.
-- Indexes: held_key_next, delivery_pkey, delivery_behind, subscription_runtime_pkey.
select q.subscription_key, q.slice_no, q.key_hash, q.kind, q.attempts as head_attempts, q.first_failed_at, q.class, d.event_no,
       d.event_id, d.type, d.id, d.version, d.interaction, d.label, d.request_id, d.attempts, d.written_at,
       coalesce(d.redriven_at, d.numbered_at) as numbered_at, d.stopped_before_ms
  from unnest($1::bigint[], $2::int[]) c(k, n)
  join subscription_runtime r on r.subscription_key = c.k
 cross join lateral (
   select * from held_key h
    where h.subscription_key = c.k and h.slice_no = c.n and h.next_at <= $3::timestamptz and h.kind <> 'blocked'
      and h.head_event_no <= coalesce(r.barriers[1], 9007199254740991)
    order by h.next_at, h.head_event_no limit $4::int) q
  left join lateral (
   select * from delivery w where w.subscription_key = q.subscription_key and w.event_no = q.head_event_no and w.state in ('held', 'behind')
   union all
   (select * from delivery w
     where q.kind = 'busy' and w.subscription_key = q.subscription_key and w.key_hash = q.key_hash and w.state = 'behind'
       and w.event_no > q.head_event_no and w.event_no <= coalesce(r.barriers[1], 9007199254740991)
     order by w.event_no limit $5::int)) d on true
 order by q.subscription_key, q.slice_no, d.event_no
