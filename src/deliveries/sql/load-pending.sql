-- The window: the first pending rows of each slice in event-number order, up to its barrier. Rows whose key is held (the matcher does not
-- know held keys) are moved behind their head instead and counted. Slices are locked by this transaction.
-- $1 keys, $2 slices, $3 rows to look at for each. Indexes: delivery_pending, held_key_pkey, subscription_runtime_pkey.
with p as materialized (
  select x.*, q.key_hash is not null as is_held
    from unnest($1::bigint[], $2::int[], $3::int[]) c(k, n, look)
    join subscription_runtime r on r.subscription_key = c.k
   cross join lateral (
     select d.subscription_key, d.slice_no, d.event_no, d.key_hash, d.event_id, d.type, d.id, d.version, d.interaction, d.label,
            d.request_id, d.attempts, d.written_at, d.numbered_at, d.stopped_before_ms
       from delivery d
      where d.subscription_key = c.k and d.slice_no = c.n and d.state = 'pending'
        and d.event_no <= coalesce(r.barriers[1], 9007199254740991)
      order by d.event_no limit c.look) x
    left join held_key q on q.subscription_key = x.subscription_key and q.key_hash = x.key_hash),
m as (
  update delivery d set state = 'behind' from p
   where p.is_held and d.subscription_key = p.subscription_key and d.event_no = p.event_no)
select * from p order by subscription_key, slice_no, event_no
