// Slices with something to start that were refused a place, by cause: they are offered again when that cause may have passed.
import type { Refusal } from './slots';
import type { SliceRun } from './slice-run';

export class WaitingRoom {
  private readonly byCause = new Map<string, Set<SliceRun>>();

  /** Keeps a run until its cause passes. A full process is not a cause: there the run keeps its turn. */
  put(run: SliceRun, refusal: Refusal): void {
    const cause = nameOf(refusal);
    const waiting = this.byCause.get(cause) ?? new Set();
    this.byCause.set(cause, waiting.add(run));
  }

  /** Everyone who waited for this, in the order of arrival. */
  take(cause: 'slow' | 'rate' | { readonly origin: string }): readonly SliceRun[] {
    const name = typeof cause === 'string' ? cause : originName(cause.origin);
    const waiting = this.byCause.get(name);
    this.byCause.delete(name);
    return waiting ? [...waiting] : [];
  }
}

function nameOf(refusal: Refusal): string {
  return refusal.cause === 'origin' ? originName(refusal.origin) : refusal.cause;
}

function originName(origin: string): string {
  return `origin ${origin}`;
}
