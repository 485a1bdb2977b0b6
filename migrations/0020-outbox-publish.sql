-- owner: outbox
-- safe online: yes; a new column default for nobody yet, and an index over rows that do not exist yet (the tables are read once for it)
-- What a relay is to publish. `published_at` = infinity: waits to be published; a time: published then; null: written while nobody
-- published, and never will be. The column's default says which it is (outbox/publishing.ts), for every writer alike: without a relay
-- the index stays empty and costs nothing.
create index outbox_unpublished_seq on outbox (seq) where published_at = 'infinity';
