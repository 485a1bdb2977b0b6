// Slices with something to start that were refused a place, by cause: they are offered again when that cause may have passed.
import type { Refusal } from './slots';
import type { SliceRun } from './slice-run';

export type Cause = 'slow' | 'rate' | { readonly origin: string };

export class WaitingRoom {
  private readonly byCause = new Map<string, Set<SliceRun>>();

  /** Keeps a run until its cause passes. A full process is not a cause: there the run keeps its turn. */
  put(run: SliceRun, refusal: Refusal): void {
    const cause = refusal.cause === 'origin' ? originName(refusal.origin) : refusal.cause;
    const waiting = this.byCause.get(cause) ?? new Set();
    this.byCause.set(cause, waiting.add(run));
  }

  /** Whoever has waited longest for this, and no longer does; undefined: nobody. */
  take(cause: Cause): SliceRun | undefined {
    const name = typeof cause === 'string' ? cause : originName(cause.origin);
    const waiting = this.byCause.get(name);
    if (!waiting) return undefined;
    const [longest] = waiting;
    waiting.delete(longest!);
    if (waiting.size === 0) this.byCause.delete(name);
    return longest;
  }
}

function originName(origin: string): string {
  return `origin ${origin}`;
}
