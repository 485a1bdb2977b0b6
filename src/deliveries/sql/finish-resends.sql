-- Finishes what was sent again: one attempt each, whatever came of it. Fence first, as in finish.sql; under an older epoch it is recorded as
-- stale, and the next owner sends it. No delivery changes its state; requests made are counted. Indexes: slice_pkey, resend_pkey, delivery_pkey.
with r as materialized (
  select * from unnest($1::int[], $2::bigint[], $3::int[], $4::bigint[], $5::bigint[], $6::bigint[], $7::int[], $8::int[], $9::timestamptz[],
                       $10::timestamptz[], $11::boolean[], $12::text[], $13::int[], $14::text[], $15::text[], $16::text[])
    r(i, k, s, e, n, resend_no, number, config_version, started_at, ended_at, sent, remote_address, status, class, reason, excerpt)),
l as materialized (
  select x.subscription_key k, x.slice_no s, x.epoch e from slice x
    join (select distinct k, s from r) d on x.subscription_key = d.k and x.slice_no = d.s
   order by 1, 2 for update of x),
j as materialized (select r.*, l.e is not null as ok from r left join l on (l.k, l.s, l.e) = (r.k, r.s, r.e)),
a as (
  insert into attempt (subscription_key, event_no, slice_no, epoch, number, trigger, config_version, started_at, ended_at, sent, remote_address,
                       status, class, reason, excerpt, accepted)
  select k, n, s, e, number, 'manual', config_version, started_at, ended_at, sent, remote_address, status, class, reason, excerpt, ok from j),
d as (
  update delivery d set attempts = d.attempts + 1 from j
   where j.ok and j.sent and d.subscription_key = j.k and d.event_no = j.n),
x as (
  update resend q set done_at = $17::timestamptz, class = j.class, status = j.status from j
   where j.ok and q.resend_no = j.resend_no and q.done_at is null)
select i, ok as accepted from j
