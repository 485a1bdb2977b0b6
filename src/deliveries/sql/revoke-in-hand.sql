-- Takes leased slices out of their owners' hands: the next epoch fences their results, and nobody may claim them until whatever they have sent
-- is over. After lock-slices. $1 keys, $2 slices, $3 until when. Index: slice_pkey.
update slice x
   set epoch = x.epoch + 1, lease_until = least(x.lease_until, $3::timestamptz), due_at = least(x.lease_until, $3::timestamptz)
  from unnest($1::bigint[], $2::int[]) c(k, n)
 where x.subscription_key = c.k and x.slice_no = c.n and x.lease_until is not null
