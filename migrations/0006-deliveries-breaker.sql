-- owner: deliveries
-- safe online: yes, new nullable columns without a default, and a small partial index in place of another
-- The breaker's narrower door: how many requests a subscription may have in flight now (null: its cap). Written with breaker and not_before.
alter table subscription_runtime add column send_limit integer check (send_limit between 1 and 64);

-- Subscriptions that may lease fewer slices than they have: claimed by another way.
create index subscription_runtime_limited on subscription_runtime (subscription_key) where alive and (cap < slices or send_limit < slices);
drop index subscription_runtime_narrow;

-- What a slice's owner measured while it worked: deliveries per second, and when; the drain estimate adds them up.
alter table slice add column delivered_rate real;
alter table slice add column rated_at timestamptz(3);

-- Is any key of a subscription blocked? Then its status does not return to active.
create index held_key_blocked on held_key (subscription_key) where kind = 'blocked';
