-- owner: deliveries
-- safe online: no, the index is built while writes to delivery wait; seconds per million rows
-- What the audit and the retention need to ask by index, and where they remember how far they came.

-- Heads that are being retried: few, and never a row that went straight from pending to its end.
create index delivery_held on delivery (subscription_key, key_hash) where state = 'held';

-- One row per incarnation that was looked at. Event numbers above removed_up_to must all be there.
create table delivery_watermark (
  subscription_key bigint primary key,
  -- In the current pass numbers up to here were counted, and so many of them were not there.
  checked_event_no bigint not null default 0,
  missing bigint not null default 0,
  pass_started_at timestamptz(3) not null,
  -- What was told already: a gap alarms once.
  reported bigint not null default 0,
  -- The retention removes nothing above this number; what still waits below it stays until its own time.
  removed_up_to bigint not null default 0,
  removed_dead bigint not null default 0,
  removed_cancelled bigint not null default 0
) with (fillfactor = 60);

-- The last audit, whichever process did it, for the operator's page of any process.
create table delivery_audit (
  only_row boolean primary key default true check (only_row),
  epoch bigint not null,
  audited_at timestamptz(3) not null,
  result jsonb not null
);
