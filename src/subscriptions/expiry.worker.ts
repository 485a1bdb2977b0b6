// Turns Subscriptions off when their `end` has come. Nothing is matched or sent after the end even before this worker looks; it makes
// the status say so. A leader duty: one process does it.
import { holdDuty, releaseDuty, type Clock, type Database, type Log, type Worker } from '../platform';
import { endedKeys } from './incarnations';
import { EXPIRY_LEASE_INTERVALS, EXPIRY_ROUND_MAX } from './limits';
import type { SubscriptionStatusWriter } from './status-writer';

const DUTY = 'subscription-expiry';

export interface ExpiryWorkerDeps {
  readonly database: Database;
  readonly statusWriter: SubscriptionStatusWriter;
  readonly clock: Clock;
  readonly log: Log;
  /** Identity of this process among those that share the database. */
  readonly holder: string;
  readonly intervalMs: number;
}

export class ExpiryWorker implements Worker {
  readonly name = DUTY;

  constructor(private readonly deps: ExpiryWorkerDeps) {}

  async run(signal: AbortSignal): Promise<void> {
    const { database, clock, holder, intervalMs } = this.deps;
    while (!signal.aborted) {
      const duty = await holdDuty(database, clock, DUTY, holder, intervalMs * EXPIRY_LEASE_INTERVALS);
      const nextEnd = duty && (await this.turnOffEnded());
      await clock.sleep(this.pauseUntil(nextEnd), signal);
    }
    await releaseDuty(database, clock, DUTY, holder);
  }

  /** Turns off what has ended by now; answers the next end, if there is one. */
  async turnOffEnded(): Promise<Date | undefined> {
    const { database, statusWriter, clock, log } = this.deps;
    for (;;) {
      const { keys, nextEnd } = await endedKeys(database, clock.now(), EXPIRY_ROUND_MAX);
      let written = 0;
      for (const key of keys) {
        if (await statusWriter.setOff(key)) written += 1;
      }
      if (written > 0) log.info({ ended: written }, 'subscriptions.ended');
      // Nothing written although some were due: they keep moving; the next round will see.
      if (keys.length < EXPIRY_ROUND_MAX || written === 0) return nextEnd;
    }
  }

  private pauseUntil(nextEnd: Date | undefined): number {
    const { clock, intervalMs } = this.deps;
    if (nextEnd === undefined) return intervalMs;
    return Math.max(1, Math.min(intervalMs, nextEnd.getTime() - clock.now().getTime()));
  }
}
