// Everything that runs for as long as the process runs is a Worker under this supervisor: a throw is logged and the worker
// starts again with back-off, so a lost database never ends the process.
import { setMaxListeners } from 'node:events';
import type { Clock } from '../clock/clock';
import { describeError, isTransient } from '../database/database-errors';
import { WORKER_RESTART_MS_MAX, WORKER_RESTART_MS_MIN, WORKER_STEADY_MS } from '../limits';
import type { Log } from '../log/log';

/** Runs until `signal` aborts. A throw, or an early return, means: start me again a little later. */
export interface Worker {
  readonly name: string;
  run(signal: AbortSignal): Promise<void>;
}

export interface WorkerHealth {
  name: string;
  state: 'running' | 'restarting' | 'stopped';
  lastError?: string;
  restarts: number;
}

interface Supervised {
  worker: Worker;
  health: WorkerHealth;
  finished?: Promise<void>;
}

/** Starts, restarts and stops workers, and says how they are. */
export class Supervisor {
  private readonly supervised: Supervised[] = [];
  private readonly stopping = new AbortController();
  private started = false;

  constructor(private readonly deps: { clock: Clock; log: Log }) {
    // Every worker sleeps on this one signal: many listeners are no leak.
    setMaxListeners(0, this.stopping.signal);
  }

  /** Adds a worker; one added after `start` starts at once. */
  add(worker: Worker): void {
    const entry: Supervised = { worker, health: { name: worker.name, state: 'stopped', restarts: 0 } };
    this.supervised.push(entry);
    if (this.started) entry.finished = this.keepRunning(entry);
  }

  /** Starts every worker that was added. A second call does nothing. */
  start(): void {
    if (this.started) return;
    this.started = true;
    for (const entry of this.supervised) entry.finished = this.keepRunning(entry);
  }

  /** Aborts all workers and waits for them, at most `deadlineMs`; those still busy then are named in the log. Repeatable. */
  async stop(deadlineMs: number): Promise<void> {
    this.stopping.abort();
    const all = Promise.all(this.supervised.map((entry) => entry.finished ?? Promise.resolve()));
    const patience = new AbortController();
    await Promise.race([all, this.deps.clock.sleep(deadlineMs, patience.signal)]);
    patience.abort();
    const busy = this.supervised.filter((entry) => entry.health.state !== 'stopped').map((entry) => entry.worker.name);
    if (busy.length > 0) this.deps.log.warn({ workers: busy, deadlineMs }, 'workers.still-busy-at-stop');
  }

  /** The state of every worker, as copies. */
  health(): WorkerHealth[] {
    return this.supervised.map((entry) => ({ ...entry.health }));
  }

  private async keepRunning(entry: Supervised): Promise<void> {
    const { clock } = this.deps;
    const { signal } = this.stopping;
    let delayMs = WORKER_RESTART_MS_MIN;
    while (!signal.aborted) {
      const startedMs = clock.monotonicMs();
      entry.health.state = 'running';
      try {
        await entry.worker.run(signal);
        if (signal.aborted) break;
        throw new Error('The worker returned before it was told to stop');
      } catch (error) {
        // Expected: a lost database, an interrupted statement at stop. Anything else is a bug that must show in the log, not kill the process.
        if (signal.aborted) break;
        if (clock.monotonicMs() - startedMs > WORKER_STEADY_MS) delayMs = WORKER_RESTART_MS_MIN;
        entry.health.lastError = error instanceof Error ? error.message : String(error);
        entry.health.restarts += 1;
        entry.health.state = 'restarting';
        this.tell(entry.worker.name, error, delayMs);
        await clock.sleep(delayMs, signal);
        delayMs = Math.min(delayMs * 2, WORKER_RESTART_MS_MAX);
      }
    }
    entry.health.state = 'stopped';
  }

  /** A lost database is one line for each try; anything else comes with its trace. */
  private tell(worker: string, error: unknown, restartInMs: number): void {
    const { log } = this.deps;
    if (isTransient(error))
      log.warn({ worker, reason: describeError(error), restartInMs }, 'worker.waits-for-database');
    else log.error({ worker, error, restartInMs }, 'worker.failed');
  }
}
