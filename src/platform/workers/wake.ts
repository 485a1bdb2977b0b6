// A loop's alarm clock: rung by others, or by the time it was set to, whichever comes first.
import type { Clock } from '../clock/clock';

/** A reason of our own: without one every ring would make an error with a stack, which costs more than the wake-up. */
const RUNG = 'rung';

export class Wake {
  private isRung = false;
  private waiter?: AbortController;

  constructor(private readonly clock: Clock) {}

  /** Wakes the loop, now or as soon as it waits. */
  ring(): void {
    this.isRung = true;
    this.waiter?.abort(RUNG);
  }

  /** Waits for a ring, for `ms` milliseconds at most, or until `signal` aborts; a ring that came before counts. */
  async wait(ms: number, signal?: AbortSignal): Promise<void> {
    if (!this.isRung && !signal?.aborted && ms > 0) {
      const waiter = new AbortController();
      const stop = (): void => waiter.abort(RUNG);
      this.waiter = waiter;
      signal?.addEventListener('abort', stop, { once: true });
      await this.clock.sleep(ms, waiter.signal);
      signal?.removeEventListener('abort', stop);
      this.waiter = undefined;
    }
    this.isRung = false;
  }
}
