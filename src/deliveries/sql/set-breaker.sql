-- Writes breakers that changed; the rows are locked by health.sql in this transaction. $1 keys, $2 breakers (null: at rest), $3 limits (null: the
-- cap), $4 not before. Index: subscription_runtime_pkey.
update subscription_runtime r
   set breaker = c.breaker::jsonb, send_limit = c.send_limit, not_before = c.not_before
  from unnest($1::bigint[], $2::text[], $3::int[], $4::timestamptz[]) c(k, breaker, send_limit, not_before)
 where r.subscription_key = c.k
