// What waits for a deleted Subscription is cancelled lazily, in steps, behind the lock of its slices.
import type { Database, Tx } from '../../platform';
import { CANCEL_ROUND_MAX, CANCEL_STEP_ROWS } from '../limits';
import { statement } from '../sql';

const lockSubscriptionSlices = statement('lock-subscription-slices');
const cancelWaiting = statement('cancel-waiting');
const cancelHeld = statement('cancel-held');

/** One step for each of some dead incarnations. Out: true when there is more to do. */
export async function cancelDeadStep(database: Database, now: Date): Promise<boolean> {
  const { rows } = await database.query<{ subscription_key: number }>({
    name: 'deliveries.uncleared',
    text: `select subscription_key from subscription_runtime where not alive and cleared_at is null order by subscription_key limit $1::int`,
    values: [CANCEL_ROUND_MAX],
  });
  for (const row of rows) await database.transaction((tx) => cancelStep(tx, row.subscription_key, now));
  return rows.length > 0;
}

async function cancelStep(tx: Tx, subscriptionKey: number, now: Date): Promise<void> {
  await tx.query(lockSubscriptionSlices([[subscriptionKey]]));
  const waiting = await tx.query(cancelWaiting([subscriptionKey, now, CANCEL_STEP_ROWS]));
  if (waiting.rowCount > 0) return;
  const held = await tx.query<{ keys: number }>(cancelHeld([subscriptionKey, now, CANCEL_STEP_ROWS]));
  if (held.rows[0]!.keys > 0) return;
  await tx.query({
    name: 'deliveries.cleared',
    text: 'update subscription_runtime set cleared_at = $2::timestamptz where subscription_key = $1',
    values: [subscriptionKey, now],
  });
}
