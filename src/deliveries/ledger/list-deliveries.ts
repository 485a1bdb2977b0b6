// The admin's list of deliveries: filters, pages by key (never by offset), and the attempts of one delivery.
import type { Tx } from '../../platform';
import { pageSize } from './read-models';

export type DeliveryState = 'pending' | 'held' | 'behind' | 'delivered' | 'dead' | 'cancelled';

export interface DeliveryFilter {
  /** Without it all subscriptions are listed, the newest incarnation first. */
  readonly subscriptionKeys?: readonly number[];
  readonly states?: readonly DeliveryState[];
  readonly eventId?: string;
  readonly type?: string;
  readonly id?: string;
  /** Event numbers, both ends included. */
  readonly fromEventNumber?: number;
  readonly toEventNumber?: number;
  /** Error class of any of its attempts. */
  readonly attemptClass?: string;
}

export interface DeliveryPosition {
  readonly subscriptionKey: number;
  readonly eventNumber: number;
}

export interface ListedDelivery extends DeliveryPosition {
  readonly tenant: string;
  /** The Subscription's FHIR id. */
  readonly subscriptionId: string;
  readonly eventId: string;
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly interaction: string;
  readonly label?: string;
  readonly requestId: string;
  readonly state: DeliveryState;
  readonly reason?: string;
  readonly attempts: number;
  readonly writtenAt: Date;
  readonly numberedAt: Date;
  readonly endedAt?: Date;
  /** For a held head: when it is tried again, and why it failed. */
  readonly nextAttemptAt?: Date;
  readonly lastReason?: string;
  readonly lastStatus?: number;
}

type ListRow = {
  subscription_key: number;
  event_no: number;
  tenant: string;
  subscription_id: string;
  event_id: string;
  type: string;
  id: string;
  version: number;
  interaction: string;
  label: string | null;
  request_id: string;
  state: DeliveryState;
  reason: string | null;
  attempts: number;
  written_at: Date;
  numbered_at: Date;
  ended_at: Date | null;
  next_at: Date | number | null;
  last_reason: string | null;
  last_status: number | null;
};

// Indexes: delivery_pkey backwards, delivery_event when an event is asked for, attempt_delivery when a class is.
const LIST = `
select d.subscription_key, d.event_no, r.tenant, r.subscription_id, d.event_id, d.type, d.id, d.version, d.interaction, d.label, d.request_id, d.state,
       d.reason, d.attempts, d.written_at, d.numbered_at, d.ended_at, q.next_at, q.reason as last_reason, q.status as last_status
  from delivery d
  join subscription_runtime r on r.subscription_key = d.subscription_key
  left join held_key q on q.subscription_key = d.subscription_key and q.head_event_no = d.event_no and q.key_hash = d.key_hash and d.state = 'held'
 where ($1::bigint[] is null or d.subscription_key = any($1))
   and ($2::text[] is null or d.state = any($2))
   and ($3::uuid is null or d.event_id = $3)
   and ($4::text is null or d.type = $4)
   and ($5::text is null or d.id = $5)
   and ($9::bigint is null or d.event_no >= $9)
   and ($10::bigint is null or d.event_no <= $10)
   and ($11::text is null or exists (
     select 1 from attempt a where a.subscription_key = d.subscription_key and a.event_no = d.event_no and a.class = $11))
   and ($6::bigint is null or (d.subscription_key, d.event_no) < ($6, $7::bigint))
 order by d.subscription_key desc, d.event_no desc limit $8::int`;

