-- Ended deliveries that an operator wants sent once more, the first of each slice in event-number order. What was removed meanwhile cannot be
-- sent and is done with. Slices are locked by this transaction. $1 keys, $2 slices, $3 now, $4 rows per slice.
-- Indexes: resend_waiting, delivery_pkey.
with w as materialized (
  select x.* from unnest($1::bigint[], $2::int[]) c(k, n)
   cross join lateral (
     select r.resend_no, r.subscription_key, r.slice_no, r.event_no from resend r
      where r.subscription_key = c.k and r.slice_no = c.n and r.done_at is null
      order by r.event_no limit $4::int) x),
gone as (
  update resend r set done_at = $3::timestamptz, class = 'O' from w
   where r.resend_no = w.resend_no
     and not exists (select 1 from delivery d where d.subscription_key = w.subscription_key and d.event_no = w.event_no))
select w.resend_no, d.subscription_key, d.slice_no, d.event_no, d.key_hash, d.event_id, d.type, d.id, d.version, d.interaction, d.label,
       d.request_id, d.attempts, d.written_at, d.numbered_at, d.stopped_before_ms
  from w join delivery d on d.subscription_key = w.subscription_key and d.event_no = w.event_no
 order by d.subscription_key, d.slice_no, d.event_no
