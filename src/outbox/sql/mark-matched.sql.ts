// Ends the work on claimed rows. The rows are locked by this transaction; a row leaves all partial indexes and gains no entry.
// Counts on outbox_unmatched_seq.

/** $1 seqs, $2 now. */
export const markMatchedSql = {
  name: 'outbox_mark_matched',
  text: `update outbox set matched_at = $2::timestamptz where seq = any($1::bigint[]) and matched_at is null`,
};
