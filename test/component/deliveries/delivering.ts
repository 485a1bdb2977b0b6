// A deliverer without the rest of the house: runtime rows, a resource text for every version, and a real receiver.
import {
  DeliveryDoorbell,
  DeliveryHousekeepingWorker,
  DeliveryWorker,
  scheduleDeliveries,
  type DeliveryWorkerDeps,
  type MatchedEvent,
  type StatusWriter,
} from '../../../src/deliveries';
import { writeRuntimes, tombstone, type RuntimeSettings } from '../../../src/deliveries/ledger/runtime';
import { slicesFor } from '../../../src/deliveries/ordering';
import { channelCatalogue } from '../../../src/channels';
import {
  EgressClient,
  Metrics,
  SystemClock,
  uuidv7,
  type Clock,
  type Database,
  type DeliveryDefaults,
  type OpenTx,
  type Worker,
} from '../../../src/platform';
import type { DeliverySubscription } from '../../../src/subscriptions';
import { silentLog } from '../../support/silent-log';

export const defaults: DeliveryDefaults = {
  cap: 8,
  connectTimeoutMs: 30_000,
  deadlineMs: 30_000,
  leaseMs: 30_000,
  retryBaseMs: 20,
  retryFactor: 1.5,
  retryMaxMs: 200,
  retryJitter: 0.2,
  retryForMs: 3_600_000,
  poisonAfterAttempts: 1_000,
  poisonAfterMs: 0,
  inFlightMax: 512,
  errorAfterMs: 3_600_000,
  errorAfterAttempts: 5,
  windowRows: 200,
  busyRows: 50,
  finishBatchMax: 256,
  finishDelayMs: 5,
  responseBytesMax: 65_536,
  excerptBytesMax: 2_048,
  sweepIntervalMs: 100,
  renewIntervalMs: 100,
};

export interface Told {
  status: 'error' | 'active' | 'off';
  subscriptionKey: number;
  text?: string;
}

type Change = Partial<DeliverySubscription> & { slices?: number };

/** One database, any number of workers. */
export class Delivering {
  readonly clock: Clock = new SystemClock();
  readonly doorbell = new DeliveryDoorbell();
  readonly told: Told[] = [];
  private readonly known = new Map<number, DeliverySubscription>();
  private readonly egress = new EgressClient({
    allowPrivate: ['127.0.0.0/8'],
    allowHttp: ['127.0.0.1'],
    connectTimeoutMs: 30_000,
    connectionsPerOrigin: 64,
    responseBytesMax: 65_536,
  });
  private readonly running: { abort: AbortController; done: Promise<void> }[] = [];

  /** Stands for the subscriptions room: notes what a Subscription is told, and writes it into its runtime row. */
  readonly statuses: StatusWriter = {
    setError: (key, text) => this.tell({ status: 'error', subscriptionKey: key, text }),
    setActive: (key) => this.tell({ status: 'active', subscriptionKey: key }),
    setOff: (key, text) => this.tell({ status: 'off', subscriptionKey: key, text }),
  };

  constructor(readonly database: Database) {}

  /** Writes the runtime row as the write participant would. */
  async subscribe(subscriptionKey: number, endpoint: string, change: Change = {}): Promise<DeliverySubscription> {
    const { slices, ...rest } = change;
    const before = this.known.get(subscriptionKey);
    const subscription: DeliverySubscription = {
      subscriptionKey,
      tenant: 'default',
      id: `s${subscriptionKey}`,
      family: 'criteria',
      status: 'active',
      endpoint,
      headers: [],
      payload: 'application/fhir+json',
      mode: 'update',
      sendDeletes: true,
      orderingKey: 'focus',
      cap: defaults.cap,
      deadlineMs: defaults.deadlineMs,
      retryBaseMs: defaults.retryBaseMs,
      retryForMs: defaults.retryForMs,
      errorAfterMs: defaults.errorAfterMs,
      errorAfterAttempts: defaults.errorAfterAttempts,
      poisonAfterAttempts: defaults.poisonAfterAttempts,
      poisonAfterMs: defaults.poisonAfterMs,
      poisonPolicy: 'skip',
      url: `Subscription/s${subscriptionKey}`,
      ...before,
      ...rest,
      configVersion: (before?.configVersion ?? 0) + 1,
    };
    this.known.set(subscriptionKey, subscription);
    await this.write(subscription, slices);
    return subscription;
  }

  async delete(subscriptionKey: number): Promise<void> {
    await this.database.transaction((tx) => tombstone(tx, 'default', `s${subscriptionKey}`));
  }

