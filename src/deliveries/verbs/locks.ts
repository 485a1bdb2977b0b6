// What every verb does first: lock in the one order of all code (runtime rows, then slices), and take out of owners' hands what it is about to move.
import type { Tx } from '../../platform';
import { sliceKey, type SliceId, type SubscriptionStatus } from '../ledger/rows';
import { columns, statement } from '../sql';
import { IN_HAND_MARGIN_MS, IN_HAND_ROWS_MAX } from './limits';

const lockSlicesSql = statement('lock-slices');
const lockSubscriptionSlices = statement('lock-subscription-slices');
const inHandSql = statement('in-hand');
const revokeInHand = statement('revoke-in-hand');
const makeDue = statement('make-due');

/** What a verb needs to know of a subscription, under the lock of its runtime row. */
export interface LockedRuntime {
  readonly subscriptionKey: number;
  readonly subscriptionId: string;
  readonly alive: boolean;
  readonly status: SubscriptionStatus;
  readonly paused: boolean;
  readonly lastEventNo: number;
}

/** Undefined when there is no such subscription, or not in this tenant. Index: subscription_runtime_pkey. */
export async function lockRuntime(tx: Tx, tenant: string, subscriptionKey: number): Promise<LockedRuntime | undefined> {
  const { rows } = await tx.query<{
    subscription_id: string;
    alive: boolean;
    status: SubscriptionStatus;
    paused: boolean;
    last_event_no: number;
  }>({
    name: 'deliveries.verb-lock-runtime',
    text: `select subscription_id, alive, status, paused, last_event_no from subscription_runtime
            where subscription_key = $1 and tenant = $2 for update`,
    values: [subscriptionKey, tenant],
  });
  const [row] = rows;
  return (
    row && {
      subscriptionKey,
      subscriptionId: row.subscription_id,
      alive: row.alive,
      status: row.status,
      paused: row.paused,
      lastEventNo: row.last_event_no,
    }
  );
}

/** Out: the slices there are. */
export async function lockAllSlices(tx: Tx, subscriptionKey: number): Promise<SliceId[]> {
  const { rows } = await tx.query<{ slice_no: number }>(lockSubscriptionSlices([[subscriptionKey]]));
  return rows.map((row) => ({ subscriptionKey, sliceNo: row.slice_no }));
}

export async function lockSlices(tx: Tx, slices: readonly SliceId[]): Promise<void> {
  await tx.query(lockSlicesSql(sliceColumns(distinct(slices))));
}

/** A key of a lane, and the slice it belongs to. */
export interface LaneKey extends SliceId {
  readonly keyHash: number;
}

/**
 * Makes sure that no owner has anything of these keys in its memory, so that they may be put into another order. An owner that may have is
 * revoked: its requests under way end as stale, and the slice rests until they are over. The slices are locked.
 */
export async function takeFromHands(tx: Tx, keys: readonly LaneKey[], now: Date, restMs: number): Promise<void> {
  if (keys.length === 0) return;
  const dueUpTo = new Date(now.getTime() + IN_HAND_MARGIN_MS);
  const { rows } = await tx.query<{ subscription_key: number; slice_no: number }>(
    inHandSql([
      ...columns(
        keys,
        (key) => key.subscriptionKey,
        (key) => key.sliceNo,
        (key) => key.keyHash,
      ),
      dueUpTo,
      IN_HAND_ROWS_MAX,
    ]),
  );
  const slices = rows.map((row) => ({ subscriptionKey: row.subscription_key, sliceNo: row.slice_no }));
  await revoke(tx, slices, now, restMs);
}

/** Takes those slices of a subscription that someone holds and may have something of in hand. The slices are locked. */
export async function takeAllFromHands(tx: Tx, subscriptionKey: number, now: Date, restMs: number): Promise<void> {
  const { rows } = await tx.query<{ slice_no: number }>({
    name: 'deliveries.slices-in-hand',
    // Indexes: slice_pkey, delivery_pending, held_key_next.
    text: `select s.slice_no from slice s
            where s.subscription_key = $1 and s.lease_until is not null
              and (exists (select 1 from delivery d where d.subscription_key = $1 and d.slice_no = s.slice_no and d.state = 'pending')
                   or exists (select 1 from held_key q where q.subscription_key = $1 and q.slice_no = s.slice_no
                                 and q.kind <> 'blocked' and q.next_at <= $2::timestamptz))
            order by 1`,
    values: [subscriptionKey, new Date(now.getTime() + IN_HAND_MARGIN_MS)],
  });
  const slices = rows.map((row) => ({ subscriptionKey, sliceNo: row.slice_no }));
  await revoke(tx, slices, now, restMs);
}

async function revoke(tx: Tx, slices: readonly SliceId[], now: Date, restMs: number): Promise<void> {
  if (slices.length > 0) await tx.query(revokeInHand([...sliceColumns(slices), new Date(now.getTime() + restMs)]));
}

/** Makes those of these slices due that nobody holds. They are locked. */
export async function wake(tx: Tx, slices: readonly SliceId[], now: Date): Promise<void> {
  if (slices.length > 0) await tx.query(makeDue([...sliceColumns(distinct(slices)), now]));
}

function sliceColumns(slices: readonly SliceId[]): unknown[][] {
  return columns(
    slices,
    (slice) => slice.subscriptionKey,
    (slice) => slice.sliceNo,
  );
}

function distinct(slices: readonly SliceId[]): SliceId[] {
  return [...new Map(slices.map((slice) => [sliceKey(slice), slice])).values()];
}
