// A question about waiting rows that only this room can answer: does any lie before a given snapshot?
import type { Tx } from '../platform';
import { SNAPSHOT_QUESTION_ROWS_MAX } from './limits';

/**
 * In: snapshots as Postgres prints them, taken in transactions that are committed. Out: those that no unmatched row was committed before,
 * now or ever again. With a large backlog the answer is "none": it is only ever asked to tidy up.
 */
export async function snapshotsWithoutWaiting(db: Tx, snapshots: readonly string[]): Promise<string[]> {
  if (snapshots.length === 0) return [];
  const { rows } = await db.query<{ snapshot: string }>({
    name: 'outbox_snapshots_without_waiting',
    // Counts on outbox_unmatched_seq. The transaction of a row under way is not visible in any snapshot taken before it commits.
    text: `with waiting as materialized (select xid from outbox where matched_at is null limit $2)
      select s.snapshot from unnest($1::text[]) s(snapshot)
      where (select count(*) from waiting) < $2
        and not exists (select 1 from waiting w where pg_visible_in_snapshot(w.xid, s.snapshot::pg_snapshot))`,
    values: [snapshots, SNAPSHOT_QUESTION_ROWS_MAX],
  });
  return rows.map((row) => row.snapshot);
}
