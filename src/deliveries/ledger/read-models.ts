// What the admin's pages show of the ledger.
import type { Tx } from '../../platform';
import { PAGE_MAX, WAITING_COUNT_MAX } from '../limits';
import { limitOf, CLOSED, type Breaker } from '../breaker';
import type { SubscriptionStatus } from './rows';

export interface SubscriptionRuntime {
  readonly subscriptionKey: number;
  readonly alive: boolean;
  readonly sending: boolean;
  readonly paused: boolean;
  readonly status: SubscriptionStatus;
  readonly orderingKey: string;
  readonly cap: number;
  readonly slices: number;
  /** Slices some process holds now. */
  readonly leasedSlices: number;
  /** Events numbered so far. */
  readonly lastEventNumber: number;
  /** Waiting in any way (pending, held, behind); counted up to a limit. */
  readonly pending: number;
  readonly heldKeys: number;
  readonly delivered: number;
  readonly dead: number;
  readonly cancelled: number;
  readonly oldestPendingAt?: Date;
  readonly lastSuccessAt?: Date;
  readonly failingSince?: Date;
  /** Failures since the last success. */
  readonly failures: number;
  readonly lastFailedAt?: Date;
  readonly lastError?: string;
  readonly reason?: string;
  readonly breaker: BreakerView;
  /** Keys that wait for somebody's decision about a message their receiver will not take. */
  readonly blockedKeys: number;
  /** Deliveries per second of the slices while they last had something to send, added up; absent when nothing was ever delivered. */
  readonly rate?: number;
  /** When the oldest of these was measured. */
  readonly ratedAt?: Date;
  /** How long what waits will take at that rate, seconds; while the breaker is open, from its next probe on. */
  readonly drainSeconds?: number;
}

export interface BreakerView {
  /** `recovering`: closed again, or slow, with less than the cap in flight. */
  readonly state: 'closed' | 'open' | 'recovering';
  /** Requests that may be in flight now. */
  readonly limit: number;
  readonly openSince?: Date;
  readonly nextProbeAt?: Date;
  readonly failedProbes?: number;
}

type RuntimeRow = {
  subscription_key: number;
  alive: boolean;
  sending: boolean;
  paused: boolean;
  status: SubscriptionStatus;
  ordering_key: string;
  cap: number;
  slices: number;
  leased: number;
  last_event_no: number;
  /** Dead and cancelled ones that the retention has removed: they were not delivered either. */
  removed_undelivered: number;
  pending: number;
  behind: number;
  held: number;
  held_keys: number;
  dead: number;
  cancelled: number;
  oldest_pending_at: Date | null;
  last_success_at: Date | null;
  failing_since: Date | null;
  failures: number;
  last_failed_at: Date | null;
  last_error: string | null;
  reason: string | null;
  breaker: Breaker | null;
  blocked_keys: number;
  rate: number | null;
  rated_at: Date | null;
};

// Counts stop at the limit, so that a page about a long outage is as quick as any other. Indexes: delivery_pending, delivery_behind,
// delivery_ended_badly, held_key_pkey, slice_pkey, delivery_pkey.
const RUNTIME = `
select r.subscription_key, r.alive, r.sending, r.paused, r.status, r.ordering_key, r.cap, r.slices, r.last_event_no, r.failing_since, r.failures,
       r.last_failed_at, r.last_error, r.reason, r.breaker,
       (select count(*)::int from held_key q where q.subscription_key = r.subscription_key and q.kind = 'blocked') as blocked_keys,
       (select sum(s.delivered_rate)::float8 from slice s where s.subscription_key = r.subscription_key) as rate,
       (select min(s.rated_at) from slice s where s.subscription_key = r.subscription_key) as rated_at,
       coalesce((select w.removed_dead + w.removed_cancelled from delivery_watermark w where w.subscription_key = r.subscription_key), 0) as removed_undelivered,
       (select count(*)::int from slice s where s.subscription_key = r.subscription_key and s.lease_until > $2::timestamptz) as leased,
       (select max(t) from slice s, unnest(s.recent_delivered_at) t where s.subscription_key = r.subscription_key) as last_success_at,
       (select count(*)::int from (select 1 from delivery d where d.subscription_key = r.subscription_key and d.state = 'pending' limit $3::int) p) as pending,
       (select count(*)::int from (select 1 from delivery d where d.subscription_key = r.subscription_key and d.state = 'behind' limit $3::int) b) as behind,
       (select count(*)::int from (select 1 from held_key q join delivery d on d.subscription_key = q.subscription_key and d.event_no = q.head_event_no
          and d.state = 'held' where q.subscription_key = r.subscription_key limit $3::int) h) as held,
       (select count(*)::int from held_key q where q.subscription_key = r.subscription_key and q.kind <> 'busy') as held_keys,
       (select count(*)::int from delivery d where d.subscription_key = r.subscription_key and d.state = 'dead') as dead,
       (select count(*)::int from delivery d where d.subscription_key = r.subscription_key and d.state = 'cancelled') as cancelled,
       (select min(x.numbered_at) from (
          select (select d.numbered_at from delivery d where d.subscription_key = r.subscription_key and d.slice_no = s.slice_no and d.state = 'pending'
                   order by d.event_no limit 1) as numbered_at from slice s where s.subscription_key = r.subscription_key
          union all
          (select d.numbered_at from held_key q join delivery d on d.subscription_key = q.subscription_key and d.event_no = q.head_event_no
            where q.subscription_key = r.subscription_key order by q.head_event_no limit 1)) x) as oldest_pending_at
  from subscription_runtime r where r.subscription_key = any($1::bigint[])`;

