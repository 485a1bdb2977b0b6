// How fast the endpoints answer, subscription by subscription, in this process's memory: the adaptive limit and the slow pool go by it. No clock.
import { PACE_ATTEMPTS, PACE_SUBSCRIPTIONS_MAX, SLOW_P95_MS } from './limits';

interface Pace {
  /** The latest durations, at most a set; the oldest is overwritten. */
  readonly latest: number[];
  /** Attempts of the set under way, and how many of them took more than half of the deadline. */
  count: number;
  late: number;
}

export class PaceBook {
  private readonly known = new Map<number, Pace>();

  /** `slowMs`: a p95 beyond it is slow. */
  constructor(readonly slowMs: number = SLOW_P95_MS) {}

  /** Notes one attempt; out, at the end of each set: whether its p95 is beyond half of the deadline. Milliseconds. */
  ended(subscriptionKey: number, durationMs: number, deadlineMs: number): 'slow' | 'well' | undefined {
    const pace = this.paceOf(subscriptionKey);
    if (pace.latest.length < PACE_ATTEMPTS) pace.latest.push(durationMs);
    else pace.latest[pace.count] = durationMs;
    pace.count += 1;
    if (durationMs > deadlineMs / 2) pace.late += 1;
    if (pace.count < PACE_ATTEMPTS) return undefined;
    const verdict = isP95Beyond(pace.late, PACE_ATTEMPTS) ? 'slow' : 'well';
    pace.count = 0;
    pace.late = 0;
    return verdict;
  }

  /** True while the p95 of the latest attempts, at most a set, is beyond the limit of the slow pool. */
  isSlow(subscriptionKey: number): boolean {
    const latest = this.known.get(subscriptionKey)?.latest ?? [];
    return isP95Beyond(latest.filter((ms) => ms > this.slowMs).length, latest.length);
  }

  private paceOf(subscriptionKey: number): Pace {
    let pace = this.known.get(subscriptionKey);
    if (pace) return pace;
    pace = { latest: [], count: 0, late: 0 };
    this.known.set(subscriptionKey, pace);
    for (const oldest of this.known.keys()) {
      if (this.known.size <= PACE_SUBSCRIPTIONS_MAX) break;
      this.known.delete(oldest);
    }
    return pace;
  }
}

/** Are so many of `count` beyond a bound that their p95 is? */
function isP95Beyond(beyond: number, count: number): boolean {
  return beyond > count - Math.ceil(count * 0.95);
}
