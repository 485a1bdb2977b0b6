-- Gives every matched event its number in every subscription, writes the deliveries, and wakes their slices (design: 3a; in one statement: ADR 26).
-- Runs after gate.sql. Locks the runtime rows in key order; a tombstoned incarnation is not in l and gets nothing. The ordering key is
-- the runtime row's own, read under its lock: a switch and a numbering can never cross. The slices come last, in order, and are woken as by make-due.sql.
-- $1 keys, $2 how many each; $3..$6 per delivery: key, ordinal in its key, index of its event; $6.. per event.
-- Indexes: subscription_runtime_pkey, slice_pkey. A repeat of (event, subscription) is an error: delivery_event.
with e as (
  select * from unnest($6::uuid[], $7::text[], $8::text[], $9::int[], $10::text[], $11::text[], $12::text[], $13::timestamptz[],
                       $14::bigint[], $15::bigint[], $16::bigint[])
    with ordinality as e(event_id, type, id, version, interaction, label, request_id, written_at, event_hash, focus_hash, root_hash, i)),
l as (
  select subscription_key as k, last_event_no as b, slices, ordering_key,
         stopped_ms + coalesce((extract(epoch from ($17::timestamptz - stopped_at)) * 1000)::bigint, 0) as stopped_ms
    from subscription_runtime
   where subscription_key = any($1::bigint[]) and alive
   order by subscription_key for update),
u as (
  update subscription_runtime r set last_event_no = r.last_event_no + c.n
    from unnest($1::bigint[], $2::bigint[]) c(k, n) join l on l.k = c.k
   where r.subscription_key = c.k),
m as (
  select l.k, l.b + d.ord as event_no, l.slices, l.stopped_ms, e.*,
         case l.ordering_key when 'none' then e.event_hash when 'focus' then e.focus_hash when 'patient' then e.root_hash else 0 end as key_hash
    from unnest($3::bigint[], $4::bigint[], $5::bigint[]) d(k, ord, i)
    join l on l.k = d.k
    join e on e.i = d.i),
d as (
  insert into delivery (subscription_key, event_no, slice_no, key_hash, event_id, type, id, version, interaction, label, request_id,
                        written_at, numbered_at, stopped_before_ms)
  select k, event_no, (key_hash % slices)::int, key_hash, event_id, type, id, version, interaction, label, request_id,
         written_at, $17::timestamptz, stopped_ms
    from m order by k, event_no
  returning subscription_key, slice_no),
t as materialized (select distinct subscription_key, slice_no from d order by 1, 2),
w as (
  insert into slice as s (subscription_key, slice_no, due_at)
  select subscription_key, slice_no, $17::timestamptz from t order by 1, 2
  on conflict (subscription_key, slice_no) do update set due_at = excluded.due_at
    where s.lease_until is null and s.due_at > excluded.due_at)
select distinct subscription_key from t
