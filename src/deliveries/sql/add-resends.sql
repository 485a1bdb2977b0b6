-- Ended deliveries to be sent once more; one that waits for it already is not asked for twice. After lock-subscription-slices.
-- $1 key, $2 event numbers, $3 who, $4 why, $5 now. Indexes: delivery_pkey, resend_waiting.
insert into resend (subscription_key, event_no, slice_no, key_hash, requested_by, reason, requested_at)
select d.subscription_key, d.event_no, d.slice_no, d.key_hash, $3, $4, $5::timestamptz
  from delivery d
 where d.subscription_key = $1 and d.event_no = any($2::bigint[]) and d.state in ('delivered', 'cancelled')
 order by d.event_no
on conflict (subscription_key, slice_no, event_no) where done_at is null do nothing