/** One page, newest first; `next` is where the following one begins, absent on the last. An event id that is no UUID matches nothing. */
export async function listDeliveries(
  db: Tx,
  filter: DeliveryFilter,
  page: { readonly count?: number; readonly after?: DeliveryPosition } = {},
): Promise<{ deliveries: ListedDelivery[]; next?: DeliveryPosition }> {
  if (filter.eventId !== undefined && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(filter.eventId))
    return { deliveries: [] };
  const count = pageSize(page.count, 50);
  const { rows } = await db.query<ListRow>({
    text: LIST,
    values: [
      filter.subscriptionKeys ?? null,
      filter.states ?? null,
      filter.eventId ?? null,
      filter.type ?? null,
      filter.id ?? null,
      page.after?.subscriptionKey ?? null,
      page.after?.eventNumber ?? null,
      count + 1,
      filter.fromEventNumber ?? null,
      filter.toEventNumber ?? null,
      filter.attemptClass ?? null,
    ],
  });
  const deliveries = rows.slice(0, count).map(listed);
  const last = deliveries.at(-1);
  return rows.length > count && last
    ? { deliveries, next: { subscriptionKey: last.subscriptionKey, eventNumber: last.eventNumber } }
    : { deliveries };
}

function listed(row: ListRow): ListedDelivery {
  return {
    subscriptionKey: row.subscription_key,
    eventNumber: row.event_no,
    tenant: row.tenant,
    subscriptionId: row.subscription_id,
    eventId: row.event_id,
    type: row.type,
    id: row.id,
    version: row.version,
    interaction: row.interaction,
    label: row.label ?? undefined,
    requestId: row.request_id,
    state: row.state,
    reason: row.reason ?? undefined,
    attempts: row.attempts,
    writtenAt: row.written_at,
    numberedAt: row.numbered_at,
    endedAt: row.ended_at ?? undefined,
    nextAttemptAt: row.next_at instanceof Date ? row.next_at : undefined,
    lastReason: row.last_reason ?? undefined,
    lastStatus: row.last_status ?? undefined,
  };
}

export interface ListedAttempt extends DeliveryPosition {
  readonly number: number;
  readonly trigger: string;
  readonly epoch: number;
  readonly configVersion: number;
  readonly startedAt: Date;
  readonly endedAt: Date;
  /** False when no request left: refused by policy. */
  readonly sent: boolean;
  readonly remoteAddress?: string;
  readonly status?: number;
  readonly class: string;
  readonly reason?: string;
  readonly excerpt?: string;
  /** False: another owner had taken the slice; the result changed nothing. */
  readonly accepted: boolean;
}

type AttemptRow = {
  subscription_key: number;
  event_no: number;
  number: number;
  trigger: string;
  epoch: number;
  config_version: number;
  started_at: Date;
  ended_at: Date;
  sent: boolean;
  remote_address: string | null;
  status: number | null;
  class: string;
  reason: string | null;
  excerpt: string | null;
  accepted: boolean;
};

/** The attempts of some deliveries, oldest first, at most `perDelivery` of the latest each. Index: attempt_delivery. */
export async function attemptsOf(
  db: Tx,
  deliveries: readonly DeliveryPosition[],
  perDelivery = 20,
): Promise<ListedAttempt[]> {
  if (deliveries.length === 0) return [];
  const { rows } = await db.query<AttemptRow>({
    text: `select a.* from unnest($1::bigint[], $2::bigint[]) c(k, n) cross join lateral (
             select subscription_key, event_no, number, trigger, epoch, config_version, started_at, ended_at, sent, remote_address, status, class,
                    reason, excerpt, accepted
               from attempt where subscription_key = c.k and event_no = c.n order by started_at desc limit $3::int) a
            order by a.subscription_key, a.event_no, a.started_at`,
    values: [deliveries.map((d) => d.subscriptionKey), deliveries.map((d) => d.eventNumber), perDelivery],
  });
  return rows.map((row) => ({
    subscriptionKey: row.subscription_key,
    eventNumber: row.event_no,
    number: row.number,
    trigger: row.trigger,
    epoch: row.epoch,
    configVersion: row.config_version,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    sent: row.sent,
    remoteAddress: row.remote_address ?? undefined,
    status: row.status ?? undefined,
    class: row.class,
    reason: row.reason ?? undefined,
    excerpt: row.excerpt ?? undefined,
    accepted: row.accepted,
  }));
}
