-- Which attempts of a batch are in the ledger already, after a commit that was not answered. The slices are locked by this transaction, so that
-- a commit still under way is waited for. $1 indexes, $2 keys, $3 event numbers, $4 epochs, $5 starts.
-- Index: attempt_delivery, in the partition of the start.
select c.i, a.accepted
  from unnest($1::int[], $2::bigint[], $3::bigint[], $4::bigint[], $5::timestamptz[]) c(i, k, n, e, started_at)
  join attempt a on a.subscription_key = c.k and a.event_no = c.n and a.epoch = c.e and a.started_at = c.started_at
