// Dead letters: deliveries that were given up. Listed, counted, put back into their lanes, or dismissed; always in event-number order.
import type { Tx } from '../../platform';
import { statement } from '../sql';
import { lockSlices, takeFromHands, wake, type LaneKey } from './locks';
import { ORDER_ROWS_MAX } from './limits';

const redriveSql = statement('redrive');

export type DeadLetterReason = 'poison' | 'skipped' | 'expired' | 'refused' | 'too-large';

/** Which dead letters; absent means any. Dismissed ones never match. */
export interface DeadLetterFilter {
  readonly tenant: string;
  readonly subscriptionKey?: number;
  readonly reason?: DeadLetterReason;
  readonly type?: string;
  readonly id?: string;
  readonly fromEventNumber?: number;
  readonly toEventNumber?: number;
  /** When they were given up: from here on, and before. */
  readonly since?: Date;
  readonly until?: Date;
  /** Only those of Subscriptions that still live: the others can only be dismissed. */
  readonly isAlive?: boolean;
}

export interface DeadLetter extends LaneKey {
  readonly subscriptionId: string;
  readonly alive: boolean;
  readonly eventNumber: number;
  readonly eventId: string;
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly interaction: 'create' | 'update' | 'delete';
  readonly label?: string;
  readonly requestId: string;
  readonly reason: DeadLetterReason;
  readonly attempts: number;
  readonly writtenAt: Date;
  readonly diedAt: Date;
}

type DeadRow = {
  subscription_key: number;
  slice_no: number;
  key_hash: number;
  subscription_id: string;
  alive: boolean;
  event_no: number;
  event_id: string;
  type: string;
  id: string;
  version: number;
  interaction: DeadLetter['interaction'];
  label: string | null;
  request_id: string;
  reason: DeadLetterReason;
  attempts: number;
  written_at: Date;
  ended_at: Date;
};

// Index: delivery_dead_letter.
const MATCHING = `
  from delivery d join subscription_runtime r on r.subscription_key = d.subscription_key
 where d.state = 'dead' and d.discarded_at is null and r.tenant = $1
   and ($2::bigint is null or d.subscription_key = $2)
   and ($3::text is null or d.reason = $3)
   and ($4::text is null or d.type = $4)
   and ($5::text is null or d.id = $5)
   and ($6::bigint is null or d.event_no >= $6)
   and ($7::bigint is null or d.event_no <= $7)
   and ($8::timestamptz is null or d.ended_at >= $8)
   and ($9::timestamptz is null or d.ended_at < $9)
   and ($10::boolean is null or r.alive = $10)`;

function valuesOf(filter: DeadLetterFilter): unknown[] {
  return [
    filter.tenant,
    filter.subscriptionKey ?? null,
    filter.reason ?? null,
    filter.type ?? null,
    filter.id ?? null,
    filter.fromEventNumber ?? null,
    filter.toEventNumber ?? null,
    filter.since ?? null,
    filter.until ?? null,
    filter.isAlive ?? null,
  ];
}

/** By subscription, then in event-number order: the order in which they would be sent. */
export async function listDeadLetters(
  db: Tx,
  filter: DeadLetterFilter,
  page: { readonly limit: number; readonly after?: { subscriptionKey: number; eventNumber: number } },
): Promise<DeadLetter[]> {
  const { rows } = await db.query<DeadRow>({
    text: `select d.subscription_key, d.slice_no, d.key_hash, r.subscription_id, r.alive, d.event_no, d.event_id, d.type, d.id, d.version,
                  d.interaction, d.label, d.request_id, d.reason, d.attempts, d.written_at, d.ended_at ${MATCHING}
              and ($11::bigint is null or (d.subscription_key, d.event_no) > ($11, $12::bigint))
            order by d.subscription_key, d.event_no limit $13::int`,
    values: [...valuesOf(filter), page.after?.subscriptionKey ?? null, page.after?.eventNumber ?? null, page.limit],
  });
  return rows.map(deadLetterOf);
}

