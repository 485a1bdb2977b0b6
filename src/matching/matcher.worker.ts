// Follows the bus: roots that may have something are matched at once. A lost database is waited for here, for as long as it takes.
import type { EventBus } from '../bus';
import { restampWaiting } from '../outbox';
import { describeError, isTransient, type Clock, type Database, type Log, type Worker } from '../platform';
import { clearForeignSnapshots } from '../subscriptions';
import { RETRY_MS_MAX, RETRY_MS_MIN } from './limits';
import { matchWaiting } from './match-waiting';
import type { Matcher } from './matcher';

export interface MatcherWorkerDeps {
  readonly matcher: Matcher;
  readonly bus: EventBus;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
}

export class MatcherWorker implements Worker {
  readonly name = 'matcher';

  constructor(private readonly deps: MatcherWorkerDeps) {}

  async run(signal: AbortSignal): Promise<void> {
    const { matcher, bus, database, log } = this.deps;
    await this.untilDatabaseAnswers(signal, async () => {
      await clearForeignSnapshots(database, log, restampWaiting);
      await matcher.prime();
    });
    // A throw from here (a bug, not a lost database) hands the roots back to the bus; the supervisor starts this worker again.
    await bus.consume((rootHashes, stop, more) => this.match(rootHashes, stop, more)).run(signal);
  }

  /** One transaction at a time, each with everything rung before it: busy roots keep no others waiting, and no effect passes its cause. */
  private async match(
    rootHashes: readonly number[],
    signal: AbortSignal,
    more: () => readonly number[],
  ): Promise<void> {
    if (this.deps.bus.isSoleAndUnordered && (await this.matchAll(signal))) return;
    const roots = new Set(rootHashes);
    const add = (): readonly number[] => {
      const rung = more();
      for (const hash of rung) roots.add(hash);
      return rung;
    };
    const now = (): number[] => {
      add();
      return [...roots];
    };
    await this.untilDatabaseAnswers(signal, async () => {
      this.deps.bus.publish(await this.deps.matcher.matchRound({ now, more: add }));
    });
  }

  /**
   * Everything that waits, in the order of the commits. False when it cannot be done: then the roots that were told of are matched by themselves, and
   * whoever is broken among them is found.
   */
  private async matchAll(signal: AbortSignal): Promise<boolean> {
    const { matcher, database, log } = this.deps;
    try {
      await this.untilDatabaseAnswers(signal, () => matchWaiting(database, matcher, signal));
      return true;
    } catch (error) {
      // Expected: a root that cannot be matched (a bug, data nobody foresaw); the bus splits what fails.
      log.warn({ reason: describeError(error) }, 'matcher.order-across-roots-given-up');
      return false;
    }
  }

  /** Repeats `work` with growing pauses while the database is away. Returns without having worked only when `signal` aborts. */
  private async untilDatabaseAnswers(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    const { clock, log } = this.deps;
    for (let pauseMs = RETRY_MS_MIN; !signal.aborted; pauseMs = Math.min(pauseMs * 2, RETRY_MS_MAX)) {
      try {
        return await work();
      } catch (error) {
        // Expected: the connection was lost, or the server is restarting.
        if (!isTransient(error)) throw error;
        log.warn({ reason: describeError(error), againInMs: pauseMs }, 'matcher.database-away');
        await clock.sleep(pauseMs, signal);
      }
    }
  }
}
