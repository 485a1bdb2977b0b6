// What the ledger needs now and then: rows of deleted Subscriptions cancelled in steps, daily partitions of `attempt` made ahead, blocked keys
// told whose blocker ended too early, and figures about what waits.
import { describeError, type Clock, type Database, type Log, type Metrics, type Worker } from '../platform';
import type { StatusWriter } from './health-keeper';
import { cancelDeadStep } from './ledger/cancel';
import { untoldBlocks } from './ledger/health';
import { ensureAttemptPartitions } from './ledger/partitions';
import { oldestDue } from './ledger/read-models';
import { PARTITION_INTERVAL_MS, UNTOLD_BLOCKS_MAX } from './limits';
import { countAllDeadLetters } from './verbs/dead-letters';

export interface HousekeepingDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly statuses: Pick<StatusWriter, 'setError'>;
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
    await this.tellBlocks();
    return cancelDeadStep(database, now);
  }

  private async tellBlocks(): Promise<void> {
    const { database, statuses, log } = this.deps;
    for (const { subscriptionKey, lastError } of await untoldBlocks(database, UNTOLD_BLOCKS_MAX)) {
      const text = lastError ?? 'A message that the receiver does not take blocks its key';
      if (await statuses.setError(subscriptionKey, text))
        // Without its text, which names a resource.
        log.info({ subscriptionKey, status: 'error' }, 'subscription.status-changed');
    }
  }
}
