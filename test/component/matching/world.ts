// From the write to the ledger: the write road with subscriptions plugged in, matchers as wanted, and the ledger's own statements.
import { scheduleDeliveries } from '../../../src/deliveries/ledger/schedule';
import { tombstone, writeRuntimes } from '../../../src/deliveries/ledger/runtime';
import type { FhirResource } from '../../../src/fhir';
import { Matcher, MATCHER_SESSION_SETTINGS, MatchSweepWorker, PredicateIndex } from '../../../src/matching';
import type { MatcherDeps, MatchIndex } from '../../../src/matching';
import { hash53, Metrics, type Tx } from '../../../src/platform';
import type { ResourceChange, WriteParticipant } from '../../../src/store';
import { incarnationOf, type SubscriptionRegistry } from '../../../src/subscriptions';
import { silentLog } from '../../support/silent-log';
import {
  bodyOf,
  context,
  createWorld,
  definitions,
  parsed,
  type World,
  type WorldOptions,
} from '../subscriptions/world';

export interface MatchSide {
  readonly matcher: Matcher;
  readonly registry: SubscriptionRegistry;
  readonly index: MatchIndex;
  readonly sweep: MatchSweepWorker;
}

export interface MatchWorld extends World {
  /** A matcher process: registry and sessions of its own. */
  newMatcher(changes?: Partial<MatcherDeps>): MatchSide;
}

export interface Row {
  id: string;
  event_no: number;
  resource: string;
  version: number;
  interaction: string;
}

export async function createMatchWorld(options: WorldOptions = {}): Promise<MatchWorld> {
  const world = await createWorld(options);
  world.store.register(ledgerParticipant);
  const newMatcher = (changes: Partial<MatcherDeps> = {}): MatchSide => {
    const database = world.test.open({ settings: { ...MATCHER_SESSION_SETTINGS }, poolMax: 2 });
    const registry = world.newRegistry();
    const index = new PredicateIndex(registry, definitions);
    const { store, clock, statusWriter } = world;
    const matcher = new Matcher({
      database,
      definitions,
      store,
      registry,
      index,
      schedule: scheduleDeliveries,
      onScheduled: () => undefined,
      clock,
      log: silentLog,
      metrics: new Metrics(),
      claimMax: 500,
      ...changes,
    });
    const sweep = new MatchSweepWorker({
      matcher,
      registry,
      statusWriter,
      database: changes.database ?? database,
      clock,
      log: silentLog,
      intervalMs: 1_000,
    });
    return { matcher, registry, index, sweep };
  };
  return { ...world, newMatcher };
}

/** What the deliveries room does in a Subscription's write, without its settings. */
const ledgerParticipant: WriteParticipant = {
  types: ['Subscription'],
  prepare: async () => undefined,
  commit: async (tx: Tx, change: ResourceChange) => {
    if (change.resource === undefined) {
      await tombstone(tx, change.context.tenant, change.id);
      return;
    }
    const incarnation = (await incarnationOf(tx, change.context.tenant, change.id))!;
    const { subscriptionKey, tenant, id: subscriptionId, status, endsAt, configVersion, config } = incarnation;
    const { orderingKey, cap } = config;
    const facts = { subscriptionKey, tenant, subscriptionId, status, configVersion, orderingKey, cap };
    await writeRuntimes(tx, change.lastUpdated!, [
      {
        ...facts,
        ...(endsAt && { endsAt }),
        slices: 4,
        isClientWrite: !change.context.isSystemWrite,
      },
    ]);
  },
};

const never = new AbortController().signal;

/** Everything that waits, matched by this side. */
export async function settle(side: MatchSide): Promise<void> {
  await side.sweep.sweep(never);
}

/** The ledger in number order: Subscription id, event number, `Type/id`, version. */
export async function ledger(world: World, subscriptionId?: string): Promise<Row[]> {
  const { rows } = await world.test.database.query<Row>({
    text: `select r.subscription_id as id, d.event_no, d.type || '/' || d.id as resource, d.version, d.interaction
      from delivery d join subscription_runtime r using (subscription_key)
      where $1::text is null or r.subscription_id = $1 order by r.subscription_key, d.event_no`,
    values: [subscriptionId ?? null],
  });
  return rows;
}

/** What a subscription was told, as `id/version` in number order. */
export async function told(world: World, subscriptionId: string): Promise<string[]> {
  return (await ledger(world, subscriptionId)).map((row) => `${row.resource.split('/')[1]}/${row.version}`);
}

export async function write(world: World, resource: FhirResource): Promise<FhirResource> {
  return bodyOf((await world.store.update(context, resource.id!, parsed(resource))).version);
}

export const patient = (id: string, changes: Record<string, unknown> = {}): FhirResource => ({
  resourceType: 'Patient',
  id,
  ...changes,
});

export const rootOf = (id: string): number => hash53(`Patient/${id}`);

/** I3 and I4 on the whole database: numbers 1..n, every event at most once per subscription, nothing left unmatched. */
export async function checkLedger(world: World): Promise<void> {
  const { rows } = await world.test.database.query<{ gaps: number; unmatched: number; twice: number }>({
    text: `select
      (select count(*) from subscription_runtime r where r.last_event_no <> (select count(*) from delivery d
          where d.subscription_key = r.subscription_key) or r.last_event_no <> (select coalesce(max(event_no), 0) from delivery d
          where d.subscription_key = r.subscription_key)) as gaps,
      (select count(*) from outbox where matched_at is null) as unmatched,
      (select count(*) from (select 1 from delivery group by subscription_key, event_id having count(*) > 1) t) as twice`,
    values: [],
  });
  expect(rows[0]).toEqual({ gaps: 0, unmatched: 0, twice: 0 });
}
