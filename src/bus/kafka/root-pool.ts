// Roots that wait to be looked at, from the topic's partitions and from this process itself, gathered into batches: one call of the handler for
// many partitions. A batch that fails is split until the roots are found that fail alone; whoever brought them is told which.
import type { Clock, Log } from '../../platform';
import { describeError, Wake } from '../../platform';
import type { HandleRoots } from '../event-bus.contract';
import { AWAY_MS_MAX, AWAY_MS_MIN, BATCH_ROOTS_MAX, PENDING_ROOTS_MAX } from '../limits';

/** Somebody waits until all of `left` were handled, or failed. */
interface Ticket {
  left: number;
  readonly failed: number[];
  readonly settle: (failed: readonly number[]) => void;
}

type Batch = Map<number, Ticket[]>;

const REST_MS = 60_000;

export class RootPool {
  private readonly pending = new Map<number, Ticket[]>();
  private readonly wake: Wake;

  constructor(private readonly deps: { clock: Clock; log: Log }) {
    this.wake = new Wake(deps.clock);
  }

  /** Fire and forget. Beyond the bound they are forgotten and left to the sweep. */
  hint(rootHashes: readonly number[]): void {
    for (const hash of rootHashes) {
      if (this.pending.size >= PENDING_ROOTS_MAX) break;
      if (!this.pending.has(hash)) this.pending.set(hash, []);
    }
    if (rootHashes.length > 0) this.wake.ring();
  }

  /** Resolves when all of these (at least one, each once) were looked at, with those that failed. Callers are few: partitions at work. */
  add(rootHashes: readonly number[]): Promise<readonly number[]> {
    return new Promise((settle) => {
      const ticket: Ticket = { left: rootHashes.length, failed: [], settle };
      for (const hash of rootHashes) {
        const tickets = this.pending.get(hash);
        if (tickets === undefined) this.pending.set(hash, [ticket]);
        else tickets.push(ticket);
      }
      this.wake.ring();
    });
  }

  /** Feeds `handle`, one call at a time, until `signal` aborts. What fails without a ticket comes again after a pause. */
  async feed(handle: HandleRoots, signal: AbortSignal): Promise<void> {
    for (let pauseMs = AWAY_MS_MIN; !signal.aborted;) {
      const batch = this.take();
      if (batch.size === 0) {
        await this.wake.wait(REST_MS, signal);
        continue;
      }
      // Another feeder of this pool may sleep while more is there than one batch takes.
      if (this.pending.size > 0) this.wake.ring();
      const failed = await this.handleAll(batch, handle, signal);
      // What was cut short by the stop was not looked at: it goes back, and whoever waits sees the stop himself.
      if (signal.aborted) return this.putBack(batch);
      const isWell = this.report(batch, failed);
      pauseMs = isWell ? AWAY_MS_MIN : Math.min(pauseMs * 2, AWAY_MS_MAX);
      if (!isWell) await this.deps.clock.sleep(pauseMs, signal);
    }
  }

  private take(): Batch {
    const batch = new Map<number, Ticket[]>();
    for (const [hash, tickets] of this.pending) {
      if (batch.size >= BATCH_ROOTS_MAX) break;
      batch.set(hash, tickets);
    }
    for (const hash of batch.keys()) this.pending.delete(hash);
    return batch;
  }

  /** Out: the roots that failed alone. What `more` hands over meanwhile joins the batch. */
  private async handleAll(batch: Batch, handle: HandleRoots, signal: AbortSignal): Promise<Set<number>> {
    const failed = new Set<number>();
    const parts = [[...batch.keys()]];
    for (let part = parts.pop(); part && !signal.aborted; part = parts.pop()) {
      const roots = part;
      const more = (): readonly number[] => {
        const joined = this.take();
        for (const [hash, tickets] of joined) batch.set(hash, [...(batch.get(hash) ?? []), ...tickets]);
        roots.push(...joined.keys());
        return [...joined.keys()];
      };
      try {
        await handle([...roots], signal, more);
      } catch (error) {
        // Expected: a bug, or data nobody foresaw. A lost database is waited for by the handler itself.
        const half = Math.ceil(roots.length / 2);
        if (roots.length > 1) parts.push(roots.slice(half), roots.slice(0, half));
        else failed.add(roots[0]!);
        this.deps.log.warn({ roots: roots.length, reason: describeError(error) }, 'bus.batch-failed');
      }
    }
    return failed;
  }

  private report(batch: Batch, failed: Set<number>): boolean {
    for (const [hash, tickets] of batch) {
      const isFailed = failed.has(hash);
      if (isFailed && tickets.length === 0) this.hint([hash]);
      for (const ticket of tickets) {
        ticket.left -= 1;
        if (isFailed) ticket.failed.push(hash);
        if (ticket.left === 0) ticket.settle(ticket.failed);
      }
    }
    return failed.size === 0;
  }

  private putBack(batch: Batch): void {
    for (const [hash, tickets] of batch) this.pending.set(hash, [...tickets, ...(this.pending.get(hash) ?? [])]);
    this.wake.ring();
  }
}
