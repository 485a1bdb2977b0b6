// The database's time without asking it every time: an offset to the monotonic clock, measured at start and again every
// half minute. All processes on one database so agree on what time it is, whatever their own wall clocks say.
import type { Tx } from '../database/database';
import type { Log } from '../log/log';
import {
  CLOCK_DOUBT_MS_MAX,
  CLOCK_MEASURE_AGAIN_MS,
  CLOCK_MEASURE_INTERVAL_MS,
  CLOCK_SAMPLES,
  CLOCK_SAMPLES_MAX,
} from '../limits';
import type { Worker } from '../workers/supervisor';
import { Clock, sleepReal } from './clock';

// The one statement that asks the server for its time: it is the measurement itself.
const askTime = {
  name: 'clock_measure',
  text: 'select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms',
  values: [],
};

/** The server's time less the monotonic clock's, and how wrong that may be: half of the round trip it was measured with. */
interface Offset {
  readonly ms: number;
  readonly doubtMs: number;
}

/** Database time by measured offset; follows neither jumps of the local wall clock nor its drift. */
export class DatabaseClock extends Clock {
  private constructor(
    private offset: Offset,
    private readonly readMs: () => number,
  ) {
    super();
  }

  /** Measures the offset with a few short queries and keeps the sample with the shortest round trip. Throws what the database throws. */
  static async measure(db: Tx, readMs = () => performance.now()): Promise<DatabaseClock> {
    return new DatabaseClock(await measureOffset(db, readMs), readMs);
  }

  /** Half of the shortest round trip of the measurement in force: the time may be wrong by so much. */
  get doubtMs(): number {
    return this.offset.doubtMs;
  }

  /**
   * Measures again; returns by how many milliseconds the offset moved. A measurement that leaves more doubt than it finds difference says nothing
   * new: over a slow line the time stays what it was.
   */
  async remeasure(db: Tx): Promise<number> {
    const before = this.offset;
    const found = await measureOffset(db, this.readMs);
    const movedMs = found.ms - before.ms;
    if (found.doubtMs > before.doubtMs && Math.abs(movedMs) <= found.doubtMs) return 0;
    this.offset = found;
    return movedMs;
  }

  override now(): Date {
    return new Date(Math.floor(this.readMs() + this.offset.ms));
  }

  override monotonicMs(): number {
    return this.readMs();
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
      const isDoubtful = this.clock.doubtMs > CLOCK_DOUBT_MS_MAX;
      await sleepReal(isDoubtful ? CLOCK_MEASURE_AGAIN_MS : CLOCK_MEASURE_INTERVAL_MS, signal);
      if (signal.aborted) return;
      const movedMs = await this.clock.remeasure(this.db);
      if (Math.abs(movedMs) > 100) this.log.warn({ movedMs, doubtMs: this.clock.doubtMs }, 'clock.moved');
    }
  }
}

async function measureOffset(db: Tx, readMs: () => number): Promise<Offset> {
  let best: Offset = { ms: 0, doubtMs: Infinity };
  const isEnough = (samples: number): boolean =>
    samples >= CLOCK_SAMPLES_MAX || (samples >= CLOCK_SAMPLES && best.doubtMs <= CLOCK_DOUBT_MS_MAX);
  for (let samples = 0; !isEnough(samples); samples += 1) {
    const sent = readMs();
    const { rows } = await db.query<{ ms: number }>(askTime);
    const doubtMs = (readMs() - sent) / 2;
    if (doubtMs < best.doubtMs) best = { ms: rows[0]!.ms - (sent + doubtMs), doubtMs };
  }
  return best;
}
