-- Makes the unleased slices of some subscriptions due; their owner looks by itself at the leased ones. After lock-subscription-slices.
-- $1 keys, $2 now. Index: slice_pkey.
update slice set due_at = $2::timestamptz
 where subscription_key = any($1::bigint[]) and lease_until is null and due_at > $2::timestamptz
