// The composition root: what each role is made of, by plain construction. Read it from top to bottom to see what depends on what.
import type { KafkaLink } from '../bus';
import type { HintServer } from '../admin';
import { channelCatalogue, type ChannelCatalogue } from '../channels';
import {
  countWaiting,
  DeliveryHousekeepingWorker,
  DeliveryParticipant,
  DeliveryVerbs,
  DeliveryWorker,
  scheduleDeliveries,
} from '../deliveries';
import { definitionsFor, type FhirDefinitions } from '../fhir';
import { Matcher, MatcherWorker, MatchSweepWorker, PredicateIndex } from '../matching';
import { countUnmatched, OutboxPartitionsWorker } from '../outbox';
import { EgressClient, type Tx } from '../platform';
import { BacklogWatch, WriteGate, type BacklogMeasure } from '../rest';
import { CustomParameterParticipant, CustomParameters, CustomParametersWorker, ResourceStore } from '../store';
import type { CustomUsers } from '../store';
import {
  ActivationWorker,
  ExpiryWorker,
  readDeliverySubscriptions,
  SecretBox,
  SubscriptionParticipant,
  SubscriptionRegistry,
  subscriptionsUsing,
  SubscriptionStatusWriter,
} from '../subscriptions';
import { composeBus, composeLink, composeRelay } from './compose-bus';
import { hintServersOf, type Doorbells } from './doorbells';
import { auditDuty, reindexDuty, retentionDuty } from './duties';
import type { Ground } from './ground';
import { HOUSEKEEPING_INTERVAL_MS } from './limits';
import { ownOrigins } from './own-origins';

/** Every part of a running process, for HTTP, for tests and for tools. Parts of roles the process does not have are absent. */
export interface Parts extends Ground {
  /** What clients may ask for. */
  readonly definitions: FhirDefinitions;
  /** Search parameters of one's own, and what everything stored means. */
  readonly custom: CustomParameters;
  readonly store: ResourceStore;
  readonly secrets: SecretBox;
  readonly egress: EgressClient;
  readonly channels: ChannelCatalogue;
  readonly verbs: DeliveryVerbs;
  readonly statusWriter: SubscriptionStatusWriter;
  readonly outboxPartitions: OutboxPartitionsWorker;
  readonly doorbells: Doorbells;
  readonly matcher?: Matcher;
  readonly registry?: SubscriptionRegistry;
  readonly deliveryWorker?: DeliveryWorker;
  readonly writeGate?: WriteGate;
  /** How this process reaches the servers that carry hints. */
  readonly hintServers?: readonly (() => readonly HintServer[])[];
}

/** Builds the rooms on an open ground and gives their workers to the supervisor, which is not started yet. */
export function composeHerald(ground: Ground, doorbells: Doorbells): Parts {
  const shared = composeShared(ground, doorbells);
  const link = composeLink(ground);
  const matching = ground.databases.matcher ? composeMatcher(ground, shared, link) : {};
  if (link && ground.databases.relay) composeRelay(ground, shared.doorbells.outbox, shared.store, link);
  const delivering = ground.databases.deliverer ? composeDeliverer(ground, shared) : {};
  const writing = ground.config.roles.has('api') ? composeWriteGate(ground) : {};
  const queueHealth = ground.config.redis && (() => doorbells.queue.health());
  const hintServers = hintServersOf([link && (() => link.health()), queueHealth]);
  return { ...ground, ...shared, ...matching, ...delivering, ...writing, hintServers };
}

type Shared = ReturnType<typeof composeShared>;

/** The store, with the search parameters that are its own resources. */
function composeStore({ databases, clock, log, metrics, supervisor }: Ground, doorbells: Doorbells) {
  const database = databases.api;
  const standard = definitionsFor('R4');
  const custom = new CustomParameters(standard, log);
  supervisor.add(new CustomParametersWorker({ custom, database, clock, log }));
  const { stored: definitions } = custom.definitions;
  const store = new ResourceStore({ database, clock, definitions, custom, doorbell: doorbells.outbox, log, metrics });
  const usersOf: CustomUsers = (tx, ...asked) => subscriptionsUsing(tx, definitions, ...asked);
  store.register(new CustomParameterParticipant({ standard, usersOf, log, database, custom }));
  return { custom, store };
}

