// The net under the bus: asks Postgres for roots with unmatched events and matches them. Alone it keeps the system correct; hints only
// make it fast. It also tidies up: snapshots nobody needs any more, subscriptions that became unreadable, the lag as a metric.
import { snapshotsWithoutWaiting, unmatchedStats } from '../outbox';
import { describeError, failpoint, isTransient, type Clock, type Database, type Log, type Worker } from '../platform';
import { clearSnapshots, type SubscriptionRegistry, type SubscriptionStatusWriter } from '../subscriptions';
import { SNAPSHOTS_MAX, SWEEPS_BETWEEN_TIDYING } from './limits';
import { matchWaiting } from './match-waiting';
import type { Matcher } from './matcher';

export interface MatchSweepDeps {
  readonly matcher: Matcher;
  readonly registry: SubscriptionRegistry;
  readonly statusWriter: SubscriptionStatusWriter;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly intervalMs: number;
}

export class MatchSweepWorker implements Worker {
  readonly name = 'match-sweep';

  constructor(private readonly deps: MatchSweepDeps) {}

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, intervalMs } = this.deps;
    // Staggered: processes that started together do not all ask at the same moment.
    await clock.sleep(Math.random() * intervalMs, signal);
    for (let sweeps = 1; !signal.aborted; sweeps += 1) {
      try {
        await this.sweep(signal);
        if (sweeps % SWEEPS_BETWEEN_TIDYING === 0) await this.tidySnapshots();
      } catch (error) {
        // Expected: the database is away; the next sweep asks again.
        if (!isTransient(error)) throw error;
        log.warn({ reason: describeError(error) }, 'match-sweep.database-away');
      }
      await clock.sleep(intervalMs, signal);
    }
  }

  /** Matches everything that waits now. */
  async sweep(signal: AbortSignal): Promise<void> {
    const { database, matcher, registry, clock } = this.deps;
    await failpoint('sweep.match');
    await matchWaiting(database, matcher, signal);
    matcher.metrics.lag(await unmatchedStats(database), clock.now(), registry.size);
    await this.reportBroken();
  }

  /** Forgets snapshots that no unmatched event lies before, in the database and in this process. */
  async tidySnapshots(): Promise<number> {
    const { database, registry } = this.deps;
    const held = registry.snapshots(SNAPSHOTS_MAX);
    const unneeded = await snapshotsWithoutWaiting(database, held);
    await clearSnapshots(database, unneeded);
    registry.forget(unneeded);
    return unneeded.length;
  }

  private async reportBroken(): Promise<void> {
    const { registry, statusWriter, log } = this.deps;
    for (const { subscriptionKey, reason } of registry.brokenSubscriptions()) {
      try {
        await statusWriter.setError(subscriptionKey, reason);
      } catch (error) {
        // Expected: the resource itself cannot be read either, so its status cannot be written. It matches nothing, and stops nobody.
        if (isTransient(error)) throw error;
        log.error({ subscriptionKey, reason: describeError(error) }, 'subscription.error-not-written');
      }
      registry.reported(subscriptionKey);
    }
  }
}
