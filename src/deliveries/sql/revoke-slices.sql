-- Takes every lease of some subscriptions away: the epoch fences whoever still holds one. After lock-subscription-slices. $1 keys.
-- Index: slice_pkey.
update slice set epoch = epoch + 1, lease_until = null, due_at = 'infinity' where subscription_key = any($1::bigint[])
