// Looks again in slices with nothing left to start: more to do, or back to sleep.
import { failpoint, type Clock, type Database } from '../platform';
import { lookAgain, type DrainedSlice, type Looked } from './ledger/finish';
import { passBarriers } from './ledger/barrier';
import type { WindowSettings } from './ledger/windows';
import { BEHIND_STEP_ROWS } from './limits';
import type { OwnedSlices } from './owned-slices';
import type { SliceRun } from './slice-run';

export interface LookerDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly owned: OwnedSlices;
  readonly settings: WindowSettings;
  /** Told when an idle slice will be due again, and whether only some slices of its subscription may be leased. */
  readonly onDue: (at: Date, isNarrow: boolean) => void;
}

export class Looker {
  constructor(private readonly deps: LookerDeps) {}

  /** Slices worth a look now: nothing to start, and either nothing in hand or room for more. */
  candidates(max: number): SliceRun[] {
    const isWorthIt = (run: SliceRun): boolean => {
      if (run.isLost || !run.isDrained || run.isAwaitingBreaker) return false;
      if (run.isEmpty) return run.inFlight === 0;
      return run.mayHaveMore && !run.isEnding && !run.isNarrow && run.inFlight < run.share;
    };
    return this.deps.owned.all().filter(isWorthIt).slice(0, max);
  }

  /** Locks them, looks, and takes what was found. Throws when the database is lost: the slices stay in hand. */
  async look(runs: readonly SliceRun[]): Promise<void> {
    const { database, clock, settings } = this.deps;
    const now = clock.now();
    const slices = runs.map((run) => this.drained(run, now));
    for (const run of runs) run.mayHaveMore = false;
    const looked = await database.transaction(
      async (tx) => {
        const answers = await lookAgain(tx, slices, { ...settings, now });
        await failpoint('idle.before-commit');
        return answers;
      },
      { isEager: true },
    );
    const barred = new Set<number>();
    for (const [index, one] of looked.entries()) {
      const run = runs[index]!;
      this.take(run, one);
      if (one.outcome === 'idle' && run.reading.hasBarrier) barred.add(run.subscriptionKey);
    }
    for (const key of barred) if (await passBarriers(database, key, clock.now())) this.deps.onDue(clock.now(), false);
  }

  private drained(run: SliceRun, now: Date): DrainedSlice {
    return {
      subscriptionKey: run.subscriptionKey,
      sliceNo: run.sliceNo,
      epoch: run.epoch,
      lookAt: run.isSteppingBehind ? BEHIND_STEP_ROWS : this.deps.settings.windowRows,
      inHand: run.inHand,
      keysInHand: run.keysInHand,
      wantsResends: run.reading.hasResends,
      // Where fewer slices may be leased than there are, each gives its place to the next after one window.
      isGivenBack: run.isEnding || run.isNarrow || run.hasEnded(now),
      mayGoIdle: run.isEmpty && run.inFlight === 0,
      successes: run.successes,
      rate: run.rateAt(this.deps.clock.monotonicMs()),
    };
  }

  private take(run: SliceRun, looked: Looked): void {
    const { owned, onDue } = this.deps;
    if (looked.outcome === 'lost') run.lose();
    if (looked.outcome !== 'window') {
      owned.remove(run);
      if (looked.dueAt) onDue(looked.dueAt, run.isNarrow);
      return;
    }
    if (looked.window) run.add(looked.window);
    owned.offer(run);
  }
}
