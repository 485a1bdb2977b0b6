// The event bus on Kafka, for matchers: the topic's partitions decide who looks, hints of this process itself (an audit, a root that has more)
// join them. The topic is filled by the relay, not by `publish`: what outside consumers read are events, not hints.
import type { Clock, Log, Metrics, Worker } from '../../platform';
import { EventBus, type HandleRoots } from '../event-bus.contract';
import type { KafkaLink } from './kafka-link';
import { RootPool } from './root-pool';
import { TopicFollower } from './topic-follower';

export interface KafkaBusDeps {
  readonly link: KafkaLink;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

export class KafkaBus extends EventBus {
  private readonly pool: RootPool;
  private follower?: TopicFollower;

  constructor(private readonly deps: KafkaBusDeps) {
    super();
    this.pool = new RootPool(deps);
  }

  /** Partitions have no order among each other, and the process's own hints have none with them. */
  override get isSoleAndUnordered(): boolean {
    return this.follower?.isSoleMember === true;
  }

  override publish(rootHashes: readonly number[]): void {
    this.pool.hint(rootHashes);
  }

  override consume(handle: HandleRoots): Worker {
    const follower = new TopicFollower({ ...this.deps, pool: this.pool });
    this.follower = follower;
    const run = async (signal: AbortSignal): Promise<void> => {
      await Promise.all([this.pool.feed(handle, signal), follower.follow(signal)]);
    };
    return { name: 'bus-kafka-consumer', run };
  }
}
