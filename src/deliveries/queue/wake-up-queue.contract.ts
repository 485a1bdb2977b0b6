// What carries "this subscription has something new" to the deliverers of all processes. A queue carries hints only: Postgres knows what
// is due, and the sweep finds whatever a hint forgot. So a queue may lose, repeat and delay, but it never throws at whoever rings.
import type { Clock, Log, Metrics, Worker } from '../../platform';
import type { DeliveryDoorbell } from '../delivery.doorbell';

/** What every queue is made with. */
export interface QueueDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Rung by this process after its commits. */
  readonly doorbell: DeliveryDoorbell;
  /** Whether this process delivers, and so wants to hear what others ring. */
  readonly isListening: boolean;
}

/** `unknown` until the first answer, or the lack of it. */
export interface QueueHealth {
  readonly name: string;
  readonly status: 'up' | 'down' | 'unknown';
  readonly since: Date;
}

/** Built on the doorbell that this process rings after its commits. Abstract class: the type and the injection token in one. */
export abstract class WakeUpQueue {
  /** What a deliverer of this process listens to: rung at once by this process, and by the others through the queue. */
  abstract readonly ear: DeliveryDoorbell;
  /** What has to run, under the supervisor, for the queue to reach other processes. They end only when told. */
  abstract readonly workers: readonly Worker[];
  /** How this process reaches what the queue runs on; empty where it runs on nothing. */
  abstract health(): readonly QueueHealth[];
  /** A Fastify plugin with a page, below `prefix`, to look at what waits in it; undefined where there is nothing to look at. */
  abstract board(prefix: string): object | undefined;
}
