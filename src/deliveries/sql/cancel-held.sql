-- The last steps, once nothing is pending or behind: held keys and their heads. After lock-subscription-slices. $1 key, $2 now, $3 rows.
-- Indexes: held_key_pkey, delivery_pkey.
with h as materialized (select key_hash, head_event_no from held_key where subscription_key = $1 limit $3::int),
x as (delete from held_key q using h where q.subscription_key = $1 and q.key_hash = h.key_hash),
d as (
  update delivery d set state = 'cancelled', reason = 'deleted', ended_at = $2::timestamptz
    from h where d.subscription_key = $1 and d.event_no = h.head_event_no and d.state = 'held')
select count(*)::int as keys from h
