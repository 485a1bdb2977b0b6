-- owner: store
-- safe online: yes, new tables, and new columns without a default
-- Search parameters of one's own (ADR 21): what each SearchParameter resource means, and how far the index knows it.

-- Rises with every change, in the transaction that makes it, so numbers follow the order of commits.
create table custom_parameter_counter (
  only_row boolean primary key default true check (only_row),
  last_revision int not null
);
insert into custom_parameter_counter (last_revision) values (0);

-- One row per resource type and code, in effect or kept because Subscriptions used it.
create table custom_parameter (
  tenant text not null,
  type text not null,
  code text collate "C" not null,
  -- The SearchParameter that says so (or said so, when it has ended).
  resource_id text collate "C" not null,
  url text not null,
  -- What it means: its search type, the expression cut to this resource type, and what references may point to.
  param_type text not null,
  expression text not null,
  targets text[],
  -- waiting (for $reindex), searchable or ended.
  state text not null,
  -- A Subscription was written with it: its meaning is fixed from then on.
  is_used boolean not null default false,
  -- Of its last change, and of the one since which it means what it means and new index entries have it.
  revision int not null,
  since int not null,
  primary key (type, code)
);
create index custom_parameter_by_resource on custom_parameter (tenant, resource_id);

-- Types of which every new index entry must be made by this revision or a later one; the check constraint custom_parameters of the type's partition sees to it.
create table custom_fence (
  type text primary key,
  revision int not null
);

-- search columns begin
alter table resource add column custom_revision int;
-- search columns end

-- What all entries of the type that are written since the rebuilding began are made by at least.
alter table reindex_job add column fence int;
