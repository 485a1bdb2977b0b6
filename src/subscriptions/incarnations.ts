// Rows of subscription_incarnation: read, written by the participant, asked for by the workers.
import type { Tx } from '../platform';
import { INCARNATION_COLUMNS, incarnationFrom, type Incarnation, type IncarnationRow } from './incarnation';

/**
 * The newest incarnation of a Subscription, dead or alive; undefined when there never was one. Inside the transaction of a write it is
 * what `SubscriptionParticipant.commit` left, so participants registered after it may build on it.
 */
export async function incarnationOf(tx: Tx, tenant: string, id: string): Promise<Incarnation | undefined> {
  const { rows } = await tx.query<IncarnationRow>({
    name: 'subscription_incarnation_of',
    // Counts on subscription_incarnation_by_id.
    text: `select ${INCARNATION_COLUMNS} from subscription_incarnation
      where tenant = $1 and id = $2 order by subscription_key desc limit 1`,
    values: [tenant, id],
  });
  return rows[0] && incarnationFrom(rows[0]);
}

/** One incarnation by its key. */
export async function incarnationByKey(tx: Tx, subscriptionKey: number): Promise<Incarnation | undefined> {
  const { rows } = await tx.query<IncarnationRow>({
    name: 'subscription_incarnation_by_key',
    text: `select ${INCARNATION_COLUMNS} from subscription_incarnation where subscription_key = $1`,
    values: [subscriptionKey],
  });
  return rows[0] && incarnationFrom(rows[0]);
}

/** What a write leaves of an incarnation. */
export interface IncarnationState extends Omit<Incarnation, 'subscriptionKey' | 'alive'> {
  readonly at: Date;
}

/** Allocates the key of a new incarnation. The resource row of the Subscription must be locked (or just inserted). */
export async function insertIncarnation(tx: Tx, state: IncarnationState): Promise<number> {
  const { rows } = await tx.query<{ subscription_key: number }>({
    name: 'subscription_incarnation_insert',
    text: `insert into subscription_incarnation (tenant, id, status, is_matching, version, config_version, criteria, base_url, ends_at,
        config, created_at, changed_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) returning subscription_key`,
    values: [state.tenant, state.id, ...changing(state)],
  });
  return rows[0]!.subscription_key;
}

/** Overwrites a living incarnation. Throws when it is not there: the resource row's lock should have made sure. */
export async function updateIncarnation(tx: Tx, subscriptionKey: number, state: IncarnationState): Promise<void> {
  const { rowCount } = await tx.query({
    name: 'subscription_incarnation_update',
    text: `update subscription_incarnation set status = $2, is_matching = $3, version = $4, config_version = $5, criteria = $6,
        base_url = $7, ends_at = $8, config = $9, changed_at = $10
      where subscription_key = $1 and alive`,
    values: [subscriptionKey, ...changing(state)],
  });
  if (rowCount !== 1) throw new Error(`Subscription incarnation ${subscriptionKey} is not alive`);
}

function changing(state: IncarnationState): unknown[] {
  const { status, isMatching, version, configVersion, criteria, baseUrl, endsAt, config, at } = state;
  return [status, isMatching, version, configVersion, criteria, baseUrl, endsAt ?? null, JSON.stringify(config), at];
}

/** Ends a living incarnation; its key is never used again. */
export async function tombstoneIncarnation(tx: Tx, subscriptionKey: number, version: number, at: Date): Promise<void> {
  await tx.query({
    name: 'subscription_incarnation_tombstone',
    text: `update subscription_incarnation set alive = false, is_matching = false, version = $2, changed_at = $3, deleted_at = $3
      where subscription_key = $1 and alive`,
    values: [subscriptionKey, version, at],
  });
}

/** Keys that wait for activation, oldest first. */
export async function requestedKeys(db: Tx, after: number, limit: number): Promise<number[]> {
  const { rows } = await db.query<{ subscription_key: number }>({
    name: 'subscription_requested_keys',
    // Counts on subscription_incarnation_requested.
    text: `select subscription_key from subscription_incarnation
      where alive and status = 'requested' and subscription_key > $1 order by subscription_key limit $2`,
    values: [after, limit],
  });
  return rows.map((row) => row.subscription_key);
}

/** Keys whose end has come, and the next end after that, if any. */
export async function endedKeys(db: Tx, now: Date, limit: number): Promise<{ keys: number[]; nextEnd?: Date }> {
  const { rows } = await db.query<{ subscription_key: number; ends_at: Date }>({
    name: 'subscription_ended_keys',
    // Counts on subscription_incarnation_ending. The first row beyond now is the next end.
    text: `(select subscription_key, ends_at from subscription_incarnation
        where alive and ends_at is not null and status <> 'off' and ends_at <= $1 order by ends_at limit $2)
      union all
      (select subscription_key, ends_at from subscription_incarnation
        where alive and ends_at is not null and status <> 'off' and ends_at > $1 order by ends_at limit 1)`,
    values: [now, limit],
  });
  const keys = rows.filter((row) => row.ends_at <= now).map((row) => row.subscription_key);
  const nextEnd = rows.find((row) => row.ends_at > now)?.ends_at;
  return { keys, ...(nextEnd && { nextEnd }) };
}
