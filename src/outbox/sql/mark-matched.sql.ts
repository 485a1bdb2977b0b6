// Ends the work on claimed rows. The rows are locked by this transaction; a row leaves all partial indexes and gains no entry.
// Nobody waits for the answer before COMMIT, so a row that is missing ends the transaction here: what says so is no number.
// Counts on outbox_unmatched_seq.

/** $1 seqs, $2 now. */
export const markMatchedSql = {
  name: 'outbox_mark_matched',
  text: `with m as (update outbox set matched_at = $2::timestamptz where seq = any($1::bigint[]) and matched_at is null returning 1)
    select case when count(*) = cardinality($1::bigint[]) then 0
      else ('Marked ' || count(*) || ' outbox rows as matched instead of ' || cardinality($1::bigint[]))::int end from m`,
};
