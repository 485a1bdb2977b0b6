// How a subscription is doing, kept in its runtime row, in a transaction of its own: inside finish it would deadlock with matching.
import type { Tx } from '../../platform';
import type { Breaker, Tally } from '../breaker';
import { WAITING_COUNT_MAX } from '../limits';
import { columns, statement } from '../sql';
import type { SubscriptionStatus } from './rows';

const healthSql = statement('health');

/** What one batch says about one subscription. Failures are those after its last success. */
export interface HealthNote {
  readonly subscriptionKey: number;
  readonly hasSuccess: boolean;
  readonly failures: number;
  readonly firstFailedAt?: Date;
  readonly lastFailedAt?: Date;
  readonly lastError?: string;
  /** A policy reason that stands until something succeeds or the Subscription changes. */
  readonly reason?: string;
  /** What feeds the breaker. */
  readonly tally?: Tally;
  /** The p95 of a set of attempts: slow, or well below half of the deadline. */
  readonly pace?: 'slow' | 'well';
}

export interface Health {
  readonly subscriptionKey: number;
  readonly status: SubscriptionStatus;
  readonly failingSince?: Date;
  readonly failures: number;
  /** A key is blocked by a message its receiver will not take. */
  readonly hasBlocked?: boolean;
  /** The latest failure as a line of text. */
  readonly lastError?: string;
  readonly breaker?: Breaker;
  readonly cap?: number;
}

/** Adds notes, one per subscription; out: how each now stands. Tombstones are left alone. */
export async function noteHealth(tx: Tx, notes: readonly HealthNote[]): Promise<Health[]> {
  if (notes.length === 0) return [];
  const { rows } = await tx.query<{
    subscription_key: number;
    status: SubscriptionStatus;
    failing_since: Date | null;
    failures: number;
    has_blocked: boolean;
    last_error: string | null;
    breaker: Breaker | null;
    cap: number;
  }>(
    healthSql(
      columns(
        notes,
        (n) => n.subscriptionKey,
        (n) => n.hasSuccess,
        (n) => n.failures,
        (n) => n.firstFailedAt ?? null,
        (n) => n.lastFailedAt ?? null,
        (n) => n.lastError ?? null,
        (n) => n.reason ?? null,
      ),
    ),
  );
  return rows.map((row) => ({
    subscriptionKey: row.subscription_key,
    status: row.status,
    failingSince: row.failing_since ?? undefined,
    failures: row.failures,
    hasBlocked: row.has_blocked,
    lastError: row.last_error ?? undefined,
    breaker: row.breaker ?? undefined,
    cap: row.cap,
  }));
}

/** How many deliveries of a subscription wait; counted up to a limit, more than that is "many". Index: delivery_pending, delivery_behind, held_key_pkey. */
export async function countWaiting(tx: Tx, subscriptionKey: number): Promise<number> {
  const { rows } = await tx.query<{ waiting: number }>({
    name: 'deliveries.count-waiting-of-subscription',
    text: `select ((select count(*) from (select 1 from delivery where subscription_key = $1 and state = 'pending' limit $2::int) p)
                 + (select count(*) from (select 1 from delivery where subscription_key = $1 and state = 'behind' limit $2::int) b)
                 + (select count(*) from (select 1 from held_key q join delivery d on d.subscription_key = q.subscription_key
                     and d.event_no = q.head_event_no and d.state = 'held' where q.subscription_key = $1 limit $2::int) h))::int as waiting`,
    values: [subscriptionKey, WAITING_COUNT_MAX + 1],
  });
  return rows[0]!.waiting;
}

export interface UntoldBlock {
  readonly subscriptionKey: number;
  readonly lastError?: string;
}

/** Subscriptions with a blocked key that do not say so: whoever blocked it ended before it could tell. Up to `limit`. Index: held_key_blocked. */
export async function untoldBlocks(tx: Tx, limit: number): Promise<UntoldBlock[]> {
  const { rows } = await tx.query<{ subscription_key: number; last_error: string | null }>({
    name: 'deliveries.untold-blocks',
    text: `select r.subscription_key, r.last_error
             from (select distinct subscription_key from held_key where kind = 'blocked') q
             join subscription_runtime r on r.subscription_key = q.subscription_key
            where r.alive and r.status = 'active' order by 1 limit $1::int`,
    values: [limit],
  });
  return rows.map((row) => ({ subscriptionKey: row.subscription_key, lastError: row.last_error ?? undefined }));
}
