-- One step of passing over what waits below a number. After lock-subscription-slices, with nothing of it in anyone's hands.
-- $1 key, $2 first number that stays, $3 now, $4 rows of each kind. Indexes: slice_pkey, delivery_pending, delivery_behind, held_key_pkey, delivery_pkey.
with w as materialized (
  (select p.event_no from slice s cross join lateral (
     select d.event_no from delivery d
      where d.subscription_key = $1 and d.slice_no = s.slice_no and d.state = 'pending' and d.event_no < $2::bigint
      order by d.event_no limit $4::int) p
    where s.subscription_key = $1 limit $4::int)
  union all
  (select event_no from delivery where subscription_key = $1 and state = 'behind' and event_no < $2::bigint limit $4::int)
  union all
  (select q.head_event_no from held_key q join delivery d on d.subscription_key = $1 and d.event_no = q.head_event_no and d.state = 'held'
    where q.subscription_key = $1 and q.head_event_no < $2::bigint limit $4::int))
update delivery d set state = 'cancelled', reason = 'resumed-past', ended_at = $3::timestamptz
  from w where d.subscription_key = $1 and d.event_no = w.event_no and d.state in ('pending', 'behind', 'held')
