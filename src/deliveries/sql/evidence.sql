-- Whose fault is a failure? For each head: when its subscription last succeeded (up to three times per slice), and since when other held keys
-- fail with the same status. $1 index, $2 keys, $3 key hashes, $4 statuses, $5 how many held keys to read. Indexes: slice_pkey, held_key_next.
select c.i,
       array(select t from slice s, unnest(s.recent_delivered_at) t where s.subscription_key = c.k order by s.slice_no, t) as successes,
       array(select s.slice_no from slice s, unnest(s.recent_delivered_at) t where s.subscription_key = c.k order by s.slice_no, t) as success_slices,
       array(select q.first_failed_at from held_key q
              where q.subscription_key = c.k and q.key_hash <> c.kh and q.status = c.status and q.class = 'M' and q.first_failed_at is not null
              order by q.first_failed_at desc limit $5::int) as same_status_since
  from unnest($1::int[], $2::bigint[], $3::bigint[], $4::int[]) c(i, k, kh, status)
