// npm run chaos -- --minutes 5 --seed n: what may be said on the command line.
import { parseArgs } from 'node:util';

export interface ChaosOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly processes: number;
  readonly writers: number;
  /** How long everything may take to be delivered once all is well again. */
  readonly drainSeconds: number;
  /** Keeps the database's folder and what the receiver saw, for a look after a failed run. */
  readonly keep: boolean;
}

/** Throws when a value is not a number in its range. */
export function readOptions(args: readonly string[]): ChaosOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '5' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
      processes: { type: 'string', default: '2' },
      writers: { type: 'string', default: '6' },
      'drain-seconds': { type: 'string', default: '180' },
      keep: { type: 'boolean', default: false },
    },
  });
  return {
    minutes: within('minutes', values.minutes, 0.1, 600),
    seed: within('seed', values.seed, 0, 2 ** 32 - 1),
    processes: within('processes', values.processes, 1, 4),
    writers: within('writers', values.writers, 1, 64),
    drainSeconds: within('drain-seconds', values['drain-seconds'], 10, 3_600),
    keep: values.keep,
  };
}

function within(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= min && value <= max) return value;
  throw new Error(`--${name} must be a number from ${min} to ${max}, not ${text}`);
}
