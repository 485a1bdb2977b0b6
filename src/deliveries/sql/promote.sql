-- After finish, in the same transaction, for held keys whose head has ended: the next follower becomes head, or the key is let go.
-- $1 keys, $2 key hashes, $3 now. Indexes: held_key_pkey, delivery_pkey, delivery_behind.
with t as (
  select q.subscription_key k, q.key_hash kh,
         (select min(d.event_no) from delivery d where d.subscription_key = q.subscription_key and d.key_hash = q.key_hash and d.state = 'behind') n
    from held_key q
    join (select distinct k, kh from unnest($1::bigint[], $2::bigint[]) c(k, kh)) c on c.k = q.subscription_key and c.kh = q.key_hash
   where not exists (select 1 from delivery d where d.subscription_key = q.subscription_key and d.event_no = q.head_event_no and d.state = 'held')),
x as (
  delete from held_key q using t where t.n is null and q.subscription_key = t.k and q.key_hash = t.kh)
update held_key q
   set kind = 'busy', head_event_no = t.n, next_at = $3::timestamptz, attempts = 0, first_failed_at = null, class = null, status = null, reason = null
  from t
 where t.n is not null and q.subscription_key = t.k and q.key_hash = t.kh
