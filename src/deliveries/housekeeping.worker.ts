// What the ledger needs now and then: rows of deleted Subscriptions cancelled in steps, daily partitions of `attempt` made ahead, and
// figures about what waits.
import { describeError, type Clock, type Database, type Log, type Metrics, type Worker } from '../platform';
import { cancelDeadStep } from './ledger/cancel';
import { ensureAttemptPartitions } from './ledger/partitions';
import { oldestDue } from './ledger/read-models';
import { PARTITION_INTERVAL_MS } from './limits';
import { countAllDeadLetters } from './verbs/dead-letters';

export interface HousekeepingDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly intervalMs: number;
}

export class DeliveryHousekeepingWorker implements Worker {
  readonly name = 'deliveries-housekeeping';
  private partitionsAtMs = -Infinity;

  constructor(private readonly deps: HousekeepingDeps) {}

  async run(signal: AbortSignal): Promise<void> {
    const { clock, intervalMs, log } = this.deps;
    while (!signal.aborted) {
      let isBusy = false;
      try {
        isBusy = await this.round();
      } catch (error) {
        // Expected: a lost database. There is another round.
        log.warn({ reason: describeError(error) }, 'delivery.housekeeping-failed');
      }
      if (!isBusy) await clock.sleep(intervalMs, signal);
    }
  }

  /** Out: whether there is more to cancel. */
  private async round(): Promise<boolean> {
    const { database, clock, log, metrics } = this.deps;
    if (clock.monotonicMs() - this.partitionsAtMs >= PARTITION_INTERVAL_MS) {
      await ensureAttemptPartitions(database, clock.now(), log);
      this.partitionsAtMs = clock.monotonicMs();
    }
    const now = clock.now();
    const dueAt = await oldestDue(database, now);
    metrics
      .gauge('herald_delivery_queue_age_seconds', 'How long the oldest due slice has been waiting for a worker')
      .set(dueAt ? Math.max(0, now.getTime() - dueAt.getTime()) / 1_000 : 0);
    metrics
      .gauge('herald_dead_letters', 'Dead letters that nobody has dealt with, counted up to a limit')
      .set(await countAllDeadLetters(database));
    return cancelDeadStep(database, now);
  }
}
