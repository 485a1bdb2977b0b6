// Which queue a process has: BullMQ when it is told of a Redis, else its own doorbell.
import type { RedisConfig } from '../../platform';
import { EmbeddedQueue } from './embedded/embedded-queue';
import type { QueueDeps, WakeUpQueue } from './wake-up-queue.contract';

/** Connects to nothing yet: the queue's workers do, and go on when there is nobody to connect to. */
export async function openWakeUpQueue(redis: RedisConfig | undefined, deps: QueueDeps): Promise<WakeUpQueue> {
  if (redis === undefined) return new EmbeddedQueue(deps.doorbell);
  // Loaded when wanted only: a process without Redis starts faster and smaller without the drivers.
  const { BullmqQueue } = await import('./bullmq/bullmq-queue.js');
  return new BullmqQueue(redis, deps);
}