/** What every process has: whoever writes a status needs the store with all its participants. */
function composeShared(ground: Ground, doorbells: Doorbells) {
  const { config, clock, log, supervisor, holder } = ground;
  const database = ground.databases.api;
  const { custom, store } = composeStore(ground, doorbells);
  const { searched: definitions, stored } = custom.definitions;
  const { responseBytesMax, excerptBytesMax } = config.deliveries;
  const egress = new EgressClient({ ...config.egress, responseBytesMax, ownOrigins: ownOrigins(config) });
  const channels = channelCatalogue({ egress, clock, excerptBytesMax });
  const secrets = new SecretBox(ground.secretKey);
  store.register(
    new SubscriptionParticipant({
      definitions,
      catalogue: channels,
      secrets,
      clock,
      log,
      doorbell: doorbells.subscriptions,
      config,
      terms: (place, questions, tx) => store.terms(place, questions, tx),
      custom,
    }),
  );
  // After the participant of subscriptions: it builds on the incarnation that one leaves.
  store.register(new DeliveryParticipant({ clock, doorbell: doorbells.deliveries }));
  const learn = (tx: Tx): Promise<boolean> => custom.refresh(tx);
  const statusWriter = new SubscriptionStatusWriter({ database, store, definitions: stored, log, learn });
  const outboxPartitions = new OutboxPartitionsWorker({ database, clock, log });
  supervisor.add(outboxPartitions);
  supervisor.add(
    new ActivationWorker({
      database,
      definitions: stored,
      statusWriter,
      doorbell: doorbells.subscriptions,
      clock,
      log,
      holder,
      learn,
    }),
  );
  const { expiryIntervalMs } = config.subscriptions;
  supervisor.add(new ExpiryWorker({ database, statusWriter, clock, log, holder, intervalMs: expiryIntervalMs }));
  doorbells.queue.workers.forEach((worker) => supervisor.add(worker));
  supervisor.add(auditDuty(ground, doorbells));
  supervisor.add(retentionDuty(ground));
  supervisor.add(reindexDuty(ground, custom));
  const parts = { definitions, custom, doorbells, egress, channels, secrets, store, statusWriter, outboxPartitions };
  return { ...parts, verbs: composeVerbs(ground, parts) };
}

/** What operators may do with deliveries: in every process, since every process may be asked. */
function composeVerbs(
  ground: Ground,
  parts: Pick<Parts, 'channels' | 'doorbells' | 'secrets' | 'statusWriter'>,
): DeliveryVerbs {
  const { config, clock, databases } = ground;
  const { channels, doorbells, secrets, statusWriter } = parts;
  return new DeliveryVerbs({
    database: databases.api,
    clock,
    channels,
    doorbell: doorbells.deliveries,
    readSubscriptions: (keys) => readDeliverySubscriptions(databases.api, keys, secrets),
    request: (key, caller) => statusWriter.request(key, caller),
    leaseMs: config.deliveries.leaseMs,
  });
}

/** Who writes over HTTP waits while too much is not matched or not sent yet. */
function composeWriteGate(ground: Ground) {
  const { config, clock, log, metrics, supervisor } = ground;
  const { unmatchedMax, waitingMax } = config.backpressure;
  const database = ground.databases.api;
  const unmatched: BacklogMeasure = {
    name: 'unmatched',
    what: 'events not yet matched',
    setting: 'HERALD_UNMATCHED_MAX',
    max: unmatchedMax,
    count: (limit) => countUnmatched(database, limit),
  };
  const waiting: BacklogMeasure = {
    name: 'waiting',
    what: 'deliveries waiting to be sent',
    setting: 'HERALD_WAITING_MAX',
    max: waitingMax,
    count: (limit) => countWaiting(database, limit),
  };
  const backlog = new BacklogWatch({ measures: [unmatched, waiting], clock, log, metrics });
  supervisor.add(backlog);
  return { writeGate: new WriteGate({ config, clock, metrics, backlog }) };
}

function composeMatcher(ground: Ground, shared: Shared, link?: KafkaLink) {
  const { config, clock, log, metrics, supervisor } = ground;
  const { custom, doorbells, store, statusWriter } = shared;
  const definitions = custom.definitions.stored;
  const database = ground.databases.matcher!;
  const registry = new SubscriptionRegistry({ definitions, log, learn: (tx) => custom.refresh(tx) });
  const matcher = new Matcher({
    database,
    definitions,
    store,
    registry,
    index: new PredicateIndex(registry, definitions),
    schedule: scheduleDeliveries,
    onScheduled: (keys) => doorbells.deliveries.ring(keys),
    clock,
    log,
    metrics,
    claimMax: config.matching.claimMax,
  });
  const bus = composeBus(ground, doorbells.outbox, link);
  supervisor.add(new MatcherWorker({ matcher, bus, database, clock, log }));
  const intervalMs = config.matching.sweepIntervalMs;
  supervisor.add(new MatchSweepWorker({ matcher, registry, statusWriter, database, clock, log, intervalMs }));
  return { matcher, registry };
}

function composeDeliverer(ground: Ground, shared: Shared) {
  const { config, clock, log, metrics, supervisor } = ground;
  const { doorbells, channels, store, secrets, statusWriter } = shared;
  const database = ground.databases.deliverer!;
  const deliveryWorker = new DeliveryWorker({
    database,
    clock,
    log,
    metrics,
    defaults: config.deliveries,
    doorbell: doorbells.queue.ear,
    channels,
    readVersions: (keys) => store.readVersions(keys),
    readSubscriptions: (keys) => readDeliverySubscriptions(database, keys, secrets),
    statuses: statusWriter,
    connectionsPerOrigin: config.egress.connectionsPerOrigin,
  });
  supervisor.add(deliveryWorker);
  supervisor.add(
    new DeliveryHousekeepingWorker({
      database,
      clock,
      log,
      metrics,
      statuses: statusWriter,
      intervalMs: HOUSEKEEPING_INTERVAL_MS,
    }),
  );
  return { deliveryWorker };
}
