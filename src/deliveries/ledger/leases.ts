// Keeping what one owns: the reading that must not grow old, and leases prolonged while work goes on.
import type { Tx } from '../../platform';
import { columns, statement } from '../sql';
import { marksText } from './finish';
import { readingOf, type OwnedSlice, type Reading, type ReadingRow, type SliceId } from './rows';

const readOwnedSql = statement('read-owned');
const renewSql = statement('renew');

export interface OwnedReading extends OwnedSlice {
  /** False once the lease was taken away or given back. */
  readonly isLeased: boolean;
  readonly reading: Reading;
}

/** Epoch, lease and runtime row of each slice, as they stand now. */
export async function readOwned(tx: Tx, slices: readonly SliceId[]): Promise<OwnedReading[]> {
  if (slices.length === 0) return [];
  const { rows } = await tx.query<
    ReadingRow & { subscription_key: number; slice_no: number; epoch: number; lease_until: Date | null }
  >(
    readOwnedSql(
      columns(
        slices,
        (s) => s.subscriptionKey,
        (s) => s.sliceNo,
      ),
    ),
  );
  return rows.map((row) => ({
    subscriptionKey: row.subscription_key,
    sliceNo: row.slice_no,
    epoch: row.epoch,
    isLeased: row.lease_until !== null,
    reading: readingOf(row),
  }));
}

/**
 * Prolongs leases to `until`; out: those that were still held under their epoch. `successes` is kept beside, as evidence for others, and so is the
 * measured rate (deliveries per second).
 */
export async function renewLeases(
  tx: Tx,
  slices: readonly (OwnedSlice & { readonly successes: readonly Date[]; readonly rate?: number })[],
  until: Date,
  now: Date = until,
): Promise<SliceId[]> {
  if (slices.length === 0) return [];
  const { rows } = await tx.query<{ subscription_key: number; slice_no: number }>(
    renewSql([
      ...columns(
        slices,
        (s) => s.subscriptionKey,
        (s) => s.sliceNo,
        (s) => s.epoch,
      ),
      until,
      slices.map((slice) => marksText(slice.successes)),
      slices.map((slice) => slice.rate ?? null),
      now,
    ]),
  );
  return rows.map((row) => ({ subscriptionKey: row.subscription_key, sliceNo: row.slice_no }));
}

/**
 * Frees every lease at once. Only for a process that alone holds the database's lock file: whoever held them is dead. Out: how many there were.
 */
export async function recoverLeases(tx: Tx, now: Date): Promise<number> {
  const { rowCount } = await tx.query({
    text: `update slice set epoch = epoch + 1, lease_until = null, due_at = $1::timestamptz where lease_until is not null`,
    values: [now],
  });
  return rowCount;
}
