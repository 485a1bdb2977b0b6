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
  status: SubscriptionStatus;
  sending: boolean;
  ordering_key: string;
  last_event_no: number;
  config_version: number;
  ends_at: Date | null;
};

/** Writes the runtime row of a created or changed Subscription, and wakes or revises what depends on it. */
export async function writeRuntime(tx: Tx, now: Date, settings: RuntimeSettings): Promise<void> {
  await endOthers(tx, settings);
  const { rows } = await tx.query<RuntimeRow>({
    name: 'deliveries.runtime-lock',
    text: `select status, sending, ordering_key, last_event_no, config_version, ends_at
             from subscription_runtime where subscription_key = $1 for update`,
    values: [settings.subscriptionKey],
  });
  const before = rows[0];
  if (before === undefined) return insertRuntime(tx, now, settings);
  const sending = isSending(settings.status, before);
  const isSwitched = before.ordering_key !== settings.orderingKey;
  await updateRuntime(tx, now, settings, sending);
  if (isSwitched) await raiseBarrier(tx, settings.subscriptionKey, before.last_event_no);
  const isWoken = sending && (!before.sending || before.ends_at?.getTime() !== settings.endsAt?.getTime());
  // Also when sending begins again: what failed before `off` does not wait for its old retry time.
  const isRetriedNow = sending && (settings.isClientWrite || !before.sending);
  if (!isWoken && !isRetriedNow) return;
  await tx.query(lockSubscriptionSlices([[settings.subscriptionKey]]));
  if (isRetriedNow) await retryNow(tx, settings.subscriptionKey, now);
  await tx.query(wakeSlices([[settings.subscriptionKey], now]));
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
async function endOthers(tx: Tx, settings: RuntimeSettings): Promise<void> {
  const { rows } = await tx.query<{ subscription_key: number }>({
    name: 'deliveries.end-others',
    text: `update subscription_runtime set alive = false, sending = false
            where tenant = $1 and subscription_id = $2 and alive and subscription_key <> $3 returning subscription_key`,
    values: [settings.tenant, settings.subscriptionId, settings.subscriptionKey],
  });
  await revoke(tx, rows);
}

async function revoke(tx: Tx, rows: readonly { subscription_key: number }[]): Promise<void> {
  if (rows.length === 0) return;
  const keys = rows.map((row) => row.subscription_key);
  await tx.query(lockSubscriptionSlices([keys]));
  await tx.query(revokeSlices([keys]));
}

async function insertRuntime(tx: Tx, now: Date, settings: RuntimeSettings): Promise<void> {
  const sending = isSending(settings.status);
  await tx.query({
    name: 'deliveries.runtime-insert',
    text: `insert into subscription_runtime (subscription_key, tenant, subscription_id, sending, status, ends_at, config_version, ordering_key,
                                             slices, cap, stopped_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    values: [
      settings.subscriptionKey,
      settings.tenant,
      settings.subscriptionId,
      sending,
      settings.status,
      settings.endsAt ?? null,
      settings.configVersion,
      settings.orderingKey,
      settings.slices,
      settings.cap,
      sending ? null : now,
    ],
  });
}

async function updateRuntime(tx: Tx, now: Date, settings: RuntimeSettings, sending: boolean): Promise<void> {
  await tx.query({
    name: 'deliveries.runtime-update',
    text: `update subscription_runtime
              set sending = $2, status = $3, ends_at = $4, config_version = $5, ordering_key = $6, cap = $7,
                  stopped_ms = stopped_ms + case when $2 and not paused and stopped_at is not null
                    then greatest(0, (extract(epoch from ($8::timestamptz - stopped_at)) * 1000)::bigint) else 0 end,
                  stopped_at = case when $2 and not paused then null else coalesce(stopped_at, $8::timestamptz) end,
                  failing_since = case when $9 then null else failing_since end,
                  failures = case when $9 then 0 else failures end,
                  reason = case when $9 then null else reason end,
                  breaker = case when $9 then null else breaker end,
                  send_limit = case when $9 then null else send_limit end,
                  not_before = case when $9 then null else not_before end
            where subscription_key = $1`,
    values: [
      settings.subscriptionKey,
      sending,
      settings.status,
      settings.endsAt ?? null,
      settings.configVersion,
      settings.orderingKey,
      settings.cap,
      now,
      settings.isClientWrite,
    ],
  });
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
