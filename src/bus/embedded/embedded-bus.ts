// The bus of one process: a bounded set of roots and a wake-up. Nothing is written down, the outbox table is the memory.
import type { OutboxDoorbell } from '../../outbox';
import type { Worker } from '../../platform';
import { EventBus, type HandleRoots } from '../event-bus.contract';
import { BATCH_ROOTS_MAX, PENDING_ROOTS_MAX } from '../limits';

/** Hints inside one process. Given the outbox's doorbell it publishes what is rung there by itself. */
export class EmbeddedBus extends EventBus {
  private readonly pending = new Set<number>();
  private readonly sleepers = new Set<() => void>();

  constructor(doorbell?: OutboxDoorbell) {
    super();
    doorbell?.onRing((rootHashes) => this.publish(rootHashes));
  }

  override publish(rootHashes: readonly number[]): void {
    for (const hash of rootHashes) {
      if (this.pending.size >= PENDING_ROOTS_MAX) break;
      this.pending.add(hash);
    }
    if (this.pending.size > 0) this.wakeOne();
  }

  override consume(handle: HandleRoots): Worker {
    return { name: 'bus-embedded-consumer', run: (signal) => this.feed(handle, signal) };
  }

  private async feed(handle: HandleRoots, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const batch = this.take();
      if (batch.length === 0) {
        await this.rung(signal);
        continue;
      }
      const more = (): readonly number[] => {
        const taken = this.take();
        batch.push(...taken);
        return taken;
      };
      try {
        await handle([...batch], signal, more);
      } catch (error) {
        // Expected: whatever the consumer could not finish. The roots go back, the supervisor decides when to start again.
        this.publish(batch);
        throw error;
      }
    }
  }

  private take(): number[] {
    const batch: number[] = [];
    for (const hash of this.pending) {
      if (batch.length >= BATCH_ROOTS_MAX) break;
      batch.push(hash);
    }
    for (const hash of batch) this.pending.delete(hash);
    return batch;
  }

  private wakeOne(): void {
    const [sleeper] = this.sleepers;
    if (sleeper === undefined) return;
    sleeper();
  }

  /** Resolves at the next publish that finds this consumer asleep, or when `signal` aborts. */
  private rung(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.sleepers.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.sleepers.add(wake);
      signal.addEventListener('abort', wake, { once: true });
      if (signal.aborted || this.pending.size > 0) wake();
    });
  }
}
