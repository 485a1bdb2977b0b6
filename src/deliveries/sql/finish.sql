-- Finishes a batch of results (design: 3a). Fence first: the slices are locked in order and their epochs compared; results under an older
-- epoch are recorded as stale and change nothing else. verdict: done | dead | retry | blocked | wait (breaker open:
-- stays as it is, no key is held). charge is 0 where the failure is ours. A head has failed since its attempt ended, not since this was written:
-- what succeeded in between is evidence.
-- Indexes: slice_pkey, delivery_pkey, held_key_pkey.
with r as materialized (
  select * from unnest($1::int[], $2::bigint[], $3::int[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::timestamptz[],
                       $10::text[], $11::int[], $12::text[], $13::boolean[], $14::int[])
    r(i, k, s, e, n, kh, verdict, dead_reason, next_at, class, status, why, is_sent, charge)),
l as materialized (
  select x.subscription_key k, x.slice_no s, x.epoch e from slice x
    join (select distinct k, s from r) d on x.subscription_key = d.k and x.slice_no = d.s
   order by 1, 2 for update of x),
j as materialized (select r.*, l.e is not null as ok from r left join l on (l.k, l.s, l.e) = (r.k, r.s, r.e)),
t as materialized (
  select * from unnest($15::int[], $16::bigint[], $17::bigint[], $18::int[], $19::bigint[], $20::int[], $21::text[], $22::int[], $23::timestamptz[],
                       $24::timestamptz[], $25::boolean[], $26::text[], $27::int[], $28::text[], $29::text[], $30::text[])
    t(i, k, n, s, e, number, trigger, config_version, started_at, ended_at, sent, remote_address, status, class, reason, excerpt)),
a as (
  insert into attempt (subscription_key, event_no, slice_no, epoch, number, trigger, config_version, started_at, ended_at, sent, remote_address,
                       status, class, reason, excerpt, accepted)
  select t.k, t.n, t.s, t.e, t.number, t.trigger, t.config_version, t.started_at, t.ended_at, t.sent, t.remote_address, t.status, t.class,
         t.reason, t.excerpt, j.ok
    from t join j on j.i = t.i),
u as (
  update delivery d
     set attempts = d.attempts + j.is_sent::int,
         state = case j.verdict when 'done' then 'delivered' when 'dead' then 'dead' when 'wait' then d.state else 'held' end,
         reason = case j.verdict when 'dead' then j.dead_reason end,
         ended_at = case when j.verdict in ('done', 'dead') then $31::timestamptz end
    from j
   where j.ok and d.subscription_key = j.k and d.event_no = j.n and d.state in ('pending', 'held', 'behind')
  returning j.*),
h as (
  insert into held_key as q (subscription_key, key_hash, slice_no, kind, head_event_no, next_at, attempts, class, status, reason, first_failed_at)
  select u.k, u.kh, u.s, u.verdict, u.n, u.next_at, u.charge, u.class, u.status, u.why, coalesce(t.ended_at, $31::timestamptz)
    from u left join t on t.i = u.i where u.verdict in ('retry', 'blocked')
  on conflict (subscription_key, key_hash) do update
     set kind = excluded.kind, next_at = excluded.next_at, class = excluded.class, status = excluded.status, reason = excluded.reason,
         head_event_no = excluded.head_event_no,
         attempts = case when q.head_event_no = excluded.head_event_no then q.attempts + excluded.attempts else excluded.attempts end,
         first_failed_at = case when q.head_event_no = excluded.head_event_no then coalesce(q.first_failed_at, excluded.first_failed_at)
                                else excluded.first_failed_at end)
select j.i, j.ok as accepted, u.i is not null as changed from j left join u on u.i = j.i
