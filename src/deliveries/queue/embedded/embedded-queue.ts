// The queue of a process that needs nobody else: whoever rings is heard in the same turn, and nothing is written down anywhere.
import type { DeliveryDoorbell } from '../../delivery.doorbell';
import { WakeUpQueue } from '../wake-up-queue.contract';

/** What other processes schedule is found by the sweep. */
export class EmbeddedQueue extends WakeUpQueue {
  override readonly workers = [];

  constructor(override readonly ear: DeliveryDoorbell) {
    super();
  }

  override health(): [] {
    return [];
  }

  override board(): undefined {
    return undefined;
  }
}