function deadLetterOf(row: DeadRow): DeadLetter {
  return {
    subscriptionKey: row.subscription_key,
    sliceNo: row.slice_no,
    keyHash: row.key_hash,
    subscriptionId: row.subscription_id,
    alive: row.alive,
    eventNumber: row.event_no,
    eventId: row.event_id,
    type: row.type,
    id: row.id,
    version: row.version,
    interaction: row.interaction,
    label: row.label ?? undefined,
    requestId: row.request_id,
    reason: row.reason,
    attempts: row.attempts,
    writtenAt: row.written_at,
    diedAt: row.ended_at,
  };
}

/** Counted up to `most` + 1. */
export async function countDeadLetters(db: Tx, filter: DeadLetterFilter, most = ORDER_ROWS_MAX): Promise<number> {
  const { rows } = await db.query<{ n: number }>({
    text: `select count(*)::int as n from (select 1 ${MATCHING} limit $11::int) x`,
    values: [...valuesOf(filter), most + 1],
  });
  return rows[0]!.n;
}

/** Of all Subscriptions and tenants, counted up to `most`. Index: delivery_dead_letter. */
export async function countAllDeadLetters(db: Tx, most = ORDER_ROWS_MAX): Promise<number> {
  const { rows } = await db.query<{ n: number }>({
    name: 'deliveries.count-all-dead-letters',
    text: `select count(*)::int as n from (select 1 from delivery where state = 'dead' and discarded_at is null limit $1::int) x`,
    values: [most],
  });
  return rows[0]!.n;
}

/** How many each Subscription has, and how many of them are newer than `since` (without it all), the most first; up to a limit in all. */
export async function deadLettersBySubscription(
  db: Tx,
  since: Date | undefined,
): Promise<{ subscriptionKey: number; count: number; newer: number }[]> {
  const { rows } = await db.query<{ k: number; n: number; newer: number }>({
    name: 'deliveries.dead-letters-by-subscription',
    text: `select subscription_key as k, count(*)::int as n, count(*) filter (where $2::timestamptz is null or ended_at > $2)::int as newer
             from (select subscription_key, ended_at from delivery where state = 'dead' and discarded_at is null limit $1::int) x
            group by 1 order by 2 desc, 1`,
    values: [ORDER_ROWS_MAX, since ?? null],
  });
  return rows.map(({ k, n, newer }) => ({ subscriptionKey: k, count: n, newer }));
}

export interface Moved {
  readonly subscriptionKey: number;
  readonly eventNumber: number;
}

/**
 * Puts dead letters back behind their lanes' heads. Locks their slices; whatever an owner has in hand of the same keys is taken away first, so
 * that nothing overtakes. Out: those that really were dead letters of a living Subscription.
 */
export async function redrive(
  tx: Tx,
  letters: readonly (LaneKey & { readonly eventNumber: number })[],
  now: Date,
  restMs: number,
): Promise<Moved[]> {
  if (letters.length === 0) return [];
  await lockSlices(tx, letters);
  await takeFromHands(tx, letters, now, restMs);
  const { rows } = await tx.query<{ subscription_key: number; event_no: number }>(
    redriveSql([letters.map((letter) => letter.subscriptionKey), letters.map((letter) => letter.eventNumber), now]),
  );
  await wake(tx, letters, now);
  return rows.map((row) => ({ subscriptionKey: row.subscription_key, eventNumber: row.event_no }));
}

/** Dismisses dead letters: they stay in the ledger, and in nobody's list. Locks their slices. Out: how many there were. Index: delivery_pkey. */
export async function discard(
  tx: Tx,
  letters: readonly (LaneKey & { readonly eventNumber: number })[],
  now: Date,
): Promise<number> {
  if (letters.length === 0) return 0;
  await lockSlices(tx, letters);
  const { rowCount } = await tx.query({
    name: 'deliveries.discard',
    text: `update delivery d set discarded_at = $3::timestamptz from unnest($1::bigint[], $2::bigint[]) c(k, n)
            where d.subscription_key = c.k and d.event_no = c.n and d.state = 'dead' and d.discarded_at is null`,
    values: [letters.map((letter) => letter.subscriptionKey), letters.map((letter) => letter.eventNumber), now],
  });
  return rowCount;
}
