// The slices this process holds, and which of them have something to start.
import { sliceKey, type SliceId } from './ledger/rows';
import type { SliceRun } from './slice-run';

export class OwnedSlices {
  private readonly runs = new Map<string, SliceRun>();
  private readonly bySubscription = new Map<number, Set<SliceRun>>();
  /** In turn: who has had its turn comes again when it is offered again, at the end. */
  private readonly runnable = new Set<SliceRun>();

  get size(): number {
    return this.runs.size;
  }

  get runnableCount(): number {
    return this.runnable.size;
  }

  all(): SliceRun[] {
    return [...this.runs.values()];
  }

  get(slice: SliceId): SliceRun | undefined {
    return this.runs.get(sliceKey(slice));
  }

  ofSubscription(subscriptionKey: number): Iterable<SliceRun> {
    return this.bySubscription.get(subscriptionKey) ?? [];
  }

  /** Takes a claimed slice. One of an older epoch, whose lease had expired, is lost with this. */
  add(run: SliceRun): void {
    const key = sliceKey(run);
    const older = this.runs.get(key);
    if (older) {
      older.lose();
      this.remove(older);
    }
    this.runs.set(key, run);
    const siblings = this.bySubscription.get(run.subscriptionKey) ?? new Set();
    this.bySubscription.set(run.subscriptionKey, siblings.add(run));
    this.offer(run);
  }

  remove(run: SliceRun): void {
    if (this.runs.get(sliceKey(run)) === run) this.runs.delete(sliceKey(run));
    this.runnable.delete(run);
    const siblings = this.bySubscription.get(run.subscriptionKey);
    siblings?.delete(run);
    if (siblings?.size === 0) this.bySubscription.delete(run.subscriptionKey);
  }

  /** The run has something to start. */
  offer(run: SliceRun): void {
    if (!run.isDrained && !run.isLost) this.runnable.add(run);
  }

  /** Calls `startFrom` for each runnable slice in turn, until it says that the process is full; that slice then comes first the next time. */
  eachRunnable(startFrom: (run: SliceRun) => 'done' | 'full'): void {
    for (const run of this.runnable) {
      if (startFrom(run) === 'full') return;
      this.runnable.delete(run);
    }
  }

  /** Slices of one subscription held by this process. */
  countOf(subscriptionKey: number): number {
    return this.bySubscription.get(subscriptionKey)?.size ?? 0;
  }

  /** Requests of one subscription being made by this process. */
  inFlightOf(subscriptionKey: number): number {
    let inFlight = 0;
    for (const run of this.ofSubscription(subscriptionKey)) inFlight += run.inFlight;
    return inFlight;
  }
}
