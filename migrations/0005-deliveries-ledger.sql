-- owner: deliveries
-- safe online: yes, new tables
-- The ledger of deliveries: who may send (subscription_runtime), who is at work (slice), what is owed (delivery), which
-- ordering keys wait for their head (held_key), and what was tried (attempt).

-- One row per incarnation of a Subscription. The counter makes event numbers gap-free: a row update, not a sequence.
create table subscription_runtime (
  subscription_key bigint primary key,
  tenant text not null,
  subscription_id text collate "C" not null,
  alive boolean not null default true,
  sending boolean not null default false,
  status text not null,
  ends_at timestamptz(3),
  not_before timestamptz(3),
  last_event_no bigint not null default 0,
  config_version integer not null,
  ordering_key text not null check (ordering_key in ('none', 'focus', 'patient', 'subscription')),
  -- Switches of the ordering key not yet passed: nothing above the lowest is sent before everything up to it is terminal.
  barriers bigint[] not null default '{}',
  slices integer not null check (slices between 1 and 64),
  cap integer not null check (cap between 1 and 64),
  breaker jsonb,
  paused boolean not null default false,
  -- Time without sending (off, paused) does not count against the age of what waits.
  stopped_at timestamptz(3),
  stopped_ms bigint not null default 0,
  failing_since timestamptz(3),
  failures integer not null default 0,
  last_failed_at timestamptz(3),
  last_error text,
  reason text,
  cleared_at timestamptz(3)
) with (fillfactor = 60);

-- One living incarnation of a Subscription; dead ones stay as tombstones.
create unique index subscription_runtime_living on subscription_runtime (tenant, subscription_id) where alive;
create index subscription_runtime_tombstone on subscription_runtime (subscription_key) where not alive and cleared_at is null;
-- Subscriptions whose cap was lowered under their number of slices: claimed by another way.
create index subscription_runtime_narrow on subscription_runtime (subscription_key) where alive and cap < slices;

-- hash(ordering key) mod n of one subscription: the unit one worker owns at a time. due_at is infinity when idle; a lease
-- pushes it to its own end, so one index finds "due" and "lease expired" alike.
create table slice (
  subscription_key bigint not null,
  slice_no integer not null,
  due_at timestamptz(3) not null,
  lease_until timestamptz(3),
  epoch bigint not null default 0,
  -- The last three successes here: evidence that the endpoint is well while one of its messages fails.
  recent_delivered_at timestamptz(3)[] not null default '{}',
  primary key (subscription_key, slice_no)
) with (fillfactor = 60);
create index slice_due on slice (due_at) where due_at < 'infinity';

create table delivery (
  subscription_key bigint not null,
  event_no bigint not null,
  slice_no integer not null,
  key_hash bigint not null,
  event_id uuid not null,
  type text not null,
  id text collate "C" not null,
  version integer not null,
  interaction text not null check (interaction in ('create', 'update', 'delete')),
  label text,
  request_id text not null,
  state text not null default 'pending' check (state in ('pending', 'held', 'behind', 'delivered', 'dead', 'cancelled')),
  reason text,
  attempts integer not null default 0,
  written_at timestamptz(3) not null,
  numbered_at timestamptz(3) not null,
  -- subscription_runtime.stopped_ms at numbering: what was stopped before does not lengthen this row's life.
  stopped_before_ms bigint not null default 0,
  ended_at timestamptz(3),
  primary key (subscription_key, event_no),
  -- Waiting rows have no end, ended rows have one; what ended badly says why.
  constraint delivery_end check ((state in ('delivered', 'dead', 'cancelled')) = (ended_at is not null)),
  constraint delivery_reason check (
    case state
      when 'dead' then reason in ('poison', 'skipped', 'expired', 'refused')
      when 'cancelled' then reason in ('deleted', 'resumed-past')
      else reason is null
    end is true)
) with (fillfactor = 85);
-- The event first: rows of one event are written side by side, and one event's deliveries are found without knowing the subscriptions.
create unique index delivery_event on delivery (event_id, subscription_key);
create index delivery_pending on delivery (subscription_key, slice_no, event_no) where state = 'pending';
create index delivery_behind on delivery (subscription_key, key_hash, event_no) where state = 'behind';
create index delivery_ended_badly on delivery (subscription_key, state, event_no) where state in ('dead', 'cancelled');

-- Exists only while a key's head is being retried, is blocked, or has more waiting than a window should carry.
create table held_key (
  subscription_key bigint not null,
  key_hash bigint not null,
  slice_no integer not null,
  kind text not null check (kind in ('retry', 'blocked', 'busy')),
  head_event_no bigint not null,
  next_at timestamptz(3) not null,
  attempts integer not null default 0,
  first_failed_at timestamptz(3),
  class text,
  status integer,
  reason text,
  primary key (subscription_key, key_hash)
);
create index held_key_next on held_key (subscription_key, slice_no, next_at);

-- Append-only: one row for every request made (and for those that were refused before they were made).
create table attempt (
  subscription_key bigint not null,
  event_no bigint not null,
  slice_no integer not null,
  epoch bigint not null,
  number integer not null,
  trigger text not null,
  config_version integer not null,
  started_at timestamptz(3) not null,
  ended_at timestamptz(3) not null,
  sent boolean not null,
  remote_address text,
  status integer,
  class text not null,
  reason text,
  excerpt text,
  accepted boolean not null
) partition by range (started_at);
create index attempt_delivery on attempt (subscription_key, event_no);
-- The net under the daily partitions, which a worker makes ahead of time.
create table attempt_default partition of attempt default;
