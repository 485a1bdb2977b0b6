// Waiting for a signal, never for a time: a promise that is met, or fails at its deadline saying what was missing.
import { PATIENCE } from './profile';

export class Deadline {
  readonly outcome: Promise<void>;
  private settle!: () => void;
  private readonly timer: NodeJS.Timeout;

  constructor(deadlineMs: number, explain: () => string) {
    let fail!: (error: Error) => void;
    this.outcome = new Promise<void>((resolve, reject) => {
      this.settle = resolve;
      fail = reject;
    });
    const ms = deadlineMs * PATIENCE;
    this.timer = setTimeout(() => fail(new Error(`after ${ms} ms: ${explain()}`)), ms);
  }

  met(): void {
    clearTimeout(this.timer);
    this.settle();
  }
}

/** Asks until the answer is truthy, for facts that send no signal (a row, a page of the admin API). Fails at the deadline with the last answer. */
export async function eventually<T>(
  ask: () => Promise<T> | T,
  options: { deadlineMs?: number; everyMs?: number; what?: string } = {},
): Promise<NonNullable<T>> {
  const { everyMs = 25, what = 'a truthy answer' } = options;
  const deadlineMs = (options.deadlineMs ?? 20_000) * PATIENCE;
  const end = performance.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (performance.now() > end)
      throw new Error(`after ${deadlineMs} ms: waited for ${what}, last answer: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
