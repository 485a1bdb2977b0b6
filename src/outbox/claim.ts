// The matcher's side of the commit cut: claim, mark, and the sweep's questions.
import type { OpenTx, Tx } from '../platform';
import { SWEEP_ROWS_PER_ROOT } from './limits';
import { eventOf, type OutboxRow, type ResourceEvent } from './resource-event';
import { claimEventsSql } from './sql/claim-events.sql';
import { markMatchedSql } from './sql/mark-matched.sql';
import { listRootsSql, oldestRootsSql } from './sql/unmatched-roots.sql';

/**
 * Locks unmatched rows of these roots, and of every root their resources moved here from, in seq order; at most `limit`.
 * Must run inside a transaction that goes on to `markMatched`. Waits for rows another matcher holds and leaves out those it finished,
 * so an empty answer means "nothing now", and after a wait more may be there: claim again until nothing comes.
 */
export async function claimEvents(tx: Tx, rootHashes: readonly number[], limit: number): Promise<ResourceEvent[]> {
  if (rootHashes.length === 0) return [];
  const { rows } = await tx.query<OutboxRow>({ ...claimEventsSql, values: [rootHashes, limit] });
  return rows.map(eventOf);
}

/** The lowest seq that waits among these roots. Index: outbox_unmatched_root. */
export async function lowestUnmatched(tx: Tx, rootHashes: readonly number[]): Promise<number | undefined> {
  const { rows } = await tx.query<{ seq: number | null }>({
    name: 'outbox_lowest_unmatched',
    text: `select min(c.seq) as seq from unnest($1::bigint[]) n(h) cross join lateral (
        select x.seq from outbox x where x.root_hash between n.h and n.h and x.matched_at is null
        order by x.root_hash, x.seq limit 1) c`,
    values: [rootHashes],
  });
  return rows[0]!.seq ?? undefined;
}

/** The highest seq drawn so far, by whoever, committed or not: a write that begins later has a higher one. */
export async function drawnSeq(tx: Tx): Promise<number> {
  const text = 'select last_value from outbox_seq';
  const { rows } = await tx.query<{ last_value: number }>({ name: 'outbox_drawn_seq', text, values: [] });
  return rows[0]!.last_value;
}

/** Marks rows claimed in this transaction as done. The transaction fails when one was not there to be marked: that is a bug of the caller. */
export function markMatched(tx: OpenTx, seqs: readonly number[], now: Date): void {
  if (seqs.length > 0) void tx.send({ ...markMatchedSql, values: [seqs, now.toISOString()] });
}

/**
 * Roots with unmatched rows, those that wait longest first; at most `limit`. One hot root cannot hide the others: when it fills
 * the view by age, the rest of the answer lists roots in no particular order.
 */
export async function unmatchedRoots(db: Tx, limit: number): Promise<number[]> {
  const rowsMax = limit * SWEEP_ROWS_PER_ROOT;
  const oldest = await db.query<{ root_hash: number; seen: number }>({ ...oldestRootsSql, values: [rowsMax, limit] });
  const roots = oldest.rows.map((row) => row.root_hash);
  const seen = oldest.rows.reduce((sum, row) => sum + row.seen, 0);
  if (roots.length >= limit || seen < rowsMax) return roots;
  const listed = await db.query<{ root_hash: number }>({ ...listRootsSql, values: [limit] });
  return [...new Set([...roots, ...listed.rows.map((row) => row.root_hash)])].slice(0, limit);
}

/** The matcher's lag: how many rows wait, and since when the oldest does. Reads an index of waiting rows only. */
export async function unmatchedStats(db: Tx): Promise<{ count: number; oldestWrittenAt?: Date }> {
  const { rows } = await db.query<{ count: number; oldest: Date | null }>({
    name: 'outbox_unmatched_stats',
    text: `select (select count(*) from outbox where matched_at is null) as count,
      (select written_at from outbox where matched_at is null order by seq limit 1) as oldest`,
    values: [],
  });
  const { count, oldest } = rows[0]!;
  return oldest === null ? { count } : { count, oldestWrittenAt: oldest };
}
