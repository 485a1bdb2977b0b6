// Writes the rows that an operator would look at: three Subscriptions and their deliveries.
import type { Database } from '../../../src/platform';

const config = {
  endpoint: 'https://partner.example/hook',
  payload: 'application/fhir+json',
  headerNames: ['Authorization'],
  mode: 'update',
  orderingKey: 'focus',
};

export async function seedSubscription(
  database: Database,
  id: string,
  status: string,
  eventCount: number,
): Promise<number> {
  const { rows } = await database.query<{ subscription_key: number }>({
    text: `insert into subscription_incarnation (tenant, id, status, is_matching, version, config_version, criteria, base_url, config, created_at, changed_at)
      values ('default', $1, $2, true, 3, 2, 'Patient?gender=female', 'http://x/fhir', $3, '2026-03-01', '2026-03-01') returning subscription_key`,
    values: [id, status, JSON.stringify(config)],
  });
  const key = rows[0]!.subscription_key;
  await database.query({
    text: `insert into subscription_runtime (subscription_key, tenant, subscription_id, sending, status, last_event_no, config_version, ordering_key, slices, cap)
      values ($1, 'default', $2, true, $3, $4, 2, 'focus', 4, 8)`,
    values: [key, id, status, eventCount],
  });
  return key;
}

export interface SeedDelivery {
  eventNumber: number;
  state: string;
  reason?: string;
  resource?: string;
}

export async function seedDelivery(database: Database, key: number, delivery: SeedDelivery): Promise<void> {
  const isEnded = ['delivered', 'dead', 'cancelled'].includes(delivery.state);
  const [type, id] = (delivery.resource ?? 'Patient/p1').split('/');
  await database.query({
    text: `insert into delivery (subscription_key, event_no, slice_no, key_hash, event_id, type, id, version, interaction, request_id, state, reason,
        attempts, written_at, numbered_at, ended_at)
      values ($1, $2, 0, 77, gen_random_uuid(), $3, $4, 1, 'update', 'req-1', $5, $6, 1, '2026-03-01T11:59:00Z', '2026-03-01T11:59:00Z', $7)`,
    values: [
      key,
      delivery.eventNumber,
      type,
      id,
      delivery.state,
      delivery.reason ?? null,
      isEnded ? new Date('2026-03-01T11:59:30Z') : null,
    ],
  });
}

export async function seedHeldHead(database: Database, key: number, eventNumber: number): Promise<void> {
  await database.query({
    text: `insert into slice (subscription_key, slice_no, due_at) values ($1, 0, '2026-03-01T12:05:00Z')`,
    values: [key],
  });
  await database.query({
    text: `insert into held_key (subscription_key, key_hash, slice_no, kind, head_event_no, next_at, attempts, first_failed_at, class, status, reason)
      values ($1, 77, 0, 'retry', $2, '2026-03-01T12:05:00Z', 1, '2026-03-01T11:59:10Z', 'E', 503, 'answered 503')`,
    values: [key, eventNumber],
  });
  await database.query({
    text: `insert into attempt (subscription_key, event_no, slice_no, epoch, number, trigger, config_version, started_at, ended_at, sent, remote_address,
        status, class, reason, excerpt, accepted)
      values ($1, $2, 0, 1, 1, 'auto', 2, '2026-03-01T11:59:10Z', '2026-03-01T11:59:10.250Z', true, '127.0.0.1', 503, 'E', 'answered 503', 'busy', true)`,
    values: [key, eventNumber],
  });
}
