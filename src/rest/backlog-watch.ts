// Looks every second how much is not matched and how much waits to be sent, and says when writes have to wait for that: before it grows so far that nothing
// can be mended any more.
import { describeError, isTransient, type Clock, type Log, type Metrics, type Worker } from '../platform';
import { BACKLOG_LOOK_MS, BACKLOG_LOOK_MS_PER_ROW, BACKLOG_RESUME_SHARE } from './limits';

/** One thing that may pile up. */
export interface BacklogMeasure {
  readonly name: string;
  /** In a sentence: "events not yet matched". */
  readonly what: string;
  /** The setting that holds the bound, for the operator who reads the refusal. */
  readonly setting: string;
  readonly max: number;
  /** Counts, but no further than `limit`. */
  count(limit: number): Promise<number>;
}

export interface BacklogWatchDeps {
  readonly measures: readonly BacklogMeasure[];
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

export class BacklogWatch implements Worker {
  readonly name = 'backlog-watch';
  private readonly full = new Map<string, BacklogMeasure>();

  constructor(private readonly deps: BacklogWatchDeps) {}

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.deps;
    while (!signal.aborted) {
      let counted = 0;
      try {
        counted = await this.look();
      } catch (error) {
        // Expected: the database is away, so nothing can be written either. What was known stands.
        if (!isTransient(error)) throw error;
        log.debug({ reason: describeError(error) }, 'backpressure.not-measured');
      }
      // The longer the backlog the rarer the look: counting it never takes more than a small share of the time.
      await clock.sleep(Math.max(BACKLOG_LOOK_MS, counted * BACKLOG_LOOK_MS_PER_ROW), signal);
    }
  }

  /** One look at every measure. Refusing begins above the bound and ends some way below it, so that it does not flutter. Out: rows counted. */
  async look(): Promise<number> {
    const { measures, log, metrics } = this.deps;
    const gauge = metrics.gauge(
      'herald_backlog',
      'What waits, counted up to the bound above which writes are refused',
      ['kind'],
    );
    let counted = 0;
    for (const measure of measures) {
      const { name, max } = measure;
      const count = await measure.count(max + 1);
      counted += count;
      gauge.set({ kind: name }, count);
      const wasFull = this.full.has(name);
      const isFull = count > (wasFull ? Math.floor(max * BACKLOG_RESUME_SHARE) : max);
      if (isFull === wasFull) continue;
      if (isFull) this.full.set(name, measure);
      else this.full.delete(name);
      log.warn({ kind: name, count, max }, isFull ? 'backpressure.started' : 'backpressure.ended');
    }
    return counted;
  }

  /** Why writes have to wait now, as a sentence; undefined while they may come. */
  get reason(): string | undefined {
    const [measure] = this.full.values();
    return measure && `There are more than ${measure.max} ${measure.what} (${measure.setting}).`;
  }
}
