-- owner: subscriptions
-- safe online: yes, creates new tables only

-- One row per incarnation: a Subscription from its create (or revive) to its delete. Everything that matching and delivering need to know
-- stands here or in `config`; header values do not.
create table subscription_incarnation (
  subscription_key bigint generated always as identity primary key,
  tenant text not null,
  id text collate "C" not null,
  alive boolean not null default true,
  status text not null check (status in ('requested', 'active', 'error', 'off')),
  -- An interval is open: between activation (from nothing or off) and off or delete, whatever the status in between.
  is_matching boolean not null default false,
  -- Newest version of the resource, and the newest one that changed anything but status and error.
  version integer not null,
  config_version integer not null,
  criteria text not null,
  -- Base URL under which the criteria's absolute references count as our own.
  base_url text not null,
  -- When to turn it off; null also for an end that was past when it was written.
  ends_at timestamptz(3),
  config jsonb not null,
  created_at timestamptz(3) not null,
  changed_at timestamptz(3) not null,
  deleted_at timestamptz(3),
  check (alive or not is_matching)
);
-- One living incarnation of an id; also serves look-ups by id.
create unique index subscription_incarnation_living on subscription_incarnation (tenant, id) where alive;
-- The newest incarnation of an id, dead or alive.
create index subscription_incarnation_by_id on subscription_incarnation (tenant, id, subscription_key);
-- What the activation worker looks for.
create index subscription_incarnation_requested on subscription_incarnation (subscription_key) where alive and status = 'requested';
-- What the expiry worker looks for.
create index subscription_incarnation_ending on subscription_incarnation (ends_at) where alive and ends_at is not null and status <> 'off';

-- The counter behind change_no: updated in the writer's transaction, so numbers have no gaps and follow commit order.
create table subscription_change_counter (
  only_row boolean primary key default true check (only_row),
  last_change_no bigint not null
);
insert into subscription_change_counter (last_change_no) values (0);

-- The registry's log. A row that opens or closes an interval holds the snapshot that divides the outbox into before and after; a cleared
-- (null) snapshot has nothing unmatched before it any more.
create table subscription_change (
  change_no bigint primary key,
  subscription_key bigint not null references subscription_incarnation,
  opens boolean not null,
  closes boolean not null,
  -- Of the interval that opens here.
  criteria text,
  base_url text,
  snapshot pg_snapshot,
  -- The writer's own transaction: counts as after, although its snapshot may count it as before.
  xid xid8 not null,
  changed_at timestamptz(3) not null,
  check (not opens or criteria is not null)
);
-- Serves loading the intervals of some incarnations.
create index subscription_change_by_key on subscription_change (subscription_key, change_no);
-- Serves clearing: rows that still hold a snapshot.
create index subscription_change_held on subscription_change (change_no) where snapshot is not null;

-- Which Postgres cluster the snapshots belong to: after a restore into another one they mean nothing.
create table subscription_cluster (
  only_row boolean primary key default true check (only_row),
  system_identifier text not null
);

-- Header values, encrypted. Stored resource versions hold only the mask.
create table subscription_secret (
  subscription_key bigint not null references subscription_incarnation,
  name text not null,
  ciphertext bytea not null,
  primary key (subscription_key, name)
);
