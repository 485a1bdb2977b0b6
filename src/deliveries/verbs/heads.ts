// Verbs about the heads of lanes: letting a blocked key go, and trying the endpoint now.
import type { Tx } from '../../platform';
import { statement } from '../sql';
import { UNBLOCK_KEYS_MAX } from './limits';

const promote = statement('promote');

/** What to do with a blocked head: try it once more, or give it up and go on with what follows. */
export type Unblocking = 'retry' | 'skip';

export interface BlockedHead {
  readonly keyHash: number;
  readonly eventNumber: number;
}

/** Blocked keys of a subscription, or the one with this head. The slices are locked: nobody has them in hand, since a blocked head is never loaded. */
export async function blockedHeads(tx: Tx, subscriptionKey: number, eventNumber?: number): Promise<BlockedHead[]> {
  const { rows } = await tx.query<{ key_hash: number; head_event_no: number }>({
    name: 'deliveries.blocked-heads',
    // Index: held_key_pkey.
    text: `select key_hash, head_event_no from held_key
            where subscription_key = $1 and kind = 'blocked' and ($2::bigint is null or head_event_no = $2)
            order by head_event_no limit $3::int`,
    values: [subscriptionKey, eventNumber ?? null, UNBLOCK_KEYS_MAX],
  });
  return rows.map((row) => ({ keyHash: row.key_hash, eventNumber: row.head_event_no }));
}

/** The heads are due at once; another refusal blocks them again. */
export async function retryHeads(
  tx: Tx,
  subscriptionKey: number,
  heads: readonly BlockedHead[],
  now: Date,
): Promise<void> {
  await tx.query({
    name: 'deliveries.retry-blocked',
    text: `update held_key set kind = 'retry', next_at = $3::timestamptz where subscription_key = $1 and key_hash = any($2::bigint[]) and kind = 'blocked'`,
    values: [subscriptionKey, heads.map((head) => head.keyHash), now],
  });
}

/** The heads become dead letters (skipped), and what follows them goes on. */
export async function skipHeads(
  tx: Tx,
  subscriptionKey: number,
  heads: readonly BlockedHead[],
  now: Date,
): Promise<void> {
  await tx.query({
    name: 'deliveries.skip-blocked',
    text: `update delivery set state = 'dead', reason = 'skipped', ended_at = $3::timestamptz
            where subscription_key = $1 and event_no = any($2::bigint[]) and state = 'held'`,
    values: [subscriptionKey, heads.map((head) => head.eventNumber), now],
  });
  // A statement of its own: it must see that the heads have ended.
  await tx.query(promote([heads.map(() => subscriptionKey), heads.map((head) => head.keyHash), now]));
}

/** The earliest failing head is due now, and an open breaker lets it pass. The runtime row and the slices are locked. Out: its event number. */
export async function probeNow(tx: Tx, subscriptionKey: number, now: Date): Promise<number | undefined> {
  await tx.query({
    name: 'deliveries.probe-gate',
    text: `update subscription_runtime set not_before = $2::timestamptz where subscription_key = $1 and not_before > $2::timestamptz`,
    values: [subscriptionKey, now],
  });
  const { rows } = await tx.query<{ head_event_no: number }>({
    name: 'deliveries.probe-head',
    // Index: held_key_pkey.
    text: `update held_key q set next_at = least(q.next_at, $2::timestamptz)
             from (select key_hash from held_key where subscription_key = $1 and kind = 'retry' order by head_event_no limit 1) x
            where q.subscription_key = $1 and q.key_hash = x.key_hash returning q.head_event_no`,
    values: [subscriptionKey, now],
  });
  return rows[0]?.head_event_no;
}
