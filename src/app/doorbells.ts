// What the rooms of a process ring after their commits, and the queue that carries wake-ups to the deliverers of other processes.
import type { HintServer } from '../admin';
import { DeliveryDoorbell, openWakeUpQueue, type WakeUpQueue } from '../deliveries';
import { OutboxDoorbell } from '../outbox';
import { SubscriptionDoorbell } from '../subscriptions';
import type { Ground } from './ground';

export interface Doorbells {
  readonly outbox: OutboxDoorbell;
  readonly subscriptions: SubscriptionDoorbell;
  /** Rung by this process; the deliverers listen to the queue's ear. */
  readonly deliveries: DeliveryDoorbell;
  readonly queue: WakeUpQueue;
}

/** Nothing is connected yet. */
export async function openDoorbells({ config, clock, log, metrics, databases }: Ground): Promise<Doorbells> {
  const deliveries = new DeliveryDoorbell();
  const isListening = databases.deliverer !== undefined;
  const queue = await openWakeUpQueue(config.redis, { clock, log, metrics, doorbell: deliveries, isListening });
  return { outbox: new OutboxDoorbell(), subscriptions: new SubscriptionDoorbell(), deliveries, queue };
}

/** Who is asked, for readiness, about the servers that carry hints; undefined where none is configured. */
export function hintServersOf(
  sources: readonly ((() => readonly HintServer[]) | undefined)[],
): readonly (() => readonly HintServer[])[] | undefined {
  const asked = sources.filter((source) => source !== undefined);
  return asked.length > 0 ? asked : undefined;
}
