// The runtime row of an incarnation: who may send, from the status's own transaction. Locks runtime rows, then slices, as everyone does.
import type { Tx } from '../../platform';
import { BRING_FORWARD_MAX } from '../limits';
import { statement } from '../sql';
import type { SubscriptionStatus } from './rows';

const lockSubscriptionSlices = statement('lock-subscription-slices');
const wakeSlices = statement('wake-slices');
const revokeSlices = statement('revoke-slices');

export interface RuntimeSettings {
  readonly subscriptionKey: number;
  readonly tenant: string;
  readonly subscriptionId: string;
  readonly status: SubscriptionStatus;
  readonly endsAt?: Date;
  readonly configVersion: number;
  readonly orderingKey: 'none' | 'focus' | 'patient' | 'subscription';
  readonly cap: number;
  /** Used when the incarnation is new; afterwards they are fixed. */
  readonly slices: number;
  /** True when a client wrote: what failed before is tried anew. */
  readonly isClientWrite: boolean;
}

type RuntimeRow = {
  subscription_key: number;
  status: SubscriptionStatus;
  sending: boolean;
  ordering_key: string;
  last_event_no: number;
  config_version: number;
  ends_at: Date | null;
};

interface Changed {
  readonly settings: RuntimeSettings;
  readonly before: RuntimeRow;
  readonly sending: boolean;
}

/**
 * Writes the runtime rows of created or changed Subscriptions (each once), and wakes or revises what depends on them. The rows of new ones, and what
 * activation does to many, are sets: 500 cost as many round trips as one.
 */
export async function writeRuntimes(tx: Tx, now: Date, all: readonly RuntimeSettings[]): Promise<void> {
  await endOthers(tx, all);
  const rows = await lockRuntimes(tx, all);
  await insertRuntimes(
    tx,
    now,
    all.filter(({ subscriptionKey }) => !rows.has(subscriptionKey)),
  );
  const changed = all.flatMap((settings): Changed[] => {
    const before = rows.get(settings.subscriptionKey);
    return before ? [{ settings, before, sending: isSending(settings.status, before) }] : [];
  });
  await updateRuntimes(tx, now, changed);
  for (const { settings, before } of changed) {
    if (before.ordering_key !== settings.orderingKey) {
      await raiseBarrier(tx, settings.subscriptionKey, before.last_event_no);
    }
  }
  await wake(tx, now, changed);
}

async function lockRuntimes(tx: Tx, all: readonly RuntimeSettings[]): Promise<Map<number, RuntimeRow>> {
  const { rows } = await tx.query<RuntimeRow>({
    name: 'deliveries.runtimes-lock',
    text: `select subscription_key, status, sending, ordering_key, last_event_no, config_version, ends_at
             from subscription_runtime where subscription_key = any($1::bigint[]) order by subscription_key for update`,
    values: [all.map(({ subscriptionKey }) => subscriptionKey)],
  });
  return new Map(rows.map((row) => [row.subscription_key, row]));
}

/** What begins to send, ends at another time or is tried anew has its slices looked at. */
async function wake(tx: Tx, now: Date, changed: readonly Changed[]): Promise<void> {
  const begins = ({ sending, before }: Changed) => sending && !before.sending;
  // Also when sending begins again: what failed before `off` does not wait for its old retry time.
  const isRetried = (one: Changed) => begins(one) || (one.sending && one.settings.isClientWrite);
  const isMoved = ({ sending, before, settings }: Changed) =>
    sending && before.ends_at?.getTime() !== settings.endsAt?.getTime();
  const woken = changed.filter((one) => isRetried(one) || isMoved(one));
  if (woken.length === 0) return;
  const keys = woken.map(({ settings }) => settings.subscriptionKey);
  await tx.query(lockSubscriptionSlices([keys]));
  for (const one of woken) {
    // Without an event there is nothing that could have failed.
    if (isRetried(one) && one.before.last_event_no > 0) await retryNow(tx, one.settings.subscriptionKey, now);
  }
  await tx.query(wakeSlices([keys, now]));
}

/** `active`, `error` of the criteria family, and `requested` that comes from `error` (and stays so until it is active again). */
export function isSending(
  status: SubscriptionStatus,
  before?: { status: SubscriptionStatus; sending: boolean },
): boolean {
  if (status === 'active' || status === 'error') return true;
  if (status === 'off' || before === undefined) return false;
  return before.status === 'error' || (before.status === 'requested' && before.sending);
}

/** Deletes: no numbers and no leases any more, in the delete's own transaction. What waits is cancelled later, in steps. */
export async function tombstone(tx: Tx, tenant: string, subscriptionId: string): Promise<number[]> {
  const { rows } = await tx.query<{ subscription_key: number }>({
    name: 'deliveries.tombstone',
    text: `update subscription_runtime set alive = false, sending = false
            where tenant = $1 and subscription_id = $2 and alive returning subscription_key`,
    values: [tenant, subscriptionId],
  });
  await revoke(tx, rows);
  return rows.map((row) => row.subscription_key);
}

