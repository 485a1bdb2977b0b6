// What carries "look here" from a committed write to the matchers. A bus carries hints only: Postgres knows the truth, and the
// sweep finds whatever a hint forgot. So a bus may lose, repeat and reorder, but it must never invent work for nobody.
import type { Worker } from '../platform';

/**
 * Called with the hashes of roots that may have unmatched events: at least one, each once, at most `BATCH_ROOTS_MAX`.
 * `more` hands over what has been rung meanwhile, as far as the bus knows of it (perhaps nothing), to be handled in the same call.
 * A throw means "again": the bus hands the same roots out once more, those of `more` included. A bus whose other hints would wait behind
 * them may give roots up that fail alone again and again; it says so loudly, and the sweep has them. After a return the bus may forget them,
 * unless `signal` was aborted: then nothing is known of them.
 */
export type HandleRoots = (
  rootHashes: readonly number[],
  signal: AbortSignal,
  more: () => readonly number[],
) => Promise<void>;

/** Abstract class: the type and the injection token in one. */
export abstract class EventBus {
  /** Tells the matchers of this process, at once and without waiting. Never throws; beyond its bound a bus forgets, and the sweep remembers. */
  abstract publish(rootHashes: readonly number[]): void;

  /** A worker that feeds `handle`, one call at a time, for as long as it runs. Several workers of one bus share the hints. */
  abstract consume(handle: HandleRoots): Worker;

  /**
   * True while every hint there is comes to this process, but in no order among roots: whoever owes an order across roots must then ask Postgres for
   * everything that waits, and takes nothing from another by it. False where hints come in the order of the commits, or are shared with others.
   */
  get isSoleAndUnordered(): boolean {
    return false;
  }
}
