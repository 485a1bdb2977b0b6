-- Lets the unleased slices of open breakers sleep together, so that claims do not meet them. After lock-subscription-slices. $1 keys, $2 times.
-- Index: slice_pkey.
update slice s set due_at = c.until
  from unnest($1::bigint[], $2::timestamptz[]) c(k, until)
 where s.subscription_key = c.k and s.lease_until is null and s.due_at < c.until
