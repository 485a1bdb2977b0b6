// A clock that stands still until the test moves it.
import { Clock } from '../../src/platform';

interface Sleeper {
  readonly wakeMs: number;
  readonly wake: () => void;
}

/** Starts at `start` (default 2026-01-01T00:00:00Z). `advance` wakes sleepers in the order of their times. */
export class FakeClock extends Clock {
  private readonly startMs: number;
  private elapsedMs = 0;
  private readonly sleepers = new Set<Sleeper>();

  constructor(start = '2026-01-01T00:00:00.000Z') {
    super();
    this.startMs = new Date(start).getTime();
  }

  override now(): Date {
    return new Date(this.startMs + this.elapsedMs);
  }

  override monotonicMs(): number {
    return this.elapsedMs;
  }

  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.sleepers.delete(sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper = { wakeMs: this.elapsedMs + Math.max(ms, 0), wake };
      this.sleepers.add(sleeper);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  /** How many sleeps are waiting. */
  get sleeping(): number {
    return this.sleepers.size;
  }

  /** Moves time forward, letting woken code run (and sleep again) at each step. */
  async advance(ms: number): Promise<void> {
    const endMs = this.elapsedMs + ms;
    await settle();
    for (;;) {
      const next = [...this.sleepers].filter((s) => s.wakeMs <= endMs).sort((a, b) => a.wakeMs - b.wakeMs)[0];
      if (!next) break;
      this.elapsedMs = Math.max(this.elapsedMs, next.wakeMs);
      next.wake();
      await settle();
    }
    this.elapsedMs = endMs;
    await settle();
  }
}

/** Lets everything that is ready run, a few turns of the loop deep. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
