// The audit's question to this room: does anything wait for matching longer than it should? And how much waits at all?
import type { Tx } from '../platform';
import { OVERDUE_ROWS_MAX } from './limits';

export interface OverdueEvents {
  /** Rows written before the given time and not matched, counted up to a limit. */
  readonly count: number;
  readonly oldestWrittenAt?: Date;
  /** Their roots, for the matcher's doorbell. */
  readonly rootHashes: readonly number[];
}

/** In: a time. Out: what was written before it and is not matched, oldest first. Looks at the oldest rows only, however many wait. */
export async function overdueEvents(tx: Tx, before: Date): Promise<OverdueEvents> {
  const { rows } = await tx.query<{ root_hash: number; n: number; oldest: Date }>({
    name: 'outbox_overdue',
    // Counts on outbox_unmatched_seq.
    text: `select w.root_hash, count(*) as n, min(w.written_at) as oldest
      from (select root_hash, written_at from outbox where matched_at is null order by seq limit $2) w
      where w.written_at < $1::timestamptz group by w.root_hash order by min(w.written_at)`,
    values: [before, OVERDUE_ROWS_MAX],
  });
  const count = rows.reduce((sum, row) => sum + row.n, 0);
  const rootHashes = rows.map((row) => row.root_hash);
  return rows[0] === undefined ? { count, rootHashes } : { count, rootHashes, oldestWrittenAt: rows[0].oldest };
}

/** How many rows wait for matching, counted up to `limit`. Counts on outbox_unmatched_seq. */
export async function countUnmatched(tx: Tx, limit: number): Promise<number> {
  const { rows } = await tx.query<{ n: number }>({
    name: 'outbox_count_unmatched',
    text: `select count(*) as n from (select 1 from outbox where matched_at is null order by seq limit $1) w`,
    values: [limit],
  });
  return rows[0]!.n;
}
