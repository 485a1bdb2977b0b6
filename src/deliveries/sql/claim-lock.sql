-- Claim, first statement: lock due slices, oldest first; skipping is right here, since whoever holds one does the work.
-- Subscriptions that may lease fewer slices than they have are left to claim-narrow. $1 now, $2 limit. Indexes: slice_due, subscription_runtime_pkey.
select s.subscription_key, s.slice_no
  from slice s join subscription_runtime r on r.subscription_key = s.subscription_key
 where s.due_at <= $1::timestamptz and s.due_at < 'infinity' and least(r.cap, r.send_limit) >= r.slices
 order by s.due_at limit $2::int
   for update of s skip locked
