// The only place that knows the time. Everything else is handed a Clock, so tests decide what time it is.

/** Wall time for facts, monotonic time for durations, and a sleep that ends early when told to. */
export abstract class Clock {
  /** Wall time, millisecond precision. */
  abstract now(): Date;
  /** Milliseconds since an arbitrary start; never jumps back. For durations only. */
  abstract monotonicMs(): number;
  /** Resolves after `ms` milliseconds, or at once when `signal` aborts. Never rejects. */
  abstract sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Longest delay a Node timer takes; more would fire at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** Resolves after `ms` real milliseconds, or when `signal` aborts. */
export function sleepReal(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(Math.max(ms, 0), TIMER_MS_MAX));
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** The machine's own clock. */
export class SystemClock extends Clock {
  override now(): Date {
    return new Date();
  }

  override monotonicMs(): number {
    return performance.now();
  }

  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepReal(ms, signal);
  }
}
