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

/** The same for many ids of one tenant, by id; ids that never were a Subscription are left out. */
export async function incarnationsOf(
  tx: Tx,
  tenant: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Incarnation>> {
  const { rows } = await tx.query<IncarnationRow>({
    name: 'subscription_incarnations_of',
    // Counts on subscription_incarnation_by_id.
    text: `select i.* from unnest($2::text[]) as wanted(id) cross join lateral (
        select ${INCARNATION_COLUMNS} from subscription_incarnation
        where tenant = $1 and id = wanted.id collate "C" order by subscription_key desc limit 1) i`,
    values: [tenant, ids],
  });
  return new Map(rows.map((row) => [row.id, incarnationFrom(row)]));
}

/** One incarnation by its key. */
export async function incarnationByKey(tx: Tx, subscriptionKey: number): Promise<Incarnation | undefined> {
  return (await incarnationsByKey(tx, [subscriptionKey]))[0];
}

/** Those of these keys that exist, in order of key. */
export async function incarnationsByKey(tx: Tx, subscriptionKeys: readonly number[]): Promise<Incarnation[]> {
  const { rows } = await tx.query<IncarnationRow>({
    name: 'subscription_incarnations_by_key',
    text: `select ${INCARNATION_COLUMNS} from subscription_incarnation
      where subscription_key = any($1::bigint[]) order by subscription_key`,
    values: [subscriptionKeys],
  });
  return rows.map(incarnationFrom);
}

/** What a write leaves of an incarnation. */
export interface IncarnationState extends Omit<Incarnation, 'subscriptionKey' | 'alive'> {
  readonly at: Date;
}

const stateColumns = `s.status, s.is_matching, s.version, s.config_version, s.criteria, s.base_url, s.ends_at, s.config`;
const stateRows = `jsonb_to_recordset($1::jsonb) as s(place integer, key bigint, tenant text, id text, status text, is_matching boolean, version integer,
        config_version integer, criteria text, base_url text, ends_at timestamptz, config jsonb, at timestamptz)`;

/** Allocates the keys of new incarnations, in their order. The resource rows of the Subscriptions must be locked (or just inserted). */
export async function insertIncarnations(tx: Tx, states: readonly IncarnationState[]): Promise<number[]> {
  if (states.length === 0) return [];
  const { rows } = await tx.query<{ subscription_key: number; id: string }>({
    name: 'subscription_incarnations_insert',
    text: `insert into subscription_incarnation (tenant, id, status, is_matching, version, config_version, criteria, base_url, ends_at,
        config, created_at, changed_at)
      select s.tenant, s.id, ${stateColumns}, s.at, s.at from ${stateRows} order by s.place returning subscription_key, id`,
    values: [JSON.stringify(states.map((state, place) => ({ place, ...changing(state) })))],
  });
  const keys = new Map(rows.map((row) => [row.id, row.subscription_key]));
  return states.map((state) => keys.get(state.id)!);
}

/** Overwrites living incarnations, by key. Throws when one is not there: the resource row's lock should have made sure. */
export async function updateIncarnations(tx: Tx, states: ReadonlyMap<number, IncarnationState>): Promise<void> {
  if (states.size === 0) return;
  const { rowCount } = await tx.query({
    name: 'subscription_incarnations_update',
    text: `update subscription_incarnation i set (status, is_matching, version, config_version, criteria, base_url, ends_at, config, changed_at)
        = (${stateColumns}, s.at)
      from ${stateRows} where i.subscription_key = s.key and i.alive`,
    values: [JSON.stringify([...states].map(([key, state]) => ({ key, ...changing(state) })))],
  });
  if (rowCount !== states.size)
    throw new Error(`Only ${rowCount} of ${states.size} Subscription incarnations are alive`);
}

function changing(state: IncarnationState): object {
  const { tenant, id, status, isMatching, version, configVersion, criteria, baseUrl, endsAt, config, at } = state;
  // jsonb takes no half of a surrogate pair; as text it would have been replaced on its way, like here.
  const wellFormed = Buffer.from(criteria).toString();
  const facts = { tenant, id, status, version, criteria: wellFormed, config, at, ends_at: endsAt ?? null };
  return { ...facts, is_matching: isMatching, config_version: configVersion, base_url: baseUrl };
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
