// The database's time without asking it every time: an offset to the monotonic clock, measured at start and again every
// half minute. All processes on one database so agree on what time it is, whatever their own wall clocks say.
import type { Tx } from '../database/database';
import type { Log } from '../log/log';
import { CLOCK_MEASURE_INTERVAL_MS, CLOCK_SAMPLES } from '../limits';
import type { Worker } from '../workers/supervisor';
import { Clock, sleepReal } from './clock';

// The one statement that asks the server for its time: it is the measurement itself.
const askTime = {
  name: 'clock_measure',
  text: 'select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms',
  values: [],
};

/** Database time by measured offset; follows neither jumps of the local wall clock nor its drift. */
export class DatabaseClock extends Clock {
  private constructor(private offsetMs: number) {
    super();
  }

  /** Measures the offset with a few short queries and keeps the sample with the shortest round trip. Throws what the database throws. */
  static async measure(db: Tx): Promise<DatabaseClock> {
    return new DatabaseClock(await measureOffsetMs(db));
  }

  /** Measures again; returns by how many milliseconds the offset moved. */
  async remeasure(db: Tx): Promise<number> {
    const before = this.offsetMs;
    this.offsetMs = await measureOffsetMs(db);
    return this.offsetMs - before;
  }

  override now(): Date {
    return new Date(Math.floor(performance.now() + this.offsetMs));
  }

  override monotonicMs(): number {
    return performance.now();
  }

  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepReal(ms, signal);
  }
}

/** Keeps a DatabaseClock true; a failing measurement leaves the last offset in force. */
export class ClockWorker implements Worker {
  readonly name = 'clock';

  constructor(
    private readonly clock: DatabaseClock,
    private readonly db: Tx,
    private readonly log: Log,
  ) {}

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleepReal(CLOCK_MEASURE_INTERVAL_MS, signal);
      if (signal.aborted) return;
      const movedMs = await this.clock.remeasure(this.db);
      if (Math.abs(movedMs) > 100) this.log.warn({ movedMs }, 'clock.moved');
    }
  }
}

async function measureOffsetMs(db: Tx): Promise<number> {
  let best = { tripMs: Infinity, offsetMs: 0 };
  for (let sample = 0; sample < CLOCK_SAMPLES; sample += 1) {
    const sent = performance.now();
    const { rows } = await db.query<{ ms: number }>(askTime);
    const tripMs = performance.now() - sent;
    if (tripMs < best.tripMs) best = { tripMs, offsetMs: rows[0]!.ms - (sent + tripMs / 2) };
  }
  return best.offsetMs;
}
