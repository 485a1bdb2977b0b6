-- owner: deliveries
-- safe online: no, the index is built while writes to delivery wait; seconds per million rows
-- What an operator may do with deliveries, and the book of what operators did.

-- A redriven delivery gets a new life from here on; a discarded dead letter is no longer anyone's task.
alter table delivery add column redriven_at timestamptz(3);
alter table delivery add column discarded_at timestamptz(3);
alter table delivery add constraint delivery_discarded check (discarded_at is null or state = 'dead');
-- Dead letters that someone should look at.
create index delivery_dead_letter on delivery (subscription_key, event_no) where state = 'dead' and discarded_at is null;

-- An ended delivery to be sent once more, on someone's wish. It changes no state; the slice's owner sends it, once.
create table resend (
  resend_no bigint generated always as identity primary key,
  subscription_key bigint not null,
  event_no bigint not null,
  slice_no integer not null,
  key_hash bigint not null,
  requested_by text not null,
  reason text not null,
  requested_at timestamptz(3) not null,
  done_at timestamptz(3),
  -- How it ended: the attempt's class and status.
  class text,
  status integer
);
-- What waits, in the order in which it is sent; asking twice for the same event while it waits is asking once.
create unique index resend_waiting on resend (subscription_key, slice_no, event_no) where done_at is null;
create index resend_of on resend (subscription_key, event_no);

-- Who did what, when and why. Rows are only ever added.
create table operator_log (
  log_no bigint generated always as identity primary key,
  tenant text not null,
  at timestamptz(3) not null,
  who text not null,
  verb text not null,
  reason text not null,
  subscription_key bigint,
  subscription_id text collate "C",
  -- What it was asked for, and how many deliveries that was.
  filter jsonb not null,
  affected integer not null,
  -- What was answered; a repeat with the same key is answered this again.
  result jsonb not null,
  request_id text not null,
  idempotency_key text
);
create unique index operator_log_once on operator_log (tenant, who, idempotency_key) where idempotency_key is not null;
create index operator_log_subscription on operator_log (tenant, subscription_id, log_no);

create function operator_log_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'operator_log is append-only';
end $$;
create trigger operator_log_append_only before update or delete or truncate on operator_log
  for each statement execute function operator_log_is_append_only();
