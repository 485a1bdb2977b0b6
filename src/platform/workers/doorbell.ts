// A hint inside one process: "look here". Nothing depends on it being heard; the sweeps find whatever it missed.

/** Calls its listeners with what was rung; a listener must not throw and should only note the items. */
export class Doorbell<T> {
  private readonly listeners = new Set<(items: readonly T[]) => void>();

  /** Tells every listener, at once and in this turn. An empty ring is none. */
  ring(items: readonly T[]): void {
    if (items.length === 0) return;
    for (const listener of this.listeners) listener(items);
  }

  /** Adds a listener; the answer removes it again. */
  onRing(listener: (items: readonly T[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
