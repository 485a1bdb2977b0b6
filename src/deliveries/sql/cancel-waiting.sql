-- One step of cancelling what waits for a deleted incarnation. After lock-subscription-slices. $1 key, $2 now, $3 rows.
-- Indexes: delivery_pending, delivery_behind, delivery_pkey.
with w as (
  (select event_no from delivery where subscription_key = $1 and state = 'pending' limit $3::int)
  union all
  (select event_no from delivery where subscription_key = $1 and state = 'behind' limit $3::int))
update delivery d set state = 'cancelled', reason = 'deleted', ended_at = $2::timestamptz
  from w where d.subscription_key = $1 and d.event_no = w.event_no and d.state in ('pending', 'behind')
