-- Which leased slices may have something of these keys in their owner's memory: a pending row, or a held head that was due. Where more is pending
-- than is worth looking at, yes is the safe answer. After lock-slices. $1 keys, $2 slices, $3 key hashes, $4 heads due up to, $5 rows to look at.
-- Indexes: slice_pkey, delivery_pending, held_key_pkey.
with c as materialized (select distinct * from unnest($1::bigint[], $2::int[], $3::bigint[]) c(k, n, kh)),
s as materialized (
  select x.subscription_key k, x.slice_no n from slice x
   where x.lease_until is not null and (x.subscription_key, x.slice_no) in (select k, n from c)),
w as materialized (
  select s.k, s.n, p.key_hash kh, count(*) over (partition by s.k, s.n) as total
    from s cross join lateral (
      select d.key_hash from delivery d where d.subscription_key = s.k and d.slice_no = s.n and d.state = 'pending'
       order by d.event_no limit $5::int) p)
select k as subscription_key, n as slice_no from w where total >= $5::int
union
select w.k, w.n from w join c using (k, n, kh)
union
select c.k, c.n from c join s using (k, n)
  join held_key q on q.subscription_key = c.k and q.key_hash = c.kh and q.kind <> 'blocked' and q.next_at <= $4::timestamptz
