// After a dump was restored into another Postgres cluster, the transaction numbers in waiting rows mean nothing there.
import type { Tx } from '../platform';

/**
 * Gives every waiting row the number of this transaction: whatever opened before stays before, and what opens or closes from now on sees
 * them as written. For the one moment when a database finds itself in another cluster. Out: how many rows.
 */
export async function restampWaiting(tx: Tx): Promise<number> {
  const { rowCount } = await tx.query({
    name: 'outbox_restamp_waiting',
    // Counts on outbox_unmatched_seq.
    text: `update outbox set xid = pg_current_xact_id() where matched_at is null`,
    values: [],
  });
  return rowCount;
}
