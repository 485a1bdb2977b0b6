-- owner: store
-- safe online: yes, a new table only
-- Rebuilding the search index from the stored bodies, type by type: how far each has come. Kept when it is done, for whoever asks.
create table reindex_job (
  tenant text not null,
  type text not null,
  -- Resources with ids up to this one are done; empty: none yet.
  after_id text collate "C" not null default '',
  -- Rows that were looked at, rows whose index was written anew, and bodies that could not be read (with the last such id).
  examined bigint not null default 0,
  rebuilt bigint not null default 0,
  unreadable bigint not null default 0,
  last_unreadable text,
  -- Under which absolute references count as our own.
  base_url text not null,
  -- Of the process that worked on it last: one that was frozen meanwhile must not go on.
  epoch bigint not null default 0,
  asked_at timestamptz(3) not null,
  worked_at timestamptz(3),
  finished_at timestamptz(3),
  primary key (tenant, type)
);
create index reindex_job_waiting on reindex_job (asked_at) where finished_at is null;
