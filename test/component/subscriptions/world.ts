// The write road with this room plugged in: store, participant, registry and workers on a database of the test's own.
import {
  definitionsFor,
  parseResource,
  resourceFromValue,
  type CanonicalChannel,
  type FhirResource,
  type Issue,
} from '../../../src/fhir';
import { OutboxDoorbell } from '../../../src/outbox';
import {
  Metrics,
  SystemClock,
  type Clock,
  type DeliveryDefaults,
  type HeraldConfig,
  type Database,
} from '../../../src/platform';
import { ResourceStore, type StoredVersion, type WriteContext } from '../../../src/store';
import {
  ActivationWorker,
  SecretBox,
  SubscriptionDoorbell,
  SubscriptionParticipant,
  SubscriptionRegistry,
  SubscriptionStatusWriter,
  type ChannelCatalogue,
} from '../../../src/subscriptions';
import { createTestDatabase, type TestDatabase } from '../../support/database';
import { silentLog } from '../../support/silent-log';

export const definitions = definitionsFor('R4');
export const baseUrl = 'http://127.0.0.1:8080/fhir';
export const context: WriteContext = { tenant: 'default', requestId: 'r-1', baseUrl };
export const secretKey = '0123456789abcdef0123456789abcdef';

const deliveries: DeliveryDefaults = {
  cap: 8,
  connectTimeoutMs: 30_000,
  deadlineMs: 10_000,
  leaseMs: 30_000,
  retryBaseMs: 1_000,
  retryFactor: 3,
  retryMaxMs: 3_600_000,
  retryJitter: 0.2,
  retryForMs: 259_200_000,
  poisonAfterAttempts: 5,
  poisonAfterMs: 900_000,
  inFlightMax: 512,
  errorAfterMs: 120_000,
  errorAfterAttempts: 5,
  windowRows: 200,
  busyRows: 50,
  finishBatchMax: 256,
  finishDelayMs: 10,
  responseBytesMax: 65_536,
  excerptBytesMax: 2_048,
  sweepIntervalMs: 1_000,
  renewIntervalMs: 500,
};

export const settings: Pick<HeraldConfig, 'subscriptions' | 'deliveries'> = {
  subscriptions: {
    pastEnd: 'accept',
    secretKey,
    orderingKeyDefault: 'focus',
    expiryIntervalMs: 1_000,
    createReturnsSecrets: false,
  },
  deliveries,
};

/** Stands in for the channels room: https, or http to loopback. */
const catalogue: ChannelCatalogue = {
  check(channel: CanonicalChannel): Issue[] {
    if (/^(https:|http:\/\/127\.0\.0\.1)/.test(channel.endpoint ?? '')) return [];
    const expression = 'Subscription.channel.endpoint';
    return [{ severity: 'error', code: 'value', text: 'The endpoint must be an https URL.', expression }];
  },
};

export interface WorldOptions {
  clock?: Clock;
  config?: Pick<HeraldConfig, 'subscriptions' | 'deliveries'>;
  /** What everything is to write through instead of the database itself, for those who count statements or make them fail. */
  through?: (database: Database) => Database;
}

export interface World {
  readonly test: TestDatabase;
  readonly store: ResourceStore;
  readonly outboxDoorbell: OutboxDoorbell;
  readonly doorbell: SubscriptionDoorbell;
  readonly statusWriter: SubscriptionStatusWriter;
  readonly activation: ActivationWorker;
  readonly clock: Clock;
  readonly secrets: SecretBox;
  newRegistry(): SubscriptionRegistry;
  stop(): Promise<void>;
}

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const test = await createTestDatabase();
  const database = options.through?.(test.database) ?? test.database;
  const clock = options.clock ?? new SystemClock();
  const outboxDoorbell = new OutboxDoorbell();
  const doorbell = new SubscriptionDoorbell();
  const secrets = new SecretBox(secretKey);
  const store = new ResourceStore({
    database,
    clock,
    definitions,
    doorbell: outboxDoorbell,
    log: silentLog,
    metrics: new Metrics(),
  });
  const config = options.config ?? settings;
  store.register(
    new SubscriptionParticipant({
      definitions,
      catalogue,
      secrets,
      clock,
      log: silentLog,
      doorbell,
      config,
      terms: (place, questions, tx) => store.terms(place, questions, tx),
    }),
  );
  const statusWriter = new SubscriptionStatusWriter({ database, store, definitions, log: silentLog });
  const holder = 'this process';
  const activation = new ActivationWorker({
    database,
    definitions,
    statusWriter,
    doorbell,
    clock,
    log: silentLog,
    holder,
  });
  return {
    test,
    store,
    outboxDoorbell,
    doorbell,
    statusWriter,
    activation,
    clock,
    secrets,
    newRegistry: () => new SubscriptionRegistry({ definitions, log: silentLog }),
    stop: () => test.drop(),
  };
}

/** A criteria Subscription as a client sends it. */
export function subscription(criteria: string, changes: Record<string, unknown> = {}): FhirResource {
  const { channel, ...others } = changes as { channel?: Record<string, unknown> };
  return {
    resourceType: 'Subscription',
    status: 'requested',
    reason: 'a test',
    criteria,
    ...others,
    channel: {
      type: 'rest-hook',
      endpoint: 'https://receiver.example.org/fhir',
      payload: 'application/fhir+json',
      ...channel,
    },
  };
}

export const parsed = (resource: FhirResource) => parseResource(JSON.stringify(resource));

export function bodyOf(version: StoredVersion | undefined): FhirResource {
  if (version?.body == null) throw new Error('There is no body');
  return JSON.parse(version.body) as FhirResource;
}

export async function put(world: World, resource: FhirResource): Promise<FhirResource> {
  const result = await world.store.update(context, resource.id!, resourceFromValue(resource));
  return bodyOf(result.version);
}

export async function get(world: World, type: string, id: string): Promise<FhirResource> {
  return bodyOf(await world.store.read('default', type, id));
}

/** Stores the Subscription and brings it to active. */
export async function subscribe(world: World, resource: FhirResource): Promise<void> {
  await put(world, resource);
  await world.activation.activateRequested();
  const { status, error } = await get(world, 'Subscription', resource.id!);
  if (status !== 'active') throw new Error(`It is ${String(status)}: ${String(error)}`);
}
