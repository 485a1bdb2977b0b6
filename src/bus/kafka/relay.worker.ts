// The relay: publishes what was committed, in seq order, one process at a time (a leader row with an epoch). What is not marked as published is
// published again: repeats happen after a crash or an unknown outcome, gaps and swapped versions do not. Only one batch is in memory, however
// much waits; while the brokers are away, rows wait in the database and writes go on.
import {
  markPublished,
  readUnpublished,
  unpublishedStats,
  type OutboxDoorbell,
  type ResourceEvent,
} from '../../outbox';
import {
  describeError,
  failpoint,
  holdDuty,
  isTransient,
  releaseDuty,
  Wake,
  type Clock,
  type Database,
  type Log,
  type Metrics,
  type Worker,
} from '../../platform';
import {
  AWAY_MS_MAX,
  AWAY_MS_MIN,
  RECORD_BYTES_GUESS,
  RELAY_LEASE_MARGIN_MS,
  RELAY_LEASE_MS,
  RELAY_MEASURE_MS,
  RELAY_RENEW_MS,
  RELAY_STANDBY_MS,
  SEND_BYTES_MAX,
  VALUE_BYTES_MAX,
} from '../limits';
import { BrokerAwayError, type EventPublisher } from './event-publisher';
import { recordOf } from './event-record';
import type { KafkaLink } from './kafka-link';
import { RelayMetrics } from './relay-metrics';
import { RelayPace } from './relay-pace';

const DUTY = 'relay';

/** The stored texts of these events' versions, secrets masked, by event id; without those that have none. */
export type ReadBodies = (events: readonly ResourceEvent[]) => Promise<ReadonlyMap<string, string>>;

export interface RelayDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** This process among those that share the database. */
  readonly holder: string;
  /** Rung by writers of this process; those of others are found at the next look. */
  readonly doorbell: OutboxDoorbell;
  readonly link: Pick<KafkaLink, 'settings' | 'up' | 'down' | 'idle'>;
  readonly publisher: Pick<EventPublisher, 'publish' | 'close'>;
  /** Absent: events go without their resources. */
  readonly readBodies?: ReadBodies;
}

interface Lease {
  readonly epoch: number;
  heldAtMs: number;
}

export class RelayWorker implements Worker {
  readonly name = 'relay';
  private readonly metrics: RelayMetrics;
  private readonly wake: Wake;
  private measuredAtMs = -Infinity;