/** A revived Subscription is a new incarnation: an older one that is still alive ends here. */
async function endOthers(tx: Tx, all: readonly RuntimeSettings[]): Promise<void> {
  const { rows } = await tx.query<{ subscription_key: number }>({
    name: 'deliveries.end-others',
    text: `update subscription_runtime r set alive = false, sending = false
             from unnest($1::text[], $2::text[], $3::bigint[]) as s(tenant, id, key)
            where r.tenant = s.tenant and r.subscription_id = s.id and r.alive and r.subscription_key <> s.key returning r.subscription_key`,
    values: [
      all.map(({ tenant }) => tenant),
      all.map(({ subscriptionId }) => subscriptionId),
      all.map(({ subscriptionKey }) => subscriptionKey),
    ],
  });
  await revoke(tx, rows);
}

async function revoke(tx: Tx, rows: readonly { subscription_key: number }[]): Promise<void> {
  if (rows.length === 0) return;
  const keys = rows.map((row) => row.subscription_key);
  await tx.query(lockSubscriptionSlices([keys]));
  await tx.query(revokeSlices([keys]));
}

async function insertRuntimes(tx: Tx, now: Date, all: readonly RuntimeSettings[]): Promise<void> {
  if (all.length === 0) return;
  const rows = all.map((settings) => ({ ...rowOf(settings), sending: isSending(settings.status) }));
  await tx.query({
    name: 'deliveries.runtimes-insert',
    text: `insert into subscription_runtime (subscription_key, tenant, subscription_id, sending, status, ends_at, config_version, ordering_key,
                                             slices, cap, stopped_at)
           select s.key, s.tenant, s.id, s.sending, s.status, s.ends_at, s.config_version, s.ordering_key, s.slices, s.cap,
                  case when s.sending then null else $2::timestamptz end
             from jsonb_to_recordset($1::jsonb) as s(key bigint, tenant text, id text, sending boolean, status text, ends_at timestamptz,
                  config_version integer, ordering_key text, slices smallint, cap integer)
            order by s.key`,
    values: [JSON.stringify(rows), now],
  });
}

async function updateRuntimes(tx: Tx, now: Date, changed: readonly Changed[]): Promise<void> {
  if (changed.length === 0) return;
  const rows = changed.map(({ settings, sending }) => ({
    ...rowOf(settings),
    sending,
    client: settings.isClientWrite,
  }));
  await tx.query({
    name: 'deliveries.runtimes-update',
    text: `update subscription_runtime r
              set sending = s.sending, status = s.status, ends_at = s.ends_at, config_version = s.config_version, ordering_key = s.ordering_key,
                  cap = s.cap,
                  stopped_ms = r.stopped_ms + case when s.sending and not r.paused and r.stopped_at is not null
                    then greatest(0, (extract(epoch from ($2::timestamptz - r.stopped_at)) * 1000)::bigint) else 0 end,
                  stopped_at = case when s.sending and not r.paused then null else coalesce(r.stopped_at, $2::timestamptz) end,
                  failing_since = case when s.client then null else r.failing_since end,
                  failures = case when s.client then 0 else r.failures end,
                  reason = case when s.client then null else r.reason end,
                  breaker = case when s.client then null else r.breaker end,
                  send_limit = case when s.client then null else r.send_limit end,
                  not_before = case when s.client then null else r.not_before end
             from jsonb_to_recordset($1::jsonb) as s(key bigint, sending boolean, status text, ends_at timestamptz, config_version integer,
                  ordering_key text, cap integer, client boolean)
            where r.subscription_key = s.key`,
    values: [JSON.stringify(rows), now],
  });
}

function rowOf({ subscriptionKey, tenant, subscriptionId, status, endsAt, ...rest }: RuntimeSettings): object {
  const { configVersion, orderingKey, slices, cap } = rest;
  const names = { key: subscriptionKey, tenant, id: subscriptionId, status, ends_at: endsAt ?? null };
  return { ...names, config_version: configVersion, ordering_key: orderingKey, slices, cap };
}

/** The switch of the ordering key is itself ordered: what is numbered from here on waits for everything up to here, if anything waits. */
async function raiseBarrier(tx: Tx, subscriptionKey: number, lastEventNo: number): Promise<void> {
  await tx.query({
    name: 'deliveries.raise-barrier',
    text: `update subscription_runtime r set barriers = barriers || $2::bigint
            where subscription_key = $1 and not barriers @> array[$2::bigint]
              and (exists (select 1 from delivery d where d.subscription_key = $1 and d.state = 'pending')
                   or exists (select 1 from held_key q where q.subscription_key = $1))`,
    values: [subscriptionKey, lastEventNo],
  });
}

/** Heads that wait for their next try, and those blocked by the poison policy, are due at once. The slices are locked. */
async function retryNow(tx: Tx, subscriptionKey: number, now: Date): Promise<void> {
  await tx.query({
    name: 'deliveries.retry-now',
    text: `update held_key q set next_at = $2::timestamptz, kind = 'retry'
             from (select key_hash from held_key where subscription_key = $1 and kind in ('retry', 'blocked') and next_at > $2::timestamptz
                    order by head_event_no limit $3::int) x
            where q.subscription_key = $1 and q.key_hash = x.key_hash`,
    values: [subscriptionKey, now, BRING_FORWARD_MAX],
  });
}
