// Breakers in the ledger: written under the lock of their runtime rows, then the slices are put to sleep or woken, in the same transaction.
import type { Tx } from '../../platform';
import { isAtRest, isSameBreaker, limitOf, type Breaker } from '../breaker';
import { columns, statement } from '../sql';
import type { Gate } from './rows';

const setBreaker = statement('set-breaker');
const lockSubscriptionSlices = statement('lock-subscription-slices');
const wakeSlices = statement('wake-slices');
const sleepSlices = statement('sleep-slices');

export interface BreakerChange {
  readonly subscriptionKey: number;
  readonly cap: number;
  readonly before: Breaker;
  readonly after: Breaker;
}

/** In: changes of subscriptions whose runtime rows this transaction has locked, in key order. Writes only what differs. */
export async function writeBreakers(tx: Tx, now: Date, changes: readonly BreakerChange[]): Promise<void> {
  const changed = changes.filter(({ before, after }) => !isSameBreaker(before, after));
  if (changed.length === 0) return;
  await tx.query(
    setBreaker(
      columns(
        changed,
        (c) => c.subscriptionKey,
        (c) => (isAtRest(c.after) ? null : JSON.stringify(c.after)),
        (c) => (limitOf(c.after, c.cap) < c.cap ? limitOf(c.after, c.cap) : null),
        (c) => notBeforeOf(c.after) ?? null,
      ),
    ),
  );
  const asleep = changed.filter(({ after }) => after.open !== undefined);
  const awake = changed.filter(isWider);
  const touched = [...asleep, ...awake].map(({ subscriptionKey }) => subscriptionKey);
  if (touched.length === 0) return;
  // The runtime rows first, then the slices, then a statement that sees both: an owner going idle meanwhile is not slept over.
  await tx.query(lockSubscriptionSlices([touched]));
  if (asleep.length > 0)
    await tx.query(sleepSlices([asleep.map((c) => c.subscriptionKey), asleep.map((c) => notBeforeOf(c.after))]));
  if (awake.length > 0) await tx.query(wakeSlices([awake.map((c) => c.subscriptionKey), now]));
}

/** More may be sent than before: closed again, or a higher limit. */
function isWider({ before, after, cap }: BreakerChange): boolean {
  if (after.open !== undefined) return false;
  return before.open !== undefined || limitOf(after, cap) > limitOf(before, cap);
}

export function notBeforeOf(breaker: Breaker): Date | undefined {
  return breaker.open && new Date(breaker.open.notBefore);
}

/** What an owner must know of a breaker. */
export function gateOf(breaker: Breaker, cap: number): Gate {
  return { limit: limitOf(breaker, cap), isOpen: breaker.open !== undefined, probed: breaker.open?.probed ?? 0 };
}
