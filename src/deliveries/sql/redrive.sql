-- Dead letters wait again: behind the held key of their lane (kind busy), the lowest as its head, so that they leave in event-number order before
-- what waits. A head that was being retried steps behind them. After lock-slices, with nothing of these keys in anyone's hands.
-- $1 keys, $2 event numbers, $3 now. Indexes: delivery_pkey, held_key_pkey, subscription_runtime_pkey.
with c as materialized (
  select d.subscription_key k, d.event_no n, d.key_hash kh, d.slice_no s,
         r.stopped_ms + coalesce((extract(epoch from ($3::timestamptz - r.stopped_at)) * 1000)::bigint, 0) as stopped_ms
    from unnest($1::bigint[], $2::bigint[]) x(k, n)
    join subscription_runtime r on r.subscription_key = x.k and r.alive
    -- The empty string keeps the index of dead letters out: a plan made while it was small would read it from end to end for good.
    join delivery d on d.subscription_key = x.k and d.event_no = x.n and d.state || '' = 'dead' and d.discarded_at is null),
moved as (
  update delivery d
     set state = 'behind', reason = null, ended_at = null, redriven_at = $3::timestamptz, stopped_before_ms = c.stopped_ms
    from c where d.subscription_key = c.k and d.event_no = c.n),
m as materialized (select k, kh, s, min(n) as head from c group by 1, 2, 3),
o as (
  update delivery d set state = 'behind'
    from m join held_key q on q.subscription_key = m.k and q.key_hash = m.kh
   where m.head < q.head_event_no and d.subscription_key = m.k and d.event_no = q.head_event_no and d.state = 'held'),
h as (
  insert into held_key as q (subscription_key, key_hash, slice_no, kind, head_event_no, next_at)
  select k, kh, s, 'busy', head, $3::timestamptz from m order by k, kh
  on conflict (subscription_key, key_hash) do update
     set kind = 'busy', head_event_no = excluded.head_event_no, next_at = excluded.next_at, attempts = 0, first_failed_at = null,
         class = null, status = null, reason = null
   where excluded.head_event_no < q.head_event_no)
select k as subscription_key, n as event_no from c order by 1, 2
