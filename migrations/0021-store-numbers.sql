-- owner: store
-- safe online: yes, a new table and a new column with a constant default
-- Numbers and quantities to search by, pairs of composite parameters, and the texts of codes. Rows written before have none of these until they
-- are indexed again.

-- As resource_string and resource_date of 0002-store.sql: narrow rows that count only while their version is the resource's current one.
create table resource_number (
  tenant text not null,
  type text not null,
  id text collate "C" not null,
  version int not null,
  param text not null,
  -- Of composite parameters only: which of the repeating elements, and the keys of the codes in it as a JSON array.
  element int,
  keys text,
  -- The number as written; both ends belong to it.
  low float8 not null,
  high float8 not null,
  -- The unit as written, for machines and for people.
  code text,
  label text,
  -- What is measured, and the number in its base units (src/fhir/search/units.ts).
  unit text,
  unit_low float8,
  unit_high float8
);
create index resource_number_value on resource_number (tenant, type, param, low, high);
create index resource_number_unit on resource_number (tenant, type, param, unit, unit_low, unit_high) where unit is not null;
create index resource_number_owner on resource_number (tenant, type, id);

alter table resource add column texts text[] not null default '{}';
