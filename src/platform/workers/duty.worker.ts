// A duty that one process at a time does at intervals: whoever holds the leader row works, the others look again later.
import type { Clock } from '../clock/clock';
import type { Database } from '../database/database';
import { describeError, isTransient } from '../database/database-errors';
import { holdDuty, releaseDuty } from '../leader/leader';
import { DUTY_LEASE_INTERVALS, DUTY_LEASE_MS_MIN } from '../limits';
import type { Log } from '../log/log';
import type { Worker } from './supervisor';

/** One turn at a duty. */
export interface DutyTurn {
  /** Rises with every change of hands: what is written under an older epoch than the last one seen comes from a process that was frozen. */
  readonly epoch: number;
  readonly signal: AbortSignal;
  /** Call it between steps: renews the lease. False: stop here, another process has the duty or this one is stopping. */
  readonly mayGoOn: () => Promise<boolean>;
}

export interface DutyWorkerDeps {
  readonly duty: string;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  /** This process among those that share the database. */
  readonly holder: string;
  readonly intervalMs: number;
  /** The first round comes this long after the start, when everything else has taken up its work. */
  readonly firstAfterMs: number;
  /** One round. A lost database ends the round, not the worker; any other throw restarts the worker. */
  readonly work: (turn: DutyTurn) => Promise<void>;
}

export class DutyWorker implements Worker {
  readonly name: string;

  constructor(private readonly deps: DutyWorkerDeps) {
    this.name = deps.duty;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { duty, database, clock, log, holder, intervalMs, firstAfterMs } = this.deps;
    await clock.sleep(firstAfterMs, signal);
    while (!signal.aborted) {
      try {
        await this.turn(signal);
      } catch (error) {
        // Expected: the database is away. The next round asks again.
        if (!isTransient(error)) throw error;
        log.warn({ duty, reason: describeError(error) }, 'duty.database-away');
      }
      await clock.sleep(intervalMs, signal);
    }
    // Expected: the database went away before us. The lease ends by itself.
    await releaseDuty(database, clock, duty, holder).catch(() => undefined);
  }

  /** One round when the duty is ours. Out: whether it was. */
  async turn(signal: AbortSignal): Promise<boolean> {
    const held = await this.hold();
    if (held === undefined) return false;
    const { epoch } = held;
    const mayGoOn = async (): Promise<boolean> => !signal.aborted && (await this.hold())?.epoch === epoch;
    await this.deps.work({ epoch, signal, mayGoOn });
    return true;
  }

  private hold(): Promise<{ epoch: number } | undefined> {
    const { duty, database, clock, holder, intervalMs } = this.deps;
    return holdDuty(database, clock, duty, holder, Math.max(DUTY_LEASE_MS_MIN, intervalMs * DUTY_LEASE_INTERVALS));
  }
}
