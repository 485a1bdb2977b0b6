// The relay's side of the commit cut. Whoever sees a later version of a resource, or a later event of a root, sees the earlier one too: it was
// committed before the later one could be written. So reading in seq order, without locks, keeps order per resource and per root.

/** $1 most rows. Counts on outbox_unpublished_seq, and on sessions with enable_seqscan off. No floor on seq: rows commit out of seq order. */
export const readUnpublishedSql = {
  name: 'outbox_read_unpublished',
  text: `select seq, event_id, tenant, type, id, version, interaction, label, root, root_hash, prev_root_hash,
      body_bytes, request_id, xid::text as xid, written_at
    from outbox where published_at = 'infinity' order by seq limit $1`,
};

/** $1 seqs, $2 now. Locks in seq order like every other statement here, then marks. Counts on outbox_unpublished_seq. */
export const markPublishedSql = {
  name: 'outbox_mark_published',
  text: `with waiting as materialized (
      select seq from outbox where seq = any($1::bigint[]) and published_at = 'infinity' order by seq for update)
    update outbox o set published_at = $2::timestamptz from waiting w where o.seq = w.seq and o.published_at = 'infinity'`,
};

/** $1 most rows counted. Counts on outbox_unpublished_seq. */
export const unpublishedStatsSql = {
  name: 'outbox_unpublished_stats',
  text: `select (select count(*) from (select 1 from outbox where published_at = 'infinity' order by seq limit $1) w) as count,
      (select written_at from outbox where published_at = 'infinity' order by seq limit 1) as oldest`,
};
