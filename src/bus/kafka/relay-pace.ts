// How long the relay rests between two looks for events that other processes have written. Pure.
import { RELAY_FRESH_MS, RELAY_MANY, RELAY_SOON_MS } from '../limits';

/** Where a little is written the next event finds the relay looking; where much is, it gathers; where nothing is, it hardly asks. */
export class RelayPace {
  private seenAtMs = -Infinity;

  /** `intervalMs`: the rest where nothing or much is written, and the longest. */
  constructor(private readonly intervalMs: number) {}

  /** In: how many events the look found that ended at `nowMs` (monotonic). Out: milliseconds until the next. */
  restMs(found: number, nowMs: number): number {
    if (found > 0) this.seenAtMs = nowMs;
    // Many at once: a batch costs the brokers and the matchers nearly the same whatever is in it.
    if (found >= RELAY_MANY) return this.intervalMs;
    return nowMs - this.seenAtMs < RELAY_FRESH_MS ? Math.min(RELAY_SOON_MS, this.intervalMs) : this.intervalMs;
  }
}