  /** Numbers events for subscriptions in one transaction, and rings. */
  async schedule(subscriptionKeys: readonly number[], events: readonly MatchedEvent[]): Promise<readonly number[]> {
    const matched = events.flatMap((event) => subscriptionKeys.map((subscriptionKey) => ({ subscriptionKey, event })));
    const schedule = async (tx: OpenTx) => scheduleDeliveries(tx, this.clock.now(), matched);
    const touched = await (await this.database.transaction(schedule)).touched;
    this.doorbell.ring(touched);
    return touched;
  }

  worker(change: Partial<DeliveryWorkerDeps> = {}): DeliveryWorker {
    const { clock, database, doorbell } = this;
    return new DeliveryWorker({
      database,
      clock,
      log: silentLog,
      metrics: new Metrics(),
      defaults,
      doorbell,
      channels: channelCatalogue({ egress: this.egress, clock, excerptBytesMax: 2_048 }),
      readVersions: (keys) =>
        Promise.resolve(new Map(keys.map((key) => [`${key.type}/${key.id}/${key.version}`, { body: bodyOf(key) }]))),
      readSubscriptions: (keys) => this.readSubscriptions(keys),
      statuses: this.statuses,
      ...change,
    });
  }

  housekeeping(): DeliveryHousekeepingWorker {
    const { database, clock, statuses } = this;
    const metrics = new Metrics();
    return new DeliveryHousekeepingWorker({ database, clock, log: silentLog, metrics, statuses, intervalMs: 50 });
  }

  /** The living Subscriptions among these, as the subscriptions room would answer. */
  readSubscriptions(keys: readonly number[]): Promise<Map<number, DeliverySubscription>> {
    return Promise.resolve(new Map(keys.flatMap((key) => (this.known.has(key) ? [[key, this.known.get(key)!]] : []))));
  }

  /** Runs a worker until `stop`, or until the function it answers is called. */
  run(worker: Worker): () => Promise<void> {
    const abort = new AbortController();
    const done = worker.run(abort.signal);
    this.running.push({ abort, done });
    return async () => {
      abort.abort();
      await done;
    };
  }

  async stop(): Promise<void> {
    for (const { abort } of this.running) abort.abort();
    await Promise.all(this.running.map(({ done }) => done));
    await this.egress.close();
  }

  async states(subscriptionKey?: number): Promise<Record<string, number>> {
    const { rows } = await this.database.query<{ state: string; n: number }>({
      text: `select state, count(*)::int as n from delivery where $1::bigint is null or subscription_key = $1 group by 1 order by 1`,
      values: [subscriptionKey ?? null],
    });
    return Object.fromEntries(rows.map((row) => [row.state, row.n]));
  }

  private async tell(told: Told): Promise<boolean> {
    this.told.push(told);
    const subscription = { ...this.known.get(told.subscriptionKey)!, status: told.status };
    this.known.set(told.subscriptionKey, subscription);
    await this.write(subscription, undefined, false);
    return true;
  }

  private async write(subscription: DeliverySubscription, slices?: number, isClientWrite = true): Promise<void> {
    const settings: RuntimeSettings = {
      subscriptionKey: subscription.subscriptionKey,
      tenant: subscription.tenant,
      subscriptionId: subscription.id,
      status: subscription.status,
      endsAt: subscription.endsAt,
      configVersion: subscription.configVersion,
      orderingKey: subscription.orderingKey,
      cap: subscription.cap,
      slices: slices ?? slicesFor(subscription.orderingKey, subscription.cap, 4),
      isClientWrite,
    };
    await this.database.transaction((tx) => writeRuntimes(tx, this.clock.now(), [settings]));
  }
}

/** A clean ledger for the next test of a file. */
export async function emptyLedger(database: Database): Promise<void> {
  await database.query({
    text: 'truncate subscription_runtime, slice, delivery, held_key, attempt, resend',
    values: [],
  });
}

export function bodyOf(key: { type: string; id: string; version: number }): string {
  return `{"resourceType":"${key.type}","id":"${key.id}","meta":{"versionId":"${key.version}"}}`;
}

/** An event of the outbox, as matching hands it over. */
export function event(id: string, version = 1, change: Partial<MatchedEvent> = {}): MatchedEvent {
  const now = new Date(performance.timeOrigin + performance.now());
  return {
    eventId: uuidv7(now),
    type: 'Patient',
    id,
    version,
    interaction: version === 1 ? 'create' : 'update',
    requestId: `r-${id}-${version}`,
    root: `Patient/${id}`,
    writtenAt: now,
    ...change,
  };
}
