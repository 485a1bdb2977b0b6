// What Postgres says at the end of a run, read in plain SQL past every room of the product.
import type { Database } from '../../src/platform';

export interface VersionFact {
  readonly name: string;
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly interaction: 'create' | 'update' | 'delete';
  /** Null for a delete. */
  readonly body: string | null;
  /** How many outbox rows it has; one is right. */
  readonly events: number;
  readonly eventId: string | null;
  readonly root: string | null;
}

export interface DeliveryFact {
  /** The Subscription's FHIR id. */
  readonly subscription: string;
  readonly eventNumber: number;
  readonly keyHash: number;
  readonly eventId: string;
  readonly name: string;
  readonly state: string;
  /** Unix milliseconds. */
  readonly writtenAt: number;
  readonly endedAt: number | null;
}

export interface Facts {
  readonly versions: readonly VersionFact[];
  readonly deliveries: readonly DeliveryFact[];
  readonly counters: readonly { readonly subscription: string; readonly lastEventNo: number }[];
  readonly attempts: number;
  readonly staleAttempts: number;
  /** Events that no relay has published yet; without Kafka none waits. */
  readonly unpublished: number;
}

const unpublishedSql = `select count(*) as unpublished from outbox where published_at = 'infinity'`;

/** How many events wait for a relay. */
export async function countUnpublished(database: Database): Promise<number> {
  return (await database.query<{ unpublished: number }>({ text: unpublishedSql, values: [] })).rows[0]!.unpublished;
}

export async function readFacts(database: Database): Promise<Facts> {
  const rows = async <R extends object>(text: string): Promise<R[]> =>
    (await database.query<R>({ text, values: [] })).rows;
  await rows('analyze');
  const versions = await rows<VersionFact>(
    `select v.type || '/' || v.id || '/' || v.version as name, v.type, v.id, v.version, o.interaction, v.body,
            o.events, o."eventId", o.root
       from resource_version v
       left join (select type, id, version, count(*) as events, min(event_id::text) as "eventId", min(interaction) as interaction,
                         min(root) as root from outbox group by 1, 2, 3) o using (type, id, version)`,
  );
  const deliveries = await rows<DeliveryFact>(
    `select r.subscription_id as subscription, d.event_no as "eventNumber", d.key_hash as "keyHash", d.event_id::text as "eventId",
            d.type || '/' || d.id || '/' || d.version as name, d.state,
            extract(epoch from d.written_at)::float8 * 1000 as "writtenAt", extract(epoch from d.ended_at)::float8 * 1000 as "endedAt"
       from delivery d join subscription_runtime r using (subscription_key) order by 1, 2`,
  );
  const counters = await rows<{ subscription: string; lastEventNo: number }>(
    'select subscription_id as subscription, last_event_no as "lastEventNo" from subscription_runtime where alive',
  );
  const [attempts] = await rows<{ all: number; stale: number }>(
    'select count(*) as all, count(*) filter (where not accepted) as stale from attempt',
  );
  const unpublished = await countUnpublished(database);
  return { versions, deliveries, counters, attempts: attempts!.all, staleAttempts: attempts!.stale, unpublished };
}