  constructor(private readonly deps: RelayDeps) {
    this.metrics = new RelayMetrics(deps.metrics);
    this.wake = new Wake(deps.clock);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, database, holder, doorbell, publisher, link } = this.deps;
    const leave = doorbell.onRing(() => this.wake.ring());
    try {
      for (let pauseMs = AWAY_MS_MIN; !signal.aborted;) {
        const isWell = await this.turn(signal);
        pauseMs = isWell ? AWAY_MS_MIN : Math.min(pauseMs * 2, AWAY_MS_MAX);
        await clock.sleep(isWell ? RELAY_STANDBY_MS : pauseMs, signal);
      }
    } finally {
      leave();
      this.metrics.leads(false);
      link.idle('relay');
      await publisher.close();
      // Expected: the database went away before us. The lease ends by itself.
      await releaseDuty(database, clock, DUTY, holder).catch(() => undefined);
    }
  }

  /** Leads for as long as it can, if it may. Out: false when something was away and a pause is due. */
  private async turn(signal: AbortSignal): Promise<boolean> {
    const { log, link } = this.deps;
    try {
      await this.measure();
      const lease = await this.hold();
      if (lease === undefined) link.idle('relay');
      else await this.lead(lease, signal);
      return true;
    } catch (error) {
      // Expected: the brokers are away, or the database is.
      if (error instanceof BrokerAwayError) {
        this.metrics.failed();
        link.down('relay', error);
        await this.giveUp();
        return false;
      }
      if (!isTransient(error)) throw error;
      log.warn({ reason: describeError(error) }, 'relay.database-away');
      return false;
    } finally {
      this.metrics.leads(false);
    }
  }

  /** Another process may reach the brokers that this one does not. */
  private async giveUp(): Promise<void> {
    const { database, clock, holder } = this.deps;
    // Expected: the database is away too. The lease ends by itself.
    await releaseDuty(database, clock, DUTY, holder).catch(() => undefined);
  }

  private async lead(lease: Lease, signal: AbortSignal): Promise<void> {
    const { database, clock, log, link } = this.deps;
    const { relayBatch, relayIntervalMs } = link.settings;
    const pace = new RelayPace(relayIntervalMs);
    log.info({ epoch: lease.epoch }, 'relay.leads');
    this.metrics.leads(true);
    while (!signal.aborted && (await this.keep(lease))) {
      const waiting = await readUnpublished(database, relayBatch);
      for (let rest = waiting; rest.length > 0 && (await this.keep(lease));) {
        const batch = this.prefixOf(rest);
        await this.publish(batch, lease);
        rest = rest.slice(batch.length);
      }
      await this.measure();
      if (waiting.length < relayBatch) await this.wake.wait(pace.restMs(waiting.length, clock.monotonicMs()), signal);
    }
    if (!signal.aborted) log.info({ epoch: lease.epoch }, 'relay.lease-lost');
  }

  private async publish(batch: readonly ResourceEvent[], lease: Lease): Promise<void> {
    const { database, clock, publisher, link, readBodies } = this.deps;
    const bodies = readBodies && (await this.bodiesOf(batch, readBodies));
    const records = batch.map((event) => recordOf(event, bodies?.get(event.eventId)));
    await failpoint('relay.before-publish');
    const startedMs = clock.monotonicMs();
    await publisher.publish(records, lease.heldAtMs + RELAY_LEASE_MS - RELAY_LEASE_MARGIN_MS - startedMs);
    link.up('relay');
    this.metrics.batch(batch.length, clock.monotonicMs() - startedMs);
    await failpoint('relay.after-publish');
    const seqs = batch.map(({ seq }) => seq);
    await markPublished(database, seqs, clock.now());
    await failpoint('relay.after-mark');
  }

  private async bodiesOf(batch: readonly ResourceEvent[], read: ReadBodies): Promise<ReadonlyMap<string, string>> {
    const living = batch.filter(({ interaction }) => interaction !== 'delete');
    const fitting = living.filter(fits);
    const found = fitting.length > 0 ? await read(fitting) : new Map<string, string>();
    const tooLarge = living.filter((event) => !fits(event)).map(({ eventId }) => [eventId, 'too-large'] as const);
    return new Map([...found, ...tooLarge]);
  }

  /** As many, from the first on, as one send takes. */
  private prefixOf(events: readonly ResourceEvent[]): readonly ResourceEvent[] {
    let bytes = 0;
    const end = events.findIndex((event) => {
      bytes += RECORD_BYTES_GUESS + (this.deps.readBodies && fits(event) ? event.bodyBytes : 0);
      return bytes > SEND_BYTES_MAX;
    });
    return end < 0 ? events : events.slice(0, Math.max(1, end));
  }

  private async hold(): Promise<Lease | undefined> {
    const { database, clock, holder } = this.deps;
    // Measured from before the statement: the row's lease ends later than we think, never earlier.
    const heldAtMs = clock.monotonicMs();
    const held = await holdDuty(database, clock, DUTY, holder, RELAY_LEASE_MS);
    return held && { epoch: held.epoch, heldAtMs };
  }

  /** Renews in time. False: another process has led since, or leads now. */
  private async keep(lease: Lease): Promise<boolean> {
    if (this.deps.clock.monotonicMs() - lease.heldAtMs < RELAY_RENEW_MS) return true;
    const renewed = await this.hold();
    if (renewed?.epoch !== lease.epoch) return false;
    lease.heldAtMs = renewed.heldAtMs;
    return true;
  }

  private async measure(): Promise<void> {
    const { database, clock } = this.deps;
    if (clock.monotonicMs() - this.measuredAtMs < RELAY_MEASURE_MS) return;
    this.measuredAtMs = clock.monotonicMs();
    this.metrics.lag(await unpublishedStats(database), clock.now());
  }
}

/** Whether the resource may go along; what is near the limit is decided again when the record is written. */
function fits(event: ResourceEvent): boolean {
  return event.bodyBytes <= VALUE_BYTES_MAX;
}
