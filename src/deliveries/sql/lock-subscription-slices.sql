-- Locks every slice of some subscriptions in order, leased or not: whoever wakes or revokes them does this first, so that going idle and
-- waking cannot miss each other. $1 keys. Index: slice_pkey.
select subscription_key, slice_no from slice where subscription_key = any($1::bigint[]) order by 1, 2 for update
