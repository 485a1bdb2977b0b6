// Keeps the outbox's daily partitions ahead of the clock: at start, then every hour, and a minute into each day, when the new partition holds
// enough rows for statistics.
import type { Clock, Database, Log, Worker } from '../platform';
import { PARTITION_INTERVAL_MS, PARTITION_RETRY_MS, PARTITION_SETTLE_MS } from './limits';
import { analyzeCurrentPartition, ensurePartitions, msToNextDay } from './partitions';

/** May run in every process: the first one to come makes what is missing. */
export class OutboxPartitionsWorker implements Worker {
  readonly name = 'outbox-partitions';

  constructor(private readonly deps: { database: Database; clock: Clock; log: Log }) {}

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) await this.deps.clock.sleep(await this.look(), signal);
  }

  /** One look: makes what is missing; returns how long to wait until the next, in milliseconds. */
  async look(): Promise<number> {
    const { database, clock, log } = this.deps;
    try {
      const made = await ensurePartitions(database, clock.now());
      if (made.length > 0) log.info({ partitions: made }, 'outbox.partitions-made');
      await analyzeCurrentPartition(database, clock.now());
      if (made.length > 0) return PARTITION_SETTLE_MS;
      return Math.min(PARTITION_INTERVAL_MS, msToNextDay(clock.now()) + PARTITION_SETTLE_MS);
    } catch (error) {
      // Expected: a long transaction holds the table, or the database is away. Rows fall into the default partition meanwhile.
      log.warn({ error }, 'outbox.partitions-postponed');
      return PARTITION_RETRY_MS;
    }
  }
}
