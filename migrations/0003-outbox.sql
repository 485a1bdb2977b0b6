-- owner: outbox
-- safe online: yes, new tables only
-- One row per committed resource change, written in the same statement or transaction as the change. The matcher finds work here.

-- cache 1: a larger cache hands whole blocks to sessions, and version 2 of a resource could get a lower number than version 1.
create sequence outbox_seq as bigint cache 1;

create table outbox (
  seq bigint not null default nextval('outbox_seq'),
  event_id uuid not null,
  tenant text not null,
  type text not null,
  id text collate "C" not null,
  version int not null,
  interaction text not null,
  label text,
  -- The ordering root (the event's patient, else Type/id) and its hash; prev_root_hash only where the predecessor had another root.
  root text not null,
  root_hash bigint not null,
  prev_root_hash bigint,
  body_bytes int not null,
  request_id text not null,
  xid xid8 not null default pg_current_xact_id(),
  -- The version's lastUpdated: a write time, not a commit time.
  written_at timestamptz(3) not null,
  matched_at timestamptz(3),
  published_at timestamptz(3)
) partition by range (written_at);

alter sequence outbox_seq owned by outbox.seq;

-- Only unmatched rows are ever looked for. There is deliberately no index over all rows: marking a row as matched then costs no
-- index entry at all. Uniqueness comes from the sequence and from resource_version's key.
create index outbox_unmatched_root on outbox (root_hash, seq) where matched_at is null;
create index outbox_unmatched_seq on outbox (seq) where matched_at is null;
create index outbox_unmatched_moved on outbox (root_hash) include (prev_root_hash)
  where matched_at is null and prev_root_hash is not null;

-- The net under the daily partitions, which the partitions worker creates ahead.
create table outbox_default partition of outbox default;