/** How the deliveries of these subscriptions stand; keys that do not exist are left out. */
export async function subscriptionRuntime(
  db: Tx,
  keys: readonly number[],
  now: Date,
): Promise<Map<number, SubscriptionRuntime>> {
  if (keys.length === 0) return new Map();
  const { rows } = await db.query<RuntimeRow>({
    text: RUNTIME,
    values: [keys, now, WAITING_COUNT_MAX + 1],
  });
  return new Map(rows.map((row) => [row.subscription_key, runtimeOf(row, now)]));
}

function runtimeOf(row: RuntimeRow, now: Date): SubscriptionRuntime {
  const pending = row.pending + row.behind + row.held;
  const breaker = breakerView(row.breaker ?? CLOSED, row.cap);
  return {
    subscriptionKey: row.subscription_key,
    alive: row.alive,
    sending: row.sending,
    paused: row.paused,
    status: row.status,
    orderingKey: row.ordering_key,
    cap: row.cap,
    slices: row.slices,
    leasedSlices: row.leased,
    lastEventNumber: row.last_event_no,
    pending,
    heldKeys: row.held_keys,
    delivered: Math.max(0, row.last_event_no - pending - row.dead - row.cancelled - row.removed_undelivered),
    dead: row.dead,
    cancelled: row.cancelled,
    oldestPendingAt: row.oldest_pending_at ?? undefined,
    lastSuccessAt: row.last_success_at ?? undefined,
    failingSince: row.failing_since ?? undefined,
    failures: row.failures,
    lastFailedAt: row.last_failed_at ?? undefined,
    lastError: row.last_error ?? undefined,
    reason: row.reason ?? undefined,
    breaker,
    blockedKeys: row.blocked_keys,
    rate: row.rate ?? undefined,
    ratedAt: row.rated_at ?? undefined,
    drainSeconds: drainSeconds(pending, row.rate, breaker, now),
  };
}

function breakerView(breaker: Breaker, cap: number): BreakerView {
  const limit = limitOf(breaker, cap);
  const { open } = breaker;
  if (!open) return { state: limit < cap ? 'recovering' : 'closed', limit };
  const { since, notBefore, probes } = open;
  return { state: 'open', limit, openSince: new Date(since), nextProbeAt: new Date(notBefore), failedProbes: probes };
}

function drainSeconds(pending: number, rate: number | null, breaker: BreakerView, now: Date): number | undefined {
  if (pending === 0) return 0;
  if (rate === null || rate <= 0) return undefined;
  const untilProbeMs = Math.max(0, (breaker.nextProbeAt?.getTime() ?? 0) - now.getTime());
  return Math.ceil(untilProbeMs / 1_000 + pending / rate);
}

/** When the slice that has been due longest became due; undefined when none is. Index: slice_due. */
export async function oldestDue(db: Tx, now: Date): Promise<Date | undefined> {
  const { rows } = await db.query<{ due_at: Date }>({
    name: 'deliveries.oldest-due',
    text: `select due_at from slice where due_at <= $1::timestamptz and due_at < 'infinity' order by due_at limit 1`,
    values: [now],
  });
  return rows[0]?.due_at;
}

/** A page's size, within what one answer may hold. */
export function pageSize(count: number | undefined, usual: number): number {
  return Math.max(1, Math.min(count ?? usual, PAGE_MAX));
}
