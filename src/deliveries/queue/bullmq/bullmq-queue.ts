// Wake-ups between processes: one BullMQ queue on Redis. A job is a subscription's key, nothing else; it is removed as soon as it is heard.
//
// BullMQ ignores, without a word, a job under the id of one that is kept, delayed or being worked on; in the last case the wake-up would be
// lost. So our jobs have no id of ours, no delay and no second try, and none is kept. Retry times are the ledger's: whoever puts a slice to
// sleep has a timer for it, and the sweep finds it should that process be gone.
import type { RedisConfig, Worker } from '../../../platform';
import { DeliveryDoorbell } from '../../delivery.doorbell';
import { WakeUpQueue, type QueueDeps, type QueueHealth } from '../wake-up-queue.contract';
import { boardPlugin } from './board';
import { WakeUpListener } from './listener';
import type { Fates } from './names';
import { WakeUpSender } from './sender';

export class BullmqQueue extends WakeUpQueue {
  override readonly ear = new DeliveryDoorbell();
  override readonly workers: readonly Worker[];
  private readonly sender: WakeUpSender;

  constructor(
    private readonly redis: RedisConfig,
    private readonly deps: QueueDeps,
  ) {
    super();
    const { metrics, doorbell, isListening } = deps;
    const fates: Fates = metrics.counter('herald_wake_ups_total', 'Wake-ups by what became of them', ['fate']);
    this.sender = new WakeUpSender({ ...deps, redis, fates });
    const hear = (key: number): void => this.ear.ring([key]);
    this.workers = isListening ? [this.sender, new WakeUpListener({ ...deps, redis, fates, hear })] : [this.sender];
    doorbell.onRing((keys) => {
      this.ear.ring(keys);
      this.sender.add(keys);
    });
    metrics.watch('herald_redis_up', '1 while Redis answers this process', [], () => [
      { labels: {}, value: this.sender.health.status === 'up' ? 1 : 0 },
    ]);
  }

  override health(): QueueHealth[] {
    return [this.sender.health];
  }

  override board(prefix: string): object {
    return boardPlugin(this.redis, this.deps.log, prefix);
  }
}
