// The barrier of an ordering-key switch: passed when everything numbered before it is terminal.
import type { Database, Tx } from '../../platform';
import { statement } from '../sql';

const lockSubscriptionSlices = statement('lock-subscription-slices');
const wakeSlices = statement('wake-slices');

/**
 * Takes down every barrier of a subscription that has nothing waiting at or below it, and wakes the slices when one fell. Called after a slice went
 * idle; the last one to do so sees that all others have finished. Out: true when one fell.
 */
export async function passBarriers(database: Database, subscriptionKey: number, now: Date): Promise<boolean> {
  return database.transaction(async (tx) => {
    const barriers = await lockBarriers(tx, subscriptionKey);
    const standing: number[] = [];
    for (const barrier of barriers) {
      if (standing.length > 0 || (await isWaitingUpTo(tx, subscriptionKey, barrier))) standing.push(barrier);
    }
    if (standing.length === barriers.length) return false;
    await tx.query({
      name: 'deliveries.set-barriers',
      text: 'update subscription_runtime set barriers = $2::bigint[] where subscription_key = $1',
      values: [subscriptionKey, standing],
    });
    await tx.query(lockSubscriptionSlices([[subscriptionKey]]));
    await tx.query(wakeSlices([[subscriptionKey], now]));
    return true;
  });
}

async function lockBarriers(tx: Tx, subscriptionKey: number): Promise<number[]> {
  const { rows } = await tx.query<{ barriers: number[] }>({
    name: 'deliveries.lock-barriers',
    text: 'select barriers from subscription_runtime where subscription_key = $1 for update',
    values: [subscriptionKey],
  });
  return rows[0]?.barriers ?? [];
}

/** What is held or behind has a held key whose head is not above it, so pending rows and heads tell. */
async function isWaitingUpTo(tx: Tx, subscriptionKey: number, eventNo: number): Promise<boolean> {
  const { rows } = await tx.query<{ waiting: boolean }>({
    name: 'deliveries.waiting-up-to',
    text: `select exists (select 1 from slice s cross join lateral (
                    select 1 from delivery d where d.subscription_key = $1 and d.slice_no = s.slice_no and d.state = 'pending'
                       and d.event_no <= $2 limit 1) p where s.subscription_key = $1)
               or exists (select 1 from held_key q where q.subscription_key = $1 and q.head_event_no <= $2) as waiting`,
    values: [subscriptionKey, eventNo],
  });
  return rows[0]!.waiting;
}
