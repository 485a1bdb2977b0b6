-- The gate before numbering: large fan-outs queue here, on the lowest runtime row, instead of interleaving lock by lock.
-- Index: subscription_runtime_pkey.
select 1 from subscription_runtime where subscription_key = $1 for update
