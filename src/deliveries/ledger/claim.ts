// Claiming: due slices become leased under the next epoch, with their first window, in one transaction.
import { failpoint, type Database, type Tx } from '../../platform';
import { NARROW_CLAIM_MAX } from '../limits';
import { columns, statement } from '../sql';
import { readingOf, type OwnedSlice, type Reading, type ReadingRow, type SliceId, type Window } from './rows';
import { readWaiting, windowsOf, type WaitingRows, type WindowSettings } from './windows';

const claimLock = statement('claim-lock');
const claimNarrow = statement('claim-narrow');
const claimNarrowSlices = statement('claim-narrow-slices');
const claimLease = statement('claim-lease');

export interface ClaimOptions extends WindowSettings {
  readonly now: Date;
  readonly slicesMax: number;
  readonly leaseMs: number;
  /** Also look at subscriptions that may lease fewer slices than they have; rarely needed, so not asked every time. */
  readonly includeNarrow: boolean;
}

export interface ClaimedSlice extends OwnedSlice {
  readonly reading: Reading;
  readonly leaseUntil: Date;
  readonly successes: readonly Date[];
  readonly window: Window;
}

export interface Claim {
  readonly slices: readonly ClaimedSlice[];
  /** True when there may be more due slices than were asked for. */
  readonly hasMore: boolean;
}

type LeaseRow = ReadingRow & {
  subscription_key: number;
  slice_no: number;
  epoch: number;
  lease_until: Date | null;
  recent_delivered_at: Date[];
  may_send: boolean;
};

/** Leases up to `slicesMax` due slices, oldest first, that no one else is claiming; slices that may not send are put to sleep. */
export async function claimSlices(database: Database, options: ClaimOptions): Promise<Claim> {
  return database.transaction(
    async (tx) => {
      // Runtime rows come before slices in the lock order, so the narrow ones go first.
      const narrow = options.includeNarrow ? await lockNarrow(tx, options) : [];
      const { rows: wide } = await tx.query<SliceRow>(claimLock([options.now, options.slicesMax]));
      const due = [...narrow, ...wide].map((row): SliceId => ({
        subscriptionKey: row.subscription_key,
        sliceNo: row.slice_no,
      }));
      if (due.length === 0) return { slices: [], hasMore: false };
      await failpoint('claim.after-lock');
      const leaseUntil = new Date(options.now.getTime() + options.leaseMs);
      const lease = claimLease([
        ...columns(
          due,
          (s) => s.subscriptionKey,
          (s) => s.sliceNo,
        ),
        options.now,
        leaseUntil,
      ]);
      // Together, though some slices may turn out not to be ours to send: nearly all are.
      const [{ rows }, waiting] = await Promise.all([
        tx.query<LeaseRow>(lease),
        readWaiting(
          tx,
          due.map((slice) => ({ ...slice, lookAt: options.windowRows })),
          options,
          options.now,
        ),
      ]);
      const leased = rows.filter((row) => row.may_send);
      return { slices: await withWindows(tx, leased, waiting, options), hasMore: wide.length >= options.slicesMax };
    },
    { isEager: true },
  );
}

type NarrowRow = {
  subscription_key: number;
  limit: number;
  slices: number;
  not_before: Date | null;
  probed: number;
};
type SliceRow = { subscription_key: number; slice_no: number };

async function lockNarrow(tx: Tx, options: ClaimOptions): Promise<SliceRow[]> {
  const { now } = options;
  const { rows } = await tx.query<NarrowRow>(claimNarrow([now, NARROW_CLAIM_MAX]));
  if (rows.length === 0) return [];
  const slices = await tx.query<SliceRow>(
    claimNarrowSlices([
      ...columns(
        rows,
        (r) => r.subscription_key,
        (r) => r.limit,
        (r) => (r.not_before !== null && r.not_before > now ? r.slices : 0),
        (r) => r.probed,
      ),
      now,
    ]),
  );
  return slices.rows;
}

async function withWindows(
  tx: Tx,
  leased: readonly LeaseRow[],
  waiting: WaitingRows,
  options: ClaimOptions,
): Promise<ClaimedSlice[]> {
  const slices = leased.map((row) => ({
    subscriptionKey: row.subscription_key,
    sliceNo: row.slice_no,
    lookAt: options.windowRows,
    wantsResends: row.has_resends,
  }));
  const windows = await windowsOf(tx, slices, waiting, options, options.now);
  return leased.map((row, index) => ({
    ...slices[index]!,
    epoch: row.epoch,
    reading: readingOf(row),
    leaseUntil: row.lease_until!,
    successes: row.recent_delivered_at,
    window: windows[index]!,
  }));
}
